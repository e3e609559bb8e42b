"""Full-text search: both languages, both databases alike, and only what one may see."""

import random
from uuid import uuid4

import pytest
from sqlalchemy import select

from server.customers.models import SearchEntry
from server.customers.words import asked, found_in, places, words_of


def search(world, who, q, **more):
    answer = world.call(who, "GET", "/search", query_string={"q": q, **more})
    assert answer.status_code == 200, answer.data
    return answer.get_json()


def found(world, who, q):
    return [hit["activity_id"] for hit in search(world, who, q)["items"]]


TEXTS = {
    "zh": "今年预算紧张，付款条件能否放宽？请陈晨回电。",
    "en": "The budget is TIGHT this year; café contract #A-1024 is pending.",
    "wide": "ＡＢＢ机器人报价１２３４５元",
    "trad": "報價單請查收",
    "ja": "見積書をお送りください",
    "ko": "견적서 보내주세요",
    "evil": '"预算" OR NEAR(1) * -- \' ); DROP TABLE customer; & | ! :* <->',
}


@pytest.fixture
def said(world):
    mails = {
        key: world.mail("huarui", text=text, subject="", days_ago=n + 1)
        for n, (key, text) in enumerate(TEXTS.items())
    }
    world.send("chen", *mails.values())
    world.mails = mails
    return {mail["id"]: key for key, mail in mails.items()}


@pytest.mark.parametrize(
    ("q", "keys"),
    [
        ("预算", {"zh", "evil"}),
        ("算紧", {"zh"}),
        ("紧", {"zh"}),
        ("预算紧张", {"zh"}),
        ("付款 预算", {"zh"}),
        ("付款 budget", set()),
        ("陈晨", {"zh"}),
        ("回电。", {"zh"}),
        ("张付", set()),  # a comma stands between
        ("紧张，付款", {"zh"}),
        ("budget", {"en"}),
        ("BUDG", {"en"}),
        ("udget", set()),
        ("tight cafe", {"en"}),
        ("CAFÉ", {"en"}),
        ("A-1024", {"en"}),
        ("abb", {"wide"}),
        ("ABB机器人", {"wide"}),
        ("12345", {"wide"}),
        ("報價", {"trad"}),
        ("見積", {"ja"}),
        ("をお", {"ja"}),
        ("견적", {"ko"}),
        ("DROP TABLE", {"evil"}),
        ("'); DROP", set()),
        ("预算 * OR NEAR", {"evil"}),
        ("zhao@huarui.example", set(TEXTS)),
        ("zhao", set(TEXTS)),
        ("没有的词", set()),
        ("", set()),
        ("%", set()),
        ("\"'`*&|!():<->", set()),
        ("啊" * 200, set()),
        ("zz " * 60, set()),
    ],
)
def test_words_are_found_where_they_stand(world, said, q, keys):
    hits = search(world, "chen", q, limit=50)["items"]
    assert {said[hit["activity_id"]] for hit in hits} == keys


def test_a_hit_shows_the_words_in_their_place(world, said):
    [hit] = search(world, "chen", "abb 报价")["items"]
    assert [p["text"] for p in hit["snippet"] if p["hit"]] == ["ＡＢＢ", "报价"]
    assert "".join(p["text"] for p in hit["snippet"]) == TEXTS["wide"]
    page = world.signed_in("chen").get("/search", query_string={"q": "abb"})
    assert '<mark class="hit">ＡＢＢ</mark>' in page.get_data(as_text=True)


def test_only_what_one_may_see_is_found(world, said):
    mine = world.mail("lingnan", text="预算充足")
    world.send("lin", mine)
    assert found(world, "lin", "预算") == [mine["id"]]
    assert len(found(world, "boss", "预算")) == 3
    assert len(found(world, "xu", "预算")) == 2
    assert found(world, "gu", "预算") == []
    assert [c["name"] for c in search(world, "lin", "华锐")["customers"]] == []
    assert [c["name"] for c in search(world, "chen", "华锐")["customers"]] == [
        "苏州华锐智能装备有限公司"
    ]


def test_what_is_changed_moved_or_forgotten_is_found_as_it_is_now(world):
    mail = world.mail("huarui", text="第一版")
    world.send("chen", mail)
    world.send("chen", {**mail, "revision": 2, "text": "改过了"})
    assert found(world, "chen", "第一版") == []
    assert found(world, "chen", "改过") == [mail["id"]]
    body = {"customer_id": world.customers["chilian"]}
    world.call("chen", "POST", f"/activities/{mail['id']}/relink", json=body)
    [hit] = search(world, "chen", "改过")["items"]
    assert hit["customer_id"] == world.customers["chilian"]
    world.call("chen", "PATCH", f"/customers/{world.customers['huarui']}", json={"name": "新名字"})
    assert [c["name"] for c in search(world, "chen", "新名")["customers"]] == ["新名字"]
    assert search(world, "chen", "智能装备")["customers"] == []


def test_a_customer_is_found_by_all_that_is_known_of_it(world):
    path = f"/customers/{world.customers['huarui']}"
    body = {"name": "孙丽", "emails": ["sunli@qq.com"], "phones": ["13900139000"], "wecom": ["SL9"]}
    world.call("chen", "POST", f"{path}/contacts", json=body)
    world.call("chen", "PATCH", path, json={"labels": ["展会客户"], "industry": "机床"})
    for q in (
        "孙丽",
        "孙",
        "sunli",
        "qq.com",
        "0013900",
        "39001390",
        "SL9",
        "展会",
        "机床",
        "uarui",
    ):
        names = [c["id"] for c in search(world, "chen", q)["customers"]]
        assert names == [world.customers["huarui"]], q
        listed = world.get("chen", f"/customers?q={q}")["items"]
        assert [c["id"] for c in listed] == [world.customers["huarui"]], q


def test_pages_hold_every_hit_once_while_mail_comes_in(world):
    at = (world.clock.now()).isoformat()
    mails = [
        world.mail("huarui", text="报价第几轮", occurred_at=at)
        if n % 3
        else world.mail("chilian", text="报价", days_ago=n)
        for n in range(25)
    ]
    world.send("chen", *mails)
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = search(world, "chen", "报价", limit=4, **more)
        seen += [hit["activity_id"] for hit in page["items"]]
        world.send("chen", world.mail("huarui", text="报价", key=uuid4(), days_ago=0))
        cursor = page["cursor"]
        if cursor is None:
            break
    assert set(seen) >= {mail["id"] for mail in mails}
    assert len(seen) == len(set(seen))


def test_a_cursor_of_somebody_elses_making_is_refused(world):
    answer = world.call("chen", "GET", "/search", query_string={"q": "a", "cursor": "xx"})
    assert answer.status_code == 422


def test_every_activity_and_customer_has_its_words(world, said):
    with world.kernel.db.reading() as session:
        entries = session.scalars(select(SearchEntry)).all()
    assert len(entries) == len(TEXTS) + len(world.customers)


def test_a_huge_text_is_no_trouble(world):
    letters = random.Random(1)  # noqa: S311 - not secret
    text = "".join(chr(letters.randrange(0x4E00, 0x9FA5)) for _ in range(200_000))
    mail = world.mail("huarui", text=f"开头预算{text}")
    assert world.send("chen", mail)[0]["result"] == "accepted"
    assert found(world, "chen", "开头预算") == [mail["id"]]


@pytest.mark.parametrize(
    "text", ["ﬁne ①ⅷ", "e\u0301te\u0301", "İstanbul", "ß", "㈱東芝", "", "한국"]
)
def test_places_lead_into_the_text_itself(text):
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            piece = text[start:end].strip()
            if not piece:
                continue
            for left, right in places(asked(piece), text):
                assert 0 <= left < right <= len(text)
    assert found_in(asked(text), text)
    assert len(set(words_of(text, inside=True))) == len(words_of(text, inside=True))
