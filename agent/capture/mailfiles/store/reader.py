"""A mail store to one capture for each mail and meeting in it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from agent.capture import mime
from agent.capture.base import Capture
from agent.capture.folders.containers import ContainerReader, Contents, Inside
from agent.capture.folders.scan import Found
from agent.capture.mailfiles.outlook import CODEPAGE, OutlookItem, Values, attachment, charset_of
from agent.capture.mailfiles.store import appointment
from agent.capture.mailfiles.store.process import Frame, Stores
from agent.capture.mailfiles.store.properties import ATTACHMENT_SIZE, KEYWORDS, strings_of
from agent.capture.mailhead import MailHead
from agent.errors import BadItem

_MAGIC = b"!BDN"
_QUIET_S = 5.0
_MAILS = ("IPM.NOTE", "IPM.SCHEDULE.", "REPORT.", "IPM.RECALL.")
OTHER_KIND = "item_other_kind"
_RULES = frozenset({OTHER_KIND, appointment.SERIES, appointment.ALL_DAY_NOTE})
SENT = frozenset(
    {"sent items", "sent", "sent mail", "已发送邮件", "已发送", "已发邮件", "已发送的邮件"}
)
"""Folders of what went out: it may name its sender in Exchange's own way only."""


class StoreReader(ContainerReader):
    suffixes = frozenset({".pst", ".ost"})

    def __init__(self, source: str, stores: Stores | None = None) -> None:
        self._source = source
        self._stores = stores or Stores()

    def quiet_s(self, found: Found, age_s: float) -> float:  # noqa: ARG002 - same for all
        return _QUIET_S

    def close(self) -> None:
        self._stores.close()

    def open(self, found: Found, held: Mapping[str, str]) -> Contents:
        _look(found)
        total, frames = self._stores.read(found.path, held)
        return Contents(total, (self._inside(found, frame) for frame in frames))

    def keys(self, found: Found) -> Iterator[str]:
        _look(found)
        _, frames = self._stores.read(found.path, {}, keys_only=True)
        for frame in frames:
            yield frame.key

    def _inside(self, found: Found, frame: Frame) -> Inside:
        if frame.head is None:
            return Inside(key=frame.key, version=frame.version, code=frame.code)
        try:
            capture = self._capture(found, frame, frame.head)
        except BadItem as bad:
            is_excluded = bad.code in _RULES
            return Inside(
                key=frame.key, version=frame.version, code=bad.code, is_excluded=is_excluded
            )
        except (KeyError, TypeError, ValueError, IndexError):  # no frame of ours
            return Inside(key=frame.key, version=frame.version, code="item_damaged")
        return Inside(key=frame.key, version=frame.version, capture=capture)

    def _capture(self, found: Found, frame: Frame, head: Mapping[str, Any]) -> Capture:
        item = _item(head, frame.blob)
        folder = str(head["folder"])
        external_id = f"{found.external_id}#{frame.key}"
        hints = (*PurePosixPath(found.external_id).parent.parts, *PurePosixPath(folder).parts)
        if item.kind.startswith("IPM.APPOINTMENT"):
            capture = appointment.compose(
                item,
                source=self._source,
                external_id=external_id,
                version=frame.version,
                folder=folder,
            )
            return replace(capture, hints=(*capture.hints, *hints))
        if item.kind and not item.kind.startswith(_MAILS):
            raise BadItem(OTHER_KIND)
        fields = MailHead(item.fields())
        if not fields.is_mail:
            raise BadItem("item_not_a_mail")
        capture = mime.compose(
            fields,
            item.body(),
            source=self._source,
            external_id=external_id,
            version=frame.version,
            fallback=found.modified,
            hints=hints,
        )
        names_sender = any(one.role == "from" and one.email for one in capture.participants)
        was_sent = not names_sender and folder.rpartition("/")[2].lower() in SENT
        return replace(capture, folder=folder, direction="outbound" if was_sent else None)


def _look(found: Found) -> None:
    """Say in time what would only be an error of the library."""
    if found.size == 0:
        raise BadItem("item_empty")
    try:
        with Path(found.path).open("rb") as file:
            start = file.read(len(_MAGIC))
    except PermissionError as error:  # Outlook lets nobody in while it runs
        raise BadItem("item_store_in_use") from error
    if start != _MAGIC:
        raise BadItem("item_store_damaged")


def _item(head: Mapping[str, Any], blob: bytes) -> OutlookItem:
    rest = memoryview(blob)

    def taken(shape: list[tuple[int, int, int]]) -> Values:
        nonlocal rest
        values: dict[int, tuple[int, bytes]] = {}
        for prop, kind, size in shape:
            values.setdefault(int(prop), (int(kind), bytes(rest[:size])))
            rest = rest[size:]
        return Values(values)

    properties = taken(head["values"])
    people = [taken(one) for one in head["people"]]
    files = [taken(one) for one in head["files"]]
    charset = charset_of(properties.number(CODEPAGE))
    return OutlookItem(
        properties,
        people,
        [attachment(one, one.number(ATTACHMENT_SIZE) or 0, charset) for one in files],
        categories=strings_of(properties.values.get(KEYWORDS, (0, b""))[1]),
    )
