"""Every error of the API has one shape and a text in both languages."""

import re
from pathlib import Path

import pytest

from server.kernel import errors
from server.kernel.i18n import LANGUAGES, catalogue

ROOT = Path(errors.__file__).parent.parent


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/customers/999999", 404, "customer_not_found"),
        ("GET", "/customers/0", 422, "invalid"),
        ("GET", "/customers?limit=0", 422, "invalid"),
        ("GET", "/customers?limit=x", 422, "invalid"),
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/customers/1", 405, "method_not_allowed"),
        ("POST", "/tags/1/praise", 422, "invalid"),
        ("POST", "/customers", 422, "invalid"),
    ],
)
def test_the_shape_of_errors(world, method, path, status, code):
    response = world.call("chen", method, path)
    assert response.status_code == status
    error = response.get_json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["code"] == code
    assert not error["message"].startswith("error.")


def test_a_body_that_is_no_json_is_a_clear_422(world):
    headers = {"Authorization": f"Bearer {world.tokens['chen']}"}
    for data in (b"{", b"\xff\xfe", b"[]", b"", b'"x"'):
        response = world.client().post(
            "/api/v1/activities", headers=headers, data=data, content_type="application/json"
        )
        assert response.status_code in (400, 422), data
        assert "error" in response.get_json()


def test_the_language_of_the_caller(world):
    for asked, word in (("en-GB,en;q=0.9", "There is no such"), ("zh-CN", "没有找到")):
        response = world.client().get(
            "/api/v1/customers/999",
            headers={
                "Authorization": f"Bearer {world.tokens['boss']}",
                "Accept-Language": asked,
            },
        )
        # A signed-in person's own language comes first; the boss reads Chinese.
        assert "没有找到" in response.get_json()["error"]["message"]
        stranger = world.client().get("/api/v1/nowhere", headers={"Accept-Language": asked})
        assert (word[:2] in stranger.get_json()["error"]["message"]) or asked.startswith("en")


def test_every_code_raised_has_a_text_in_both_languages():
    used = {
        cls.code for cls in vars(errors).values() if isinstance(cls, type) and hasattr(cls, "code")
    }
    pattern = re.compile(
        r"(?:Unauthorized|Forbidden|NotFound|Conflict|Invalid|Busy|ServerError)\(\s*\"([a-z_]+)\""
    )
    for source in ROOT.rglob("*.py"):
        used |= set(pattern.findall(source.read_text("utf-8")))
    assert len(used) > 10
    for language in LANGUAGES:
        missing = {code for code in used if f"error.{code}" not in catalogue(language)}
        assert missing == set(), language


def test_headers_guard_every_answer(world):
    response = world.client().get("/healthz")
    assert response.get_json() == {"status": "ok"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_private_data_never_stands_in_an_error_of_the_database(world):
    from sqlalchemy import text  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    with world.kernel.db.reading() as session, pytest.raises(SQLAlchemyError) as caught:
        session.execute(text("SELECT nothing WHERE x = :name"), {"name": "秘密客户"})
    assert "秘密客户" not in str(caught.value)
