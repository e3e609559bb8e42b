"""Pairing, heartbeat and policy."""

import hashlib

from flask import Response, jsonify, make_response, request
from flask_openapi3.models.tag import Tag
from werkzeug.wrappers import Response as BaseResponse

from agent.contract.device import Heartbeat, HeartbeatReply, PairReply, PairRequest
from agent.contract.policy import Policy
from server.identity import service
from server.kernel.api import api_blueprint
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.db import counter_value
from server.kernel.limits import limiter
from server.kernel.policy import current_policy

api = api_blueprint("devices")
public_api = api_blueprint("pairing", public=True)
_tag = Tag(name="devices")


@public_api.post("/devices/pair", responses={200: PairReply}, tags=[_tag])
@limiter.limit("20/minute")
def pair(body: PairRequest) -> Response:
    """Exchange a one-time code for the token of a new device."""
    with kernel().db.unit_of_work() as uow:
        reply = service.pair(uow, body)
    return jsonify(reply.model_dump(mode="json"))


@api.post("/devices/heartbeat", responses={200: HeartbeatReply}, tags=[_tag])
def heartbeat(body: Heartbeat) -> Response:
    """A device says that it lives and how its sources stand; counts only."""
    with kernel().db.unit_of_work() as uow:
        service.heartbeat(uow, principal(), body)
        reply = HeartbeatReply(
            policy_version=current_policy(uow.session).version,
            directory_revision=counter_value(uow.session, "directory"),
        )
    return jsonify(reply.model_dump(mode="json"))


@api.get("/policy", responses={200: Policy, 304: None}, tags=[_tag])
def policy() -> BaseResponse:
    """The policy in force. Send the ETag back as If-None-Match to get 304 while it stands."""
    with kernel().db.reading() as session:
        found = service.policy_with_staff(session)
    body = found.model_dump_json()
    response = make_response(jsonify(found.model_dump(mode="json")))
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request)
