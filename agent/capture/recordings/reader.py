"""One recording to one capture, waiting to be transcribed."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from agent.capture.base import Capture
from agent.capture.folders.dates import moment_of
from agent.capture.folders.scan import Found
from agent.capture.folders.source import Reading
from agent.capture.recordings.headers import is_complete
from agent.capture.recordings.patterns import NameParts, parse_name
from agent.contract.activity import Participant, ParticipantRole, Signals
from agent.errors import BadItem, SpeechUnavailable
from agent.rules.identity import normalize_phone

REP_CHANNEL = "x-genjin-rep-channel"
"""Header-like key of a capture: ``left`` or ``right``, the side of the recording that is ours."""

_QUIET_S = 5.0
_QUIET_COMPLETE_S = 1.0
_CHUNK = 1024 * 1024
_PROBE_START, _PROBE_END = 4096, 4096 + 65536
"""Behind the header, which recorders rewrite when they finish; before what is still to come."""
_VOICEMAIL = re.compile(r"voice ?mail|语音信箱|语音留言|留言", re.IGNORECASE)
_EMPTY_WAV = 44


def speech_duration(path: Path) -> float | None:
    """Seconds; None when no decoder is installed. ``BadItem`` when it is no audio."""
    from agent.nlp.speech import duration  # noqa: PLC0415 - slow to import, often not needed

    try:
        return duration(path)
    except SpeechUnavailable:
        return None


class RecordingReader:
    suffixes = frozenset(
        {".wav", ".mp3", ".m4a", ".mp4", ".3gp", ".aac", ".amr", ".awb", ".ogg", ".opus", ".spx"}
        | {".flac", ".wma", ".webm", ".gsm", ".ulaw", ".alaw", ".sln"}
    )

    def __init__(
        self,
        source: str,
        *,
        pattern: str = "auto",
        rep_channel: str | None = None,
        timezone: str | None = None,
        region: str = "CN",
        duration: Callable[[Path], float | None] = speech_duration,
    ) -> None:
        self._source = source
        self._pattern = pattern
        self._rep_channel = rep_channel
        self._timezone = timezone
        self._region = region
        self._duration = duration

    def quiet_s(self, found: Found, age_s: float) -> float:
        if _QUIET_COMPLETE_S <= age_s < _QUIET_S and is_complete(found.path):
            return _QUIET_COMPLETE_S
        return _QUIET_S

    def read(self, found: Found, mark: str) -> Reading:
        path = Path(found.path)
        if found.size == 0 or (path.suffix.lower() == ".wav" and found.size <= _EMPTY_WAV):
            raise BadItem("item_empty")
        duration_s = self._duration(path)
        digest, beginning = _hashed(path)
        digest_before, _, probe_before = mark.partition(" ")
        if digest_before and _fits(probe_before, beginning):
            digest = digest_before  # the same call, of which more or a better header is there now
        where = PurePosixPath(found.external_id)
        said = parse_name(where.stem, self._pattern)
        capture = Capture(
            source=self._source,
            external_id=found.external_id,
            identity=f"sha256:{digest}",
            version=found.version,
            kind="call",
            occurred_at=moment_of(said.dated, found.modified, self._timezone),
            participants=self._participants(said),
            direction=said.direction,
            headers={REP_CHANNEL: self._rep_channel} if self._rep_channel else {},
            signals=Signals(
                duration_s=duration_s, voicemail=bool(_VOICEMAIL.search(found.external_id))
            ),
            hints=tuple(filter(None, (said.name, *where.parent.parts, where.stem))),
            media=path,
        )
        return Reading(capture, f"{digest} {_probe(beginning)}")

    def _participants(self, said: NameParts) -> tuple[Participant, ...]:
        """The other side first. Only the extension's side is certain: it is ours."""
        peer_role: ParticipantRole
        own_role: ParticipantRole
        peer_role, own_role = (
            ("callee", "caller") if said.direction == "outbound" else ("caller", "callee")
        )
        peer_phone = normalize_phone(said.peer, self._region) if said.peer else None
        people = []
        if peer_phone or said.name or said.peer:
            name = said.name or ("" if peer_phone else said.peer)
            people.append(Participant(role=peer_role, name=name[:200], phone=peer_phone))
        if said.own:
            own_phone = normalize_phone(said.own, self._region)
            people.append(
                Participant(
                    role=own_role,
                    name="" if own_phone else said.own[:200],
                    phone=own_phone,
                    side="us",
                )
            )
        return tuple(people)


def _hashed(path: Path) -> tuple[str, bytes]:
    """The hash of the whole file, and its first sounds."""
    whole, beginning = hashlib.sha256(), b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            beginning = beginning or chunk[_PROBE_START:_PROBE_END]
            whole.update(chunk)
    return whole.hexdigest(), beginning


def _probe(beginning: bytes) -> str:
    return f"{len(beginning)}:{hashlib.blake2b(beginning, digest_size=8).hexdigest()}"


def _fits(probe: str, beginning: bytes) -> bool:
    """Whether the file still begins with the sounds it had when the probe was taken."""
    length = int(probe.partition(":")[0])
    return len(beginning) >= length and _probe(beginning[:length]) == probe
