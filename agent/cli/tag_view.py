"""Tags in a terminal: the text with its evidence in colour, and a line for each finding."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.messages import text as message

_STYLES = {
    "asserted": "bold white on dark_green",
    "negated": "strike dim",
    "question": "italic cyan",
    "hypothetical": "italic yellow",
    "past": "dim",
    "reported": "magenta",
}


def show(
    said: str,
    tags: Sequence[Mapping[str, object]],
    commitments: Sequence[Mapping[str, object]],
    console: Console | None = None,
) -> None:
    console = console or Console(highlight=False)
    console.print(marked(said, tags))
    if not tags:
        console.print(message("tag_nothing"), style="dim")
        return
    found = Table(box=None, pad_edge=False)
    for code in ("tag_column_category", "tag_column_status", "tag_column_evidence"):
        found.add_column(message(code))
    for tag in tags:
        found.add_row(
            message(f"tag_category_{tag['category']}"),
            Text(message(f"tag_status_{tag['status']}"), style=_STYLES[str(tag["status"])]),
            Text(" ".join(str(tag["text"]).split())),
        )
    console.print()
    console.print(found)
    for commitment in commitments:
        console.print(
            message(
                "tag_commitment",
                due=commitment["due"] or message("tag_no_date"),
                owner=message(f"tag_owner_{commitment['owner']}"),
                text=" ".join(str(commitment["text"]).split()),
            ),
            markup=False,
            highlight=False,
        )


def marked(said: str, tags: Sequence[Mapping[str, object]]) -> Text:
    """The text with each tag's evidence in the colour of its status."""
    text = Text(said.rstrip())
    for tag in tags:
        text.stylize(_STYLES[str(tag["status"])], int(str(tag["start"])), int(str(tag["end"])))
    return text
