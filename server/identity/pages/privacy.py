"""Administrators: all that is kept of one person, as a file; and erasing it."""

from uuid import UUID

from flask import Response, make_response, render_template, request

from server.identity.pages.blueprint import Answer, pages
from server.identity.service import audit
from server.kernel import privacy as law
from server.kernel.auth import Principal, require_admin
from server.kernel.context import kernel
from server.kernel.db import UnitOfWork
from server.kernel.errors import Conflict, Invalid, ServerError


def _show(problem: ServerError | None = None, **shown: object) -> Answer:
    query = request.values.get("q", "").strip()[:200]
    shared = kernel()
    with shared.db.reading() as session:
        page = render_template(
            "identity/privacy.html",
            q=query,
            found=law.find(shared.privacy_parts, session, query),
            requests=law.requests(session),
            problem=problem,
            **shown,
        )
    return page, int(problem.status) if problem is not None else 200


@pages.get("/admin/privacy")
def privacy() -> Answer:
    require_admin()
    return _show()


def _subject() -> law.Subject:
    """The one that was meant when the form was shown: found anew by the same words."""
    shared = kernel()
    with shared.db.reading() as session:
        found = law.find(shared.privacy_parts, session, request.form.get("q", "").strip()[:200])
    wanted = request.form.get("subject", "")
    chosen = [one for one in found if one.key == wanted]
    if len(chosen) != 1:
        raise Conflict
    return chosen[0]


def _why() -> str:
    why = request.form.get("why", "").strip()[:500]
    if not why:
        raise Invalid(fields={"why": "why_required"})
    return why


@pages.post("/admin/privacy/export")
def export_person() -> Answer:
    who, shared = require_admin(), kernel()
    try:
        subject, why = _subject(), _why()
        with shared.db.unit_of_work() as uow:
            receipt = law.export(shared.privacy_parts, uow, subject, by=who.user_id, why=why)
            _written_down(uow, who, "privacy.export", subject, receipt, why)
    except ServerError as error:
        return _show(error)
    return _file(receipt.archive, receipt.id, "export")


@pages.post("/admin/privacy/erase")
def erase_person() -> Answer:
    """There is no way back, so a box has to be ticked."""
    who, shared = require_admin(), kernel()
    try:
        subject, why = _subject(), _why()
        if request.form.get("sure") != "1":
            raise Invalid(fields={"sure": "erase_unsure"})
        with shared.db.unit_of_work() as uow:
            receipt = law.erase(
                shared.privacy_parts,
                uow,
                subject,
                by=who.user_id,
                why=why,
                seal=shared.seal,
            )
            _written_down(uow, who, "privacy.erase", subject, receipt, why)
    except ServerError as error:
        return _show(error)
    return _show(receipt=receipt)


def _written_down(
    uow: UnitOfWork,
    who: Principal,
    action: str,
    subject: law.Subject,
    receipt: law.Receipt,
    why: str,
) -> None:
    after = {"receipt": str(receipt.id), **receipt.counts}
    audit(uow, who.user_id, action, subject.key, after=after, why=why)


def _file(content: bytes, key: UUID, kind: str) -> Response:
    answer = make_response(content)
    answer.mimetype = "application/zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="genjin-{kind}-{key}.zip"'
    return answer
