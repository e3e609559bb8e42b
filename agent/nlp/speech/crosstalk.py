"""Tells apart what two channels hold: the same sound twice, or one leaking into the other."""

from itertools import pairwise
from typing import TYPE_CHECKING

from agent.nlp.speech.audio import RATE
from agent.nlp.speech.voice import Stretch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.nlp.speech.audio import Samples

SAME = 0.95
"""Correlation from which two channels are one recording written twice."""
QUIETER = 2.0
"""A leak has at most this fraction (1/x, amplitude) of the loudness of what leaks: 6 dB."""
ALIKE = 0.3
"""Correlation, at the best delay, from which a quieter sound is a leak of the louder one."""

_LONGEST_DELAY = int(0.3 * RATE)
_SHORTEST_PIECE = int(0.1 * RATE)
_BLOCK = 60 * RATE


def dual_mono(left: "Samples", right: "Samples") -> bool:
    """Whether both channels hold one and the same sound, at whatever volume or polarity."""
    import numpy as np  # noqa: PLC0415 - slow to import

    ll = rr = lr = 0.0
    for at in range(0, len(left), _BLOCK):
        a = left[at : at + _BLOCK].astype(np.float64)
        b = right[at : at + _BLOCK].astype(np.float64)
        ll, rr, lr = ll + float(a @ a), rr + float(b @ b), lr + float(a @ b)
    return ll * rr > 0 and abs(lr) / (ll * rr) ** 0.5 >= SAME


def without_leaks(
    own: list[Stretch], other: list[Stretch], sound: "Samples", louder: "Samples"
) -> list[Stretch]:
    """``own`` less those parts that are the other side's voice heard on this channel.

    A part is a leak when the other side speaks at that time, is clearly louder, and sounds the
    same: two people who talk at once differ, however quiet one of them is.
    """
    kept: list[Stretch] = []
    for piece in _pieces(own, other):
        spoken = any(piece.start < o.end and o.start < piece.end for o in other)
        if spoken and _leaks(sound[piece.start : piece.end], louder[piece.start : piece.end]):
            continue
        if kept and kept[-1].end == piece.start:
            kept[-1] = Stretch(piece.channel, kept[-1].start, piece.end)
        else:
            kept.append(piece)
    return [piece for piece in kept if piece.end - piece.start >= _SHORTEST_PIECE]


def _pieces(own: list[Stretch], other: list[Stretch]) -> list[Stretch]:
    """``own`` cut wherever the other side starts or stops."""
    cuts = sorted({edge for stretch in other for edge in (stretch.start, stretch.end)})
    pieces = []
    for stretch in own:
        edges = [stretch.start, *(c for c in cuts if stretch.start < c < stretch.end), stretch.end]
        pieces += [Stretch(stretch.channel, a, b) for a, b in pairwise(edges)]
    return pieces


def _leaks(sound: "Samples", louder: "Samples") -> bool:
    import numpy as np  # noqa: PLC0415 - slow to import

    quiet, loud = sound.astype(np.float32), louder.astype(np.float32)
    quiet -= quiet.mean()
    loud -= loud.mean()
    energy, other = float(quiet @ quiet), float(loud @ loud)
    if energy * QUIETER**2 > other:
        return False
    return energy == 0 or _likeness(quiet, loud, (energy * other) ** 0.5) >= ALIKE


def _likeness(a: "NDArray[np.float32]", b: "NDArray[np.float32]", scale: float) -> float:
    """The highest absolute correlation of ``a`` and ``b`` over all delays a line may have."""
    import numpy as np  # noqa: PLC0415 - slow to import

    size = 1 << (len(a) + _LONGEST_DELAY).bit_length()
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    near = np.concatenate((product[: _LONGEST_DELAY + 1], product[-_LONGEST_DELAY:]))
    return float(np.abs(near).max()) / scale
