"""Decodes recordings: any container and codec a telephone system or a telephone writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import BadItem
from agent.nlp.speech import engine

if TYPE_CHECKING:
    import av
    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

RATE = 16_000
"""Samples a second, after decoding: what recogniser and voice detector were trained on."""

# Telephone systems write these without any header: 8 kHz mono, the format is in the name.
_HEADERLESS = {
    ".ulaw": "mulaw",
    ".ul": "mulaw",
    ".alaw": "alaw",
    ".al": "alaw",
    ".sln": "s16le",
}
# Playlists and other formats that open further files or addresses stay out.
_CONTAINERS = (
    "aac,ac3,aiff,alaw,amr,amrnb,amrwb,asf,au,avi,caf,flac,flv,gsm,matroska,webm,mov,mp4,mp3,"
    "mpeg,mpegts,mulaw,ogg,s16le,w64,wav"
)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Decoded sound: one array of ``RATE`` samples a second per channel, one or two of them."""

    channels: "tuple[Samples, ...]"

    @property
    def duration_s(self) -> float:
        return len(self.channels[0]) / RATE


def duration(path: Path) -> float:
    """Length in seconds without decoding the sound.

    Raises BadItem when it is no audio, SpeechUnavailable when the decoder is not installed.
    """
    with _opened(path) as container:
        stream = container.streams.audio[0]
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if container.duration:
            return container.duration / 1_000_000
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in _packets(container, stream)
            if packet.pts is not None
        ]
        return max(ends, default=0.0)


def load(path: Path) -> Recording:
    """Decode everything that can be decoded; a truncated file gives what it still holds.

    Two channels stay apart, more than two are mixed into one. Raises as ``duration``.
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    with _opened(path) as container:
        stream = container.streams.audio[0]
        channels = 2 if stream.codec_context.layout.nb_channels == 2 else 1
        sound = bytearray()
        for block in _resampled(_frames(container, stream), channels):
            sound += block
    samples = np.frombuffer(sound, dtype=np.int16)
    if not len(samples):
        raise BadItem("audio_unreadable")
    return Recording(tuple(samples[channel::channels] for channel in range(channels)))


@contextmanager
def _opened(path: Path) -> "Iterator[InputContainer]":
    engine.require()
    import av  # noqa: PLC0415 - comes with the optional engine

    try:
        size = path.stat().st_size
    except OSError as problem:
        raise BadItem("audio_missing") from problem
    if path.is_file() and not size:
        raise BadItem("audio_empty")
    options = {"format_whitelist": _CONTAINERS}
    named = _HEADERLESS.get(path.suffix.lower())
    if named:
        options["sample_rate"] = "8000"
    try:
        # Absolute, so that a colon in a name cannot be read as a protocol. Tags written in
        # GBK or cut short must not cost us the recording.
        container = av.open(
            str(path.absolute()), format=named, options=options, metadata_errors="ignore"
        )
    except (av.FFmpegError, OSError, ValueError) as problem:
        raise BadItem("audio_unreadable") from problem
    with container:
        if not container.streams.audio:
            raise BadItem("audio_unreadable")
        yield container


def _packets(
    container: "InputContainer", stream: "av.AudioStream"
) -> "Iterator[av.Packet[av.AudioStream]]":
    """The stream's packets up to the first place that cannot be read, a cut-off end mostly."""
    import av  # noqa: PLC0415 - comes with the optional engine

    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except (StopIteration, av.FFmpegError):
            return


def _frames(container: "InputContainer", stream: "av.AudioStream") -> "Iterator[av.AudioFrame]":
    """Decoded frames; damaged packets are left out. A file that is mostly damage is none."""
    import av  # noqa: PLC0415 - comes with the optional engine

    good = damaged = 0
    for packet in _packets(container, stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damaged += 1
            continue
        good += bool(frames)
        yield from frames
    if damaged > good:
        raise BadItem("audio_unreadable")


def _resampled(frames: "Iterator[av.AudioFrame]", channels: int) -> Iterator[bytes]:
    """Interleaved 16-bit samples at ``RATE``, whatever the frames were and changed into."""
    import av  # noqa: PLC0415 - comes with the optional engine

    layout = "stereo" if channels == 2 else "mono"
    resampler, fits = None, None
    for frame in frames:
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        if resampler is None or kind != fits:
            if resampler is not None:
                yield from (out.to_ndarray().tobytes() for out in resampler.resample(None))
            resampler, fits = av.AudioResampler(format="s16", layout=layout, rate=RATE), kind
        frame.pts = None  # gaps and jumps of the clock are no reason to stop
        yield from (out.to_ndarray().tobytes() for out in resampler.resample(frame))
    if resampler is not None:
        yield from (out.to_ndarray().tobytes() for out in resampler.resample(None))
