from datetime import date, time

import pytest
from pydantic_core import PydanticCustomError

from agent.capture.recordings.patterns import PATTERNS, NameParts, checked_pattern, parse_name

WHEN = (date(2026, 11, 20), time(10, 15))
PEER = "13800138000"


@pytest.mark.parametrize(
    ("pattern", "stem", "parts"),
    [
        (
            "freepbx",
            f"out-{PEER}-8001-20261120-101500-1795435701.12",
            (PEER, "8001", "", "outbound"),
        ),
        ("freepbx", f"in-8001-{PEER}-20261120-101500-1795435701.12", (PEER, "8001", "", "inbound")),
        ("freepbx", f"in-{PEER}-8001-20261120-101500-1.2", (PEER, "8001", "", "inbound")),
        ("freepbx", f"q-600-{PEER}-20261120-101500-1.2", (PEER, "600", "", "inbound")),
        ("freepbx", f"rg-601-{PEER}-20261120-101500-1.2", (PEER, "601", "", "inbound")),
        ("freepbx", f"external-8001-{PEER}-20261120-101500-1.2", (PEER, "8001", "", "inbound")),
        ("freepbx", f"exten-8001-{PEER}-20261120-101500-1.2", (PEER, "8001", "", "inbound")),
        ("freepbx", f"force-{PEER}-8001-20261120-101500-1.2", (PEER, "8001", "", "outbound")),
        ("freepbx", "internal-8001-8002-20261120-101500-1.2", ("8002", "8001", "", "internal")),
        ("freepbx", "exten-8001-8002-20261120-101500-1.2", ("8002", "8001", "", "internal")),
        ("freepbx", "out-95588-8001-20261120-101500-1.2", ("95588", "8001", "", "outbound")),
        ("freepbx", "in-8001-anonymous-20261120-101500", ("", "8001", "", "inbound")),
        (
            "3cx",
            f"[Zhang San]_101-{PEER}_20261120101500(12)",
            (PEER, "101", "Zhang San", "outbound"),
        ),
        ("3cx", f"{PEER}-101_20261120101500(12)", (PEER, "101", "", "inbound")),
        ("xiaomi", f"张三({PEER})_20261120101500", (PEER, "", "张三", None)),
        ("xiaomi", f"{PEER}({PEER})_20261120101500", (PEER, "", "", None)),
        ("huawei", f"张三@{PEER}_20261120101500", (PEER, "", "张三", None)),
        ("huawei", f"{PEER}_20261120101500", (PEER, "", "", None)),
        ("samsung", "通话录音 张三_261120_101500", ("", "", "张三", None)),
        ("samsung", f"Call recording {PEER}_261120_101500", (PEER, "", "", None)),
        ("oppo", "张三-2611201015", ("", "", "张三", None)),
        ("oppo", f"{PEER}-2611201015", (PEER, "", "", None)),
        (
            "cube",
            f"2026-11-20 10-15-00 (phone) 张三 (+86{PEER}) ↗",
            (f"+86{PEER}", "", "张三", "outbound"),
        ),
    ],
)
def test_named_patterns(pattern: str, stem: str, parts: tuple[str, str, str, str | None]) -> None:
    peer, own, name, direction = parts
    for asked in (pattern, "auto"):
        found = parse_name(stem, asked)
        assert (found.peer, found.own, found.name, found.direction) == (peer, own, name, direction)
        assert found.dated == WHEN


@pytest.mark.parametrize(
    ("stem", "peer", "name"),
    [
        ("Call with Zhang San", "", "Zhang San"),
        ("Call with +86 138 0013 8000 2", "+8613800138000", ""),
        ("与“张三”的通话", "", "张三"),
    ],
)
def test_iphone_names_hold_no_time(stem: str, peer: str, name: str) -> None:
    found = parse_name(stem, "iphone")
    assert (found.peer, found.name, found.dated) == (peer, name, None)


@pytest.mark.parametrize(
    ("stem", "parts"),
    [
        ("呼出 0512-66801234 2026-11-20 10.15", ("0512-66801234", "outbound", WHEN)),
        (f"来电{PEER}", (PEER, "inbound", None)),
        ("2026年11月20日 王总电话会", ("", None, (date(2026, 11, 20), None))),
        ("dump-2026-11-20-10-15-00-enc", ("", None, WHEN)),
        ("录音 3", ("", None, None)),
        ("inside information", ("", None, None)),
    ],
)
def test_whatever_a_name_says(stem: str, parts: tuple[object, object, object]) -> None:
    found = parse_name(stem)
    assert (found.peer, found.direction, found.dated) == parts


def test_own_expression() -> None:
    own = r"(?P<direction>呼入|呼出)_(?P<peer>\d+)_(?P<ext>\d+)_(?P<date>[\d-]+)_(?P<time>[\d.]+)"
    found = parse_name(f"呼出_{PEER}_12_2026-11-20_10.15.00", checked_pattern(own))
    assert found == NameParts(PEER, "12", "", "outbound", WHEN)
    assert parse_name("something else", own).peer == ""


@pytest.mark.parametrize("name", [*PATTERNS, "auto", "generic"])
def test_known_names_are_patterns(name: str) -> None:
    assert checked_pattern(name) == name


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("freepxb", "setting_pattern_groups"),
        ("(?P<peer>", "setting_pattern_broken"),
        (r"(?P<caller>\d+)", "setting_pattern_groups"),
    ],
)
def test_unusable_patterns(pattern: str, code: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        checked_pattern(pattern)
    assert caught.value.type == code
