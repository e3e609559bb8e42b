"""The main job, walked as it happens: mailbox → agent → server → page → extension.

Then again with every step repeated and the order changed: the store must be the same.
"""

import random
import shutil
from datetime import timedelta, timezone

from tests.flow.conftest import PASSWORD, Laptop, ago, mail, put, recording

ZHAO = "赵刚 <contact@huarui.example>"
DANA = "Dana Whitfield <contact@brightline.example>"
CHEN = "陈晨 <chen@yuanshan.example>"
SHANGHAI = timezone(timedelta(hours=8))
COMPLAINT = "今年预算紧张，采购额度已经用完了。另外我们也在看用友的方案。"


def lay(laptop, *, folder="Mail", shuffled=None):
    """Six mails, two calls and two notes; ``shuffled`` changes the order and the file names."""
    call_at = ago(days=4)
    mails = [
        mail(
            key="m1",
            sender=CHEN,
            to=ZHAO,
            subject="方案",
            text="赵工，方案请查收。",
            at=ago(days=6),
        ),
        mail(
            key="m2",
            sender=ZHAO,
            to=CHEN,
            subject="回复: 方案",
            at=ago(days=2),
            answers="m1",
            text=f"陈经理：\n{COMPLAINT}\n\n发件人: 陈晨 <chen@yuanshan.example>\n"
            "发送时间: 2026年11月1日 10:00\n收件人: 赵刚\n主题: 方案\n\n赵工，方案请查收。不打算续约也可以谈。",
        ),
        mail(
            key="m3",
            sender=ZHAO,
            to=CHEN,
            subject="自动回复: 方案",
            at=ago(hours=3),
            text="我在休假。",
            answers="m1",
        ),
        mail(
            key="m4",
            sender=CHEN,
            to="wu@yuanshan.example",
            subject="内部",
            text="内部讨论",
            at=ago(days=1),
        ),
        mail(
            key="m5",
            sender=DANA,
            to=CHEN,
            subject="Re: pilot",
            at=ago(days=9),
            answers="m0",
            text="Budget is not an issue. Can you send the security pack by Friday?",
        ),
        mail(
            key="m6",
            sender="News <news@media.example>",
            to=CHEN,
            subject="News",
            text="x",
            at=ago(days=1),
            List_Unsubscribe="<mailto:off@media.example>",
        ),
    ]
    names = [f"mail-{number}.eml" for number in range(len(mails))]
    if shuffled is not None:
        names = [f"{shuffled.random()}.eml" for _ in mails]
        pairs = list(zip(names, mails, strict=True))
        shuffled.shuffle(pairs)
        names, mails = [name for name, _ in pairs], [content for _, content in pairs]
    for name, content in zip(names, mails, strict=True):
        put(laptop.home / folder / name, content)
    stamp = call_at.astimezone(SHANGHAI)
    recording(
        laptop.home / "Recordings" / f"out-13800138000-8011-{stamp:%Y%m%d-%H%M%S}-1.1.wav",
        seconds=40,
        at=call_at,
    )
    put(
        laptop.home / "Notes" / "华锐 拜访.md",
        "# 华锐\n今天拜访了华锐，赵工说交期要提前。".encode(),
        ago(days=5),
    )
    put(laptop.home / "Notes" / "todo.txt", "计划下周拜访华锐".encode(), ago(hours=5))


def test_from_the_mailbox_to_the_page_and_the_extension(office, laptop, open_browser, web):
    lay(laptop)
    report = laptop.once()
    counts = {name: source["state"] for name, source in report["sources"].items()}
    assert counts == {"mail": "ok", "calls": "ok", "notes": "ok"}
    in_mail = report["sources"]["mail"]
    assert (in_mail["seen"], in_mail["stored"], in_mail["unexplained"]) == (6, 4, 0)
    assert in_mail["excluded"] == {"internal": 1, "newsletter": 1}
    assert report["outbox"] == {"pending": 0, "delivered": 7, "quarantined": 0}

    # Last contacted is the customer's own answer, not the newer automatic reply or the plan.
    card = office.get(f"/customers/{office.customers['huarui']}")
    assert card["last_contacted"]["reason"] == "customer_replied"
    assert card["last_contacted"]["grade"] == "two_way"
    said = {(tag["category"], tag["status"]) for tag in card["tags"]}
    assert {("budget", "asserted"), ("competitor", "asserted")} <= said
    assert all(category != "churn_risk" for category, _ in said), "quoted history is not theirs"
    items = office.get(f"/customers/{office.customers['huarui']}/timeline")["items"]
    reasons = {item["contact"]["reason"] for item in items}
    assert reasons == {
        "we_wrote",
        "customer_replied",
        "auto_reply",
        "call_connected",
        "note_reports_contact",
        "note_without_contact",
    }
    for item in items:
        for tag in item["tags"]:
            assert item["text"][tag["start"] : tag["end"]] == tag["text"]
    dana = office.get(f"/customers/{office.customers['brightline']}")
    assert ("budget", "negated") in {(tag["category"], tag["status"]) for tag in dana["tags"]}

    # The page: signed in as a person, reading why.
    chromium = open_browser()
    page = chromium.context.new_page()
    page.goto(f"{office.url}/sign-in")
    page.fill("input[name=email]", "chen@yuanshan.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{office.url}/")
    page.goto(f"{office.url}/customers/{office.customers['huarui']}")
    page.click("a.fold")  # the automatic reply is the newest of this conversation
    page.wait_for_selector("text=今年预算紧张")
    body = page.inner_text("body")
    assert "预算紧张" in body
    assert "自动回复" in body

    # The open page shows a new file by itself.
    with open_agent(laptop):
        put(
            laptop.home / "Mail" / "late.eml",
            mail(
                key="m7",
                sender=ZHAO,
                to=CHEN,
                subject="回复: 合同",
                at=ago(seconds=20),
                text="价格可以，请把合同发过来。",
                answers="m1",
            ),
        )
        page.wait_for_selector("text=请把合同发过来", timeout=20_000)

    # The extension: the card on a page of the customer.
    chromium.pair(office.url, office.code()).wait_for_selector("#paired:visible")
    page_of_theirs = web.put("portal.example/", f"<!doctype html><p>{ZHAO[4:-1]}</p>")
    tab = chromium.visit(page_of_theirs)
    tab.click(tab.wait("mark-open"))
    card = tab.wait("card", lambda node: "预算紧张" in node.text)
    assert "苏州华锐智能装备有限公司" in card.text


class open_agent:  # noqa: N801 -- reads as a verb where it is used
    """``genjin agent run`` while the block lasts."""

    def __init__(self, laptop):
        import subprocess  # noqa: PLC0415

        self.process = subprocess.Popen(
            laptop.command("run"),
            env=laptop.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(20) == 0


def test_repeated_and_reordered_it_comes_out_the_same(office, laptop, tmp_path):
    lay(laptop)
    laptop.once()
    first = office.store()
    assert len(first["activities"]) == 7

    laptop.once()
    assert office.store() == first, "a second pass adds nothing"

    laptop.forget()
    laptop.once()
    assert office.store() == first, "a resync from nothing adds nothing"

    # The same mail, exported again under other names in another order, into another folder of
    # another computer of the same rep.
    other = Laptop(tmp_path / "other").set_up(office, mail="Export")
    lay(other, folder="Export", shuffled=random.Random(7))  # noqa: S311
    shutil.rmtree(other.home / "Notes")
    (other.home / "Notes").mkdir()
    report = other.once()
    assert report["outbox"]["quarantined"] == 0
    after = office.store()
    assert after["activities"].keys() == first["activities"].keys()
    assert after["last"] == first["last"]
    assert after["tags"] == first["tags"]
