import io
import zipfile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.notes import documents
from agent.errors import BadItem


def word(title: str = "") -> bytes:
    document = Document()
    document.core_properties.title = title
    document.add_paragraph("今天拜访了王总")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "预算"
    table.cell(0, 1).text = "九万"
    document.add_paragraph("下周三前发报价")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def refused(raw: bytes, suffix: str) -> str:
    with pytest.raises(BadItem) as caught:
        documents.read(raw, suffix)
    return caught.value.code


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_plain_text_in_any_encoding(charset: str, suffix: str) -> None:
    note = documents.read("王总说预算不够\r\n下周再谈".encode(charset), suffix)
    assert note.text == "王总说预算不够\n下周再谈"
    assert not note.is_html


def test_title_of_markdown() -> None:
    assert documents.read("正文\n\n## 拜访 华锐 ##\n".encode(), ".md").title == "拜访 华锐"
    assert documents.read("---\ntitle: 甲\n---\n# 乙\n".encode(), ".md").title == "甲"


def test_web_page() -> None:
    page = '<html><head><meta charset="gbk"><title>会议 &amp; 纪要</title></head><p>预算</p></html>'
    note = documents.read(page.encode("gbk"), ".html")
    assert note.is_html
    assert note.title == "会议 & 纪要"
    assert "<p>预算</p>" in note.text


def test_word_document_in_reading_order() -> None:
    note = documents.read(word("拜访记录"), ".docx")
    assert note.text == "今天拜访了王总\n预算\t九万\n下周三前发报价"
    assert note.title == "拜访记录"


def bomb(name: str, megabytes: int) -> bytes:
    file = io.BytesIO(word())
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as entry,
    ):
        for _ in range(megabytes):
            entry.write(b"\x00" * 1024 * 1024)
    return file.getvalue()


@pytest.mark.parametrize(("name", "megabytes"), [("word/bomb.xml", 50), ("word/media/a.png", 201)])
def test_bomb_is_not_opened(name: str, megabytes: int) -> None:
    raw = bomb(name, megabytes)
    assert len(raw) < 1_000_000
    assert refused(raw, ".docx") == "item_expands_too_far"


def test_entities_are_not_expanded() -> None:
    file = io.BytesIO()
    lines = '<!ENTITY a0 "xxxxxxxxxx">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    with zipfile.ZipFile(io.BytesIO(word())) as old, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "word/document.xml":
                head, _, rest = content.decode().partition("?>")
                content = f"{head}?><!DOCTYPE d [{lines}]>{rest}".replace("王总", "&a11;").encode()
            new.writestr(entry.filename, content)
    try:
        text = documents.read(file.getvalue(), ".docx").text
    except BadItem:
        text = ""
    assert len(text) < 10_000


def test_empty_protected_and_foreign() -> None:
    assert refused(b"", ".txt") == "item_empty"
    assert refused(b" \n", ".md") == "item_empty"
    assert refused(b"\xd0\xcf\x11\xe0" + b"\x00" * 600, ".docx") == "item_protected"
    assert refused(b"no zip", ".docx") == "item_damaged"
    assert refused(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", ".txt") == "item_damaged"
    empty = io.BytesIO()
    Document().save(empty)
    assert refused(empty.getvalue(), ".docx") == "item_empty"


WORD = word()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_document_is_a_bad_item(data: st.DataObject) -> None:
    raw = bytearray(WORD)
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        note = documents.read(bytes(raw), ".docx")
    except BadItem:
        return
    assert note.text.strip()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".md", ".txt", ".html", ".docx"]))
def test_any_bytes(raw: bytes, suffix: str) -> None:
    try:
        documents.read(raw, suffix).text.encode()
    except BadItem:
        return


def test_a_page_whose_words_follow_a_large_picture_keeps_its_words() -> None:
    picture = "data:image/png;base64," + "A" * 600_000
    page = f'<html><body><img src="{picture}"><p>王总说预算很紧</p></body></html>'
    note = documents.read(page.encode(), ".html")
    assert "王总说预算很紧" in note.text
