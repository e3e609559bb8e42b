"""The server refuses what a real one refuses; a lax one would prove nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from lxml import etree

from tests.servers.ews.mail import item_of
from tests.servers.ews.server import EwsServer
from tests.servers.ews.soap import M, T

NS = f'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="{M[1:-1]}" xmlns:t="{T[1:-1]}"'
RAW = b"From: a@x.example\r\nSubject: s\r\nMessage-ID: <1@x.example>\r\n\r\ntext\r\n"


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with EwsServer(tls=False) as server:
        store = server.add_user("li", "right", "li@example.com")
        for _ in range(30):
            store.add(store.inbox, item_of(RAW, received=datetime(2026, 11, 20, tzinfo=UTC)))
        yield server


def ask(server: EwsServer, body: str, *, password: str = "right") -> requests.Response:  # noqa: S107
    envelope = (
        f"<s:Envelope {NS}><s:Header><t:RequestServerVersion "
        f'Version="Exchange2013"/></s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )
    return requests.post(
        server.url, data=envelope.encode(), auth=("li", password), timeout=10, allow_redirects=False
    )


def sync(
    server: EwsServer, *, limit: int = 10, state: str = "", field: str = "item:ItemClass"
) -> str:
    inbox = next(iter(server.stores.values())).inbox
    mark = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        f'<t:AdditionalProperties><t:FieldURI FieldURI="{field}"/></t:AdditionalProperties>'
        f'</m:ItemShape><m:SyncFolderId><t:FolderId Id="{inbox}"/></m:SyncFolderId>{mark}'
        f"<m:MaxChangesReturned>{limit}</m:MaxChangesReturned></m:SyncFolderItems>"
    )


def parsed(response: requests.Response) -> Any:
    return etree.fromstring(response.content)


def code(response: requests.Response) -> str:
    found = [one.text for one in parsed(response).iter() if one.tag.endswith("}ResponseCode")]
    return str(found[0])


def test_pages_go_on_where_the_mark_says(server: EwsServer) -> None:
    seen: list[str] = []
    state, is_last = "", "false"
    while is_last == "false":
        root = parsed(ask(server, sync(server, state=state)))
        seen += [one.get("Id") for one in root.iter(f"{T}ItemId")]
        state = root.find(f".//{M}SyncState").text
        is_last = root.find(f".//{M}IncludesLastItemInRange").text
    assert len(seen) == len(set(seen)) == 30


def test_a_mark_is_sealed(server: EwsServer) -> None:
    state = parsed(ask(server, sync(server))).find(f".//{M}SyncState").text
    wrong = ("B" if state[5] == "A" else "A").join((state[:5], state[6:]))
    for other in (wrong, "AAAA", "not base64"):
        assert code(ask(server, sync(server, state=other))) == "ErrorInvalidSyncStateData"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"limit": 513}, "ErrorSchemaValidation"),
        ({"limit": 0}, "ErrorSchemaValidation"),
        ({"field": "item:Body"}, "ErrorInvalidPropertyRequest"),
        ({"field": "item:Attachments"}, "ErrorInvalidPropertyRequest"),
        ({"field": "item:InternetMessageHeaders"}, "ErrorInvalidPropertyRequest"),
        ({"field": "message:ToRecipients"}, "ErrorInvalidPropertyRequest"),
        ({"field": "item:Nonsense"}, "ErrorSchemaValidation"),
    ],
)
def test_what_lists_cannot_give(server: EwsServer, values: dict[str, Any], expected: str) -> None:
    assert code(ask(server, sync(server, **values))) == expected


def test_what_is_no_request(server: EwsServer) -> None:
    good = sync(server)
    for bad in (
        good.replace("<m:MaxChangesReturned>", "<m:SyncScope/><m:MaxChangesReturned>"),
        good.replace("m:ItemShape", "m:Shape"),
        good.replace("</m:SyncFolderItems>", ""),
        "<m:Nothing/>",
        "",
    ):
        response = ask(server, bad)
        assert response.status_code == 500
        assert code(response) in ("ErrorSchemaValidation", "ErrorInvalidRequest")


def test_strangers_stay_outside(server: EwsServer) -> None:
    assert ask(server, sync(server), password="wrong").status_code == 401
    server.add_mailbox("boss@example.com", open_to={"boss"})
    body = (
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
        '<m:FolderIds><t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>'
        "boss@example.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds>"
        "</m:GetFolder>"
    )
    assert code(ask(server, body)) == "ErrorAccessDenied"
