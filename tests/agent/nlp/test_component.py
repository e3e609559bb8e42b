"""The pipeline for people who work with spaCy themselves."""

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.nlp.component import SPANS, pipeline
from agent.nlp.findings import Setting

NLP = pipeline()


def test_spans_carry_status_speaker_and_score() -> None:
    doc = NLP.make_doc("预算不是问题。我们也在看 Salesforce 的方案。")
    doc._.setting = Setting("customer", "call", date(2026, 11, 23))
    spans = NLP(doc).spans[SPANS]
    assert [(span.label_, span._.status, span._.speaker) for span in spans] == [
        ("budget", "negated", "customer"),
        ("competitor", "asserted", "customer"),
    ]
    assert all(0 < span._.score <= 1 for span in spans)


def test_promises_carry_owner_and_day() -> None:
    doc = NLP.make_doc("I will send the offer by Thursday.")
    doc._.setting = Setting("rep", "mail", date(2026, 11, 23))
    (span,) = NLP(doc).spans[SPANS]
    assert (span.label_, span._.owner, span._.due) == ("next_step", "rep", date(2026, 11, 26))


def test_chinese_is_split_by_character_and_english_by_word() -> None:
    assert [token.text for token in NLP.make_doc("用Salesforce 3.5版, ok")] == [
        "用", "Salesforce", "3.5", "版", ",", "ok",
    ]  # fmt: skip


def test_a_pipeline_can_use_a_lexicon_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "delivery.yaml").write_text(
        "category: delivery\ngroups:\n  - name: boxes\n    patterns: [red box]\n", "utf-8"
    )
    doc = pipeline(tmp_path)("a red box")
    assert ("red box", "delivery") in [(span.text, span.label_) for span in doc.spans[SPANS]]


@given(st.text())
def test_the_text_of_a_doc_is_the_text_that_went_in(text: str) -> None:
    kept = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert NLP.make_doc(text).text == kept
