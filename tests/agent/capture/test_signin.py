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


def test_what_one_source_was_refused_another_of_the_same_account_does_not_try() -> None:
    secrets = DictSecrets({"password@mine": "old", "password@team": "old", "password@else": "old"})
    whose = dict.fromkeys(("mine", "team"), "li@mail.example") | {"else": "wang@mail.example"}
    mine, team, other = (Password(name, secrets, account=whose[name]) for name in whose)
    assert team.get() == "old", "judged before, and judged again"
    mine.refuse("old")
    with pytest.raises(SourceAuthFailed) as caught:
        team.get()
    assert caught.value.params == {"source": "team"}
    assert other.get() == "old"


def test_two_wrong_passwords_for_one_account_are_not_tried_in_turn() -> None:
    secrets = DictSecrets({"password@mine": "old", "password@team": "older"})
    mine, team = (Password(name, secrets, account="li@mail.example") for name in ("mine", "team"))
    mine.refuse(mine.get())
    team.refuse(team.get())
    for one in (mine, team, Password("mine", secrets, account="LI@mail.example")):
        with pytest.raises(SourceAuthFailed):
            one.get()
    mine.keep("old")
    assert mine.get() == "old"
    with pytest.raises(SourceAuthFailed):
        team.get()
