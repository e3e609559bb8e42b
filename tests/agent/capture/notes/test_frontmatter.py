from datetime import UTC, date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.notes.frontmatter import FrontMatter, split


def test_what_a_note_says_about_itself() -> None:
    front, text = split(
        "---\ntitle: 首次拜访\ncustomer: '[[华锐]]'\ndate: 2026-11-20\nprivate: true\n"
        "participants:\n  - 王磊 <wang@x.example>\n  - 李雷\ntags: [重点]\n---\n正文\n"
    )
    assert front == FrontMatter(
        customers=("华锐",),
        participants=("王磊 <wang@x.example>", "李雷"),
        tags=("重点",),
        title="首次拜访",
        dated=(date(2026, 11, 20), None),
        private=True,
    )
    assert text == "正文\n"


def test_chinese_keys() -> None:
    front, _ = split("---\n客户: [华锐, 海川]\n日期: 2026年11月20日\n参会人: 王磊\n私密: 是\n---\n")
    assert front.customers == ("华锐", "海川")
    assert front.participants == ("王磊",)
    assert front.dated == (date(2026, 11, 20), None)
    assert front.private


def test_date_with_time_and_zone() -> None:
    front, _ = split("---\ndate: 2026-11-20 10:15:00\n---\n")
    assert front.dated == (date(2026, 11, 20), time(10, 15))
    front, _ = split("---\ndate: 2026-11-20T10:15:00Z\n---\n")
    assert front.dated == (date(2026, 11, 20), time(10, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "正文\n---\nfoo: 1\n---\n",
        "---\n分隔线开头的正文\n",
        "---\nfoo: [1\n---\n正文",
        "---\njust words\n---\n正文",
        "---\ndate: 2026-99-99T00:00:00\n---\n",
        f"---\nfoo: {'[' * 5000}\n---\n",
        "----\nfoo: 1\n----\n",
    ],
)
def test_what_is_no_front_matter_stays_text(text: str) -> None:
    front, rest = split(text)
    assert rest == text or front == FrontMatter()


def test_aliases_are_not_unfolded() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    front, _ = split("---\n" + "\n".join(lines) + "\ncustomer: *a11\n---\n正文")
    assert front.customers == ()


@given(st.text(max_size=200))
def test_any_block(block: str) -> None:
    split(f"---\n{block}\n---\n正文")
