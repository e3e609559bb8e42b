"""What people teach the tagger: corrections, the company's words, and the archive read again."""

from server.kernel.capability import Capability, Periodic
from server.kernel.events import ActivityRecorded, TagJudged
from server.tagging import handlers
from server.tagging.api import api
from server.tagging.pages import pages
from server.tagging.retagging import step
from server.tagging.training import keep_up

capability = Capability(
    name="tagging",
    api=(api,),
    pages=pages,
    handlers=(
        (TagJudged, handlers.on_tag_judged),
        (ActivityRecorded, handlers.on_activity_recorded),
    ),
    periodic=(
        Periodic("tagging.retag", 1, step),
        Periodic("tagging.keep_up", 300, keep_up),
    ),
)
