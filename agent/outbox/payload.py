"""An activity as it is sent and as it is compared, from one serialisation."""

from dataclasses import dataclass
from hashlib import sha256

from agent.contract.activity import Activity

_AFTER_SOURCE = ',"direction":'
"""Within a value it cannot stand: JSON escapes quotation marks."""


@dataclass(frozen=True, slots=True)
class Payload:
    activity: Activity
    _id: str
    """JSON up to where the number of the revision begins."""
    _kind_and_source: str
    _words: str
    """All that follows the source."""

    @classmethod
    def of(cls, activity: Activity) -> "Payload":
        json = activity.model_dump_json()
        begin = f'{{"id":"{activity.id}","revision":'
        middle = json.index(_AFTER_SOURCE)
        number = len(begin) + len(str(activity.revision))
        return cls(activity, begin, json[number:middle], json[middle:])

    def revision(self, number: int) -> str:
        """The JSON of the activity with that revision."""
        return f"{self._id}{number}{self._kind_and_source}{self._words}"

    @property
    def digest(self) -> str:
        """The same for two activities that say the same, whatever their revision and source."""
        bare = f'{self._id}1,"kind":"{self.activity.kind}","source":""{self._words}'
        return sha256(bare.encode()).hexdigest()
