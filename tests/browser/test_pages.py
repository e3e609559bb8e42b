"""The server's pages, in a real browser, as their people use them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from agent.contract.activity import Signals
from agent.contract.device import Heartbeat, SourceStatus
from server.customers import service as customers
from server.customers.models import ActivityTag, Customer
from tests.browser.office import EVIL, LONG, NOW, PASSWORD, Office, call, other, promise, tag

OpenPage = Callable[..., Page]
PATIENCE = 10_000
"""Milliseconds; the machine may be busy."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    running = Office(tmp_path)
    yield running
    running.close()


@pytest.fixture(scope="module")
def chrome(playwright: Playwright, browser_path: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=browser_path)
    yield browser
    browser.close()


@pytest.fixture
def visit(chrome: Browser, office: Office) -> Iterator[OpenPage]:
    """``visit("/", who="chen", lang="en", width=360)``: a signed-in page. At the end no page may have
    complained: no script error, nothing the content security policy had to stop."""
    complaints: list[str] = []
    contexts = []

    def open_page(
        path: str = "/",
        *,
        who: str | None = "chen",
        lang: str = "zh-CN",
        width: int = 1280,
        dark: bool = False,
    ) -> Page:
        context = chrome.new_context(
            viewport={"width": width, "height": 800},
            locale=lang,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in ("error", "warning") and "status of 4" not in said.text
                else None
            ),
        )
        page.goto(office.url + "/sign-in")
        page.click(f".sign-in [name=language][value='{lang}']")
        if who is not None:
            office.speaks(who, lang)
            sign_in(page, who)
            page.wait_for_url(office.url + "/")
            page.goto(office.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, who: str, password: str = PASSWORD) -> None:
    page.fill("[name=email]", f"{who}@ys.example")
    page.fill("[name=password]", password)
    page.click(".sign-in .primary")


def width_beyond(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


# Sign in


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "邮箱或密码不正确"), ("en", "password")])
def test_a_wrong_password_is_told_in_words_and_the_right_one_opens(
    visit: OpenPage, office: Office, lang: str, words: str
) -> None:
    page = visit(who=None, lang=lang)
    sign_in(page, "chen", "wrong horse")
    expect(page.locator(".form-error")).to_contain_text(words)
    assert page.input_value("[name=email]") == "chen@ys.example"
    sign_in(page, "chen")
    page.wait_for_url(office.url + "/")
    expect(page.locator(".me-name")).to_have_text("陈晨")


def test_the_page_asked_for_comes_after_signing_in(visit: OpenPage, office: Office) -> None:
    page = visit(who=None)
    page.goto(office.url + "/customers?q=华锐")
    sign_in(page, "chen")
    expect(page.locator(".customer-row")).to_have_count(1)
    page.locator(".me summary").click()
    page.locator(".me .button.wide").click()
    page.wait_for_url(office.url + "/sign-in")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_site(visit: OpenPage, office: Office, elsewhere: str) -> None:
    page = visit(who=None)
    page.goto(f"{office.url}/sign-in?next={elsewhere}")
    sign_in(page, "chen")
    page.wait_for_url(office.url + "/")


def test_too_many_wrong_passwords_are_told_in_words(visit: OpenPage) -> None:
    page = visit(who=None, lang="en")
    for _ in range(10):
        sign_in(page, "chen", "wrong horse")
        expect(page.locator(".form-error")).to_contain_text("wrong")
    sign_in(page, "chen")
    expect(page.locator(".form-error")).to_contain_text("Too many attempts")


def test_the_language_can_be_changed_before_and_after_signing_in(
    visit: OpenPage, office: Office
) -> None:
    page = visit(who=None, lang="zh-CN")
    expect(page.locator("h1")).to_have_text("登录跟进")
    page.click("[name=language][value=en]")
    expect(page.locator("h1")).to_have_text("Sign in to Genjin")
    page = visit("/customers?sort=name", lang="en")
    page.locator(".me summary").click()
    page.click(".me [value='zh-CN']")
    expect(page.locator("h1")).to_have_text("客户")
    assert page.url == office.url + "/customers?sort=name"


# Today


def test_today_says_who_waits_and_why(visit: OpenPage, office: Office) -> None:
    office.record("huarui", days_ago=9, subject="二期报价", direction="outbound")
    office.add("never", "无锡明德教育集团", days_old=20)
    office.remind()
    page = visit()
    first, second = page.locator(".call").all()
    expect(first).to_contain_text("无锡明德教育集团")
    expect(first.locator(".days b")).to_have_text("20")
    expect(first).to_contain_text("从未联系过，建档于 11月3日")
    expect(second).to_contain_text("苏州华锐智能装备有限公司")
    expect(second).to_contain_text("上次联系 11月14日")
    expect(second).to_contain_text("我方去信")
    expect(second).to_contain_text("二期报价")
    expect(second).to_contain_text("超过 7 天没有联系，提醒负责人")
    expect(second.locator("a[href^='tel:']")).to_contain_text("赵工huarui")


def test_a_manager_sees_escalated_customers_by_owner(visit: OpenPage, office: Office) -> None:
    office.add("late", "无锡明德教育集团", days_old=15)
    office.add("other", "林家的客户", owner="lin", days_old=40)
    office.remind()
    page = visit(who="xu")
    expect(page.locator(".team-block")).to_have_count(1)
    expect(page.locator(".team-block h3")).to_contain_text("陈晨")
    expect(page.locator(".call")).to_contain_text("超过 14 天没有联系，提醒主管")


def test_a_reminder_closes_with_a_contact_and_not_with_a_plan(
    visit: OpenPage, office: Office
) -> None:
    office.add("late", "无锡明德教育集团", days_old=10)
    office.remind()
    page = visit()
    row = page.locator(".call")
    row.locator("summary").nth(0).click()
    row.locator("textarea").fill("打算下周去拜访")
    row.get_by_role("button", name="记录并完成").click()
    expect(row.locator(".form-error").first).to_contain_text("只有与客户联系之后")
    row.locator("textarea").fill("与赵工通了电话，确认下周付款")
    row.get_by_role("button", name="记录并完成").click()
    expect(row).to_have_count(0)
    expect(page.locator("#toast")).to_have_text("已记录，提醒完成。")
    page.goto(f"{office.url}/customers/{office.customers['late']}")
    expect(page.locator(".item")).to_contain_text("与赵工通了电话")
    expect(page.locator(".item .counted")).to_contain_text("笔记写明有过联系")


def test_a_reminder_rests_or_is_dismissed_with_a_reason(visit: OpenPage, office: Office) -> None:
    office.add("a", "无锡明德教育集团", days_old=12)
    office.add("b", "南通凌云纺织", days_old=11)
    office.record("huarui")
    office.remind()
    page = visit()
    row = page.locator(".call", has_text="无锡")
    row.locator("summary").nth(1).click()
    row.get_by_role("button", name="3 天后早上 9 点").click()
    expect(row).to_have_count(0)
    page.locator("#resting summary").click()
    expect(page.locator("#resting")).to_contain_text("到 11月26日 09:00")
    row = page.locator(".call", has_text="南通")
    row.locator("summary").nth(2).click()
    row.locator("[name=reason]").fill("项目已暂停")
    row.get_by_role("button", name="关闭提醒").click()
    expect(page.locator("#nobody")).to_contain_text("都联系到了")


def test_promises_stand_with_who_and_when(visit: OpenPage, office: Office) -> None:
    text = "我们周五前发参数表。请下周三前报价。年底再聊。"
    office.record(
        "huarui",
        text,
        commitments=(
            promise(text, "我们周五前发参数表", NOW.date() - timedelta(days=2), "customer"),
            promise(text, "下周三前报价", NOW.date() + timedelta(days=1)),
            promise(text, "年底再聊", NOW.date() + timedelta(days=38)),
        ),
    )
    late, soon = visit().locator(".promises li").all()
    expect(late).to_contain_text("已过 2 天")
    expect(late).to_contain_text("客户承诺")
    expect(soon).to_contain_text("明天")
    expect(soon).to_contain_text("我方承诺")


def test_the_agents_state_adds_up_on_the_page(visit: OpenPage, office: Office) -> None:
    office.pair(
        "chen",
        Heartbeat(
            version="0.1.0",
            sources={
                "mail": SourceStatus(
                    type="mailfiles",
                    state="ok",
                    seen=92,
                    stored=70,
                    complete_to=NOW,
                    excluded={"internal": 12, "newsletter": 10},
                ),
                "calls": SourceStatus(
                    type="recordings",
                    state="waiting",
                    seen=1,
                    pending=1,
                    message="speech_model_missing",
                ),
                "notes": SourceStatus(type="notes", state="reading", done=40, total=120),
            },
        ),
    )
    page = visit()
    mail = page.locator("#agent .source", has_text="邮件文件夹")
    expect(mail).to_contain_text("完整至 10:00")
    expect(mail.locator(".sums")).to_have_text(
        re.compile(r"见到\s*92\s*入库\s*70\s*排除\s*22\s*去向不明\s*0")
    )
    expect(mail).to_contain_text("内部 12")
    expect(page.locator("#agent")).to_contain_text("1 个录音等待语音模型")
    expect(page.locator("#agent progress")).to_have_js_property("value", 40)


def test_an_empty_office_says_what_to_do_and_pairs(visit: OpenPage, office: Office) -> None:
    page = visit(lang="en")
    expect(page.locator("#nobody")).to_contain_text("Start by pairing an agent")
    page.get_by_role("button", name="Pair a device").first.click()
    code = page.locator(".big-code").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    expect(page.locator("#pair-command")).to_have_text(f"genjin agent pair {office.url} {code}")
    office.record("huarui")
    expect(page.locator(".newest li")).to_have_count(1)
    expect(page.locator(".big-code")).to_have_text(code)


# The page keeps itself up to date


def test_news_appears_without_reload_and_disturbs_nothing(visit: OpenPage, office: Office) -> None:
    for number in range(12):
        office.add(f"c{number}", f"第{number}公司", days_old=10 + number)
    office.remind()
    page = visit()
    page.evaluate("window.mark = 1")
    row = page.locator(".call").nth(8)
    row.locator("summary").nth(0).click()
    row.locator("textarea").press_sequentially("与赵工")
    page.evaluate("scrollBy(0, 150)")
    before = row.bounding_box()
    office.record("huarui", subject="刚到的邮件")
    fresh = page.locator(".newest li", has_text="刚到的邮件")
    expect(fresh).to_have_attribute("data-fresh", "")
    assert page.evaluate("window.mark") == 1
    assert page.evaluate("document.activeElement.value") == "与赵工"
    page.keyboard.type("通了电话")
    expect(row.locator("textarea")).to_have_value("与赵工通了电话")
    after = row.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1


def test_a_row_somebody_types_in_stays_until_they_are_done(visit: OpenPage, office: Office) -> None:
    office.add("late", "无锡明德教育集团", days_old=10)
    office.remind()
    page = visit()
    row = page.locator(".call")
    row.locator("summary").nth(0).click()
    row.locator("textarea").fill("与赵工")
    with page.expect_response(lambda reply: "rev=" in reply.url and reply.status == 200):
        office.record("late", subject="自己到的邮件")
    expect(row.locator("textarea")).to_have_value("与赵工")
    row.locator("textarea").fill("")
    expect(row).to_have_count(0)


def test_what_a_form_has_found_so_far_outlives_the_news(visit: OpenPage, office: Office) -> None:
    office.add("lingyun", "南通凌云纺织")
    item = office.record("huarui", "第一封")
    page = visit(f"/customers/{office.customers['huarui']}")
    form = page.locator(f"#i-{item.id} .move")
    page.locator(f"#i-{item.id} .match summary").click()
    form.locator("[name=q]").fill("凌云")
    expect(form.locator(".found button")).to_have_text("南通凌云纺织")
    office.record("huarui", "第二封", days_ago=0.1)
    expect(page.locator(".item")).to_have_count(2)
    expect(form.locator("[name=q]")).to_have_value("凌云")
    expect(form.locator(".found button")).to_have_text("南通凌云纺织")


def test_an_open_customer_shows_the_new_item_and_last_contact(
    visit: OpenPage, office: Office
) -> None:
    page = visit(f"/customers/{office.add('a', '南通凌云纺织')}")
    expect(page.locator(".last-when")).to_contain_text("从未联系")
    item = office.record("a", "好的，收到。", days_ago=0.1)
    expect(page.locator(f"#i-{item.id}")).to_have_attribute("data-fresh", "")
    expect(page.locator(".last-when")).to_contain_text("今天 07:36")
    expect(page.locator(".last-how")).to_contain_text("客户回复了")


def test_an_unchanged_page_is_not_sent_again(visit: OpenPage) -> None:
    page = visit("/customers")
    with page.expect_response(lambda reply: "rev=" in reply.url) as answer:
        pass
    assert answer.value.status == 204


def test_a_page_nobody_looks_at_does_not_ask_until_it_is_seen_again(visit: OpenPage) -> None:
    page = visit("/customers")
    page.clock.install()
    page.reload()
    look = "sight => Object.defineProperty(document, 'visibilityState', {get: () => sight, configurable: true})"
    page.evaluate(look, "hidden")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(10_000)
    assert asked == []
    with page.expect_request(lambda request: "rev=" in request.url):
        page.evaluate(look, "visible")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_session_that_ended_elsewhere_ends_here_too(visit: OpenPage, office: Office) -> None:
    page = visit("/customers")
    office.sign_out_everywhere("chen")
    page.wait_for_url(re.compile("/sign-in"))


# Customers


def test_customers_are_found_by_name_alias_contact_and_address(
    visit: OpenPage, office: Office
) -> None:
    office.add("lingyun", "南通纺织机械有限公司")
    office.add("foreign", "林家的客户", owner="lin")
    page = visit("/customers")
    rows = page.locator(".customer-row")
    expect(rows).to_have_count(2)
    for words in ("纺织", "LINGYUN", "赵工ling", "zhao@lingyun.example"):
        page.keyboard.press("/")
        page.keyboard.press("Control+A")
        page.keyboard.type(words)
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("南通纺织")
        expect(page.locator("[name=q]")).to_be_focused()
    page.fill("[name=q]", "100%_")
    expect(page.locator(".empty")).to_contain_text("没有符合条件的客户")
    page.get_by_role("link", name="清除筛选").click()
    expect(rows).to_have_count(2)


def test_the_longest_without_contact_come_first_and_filters_narrow(
    visit: OpenPage, office: Office
) -> None:
    office.add("old", "老客户", days_old=100)
    office.add("mid", "中客户", days_old=50)
    office.record("old", days_ago=2)
    office.remind()
    page = visit("/customers")
    names = page.locator(".customer-row b")
    expect(names).to_have_text(["中客户", "苏州华锐智能装备有限公司", "老客户"])
    expect(page.locator(".customer-row .flag")).to_have_count(1)
    page.check("[name=overdue]")
    expect(names).to_have_text(["中客户"])
    page.uncheck("[name=overdue]")
    page.select_option("[name=sort]", "recent")
    expect(names).to_have_text(["老客户", "苏州华锐智能装备有限公司", "中客户"])
    page.select_option("[name=stage]", "won")
    expect(names).to_have_count(0)


@pytest.mark.parametrize("sort", ["quiet", "recent", "name"])
def test_a_long_list_comes_page_by_page_and_stays_while_news_comes(
    visit: OpenPage, office: Office, sort: str
) -> None:
    for number in range(110):
        office.add(f"c{number}", f"公司{number:03}", days_old=5 + number // 3)
    page = visit(f"/customers?sort={sort}")
    rows = page.locator(".customer-row")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="显示更多").click()
    expect(rows).to_have_count(100)
    with page.expect_response(lambda reply: "rev=" in reply.url and reply.status == 200):
        office.record("c9")
    page.get_by_role("link", name="显示更多").click()
    expect(page.get_by_role("link", name="显示更多")).to_have_count(0)
    names = set(page.locator(".customer-row b").all_inner_texts())
    assert names >= {f"公司{number:03}" for number in range(110) if number != 9}


# One customer

MAIL = (
    "李经理好 👋🏽，\n方案总体满意 👍🏽。不过今年预算确实比较紧张😥，另外也在看海康的方案。\n"
    "如果月底前能安装，我们先签一期。\n"
)


def test_evidence_stands_at_its_place_in_chinese_and_emoji(visit: OpenPage, office: Office) -> None:
    item = office.record(
        "huarui",
        MAIL,
        tags=(
            tag(MAIL, "满意 👍🏽", "buying_signal"),
            tag(MAIL, "预算确实比较紧张😥", "budget"),
            tag(MAIL, "看海康的方案", "competitor", "negated"),
            tag(MAIL, "月底前能安装", "timeline", "hypothetical"),
        ),
        commitments=(promise(MAIL, "我们先签一期", NOW.date() + timedelta(days=7), "customer"),),
    )
    page = visit(f"/customers/{office.customers['huarui']}")
    body = page.locator(f"#i-{item.id}")
    expect(body.locator("mark")).to_have_text(
        ["满意 👍🏽", "预算确实比较紧张😥", "看海康的方案", "月底前能安装", "我们先签一期"]
    )
    assert body.locator(".text").evaluate("node => node.textContent") == MAIL
    expect(body.locator("mark.solid")).to_have_text(["满意 👍🏽", "预算确实比较紧张😥"])
    expect(body.locator(".tag.outlined")).to_contain_text(["竞品对比否定", "时间要求假设"])
    expect(body.locator(".promise-line")).to_contain_text(
        "客户承诺 “我们先签一期” 截止 2026年11月30日"
    )
    body.locator(".tag a").nth(1).click()
    expect(page.locator("mark.pointed")).to_have_text("预算确实比较紧张😥")


def test_a_call_is_read_turn_by_turn(visit: OpenPage, office: Office) -> None:
    text, turns = call(("rep", 0, "方案收到了吗？"), ("customer", 64, "价格太高，要王总拍板。"))
    office.record(
        "huarui",
        text,
        kind="call",
        direction="outbound",
        subject="",
        turns=turns,
        transcript="done",
        signals=Signals(answered=True, duration_s=492),
        tags=(tag(text, "价格太高", "price_objection", t_start=64.5, t_end=65.0),),
    )
    item = visit(f"/customers/{office.customers['huarui']}").locator(".item")
    expect(item.locator(".turn-head")).to_have_text(["我方 0:00", "客户 1:04"])
    expect(item.locator(".turn.customer mark")).to_have_text("价格太高")
    expect(item.locator(".tag")).to_contain_text("价格异议1:04")
    expect(item).to_contain_text("8 分 12 秒")
    expect(item.locator(".counted")).to_contain_text("计入联系 · 电话接通")


def test_what_does_not_count_says_why(visit: OpenPage, office: Office) -> None:
    office.record(
        "huarui",
        "我正在休假",
        signals=Signals(machine="auto_reply", machine_evidence="auto-submitted: auto-replied"),
    )
    office.record("huarui", kind="call", transcript="waiting", signals=Signals(answered=False))
    office.record("huarui", "老系统里的往来", source="import", days_ago=300)
    page = visit(f"/customers/{office.customers['huarui']}")
    expect(page.locator(".item", has_text="我正在休假").locator(".counted")).to_have_text(
        "不计入联系 · 自动回复 auto-submitted: auto-replied"
    )
    waiting = page.locator(".item.kind-call")
    expect(waiting).to_contain_text("未接通")
    expect(waiting).to_contain_text("等待转写")
    expect(page.locator(".item", has_text="老系统")).to_contain_text("导入的历史")
    page.get_by_role("link", name="不计入").click()
    expect(page.locator(".item")).to_have_count(2)
    page.get_by_role("link", name="通话").click()
    expect(page.locator(".item")).to_have_count(1)


def test_a_wrong_match_is_moved_with_its_conversation(visit: OpenPage, office: Office) -> None:
    lingyun = office.add("lingyun", "南通凌云纺织")
    foreign = office.add("foreign", "林家的客户", owner="lin")
    unsure = {"confidence": 0.55, "alternatives": (other(lingyun, 0.4), other(foreign, 0.3))}
    moved = office.record("huarui", "第一封", thread="t", match=unsure)
    office.record("huarui", "第二封", thread="t", days_ago=2)
    office.record("huarui", "别的事", days_ago=3)
    page = visit(f"/customers/{office.customers['huarui']}")
    item = page.locator(f"#i-{moved.id}")
    item.locator(".match summary").click()
    expect(item.locator(".match summary")).to_contain_text("55%")
    expect(item.locator(".move")).to_contain_text("南通凌云纺织 按电话归属 40%")
    expect(item.locator(".move")).not_to_contain_text("林家的客户")
    item.locator("[name=q]").fill("林家")
    expect(item.locator(".found")).to_contain_text("没有找到这样的客户")
    item.locator("[name=q]").press("Enter")
    item.locator(".move button", has_text="南通凌云纺织").click()
    expect(page.locator("#toast")).to_contain_text("已把 2 条移到 南通凌云纺织。")
    expect(page.locator(".item")).to_have_count(1)
    page.goto(f"{office.url}/customers/{lingyun}")
    expect(page.locator(".item")).to_have_count(1)
    page.locator(".fold").click()
    expect(page.locator(".item .match summary")).to_have_text(["人工归属", "人工归属"])


def test_a_person_judges_a_tag(visit: OpenPage, office: Office) -> None:
    office.record(
        "huarui", MAIL, tags=(tag(MAIL, "满意", "buying_signal"), tag(MAIL, "紧张", "budget"))
    )
    page = visit(f"/customers/{office.customers['huarui']}")
    first, second = page.locator(".tag").all()
    first.hover()
    first.get_by_role("button", name="正确").click()
    expect(first.locator(".verdict")).to_be_visible()
    second.hover()
    second.get_by_role("button", name="不对").click()
    expect(page.locator(".tag")).to_have_count(1)
    expect(page.locator("mark")).to_have_text(["满意"])
    with office.kernel.db.reading() as session:
        verdicts = {row.text: row.verdict for row in session.query(ActivityTag)}
    assert verdicts == {"满意": "confirmed", "紧张": "rejected"}


def test_a_long_timeline_goes_back_and_stays_open_while_news_comes(
    visit: OpenPage, office: Office
) -> None:
    for number in range(60):
        office.record("huarui", f"第{number}封", days_ago=1 + number // 2)
    page = visit(f"/customers/{office.customers['huarui']}")
    items = page.locator(".item, .happening")
    expect(items).to_have_count(25)
    page.get_by_role("link", name="更早的往来").click()
    expect(items).to_have_count(50)
    office.record("huarui", "新到的", days_ago=0.01)
    expect(items).to_have_count(51)
    page.get_by_role("link", name="更早的往来").click()
    expect(items).to_have_count(62)
    assert len(set(items.evaluate_all("all => all.map(one => one.id)"))) == 62


def test_the_keyboard_walks_and_opens(visit: OpenPage, office: Office) -> None:
    office.record("huarui", "短")
    long = office.record("huarui", "很长的一段话。\n" * 30, days_ago=2)
    page = visit(f"/customers/{office.customers['huarui']}")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#i-{long.id}")).to_be_focused()
    shut = page.locator(".text.long").bounding_box()
    page.keyboard.press("o")
    opened = page.locator(".text.long").bounding_box()
    assert shut is not None
    assert opened is not None
    assert opened["height"] > shut["height"] * 2
    office.record("huarui", "新到的", days_ago=0.01)
    expect(page.locator(".item")).to_have_count(3)
    expect(page.locator(".text.long")).to_have_attribute("data-open", "")
    expect(page.locator(f"#i-{long.id}")).to_be_focused()


# Devices, errors, looks


def test_a_device_is_paired_and_revoked(visit: OpenPage, office: Office) -> None:
    office.pair("chen", Heartbeat(version="0.1.0"))
    office.pair("lin", Heartbeat(version="0.1.0"))
    page = visit("/devices")
    expect(page.locator(".device")).to_have_count(1)
    page.get_by_role("button", name="配对新设备").click()
    expect(page.locator("#pair-command")).to_contain_text(f"genjin agent pair {office.url} ")
    page.locator(".device summary").click()
    page.get_by_role("button", name="确认撤销").click()
    expect(page.locator(".empty")).to_contain_text("还没有配对的设备")


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "没有找到"), ("en", "not")])
def test_what_is_not_yours_is_not_there(
    visit: OpenPage, office: Office, lang: str, words: str
) -> None:
    foreign = office.add("foreign", "林家的客户", owner="lin")
    page = visit(lang=lang)
    for path in (f"/customers/{foreign}", "/customers/999999", "/nowhere"):
        answer = page.goto(office.url + path)
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("h1")).to_contain_text(words)
        assert "林家" not in page.content()


def test_an_odd_address_breaks_nothing(visit: OpenPage, office: Office) -> None:
    page = visit(
        "/customers?_scheme=javascript&endpoint=x&_external=1&customer_id=3&owner=²&stage=nope"
    )
    expect(page.locator(".customer-row")).to_have_count(1)
    assert page.locator("#live").get_attribute("hx-get", timeout=1_000).startswith("/customers?")  # type: ignore[union-attr]
    answer = page.goto(office.url + "/customers?before=nonsense")
    assert answer is not None
    assert answer.status == 422


def test_hostile_words_stay_words(visit: OpenPage, office: Office) -> None:
    key = office.poison()
    office.remind()
    page = visit()
    for path in ("/", "/customers", f"/customers?q={EVIL}", f"/customers/{key}", "/devices"):
        page.goto(office.url + path)
        assert page.locator("img[src=x]").count() == 0
        assert "49" not in page.locator("h1").inner_text()
    page.goto(f"{office.url}/customers/{key}")
    expect(page.locator("h1")).to_contain_text(EVIL)
    expect(page.locator(".item h3")).to_have_text(EVIL)
    assert page.locator(".text").evaluate("node => node.textContent") == f"{EVIL}\n{LONG}"
    office.record("evil", EVIL, subject=EVIL, days_ago=0.5)
    expect(page.locator(".item")).to_have_count(2)
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize(("width", "dark"), [(360, False), (768, True), (1280, False)])
def test_no_page_is_wider_than_the_screen_or_shows_a_code(
    visit: OpenPage, office: Office, width: int, lang: str, dark: bool
) -> None:
    key = office.poison()
    office.record("huarui", MAIL, tags=(tag(MAIL, "紧张", "budget"),), days_ago=8)
    office.pair(
        "chen",
        Heartbeat(
            version="0.1.0",
            sources={
                "mail": SourceStatus(type="new", state="down", excluded={"new": 3}, message="new"),
            },
        ),
    )
    office.remind()
    page = visit(lang=lang, width=width, dark=dark)
    for path in (
        "/",
        "/customers",
        f"/customers/{key}",
        f"/customers/{office.customers['huarui']}",
        "/devices",
        "/nowhere",
    ):
        page.goto(office.url + path)
        assert width_beyond(page) <= 0, path
        words = page.locator("body").inner_text()
        assert not re.search(
            r"\b(?:today|list|one|call|source\w*|reason|excluded|match)\.[a-z_]+\b", words
        )
        ours = page.locator("h2.section, nav.nav, dt, summary.button").all_inner_texts()
        assert bool(re.search("[\u4e00-\u9fff]", " ".join(ours))) is (lang == "zh-CN"), path
    page.goto(office.url)
    row = page.locator(".call").first
    for number in range(row.locator("summary").count()):
        row.locator("summary").nth(number).click()
        assert width_beyond(page) <= 0
        page.keyboard.press("Escape")


def luminance(page: Page, selector: str, prop: str) -> float:
    """0 to 1, from the computed colour."""
    found: float = page.locator(selector).first.evaluate(
        """(node, prop) => {
            const [r, g, b] = getComputedStyle(node)[prop].match(/[\\d.]+/g).map(Number)
                .map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b;
        }""",
        prop,
    )
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(visit: OpenPage, office: Office, dark: bool) -> None:
    page = visit("/customers", dark=dark)
    ground = luminance(page, "body", "backgroundColor")
    assert (ground < 0.1) is dark
    for selector in ("h1", ".muted", ".cell-owner"):
        ink = luminance(page, selector, "color")
        assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5, selector


def test_the_theme_is_kept(visit: OpenPage, office: Office) -> None:
    page = visit(dark=False)
    page.locator(".me summary").click()
    page.click("[data-set-theme=dark]")
    assert luminance(page, "body", "backgroundColor") < 0.1
    page.goto(office.url + "/customers")
    assert luminance(page, "body", "backgroundColor") < 0.1


def test_forms_work_without_scripts(chrome: Browser, office: Office) -> None:
    office.add("late", "无锡明德教育集团", days_old=10)
    office.remind()
    context = chrome.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(office.url)
    sign_in(page, "chen")
    page.wait_for_url(office.url + "/")
    row = page.locator(".call")
    row.locator("summary").nth(1).click()
    row.locator("button[value='1']").click()
    expect(page.locator(".call")).to_have_count(0)
    context.close()


def test_the_office_hands_over_and_the_new_owner_sees_it(visit: OpenPage, office: Office) -> None:
    page = visit("/customers")
    expect(page.locator(".customer-row")).to_have_count(1)
    with office.kernel.db.unit_of_work() as uow:
        row = uow.session.get_one(Customer, office.customers["huarui"])
        customers.hand_over(uow, row, office.people["lin"], office.principal("xu"))
    expect(page.locator(".customer-row")).to_have_count(0)


def test_a_move_is_taken_back_with_one_click(visit: OpenPage, office: Office) -> None:
    office.add("lingyun", "南通凌云纺织")
    office.record("huarui", "第一封", thread="t")
    office.record("huarui", "第二封", thread="t", days_ago=2)
    page = visit(f"/customers/{office.customers['huarui']}")
    expect(page.locator(".item")).to_have_count(1)
    page.locator(".fold").click()
    expect(page.locator(".thread .item")).to_contain_text("第二封")
    item = page.locator(".item").first
    item.locator("details.match > summary").click()
    item.locator("[name=q]").fill("凌云")
    item.locator(".found button", has_text="南通凌云纺织").click()
    expect(page.locator(".item")).to_have_count(0)
    page.locator("#toast .undo").click()
    expect(page.locator(".item").first).to_contain_text("第一封")


def test_search_finds_two_characters_and_leads_there(visit: OpenPage, office: Office) -> None:
    office.record("huarui", "今年预算紧张")
    page = visit("/customers")
    page.keyboard.press("/")
    page.goto(f"{office.url}/search")
    page.locator("[name=q]").fill("算紧")
    expect(page.locator("mark.hit")).to_have_text("算紧")
    page.locator(".hit-row").click()
    expect(page.locator(".item")).to_contain_text("今年预算紧张")
