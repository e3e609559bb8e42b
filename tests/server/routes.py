"""Every route of the server: who is let in, and to whose objects. A new route needs its row here.

``Row(role, object, scope)``:

* ``role``: ``public`` (nobody needs to sign in), ``any`` (whoever signed in), ``seller`` (rep, manager,
  admin), ``leader`` (manager, admin), ``admin``
* ``object``: whose thing the address names, and who else sees it. ``customer``: its owner, the
  manager of the owner's team, an admin. ``absence``: the person, their manager, an admin. ``mine``: the
  person alone. ``mine or admin``: an admin too. None: the address names none, or it is everybody's.
* ``scope``: which scopes open it to a token, one of them being enough; pages open to none.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    role: str = "any"
    object: str | None = None
    scope: str = ""
    body: Any = None


def reads(role: str = "any", of: str | None = None) -> Row:
    return Row(role, of, "read")


def writes(role: str = "any", of: str | None = None, body: Any = None) -> Row:
    return Row(role, of, "write", {} if body is None else body)


def page(role: str = "any", of: str | None = None, /, **form: str) -> Row:
    return Row(role, of, "", form)


A = "/api/v1"
DEAL = {"title": "x", "stage": "lead", "currency": "CNY"}
LATER = "2026-11-25T00:00:00Z"

ROUTES: dict[tuple[str, str], Row] = {
    # --- anybody
    ("GET", "/healthz"): Row("public"),
    ("GET", "/readyz"): Row("public"),
    ("GET", "/static/<path:filename>"): Row("public"),
    ("GET", f"{A}/"): Row("public"),
    ("GET", f"{A}/healthz"): Row("public"),
    ("GET", f"{A}/readyz"): Row("public"),
    ("GET", f"{A}/openapi.json"): Row("public"),
    ("GET", f"{A}/static/<path:filename>"): Row("public"),
    ("POST", f"{A}/devices/pair"): Row("public", body={"code": "x", "kind": "agent"}),
    ("GET", "/sign-in"): Row("public"),
    ("POST", "/sign-in"): Row("public"),
    ("GET", "/sign-in/code"): Row("public"),
    ("POST", "/sign-in/code"): Row("public"),
    ("GET", "/sign-in/company"): Row("public"),
    ("GET", "/sign-in/company/back"): Row("public"),
    ("GET", "/new-password"): Row("public"),
    ("POST", "/new-password"): Row("public"),
    ("POST", "/sign-out"): Row("public"),
    ("POST", "/language"): page("public", language="zh-CN"),
    # --- agents and extensions
    ("POST", f"{A}/activities"): Row("seller", scope="ingest", body={"activities": []}),
    ("POST", f"{A}/forget"): Row(
        "seller", scope="ingest", body={"id": "00000000-0000-0000-0000-000000000001"}
    ),
    ("POST", f"{A}/devices/heartbeat"): Row(scope="ingest", body={"version": "1"}),
    ("GET", f"{A}/policy"): Row(scope="ingest read"),
    ("GET", f"{A}/directory"): Row(scope="ingest read"),
    # --- API: customers
    ("GET", f"{A}/customers"): reads(),
    ("POST", f"{A}/customers"): writes("seller", body={"name": "新"}),
    ("POST", f"{A}/customers/adopt"): writes(
        "seller", body={"name": "新", "domains": ["neu.example"]}
    ),
    ("POST", f"{A}/customers/alike"): writes(body={"name": "新"}),
    ("GET", f"{A}/customers/<int:customer_id>"): reads(of="customer"),
    ("PATCH", f"{A}/customers/<int:customer_id>"): writes(of="customer", body={"grade": "A"}),
    ("GET", f"{A}/customers/<int:customer_id>/timeline"): reads(of="customer"),
    ("GET", f"{A}/customers/<int:customer_id>/contacts"): reads(of="customer"),
    ("POST", f"{A}/customers/<int:customer_id>/contacts"): writes(
        of="customer", body={"name": "x"}
    ),
    ("GET", f"{A}/customers/<int:customer_id>/deals"): reads(of="customer"),
    ("POST", f"{A}/customers/<int:customer_id>/deals"): writes(of="customer", body={"title": "x"}),
    ("GET", f"{A}/contacts/<int:contact_id>"): reads(of="customer"),
    ("PATCH", f"{A}/contacts/<int:contact_id>"): writes(of="customer", body={"title": "x"}),
    ("DELETE", f"{A}/contacts/<int:contact_id>"): writes(of="customer"),
    ("GET", f"{A}/deals/<int:deal_id>"): reads(of="customer"),
    ("PATCH", f"{A}/deals/<int:deal_id>"): writes(of="customer", body={"stage": "contacted"}),
    ("POST", f"{A}/activities/<uuid:activity_id>/relink"): writes(
        of="customer", body={"customer_id": "@customer_id"}
    ),
    ("POST", f"{A}/tags/<int:tag_id>/<verdict>"): writes(of="customer"),
    ("GET", f"{A}/customers/<int:customer_id>/corrections"): reads(of="customer"),
    ("POST", f"{A}/customers/<int:customer_id>/merge"): writes(
        of="customer", body={"into": "@second_id"}
    ),
    ("POST", f"{A}/customers/<int:customer_id>/split"): writes(
        of="customer", body={"name": "分出", "contact_ids": ["@contact_id"]}
    ),
    ("POST", f"{A}/corrections/<int:correction_id>/undo"): writes(of="customer"),
    ("POST", f"{A}/match"): writes(body={"emails": ["zhao@huarui.example"]}),
    ("GET", f"{A}/search"): reads(),
    ("PUT", f"{A}/activities/<uuid:activity_id>/recording"): Row("seller", "mine", "ingest write"),
    ("GET", f"{A}/activities/<uuid:activity_id>/recording"): reads(of="customer"),
    ("GET", f"{A}/fields"): reads(),
    ("POST", f"{A}/fields"): writes("admin", body={"name": "x", "kind": "text"}),
    ("DELETE", f"{A}/fields/<int:field_id>"): writes("admin"),
    ("GET", f"{A}/absences"): reads(),
    ("POST", f"{A}/absences"): writes(
        of="absence",
        body={"person_id": "@person_id", "first_day": "2026-12-01", "last_day": "2026-12-02"},
    ),
    ("DELETE", f"{A}/absences/<int:absence_id>"): writes(of="absence"),
    # --- API: follow-up
    ("GET", f"{A}/reminders"): reads(),
    ("POST", f"{A}/reminders/<int:reminder_id>/complete"): writes(
        of="customer", body={"note": "通了电话"}
    ),
    ("POST", f"{A}/reminders/<int:reminder_id>/snooze"): writes(
        of="customer", body={"until": LATER}
    ),
    ("POST", f"{A}/reminders/<int:reminder_id>/dismiss"): writes(
        of="customer", body={"reason": "停产了"}
    ),
    # --- API: teaching the tagger
    ("GET", f"{A}/tagger"): Row(scope="ingest read"),
    ("POST", f"{A}/activities/<uuid:activity_id>/tags"): writes(
        of="customer", body={"category": "delivery", "words": "预算"}
    ),
    ("GET", f"{A}/tagger/labels"): reads(),
    ("POST", f"{A}/tagger/labels/<int:label_id>/undo"): writes(of="customer"),
    ("POST", f"{A}/tagger/suggestions/<int:suggestion_id>/<answer>"): writes(of="customer"),
    ("GET", f"{A}/tagger/figures"): reads("leader"),
    ("POST", f"{A}/tagger/train"): writes("leader"),
    ("GET", f"{A}/tagger/vocabulary"): reads(),
    ("PUT", f"{A}/tagger/vocabulary"): writes("leader", body={"version": 0, "terms": []}),
    ("POST", f"{A}/tagger/vocabulary/preview"): writes(
        "leader", body={"term": {"kind": "competitor", "words": ["星云"]}}
    ),
    ("GET", f"{A}/tagger/retagging"): reads("leader"),
    ("POST", f"{A}/tagger/retagging"): writes("leader"),
    ("POST", f"{A}/tagger/retagging/<int:retagging_id>/undo"): writes("leader"),
    # --- API: administration
    ("GET", f"{A}/audit"): Row("admin", scope="admin"),
    # --- pages: work
    ("GET", "/"): page(),
    ("GET", "/customers"): page(),
    ("GET", "/search"): page(),
    ("GET", "/customers/<int:customer_id>/activities/<uuid:activity_id>/sound"): page(
        "any", "customer"
    ),
    ("GET", "/customers/<int:customer_id>/activities/<uuid:activity_id>/thread"): page(
        "any", "customer"
    ),
    ("GET", "/customers/new"): page("seller"),
    ("POST", "/customers/new"): page("seller", name="新"),
    ("GET", "/customers/<int:customer_id>"): page("any", "customer"),
    ("GET", "/customers/<int:customer_id>/others"): page("any", "customer"),
    ("GET", "/customers/<int:customer_id>/edit"): page("any", "customer"),
    ("POST", "/customers/<int:customer_id>/edit"): page("any", "customer", name="x"),
    ("GET", "/customers/<int:customer_id>/contacts/new"): page("any", "customer"),
    ("POST", "/customers/<int:customer_id>/contacts/new"): page("any", "customer", name="x"),
    ("GET", "/customers/<int:customer_id>/deals/new"): page("any", "customer"),
    ("POST", "/customers/<int:customer_id>/deals/new"): page("any", "customer", **DEAL),
    ("POST", "/customers/<int:customer_id>/activities/<uuid:activity_id>/move"): page(
        "any", "customer", to="@customer_id"
    ),
    ("POST", "/customers/<int:customer_id>/tags/<int:tag_id>/<verdict>"): page("any", "customer"),
    ("POST", "/customers/<int:customer_id>/merge"): page("any", "customer", into="@second_id"),
    ("GET", "/customers/<int:customer_id>/split"): page("any", "customer"),
    ("POST", "/customers/<int:customer_id>/split"): page(
        "any", "customer", name="分出", contact="@contact_id"
    ),
    ("POST", "/corrections/<int:correction_id>/undo"): page("any", "customer"),
    ("GET", "/contacts/<int:contact_id>"): page("any", "customer"),
    ("POST", "/contacts/<int:contact_id>"): page("any", "customer", name="x"),
    ("POST", "/contacts/<int:contact_id>/remove"): page("any", "customer"),
    ("GET", "/deals/<int:deal_id>"): page("any", "customer"),
    ("POST", "/deals/<int:deal_id>"): page("any", "customer", **DEAL),
    ("GET", "/customers/fields"): page("admin"),
    ("POST", "/customers/fields"): page("admin", name="x", kind="text"),
    ("POST", "/customers/fields/<int:field_id>/retire"): page("admin"),
    ("GET", "/absences"): page(),
    ("POST", "/absences"): page(
        "any", "absence", person_id="@person_id", first_day="2026-12-01", last_day="2026-12-02"
    ),
    ("POST", "/absences/<int:absence_id>/remove"): page("any", "absence"),
    ("POST", "/reminders/<int:reminder_id>/complete"): page("any", "customer", note="通了电话"),
    ("POST", "/reminders/<int:reminder_id>/snooze"): page("any", "customer", days="1"),
    ("POST", "/reminders/<int:reminder_id>/dismiss"): page("any", "customer", reason="停产了"),
    # --- pages: teaching the tagger
    ("POST", "/customers/<int:customer_id>/activities/<uuid:activity_id>/tags"): page(
        "any", "customer", category="delivery", words="预算"
    ),
    ("GET", "/tagging"): page("leader"),
    ("POST", "/tagging/train"): page("leader"),
    ("POST", "/tagging/labels/<int:label_id>/undo"): page("any", "customer"),
    ("POST", "/tagging/suggestions/<int:suggestion_id>/<answer>"): page("any", "customer"),
    ("POST", "/tagging/retagging"): page("leader"),
    ("POST", "/tagging/retagging/<int:retagging_id>/undo"): page("leader"),
    ("GET", "/tagging/vocabulary"): page("leader"),
    ("GET", "/tagging/vocabulary.yaml"): page("leader"),
    ("POST", "/tagging/vocabulary"): page("leader", kind="competitor", words="星云", version="0"),
    ("POST", "/tagging/vocabulary/<int:place>/remove"): page("leader"),
    ("POST", "/tagging/vocabulary/restore"): page("leader", wanted="0"),
    ("POST", "/tagging/vocabulary/file"): page("leader"),
    # --- pages: one's own
    ("GET", "/completeness"): page(),
    ("GET", "/devices"): page(),
    ("POST", "/devices/code"): page(),
    ("POST", "/devices/<int:device_id>/revoke"): page("any", "mine or admin"),
    ("GET", "/account"): page(),
    ("GET", "/account/password"): page(),
    ("POST", "/account/password"): page(),
    ("GET", "/account/two-step"): page(),
    ("POST", "/account/two-step"): page(code="000000"),
    ("POST", "/account/two-step/off"): page(),
    ("POST", "/account/two-step/codes"): page(),
    ("POST", "/account/sessions/<int:session_id>/end"): page("any", "mine"),
    ("POST", "/account/sessions/end-others"): page(),
    ("POST", "/account/tokens"): page(label="x", scope="read", days="30"),
    ("POST", "/account/tokens/<int:token_id>/revoke"): page("any", "mine or admin"),
    ("POST", "/account/company/<int:account_id>/unlink"): page("any", "mine"),
    # --- pages: administration
    ("GET", "/admin/people"): page("admin"),
    ("POST", "/admin/people"): page("admin"),
    ("POST", "/admin/people/<int:person_id>/role"): Row("admin", body={"role": "rep"}),
    ("POST", "/admin/people/<int:person_id>/link"): page("admin"),
    ("POST", "/admin/people/<int:person_id>/<any('close', 'open'):door>"): page("admin"),
    ("POST", "/admin/people/<int:person_id>/sign-out"): page("admin"),
    ("POST", "/admin/people/<int:person_id>/must-change"): page("admin"),
    ("POST", "/admin/people/<int:person_id>/two-step-off"): page("admin"),
    ("GET", "/admin/tokens"): page("admin"),
    ("GET", "/admin/audit"): page("admin"),
    ("GET", "/admin/audit.csv"): page("admin"),
    ("GET", "/admin/privacy"): page("admin"),
    ("POST", "/admin/privacy/export"): page("admin"),
    ("POST", "/admin/privacy/erase"): page("admin"),
}
