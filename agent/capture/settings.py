"""What every source's settings share, and how their faults become messages."""

import json
from collections.abc import Mapping
from typing import Any

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

Problem = tuple[str, dict[str, object]]
"""A message code and what fills its placeholders; never a value from the configuration."""


_NO_NUMBER = (
    "int_type",
    "int_parsing",
    "int_parsing_size",
    "int_from_float",
    "greater_than_equal",
    "less_than_equal",
)


class SourceOptions(BaseModel):
    """One ``[sources.NAME]`` table. Unknown keys are faults: they are misspelt ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    type: str


def problems(
    model: type[SourceOptions], name: str, settings: Mapping[str, Any]
) -> tuple[SourceOptions | None, list[Problem]]:
    """The settings of source ``name``, or every fault in them."""
    try:
        return model.model_validate(dict(settings)), []
    except ValidationError as error:
        found: list[Problem] = []
        for fault in error.errors(include_input=False, include_url=False):
            code, expected = _told(model, fault)
            found.append((code, {"source": name, "setting": _place(fault["loc"]), **expected}))
        return None, found


def _told(model: type[SourceOptions], fault: ErrorDetails) -> Problem:
    """The code, and what may stand there where that can be said."""
    kind = fault["type"]
    field = model.model_fields.get(str(fault["loc"][0])) if len(fault["loc"]) == 1 else None
    if kind == "literal_error":
        return "setting_not_a_choice", {"choices": fault["ctx"]["expected"]}
    if kind in _NO_NUMBER and field is not None:
        least = [one.ge for one in field.metadata if isinstance(one, Ge)]
        most = [one.le for one in field.metadata if isinstance(one, Le)]
        if least and most:
            return "setting_not_in_range", {"least": least[0], "most": most[0]}
    if kind in ("tuple_type", "list_type"):
        usual = field.default if field is not None else None
        example = usual if usual and isinstance(usual, tuple | list) else ("…", "…")
        return "setting_not_a_list", {"example": json.dumps(example, ensure_ascii=False)}
    return _code(kind), {}


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)


def _code(kind: str) -> str:
    match kind:
        case "missing":
            return "setting_missing"
        case "extra_forbidden":
            return "setting_unknown"
        case _:
            # Our own validators raise PydanticCustomError with a code of the catalogue.
            return kind if kind.startswith("setting_") else "setting_invalid"
