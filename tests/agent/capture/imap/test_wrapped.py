"""``winmail.dat`` in a mailbox: its words and its files are told as those of any other mail."""

import base64

import pytest

from agent.capture.mailfiles import outlook as o
from tests.agent.capture.imap.box import Box
from tests.agent.capture.mailfiles.test_rtf import literally
from tests.agent.capture.mailfiles.test_tnef import FILE, RTF, winmail
from tests.agent.capture.mails import multipart, raw_mail


@pytest.mark.parametrize("plain", ["", "看附件"])
@pytest.mark.parametrize("whole", [True, False])
def test_words_and_files_come_out(any_box: Box, plain: str, *, whole: bool) -> None:
    held = winmail({o.RTF: literally(RTF)}, FILE)
    if not whole:  # what cannot be read stays what it was
        held = b"\0" * 40
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{plain}",
        "Content-Type: application/ms-tnef\r\nContent-Disposition: attachment; "
        'filename="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(held).decode(),
    )
    any_box.put(raw_mail(**multipart("mixed", *parts)))
    (capture,) = any_box.take().captures
    assert capture.text.strip() == (plain or ("预算" if whole else ""))
    names = [one.name for one in capture.attachments]
    assert names == (["报价单.pdf"] if whole else ["winmail.dat"])
