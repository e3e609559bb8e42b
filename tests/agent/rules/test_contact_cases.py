"""The table of real-shaped cases: every one must be decided as it is labelled."""

import re

import pytest

from benchmarks.contact_eval import CUSTOMERS, Judged, cases, failures, judge, lines, wilson

CASES = cases("contact")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_it_is_decided_as_labelled(case):
    answer = judge(case)
    assert (answer.counts, answer.grade) == (case["counts"], case["grade"]), answer
    assert answer.reason


def test_the_table_is_whole():
    assert len(CASES) >= 160
    assert len({case["id"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert (case["grade"] == "none") is not case["counts"]
        assert case["why"]
        assert case["origin"]
        assert case["lang"] in {"zh", "en", "mixed"}
    for kind in ("mail", "call", "meeting", "note"):
        assert {case["counts"] for case in CASES if case["kind"] == kind} == {True, False}
    people = {
        address for one in CUSTOMERS for contact in one.contacts for address in contact.emails
    }
    assert len(people) == 3


def test_every_machine_is_proved():
    for case in CASES:
        answer = judge(case)
        if answer.reason in {"auto_reply", "bounce", "bulk", "newsletter", "receipt", "invitation"}:
            assert answer.evidence, case["id"]
            assert not re.search(r"[\w.]+@[\w.]+\.\w+", answer.evidence), case["id"]


def test_a_wrong_answer_is_shown_and_lowers_the_figure():
    judged = [Judged(case, judge(case)) for case in CASES]
    assert not list(failures(judged))
    flipped = {**CASES[0], "counts": not CASES[0]["counts"], "grade": "outbound"}
    worse = [Judged(flipped, judged[0].answer), *judged[1:]]
    assert len(list(failures(worse))) == 1
    assert list(lines(judged))[1].split()[2] == "1.000"
    assert list(lines(worse))[1] != list(lines(judged))[1]


def test_the_interval_of_a_share():
    low, high = wilson(90, 100)
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)
    assert wilson(0, 0) == (0.0, 1.0)
