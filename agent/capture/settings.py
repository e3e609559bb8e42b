"""What every source's settings share, and how their faults become messages."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

Problem = tuple[str, dict[str, object]]
"""A message code and what fills its placeholders; never a value from the configuration."""


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
        return None, [
            (
                _code(fault["type"]),
                {"source": name, "setting": _place(fault["loc"]), **_choices(fault)},
            )
            for fault in error.errors(include_input=False, include_url=False)
        ]


def _choices(fault: ErrorDetails) -> dict[str, object]:
    """What may stand there, where it is one of a few words."""
    if fault["type"] != "literal_error":
        return {}
    return {"choices": fault["ctx"]["expected"]}


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc)


def _code(kind: str) -> str:
    match kind:
        case "missing":
            return "setting_missing"
        case "literal_error":
            return "setting_not_a_choice"
        case "extra_forbidden":
            return "setting_unknown"
        case _:
            # Our own validators raise PydanticCustomError with a code of the catalogue.
            return kind if kind.startswith("setting_") else "setting_invalid"
