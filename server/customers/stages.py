"""The six stages of a deal (the sixth closes it: won or lost), in order."""

from typing import Literal, get_args

Stage = Literal["lead", "contacted", "qualified", "proposal", "negotiation", "won", "lost"]
STAGES: tuple[Stage, ...] = get_args(Stage)
CLOSED: frozenset[Stage] = frozenset({"won", "lost"})
OPEN: tuple[Stage, ...] = tuple(stage for stage in STAGES if stage not in CLOSED)
