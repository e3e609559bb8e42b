"""Whether HTML nests deeper than any mail: the parser's time grows with depth squared."""

import re
from typing import Final

_TAGS = re.compile(r"<(/?)([a-z][^\s/<>]{0,40})", re.IGNORECASE)
_VOID: Final = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
_CLOSED_BY_THE_NEXT: Final = frozenset((
    "body", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead",
    "tr",
))  # fmt: skip
"""Elements that do not nest in themselves, unless they stand in a drawing."""
_FOREIGN: Final = frozenset(("math", "svg"))
_DEEPEST: Final = 512
"""Browsers stop nesting there too."""


def is_too_deep(source: str) -> bool:
    """One pass over the tags, and none where there are not even so many.

    An end tag counts only against a start tag of its name, as the parser too passes over the
    others.
    """
    if source.count("<") <= _DEEPEST:
        return False
    still_open: dict[str, int] = {}
    depth = 0
    foreign = False
    for tag in _TAGS.finditer(source):
        name = tag[2].lower()
        if name in _VOID or (name in _CLOSED_BY_THE_NEXT and not foreign):
            continue
        if not tag[1]:
            foreign = foreign or name in _FOREIGN
            still_open[name] = still_open.get(name, 0) + 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif still_open.get(name):
            still_open[name] -= 1
            depth -= 1
    return False
