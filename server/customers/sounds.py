"""Recordings of calls over HTTP: delivered by devices, played in the timeline."""

from uuid import UUID

from flask import Response, jsonify, request, send_file
from pydantic import BaseModel

from server.customers import recordings
from server.customers.bodies import ActivityPath
from server.customers.finding import pages
from server.customers.models import Activity, ActivityCustomer, Recording
from server.customers.pages import Answer
from server.customers.visibility import get_customer, visible_activities
from server.kernel.api import api_blueprint, needs
from server.kernel.auth import principal, require
from server.kernel.context import kernel
from server.kernel.errors import NotFound
from server.kernel.limits import carries

__all__ = ["api", "pages"]

api = api_blueprint("recordings")


class RecordingOut(BaseModel):
    activity_id: UUID
    media_type: str
    size: int


@api.put("/activities/<uuid:activity_id>/recording", responses={200: RecordingOut})
@carries(recordings.MAX_BYTES // 1_000_000)
@needs("ingest", "write")
def keep(path: ActivityPath) -> Response:
    """Deliver the sound of a call: the file as the body, its kind as ``Content-Type``. Only for
    who delivered the call."""
    who = require("rep", "manager")
    data = request.get_data(cache=False)
    folder = kernel().settings.data_dir
    with kernel().db.unit_of_work() as uow:
        row = recordings.keep(uow, who, path.activity_id, request.mimetype, data, folder)
        out = RecordingOut(activity_id=row.activity_id, media_type=row.media_type, size=row.size)
    return jsonify(out.model_dump(mode="json"))


@api.get("/activities/<uuid:activity_id>/recording", responses={200: None})
def heard(path: ActivityPath) -> Response:
    """The sound of a call; takes ``Range``."""
    with kernel().db.reading() as session:
        seen = visible_activities(principal()).where(Activity.id == path.activity_id)
        if session.scalar(seen) is None:
            raise NotFound("activity_not_found")
        return _sound(session.get(Recording, path.activity_id))


@pages.get("/customers/<int:customer_id>/activities/<uuid:activity_id>/sound")
def sound(customer_id: int, activity_id: UUID) -> Answer:
    with kernel().db.reading() as session:
        get_customer(session, principal(), customer_id)
        if session.get(ActivityCustomer, (activity_id, customer_id)) is None:
            raise NotFound("activity_not_found")
        return _sound(session.get(Recording, activity_id))


def _sound(row: Recording | None) -> Response:
    if row is None:
        raise NotFound("recording_not_found")
    path = recordings.path_of(kernel().settings.data_dir, row.activity_id)
    if not path.is_file():
        raise NotFound("recording_not_found")
    answer = send_file(path, mimetype=row.media_type, conditional=True, etag=row.digest)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = "inline"
    return answer
