"""YAML as the files of a lexicon are written, and on which line something in one stands."""

from functools import lru_cache
from typing import cast

import yaml


class Loader(yaml.CSafeLoader):
    """Only true and false are booleans: ``yes``, ``no`` and ``on`` are words of this trade."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - so declared by PyYAML
        first: [
            item for item in resolvers if not (item[0].endswith(":bool") and first not in "tTfF")
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def line_of(content: bytes, at: tuple[object, ...]) -> int:
    """The line (from 1) of a place in the file; of what holds it when the place is missing."""
    node = _composed(content)
    for step in at:
        found = _child(node, step)
        if found is None:
            break
        node = found
    return node.start_mark.line + 1 if node is not None else 1


@lru_cache(maxsize=4)
def _composed(content: bytes) -> yaml.Node | None:
    return yaml.compose(content, Loader)


def _child(node: yaml.Node | None, step: object) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                # A block sequence or mapping starts below its key; the key is where to look.
                return cast("yaml.Node", value)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return cast("yaml.Node", node.value[step])
    return None
