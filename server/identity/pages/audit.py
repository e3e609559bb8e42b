"""Administrators: who changed what, when, from what to what, and why."""

from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import urlencode

from flask import Response, render_template, request, stream_with_context, url_for

from server.identity import auditlog
from server.identity.pages.blueprint import Answer, pages
from server.kernel import i18n
from server.kernel.auth import require_admin
from server.kernel.context import kernel
from server.kernel.db import Database
from server.kernel.pages import here, is_fragment
from server.kernel.paging import decode_cursor, encode_cursor, moment, row_id

PAGE = 50
CSV_PAGE = 1000


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _wanted() -> auditlog.Wanted:
    person = request.args.get("person", "")
    is_number = person.isascii() and person.isdigit() and len(person) < 18
    return auditlog.Wanted(
        person_id=int(person) if is_number else None,
        by_command=person == "-",
        action=request.args.get("action", "")[:60],
        subject=request.args.get("subject", "").strip()[:60],
        first_day=_day("from"),
        last_day=_day("to"),
    )


def _filters() -> list[tuple[str, str]]:
    names = ("person", "action", "subject", "from", "to")
    return [(name, request.args[name]) for name in names if request.args.get(name)]


@pages.get("/admin/audit")
def audit_log() -> Answer:
    require_admin()
    before = decode_cursor(request.args.get("before"), moment, row_id)
    wanted = _wanted()
    with kernel().db.reading() as session:
        lines = auditlog.read(
            session,
            wanted,
            i18n.timezone(),
            before=before,
            limit=PAGE + 1,
        )
        actions, people = auditlog.actions(session), auditlog.people(session)
    shown = lines[:PAGE]
    more = None
    if len(lines) > PAGE:
        more = here(before=encode_cursor(shown[-1].at.isoformat(), shown[-1].id))
    kinds = sorted({action.partition(".")[0] for action in actions})
    template = "identity/_audit_lines.html" if before and is_fragment() else "identity/audit.html"
    return render_template(
        template,
        lines=shown,
        more=more,
        wanted=wanted,
        actions=actions,
        kinds=kinds,
        people=people,
        csv=f"{url_for('identity.audit_csv')}?{urlencode(_filters())}",
    )


@pages.get("/admin/audit.csv")
def audit_csv() -> Response:
    """The same as a table: everything that fits the filters, however much it is."""
    require_admin()
    text = auditlog.as_csv(_pieces(kernel().db, _wanted()))
    answer = Response(stream_with_context(text), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="genjin-audit.csv"'
    return answer


def _pieces(db: Database, wanted: auditlog.Wanted) -> Iterator[Sequence[auditlog.Line]]:
    # Each piece in a transaction of its own: a slow download must not hold one open.
    before, zone = None, i18n.timezone()
    while True:
        with db.reading() as session:
            lines = auditlog.read(session, wanted, zone, before=before, limit=CSV_PAGE)
        if lines:
            yield lines
        if len(lines) < CSV_PAGE:
            return
        before = (lines[-1].at, lines[-1].id)
