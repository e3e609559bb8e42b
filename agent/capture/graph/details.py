"""What a list of changes leaves out, fetched in batches of twenty: header fields, names of
attachments, whole messages where only a flag was told; and whether something is really gone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from agent.capture.graph.client import Client, Row
from agent.capture.graph.messages import (
    HEADERS,
    SELECT,
    SENSITIVITY,
    is_invitation,
    is_whole,
)

_GONE = 404
_ODD = 400
_ATTACHMENTS = "$select=id,name,size"
_PROPERTIES = "singleValueExtendedProperties"
_SENSITIVITY = f"$select=id&$expand={_PROPERTIES}" + quote(
    f"($filter=id eq '{SENSITIVITY}')", safe="()$='"
)


@dataclass(slots=True)
class Detailed:
    row: Row
    attachments: list[Mapping[str, Any]] = field(default_factory=list)
    is_gone: bool = False
    is_broken: bool = False
    """The server cannot show it, though it shows others."""


def whole(client: Client, rows: Sequence[Row]) -> list[Detailed]:
    """The rows, those of which only a part was told fetched whole."""
    found = [Detailed(row) for row in rows]
    short = [one for one in found if not is_whole(one.row)]
    paths = [f"{client.path('messages', one.row['id'])}?$select={SELECT}" for one in short]
    for one, answer in zip(short, _each(client, paths), strict=True):
        if isinstance(answer, int):
            one.is_gone, one.is_broken = answer == _GONE, answer != _GONE
        else:
            one.row = {**answer, "id": one.row["id"]}
            one.row.setdefault(HEADERS, None)
    return found


def complete(client: Client, found: Sequence[Detailed], *, is_sent: bool) -> None:
    """Add what a list does not tell. Asks nothing for a mail that lacks nothing."""
    sound = [one for one in found if not one.is_gone and not one.is_broken]
    # A server that tells the fields of one mail tells those of all: the others have none.
    tells = is_sent or any(one.row.get(HEADERS) for one in sound)
    wanted: list[tuple[Detailed, str, str]] = []
    for one in sound:
        path = client.path("messages", one.row["id"])
        if not tells and HEADERS not in one.row and one.row.get("isDraft") is not True:
            wanted.append((one, "headers", f"{path}?$select={HEADERS}"))
        if is_sent or one.row.get("isDraft") is True:
            wanted.append((one, "sensitivity", f"{path}?{_SENSITIVITY}"))
        if one.row.get("hasAttachments") is True:
            wanted.append((one, "attachments", f"{path}/attachments?{_ATTACHMENTS}"))
        if _is_vague(one.row):
            wanted.append((one, "type", path))
    answers = _each(client, [path for _, _, path in wanted])
    for (one, what, _), answer in zip(wanted, answers, strict=True):
        if isinstance(answer, int):
            one.is_gone |= answer == _GONE
            # Not every server knows extended properties.
            one.is_broken |= answer != _GONE and not (what == "sensitivity" and answer == _ODD)
        elif what == "sensitivity":
            one.row[_PROPERTIES] = answer.get(_PROPERTIES)
        elif what == "headers":
            one.row[HEADERS] = answer.get(HEADERS)
        elif what == "attachments":
            rows = answer.get("value")
            one.attachments = [row for row in rows or () if isinstance(row, dict)]
        else:
            one.row["meetingMessageType"] = answer.get("meetingMessageType")


def _is_vague(row: Row) -> bool:
    """An invitation or a cancellation: the list does not tell which."""
    kind = str(row.get("@odata.type", "")).lower()
    return is_invitation(row) and kind.endswith(".eventmessage") and "meetingMessageType" not in row


def still_there(client: Client, ids: Sequence[str], folders: Collection[str]) -> set[str]:
    """Those that lie in one of ``folders``, whatever one of them says it has lost."""
    paths = [f"{client.path('messages', one)}?$select=id,parentFolderId" for one in ids]
    there: set[str] = set()
    for external_id, answer in zip(ids, _each(client, paths), strict=True):
        if isinstance(answer, int):
            if answer != _GONE:
                there.add(external_id)  # not known to be gone
        elif answer.get("parentFolderId") in folders:
            there.add(external_id)
    return there


def _each(client: Client, paths: Sequence[str]) -> list[Row | int]:
    """As ``Client.each``; what fails is asked for a second time, a server errs at times."""
    answers = client.each(paths)
    failed = [
        index for index, answer in enumerate(answers) if isinstance(answer, int) and answer != _GONE
    ]
    for index, answer in zip(failed, client.each([paths[i] for i in failed]), strict=True):
        answers[index] = answer
    return answers
