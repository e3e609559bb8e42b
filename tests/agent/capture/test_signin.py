import pytest

from agent.capture.signin import Password
from agent.errors import SourceAuthFailed
from agent.testing import DictSecrets


def test_a_missing_password_is_asked_for() -> None:
    with pytest.raises(SourceAuthFailed) as caught:
        Password("office", DictSecrets()).get()
    assert caught.value.code == "password_missing"
    assert caught.value.params == {"source": "office"}


def test_a_refused_password_is_remembered_until_it_changes() -> None:
    secrets = DictSecrets({"password@office": "old"})
    password = Password("office", secrets)
    assert password.get() == "old"
    assert password.refuse("old").code == "password_refused"
    for one in (password, Password("office", secrets)):
        with pytest.raises(SourceAuthFailed) as caught:
            one.get()
        assert caught.value.code == "password_refused"
    secrets.set("password@office", "new")
    assert password.get() == "new"
    assert Password("office", secrets).get() == "new"


def test_the_same_password_is_tried_again_once_a_person_proved_it() -> None:
    secrets = DictSecrets({"password@office": "locked out"})
    password = Password("office", secrets)
    password.refuse("locked out")
    assert password.keep("locked out") == "keyring"
    assert Password("office", secrets).get() == "locked out"


def test_what_is_remembered_does_not_hold_the_password() -> None:
    secrets = DictSecrets({"password@office": "hunter2"})
    Password("office", secrets).refuse("hunter2")
    assert "hunter2" not in secrets.secrets["refused@office"]
