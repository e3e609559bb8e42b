"""A company's own words: read from a file, found in texts, followed as the file changes."""

from datetime import date

import pytest

from agent.contract.tagger import TaggerData, Term
from agent.messages import LANGUAGES, text
from agent.nlp.company import company_tagger
from agent.nlp.following import FollowingTagger
from agent.nlp.lexicon import LexiconBroken, company, shipped
from agent.nlp.tagger import Tagger

DAY = date(2026, 11, 23)
FILE = """
competitors:
  - 星云CRM
  - {words: [星河, xinghe crm], yes: [我们也在看星河的方案], no: [今天天气不错]}
products: [跟进宝, 飞书]
jargon:
  budget:
    - 卡盘子
    - {pattern: '盘子…(没批|卡)', yes: [今年盘子总是没批]}
"""


def tags(tagger, words):
    return [(one.category, one.status, one.text) for one in tagger.tag(words, on=DAY).tags]


@pytest.fixture(scope="module")
def terms():
    return company.read("ours.yaml", FILE.encode())


def test_a_file_is_read_and_written_again_as_it_was(terms):
    assert [term.kind for term in terms] == ["competitor"] * 2 + ["product"] * 2 + ["jargon"] * 2
    assert company.read("again.yaml", company.written(terms).encode()) == terms
    assert company.read("none.yaml", b"competitors: []\n") == ()


def test_own_words_are_found_whatever_the_model_thinks(terms):
    tagger = company_tagger(TaggerData(terms=terms))
    assert ("competitor", "asserted", "星云CRM") in tags(tagger, "我们也跟星云CRM聊过。")
    assert ("competitor", "negated", "星河") in tags(tagger, "我们没考虑过星河。")
    assert ("budget", "asserted", "卡盘子") in tags(tagger, "老规矩，卡盘子。")
    assert tags(tagger, "老规矩，吃面。") == []
    assert ("competitor", "asserted", "xinghe CRM") in tags(
        tagger, "We also met Xinghe CRM.".replace("X", "x")
    )


def test_what_is_shipped_is_found_as_before(terms):
    tagger, plain = company_tagger(TaggerData(terms=terms)), Tagger()
    for words in (
        "今年预算紧张，明年再说。",
        "We got a cheaper quote from Salesforce.",
        "合同条款要法务审。下周三前给您答复。",
    ):
        assert tags(tagger, words) == tags(plain, words) != []


def test_ones_own_product_is_nobody_elses(terms):
    words = "飞书的报价我们看过了。"
    assert "competitor" in {category for category, _, _ in tags(Tagger(), words)}
    tagger = company_tagger(TaggerData(terms=terms))
    assert "competitor" not in {category for category, _, _ in tags(tagger, words)}
    both = tags(tagger, "飞书的报价比金蝶的报价高。")
    assert "competitor" in {category for category, _, _ in both}


def test_exceptions_of_the_shipped_vendors_hold_for_own_competitors(terms):
    tagger = company_tagger(TaggerData(terms=terms))
    assert tags(tagger, "我们也在看星云CRM的方案。")
    own = [one for one in tags(tagger, "能不能对接星云CRM？") if one[2] == "星云CRM"]
    assert own == []


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("competitors:\n  - a b\n  - [x]\n", 3, "not_text"),
        ("rivals: [x]\n", 1, "unknown_key"),
        ("jargon:\n  weather: [x]\n", 2, "unknown_category"),
        ("jargon:\n  budget:\n    - {pattern: '盘子('}\n", 3, "pattern_syntax"),
        ("jargon:\n  budget:\n    - {pattern: '{nope}'}\n", 3, "unknown_class"),
        ("jargon:\n  budget: [的]\n", 2, "pattern_without_anchor"),
        ("competitors:\n  - 星云\n  - {words: 星河, yes: [天气]}\n", 3, "example_not_found"),
        ("competitors:\n  - {words: 星河, no: [在看星河]}\n", 2, "example_found"),
        ("competitors:\n  - {words: 星河, status: past}\n", 2, "unknown_key"),
        ("competitors:\n  - {words: 星河, pattern: x}\n", 2, "words_or_pattern"),
        ("competitors: {a: 1}\n", 1, "not_a_list"),
        ("competitors:\n - a\n b: [\n", 3, "yaml"),
        (f"competitors: [{'x' * 300}]\n", 1, "too_long"),
        ("- a\n", 1, "not_a_mapping"),
        ("", 1, "empty_file"),
        ("x" * 1_000_001, 1, "too_large"),
        ("[" * 20_000, 1, "yaml"),
        ("competitors: [" + ", ".join(f"竞品{n}号" for n in range(2001)) + "]", 1, "too_many"),
    ],
)
def test_an_error_names_file_line_and_reason(content, line, reason):
    with pytest.raises(LexiconBroken) as caught:
        company.read("ours.yaml", content.encode())
    assert (caught.value.params["file"], caught.value.params["reason"]) == ("ours.yaml", reason)
    assert caught.value.params["line"] == line
    for language in LANGUAGES:
        assert "ours.yaml" in text("lexicon_broken", language, **caught.value.params)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"\x00", b"a: &a [*a]", b"competitors: !!python/x 1"]
)
def test_hostile_bytes_are_refused_as_any_other_fault(content):
    with pytest.raises(LexiconBroken):
        company.read("x.yaml", content)


def test_signs_of_the_pattern_language_mean_nothing_in_a_phrase():
    [term] = company.read("x.yaml", "competitors: ['星云(中国)|CRM*']".encode())
    tagger = company_tagger(TaggerData(terms=(term,)))
    assert "competitor" in {one[0] for one in tags(tagger, "在看星云 中国 CRM的方案")}


def test_the_file_is_followed_and_a_broken_one_changes_nothing(tmp_path, terms):
    file = tmp_path / "taught.json"
    following = FollowingTagger(file)
    words = "老规矩，卡盘子。"
    assert tags(following.current(), words) == []
    file.write_text(TaggerData(version="1", terms=terms).model_dump_json(), "utf-8")
    assert tags(following.current(), words) == [("budget", "asserted", "卡盘子")]
    same = following.current()
    for broken in (
        "{",
        '{"terms": [{"kind": "jargon", "category": "budget", "words": ["x("], "is_pattern": true}]}',
        "",
    ):
        file.write_text(broken, "utf-8")
        assert following.current() is same
    beside = tmp_path / "new"
    beside.write_text(TaggerData(version="2").model_dump_json(), "utf-8")
    beside.replace(file)
    assert tags(following.current(), words) == []
    file.write_text(TaggerData(version="3", terms=terms).model_dump_json(), "utf-8")
    assert tags(following.current(), words)
    file.unlink()
    assert tags(following.current(), words) == []


def test_offsets_slice_the_text_with_many_own_words():
    many = tuple(
        Term(kind="jargon", category="timeline", words=(f"黑话{number}号",))
        for number in range(300)
    )
    company.check(shipped(), many)
    tagger = company_tagger(TaggerData(terms=many))
    words = "\ud83d 黑话7号，还有\u202e黑话299号。" * 20
    found = tagger.tag(words, on=DAY).tags
    assert found
    assert all(words[one.start : one.end] == one.text for one in found)
