"""Pairing, heartbeat, policy, and the audit log for who watches over it."""

import hashlib
from datetime import date
from typing import Any

from flask import Response, jsonify, make_response, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.device import Heartbeat, HeartbeatReply, PairReply, PairRequest
from agent.contract.policy import Policy
from server.identity import auditlog, service
from server.kernel import i18n
from server.kernel.api import api_blueprint, needs
from server.kernel.auth import principal, require_admin
from server.kernel.context import kernel
from server.kernel.db import counter_value
from server.kernel.limits import limiter
from server.kernel.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    decode_cursor,
    encode_cursor,
    moment,
    row_id,
)
from server.kernel.policy import current_policy

api = api_blueprint("devices")
public_api = api_blueprint("pairing", public=True)
audit_api = api_blueprint("audit")
_tag = Tag(name="devices")


@public_api.post("/devices/pair", responses={200: PairReply}, tags=[_tag])
@limiter.limit("20/minute")
def pair(body: PairRequest) -> Response:
    """Exchange a one-time code for the token of a new device."""
    with kernel().db.unit_of_work() as uow:
        reply = service.pair(uow, body)
    return jsonify(reply.model_dump(mode="json"))


@api.post("/devices/heartbeat", responses={200: HeartbeatReply}, tags=[_tag])
@needs("ingest")
def heartbeat(body: Heartbeat) -> Response:
    """A device says that it lives and how its sources stand; counts only."""
    with kernel().db.unit_of_work() as uow:
        service.heartbeat(uow, principal(), body)
        reply = HeartbeatReply(
            policy_version=current_policy(uow.session).version,
            directory_revision=counter_value(uow.session, "directory"),
            tagger_revision=counter_value(uow.session, "tagger"),
        )
    return jsonify(reply.model_dump(mode="json"))


@api.get("/policy", responses={200: Policy, 304: None}, tags=[_tag])
@needs("ingest", "read")
def policy() -> BaseResponse:
    """The policy in force. Send the ETag back as If-None-Match to get 304 while it stands."""
    with kernel().db.reading() as session:
        found = service.policy_with_staff(session)
    body = found.model_dump_json()
    response = make_response(jsonify(found.model_dump(mode="json")))
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request)


class AuditQuery(BaseModel):
    person: int | None = Field(None, ge=1, lt=2**63)
    action: str = Field("", max_length=60)
    """``customer.change``, or ``customer`` for all of that kind."""
    subject: str = Field("", max_length=60)
    """``customer/17``, or ``customer`` for all of them."""
    first_day: date | None = None
    last_day: date | None = None
    cursor: str | None = Field(None, max_length=600)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class AuditLine(BaseModel):
    id: int
    at: str
    person_id: int | None
    person: str
    action: str
    subject: str
    before: str
    """JSON, or empty."""
    after: str
    why: str


class AuditPage(BaseModel):
    items: list[AuditLine]
    cursor: str | None


@audit_api.get("/audit", responses={200: AuditPage})
@needs("admin")
def audit(query: AuditQuery) -> Response:
    """Who changed what, the newest first. For an administrator's token with the scope ``admin``."""
    require_admin()
    wanted = auditlog.Wanted(
        person_id=query.person,
        action=query.action,
        subject=query.subject,
        first_day=query.first_day,
        last_day=query.last_day,
    )
    before: Any = decode_cursor(query.cursor, moment, row_id)
    with kernel().db.reading() as session:
        lines = auditlog.read(
            session, wanted, i18n.timezone(), before=before, limit=query.limit + 1
        )
    page = lines[: query.limit]
    cursor = None
    if len(lines) > len(page):
        cursor = encode_cursor(page[-1].at.isoformat(), page[-1].id)
    items = [
        AuditLine(
            id=line.id,
            at=line.at.isoformat(),
            person_id=line.person_id,
            person=line.person,
            action=line.action,
            subject=line.subject,
            before=line.before,
            after=line.after,
            why=line.why,
        )
        for line in page
    ]
    return jsonify(AuditPage(items=items, cursor=cursor).model_dump(mode="json"))
