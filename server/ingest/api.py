"""``POST /activities`` and its undoing, ``POST /forget``."""

from flask import Response, jsonify

from agent.contract.forget import ForgetReply, ForgetRequest
from agent.contract.ingest import ActivityBatch, BatchReply
from server.ingest import service
from server.kernel.api import api_blueprint, needs
from server.kernel.auth import require
from server.kernel.context import kernel
from server.kernel.limits import carries

api = api_blueprint("activities")


@api.post("/activities", responses={200: BatchReply})
@needs("ingest")
@carries(megabytes=32)
def activities(body: ActivityBatch) -> Response:
    """Record up to 200 items; each is accepted, a duplicate, or refused with a code."""
    who = require("rep", "manager")
    with kernel().db.unit_of_work() as uow:
        results = service.ingest(uow, who, body.activities, kernel().seal)
    return jsonify(BatchReply(results=tuple(results)).model_dump(mode="json"))


@api.post("/forget", responses={200: ForgetReply})
@needs("ingest")
def forget(body: ForgetRequest) -> Response:
    """Erase the activities of one's own devices that involve an address or a domain. What a
    colleague's device delivered too stays as the colleague's. Asking again changes nothing more."""
    who = require("rep", "manager")
    with kernel().db.unit_of_work() as uow:
        reply = service.forget(uow, who, body)
    return jsonify(reply.model_dump(mode="json"))
