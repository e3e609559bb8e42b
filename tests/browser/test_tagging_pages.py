"""Teaching the tagger, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from server.tagging import retagging
from tests.browser.office import Office, tag
from tests.browser.test_pages import OpenPage, chrome, office, visit, width_beyond

__all__ = ["chrome", "office", "visit"]

TEXT = "今年预算紧张，先缓一缓。我们也跟星云聊过了，他们的报价便宜。"


def taught(office: Office) -> None:
    office.record("huarui", TEXT, tags=(tag(TEXT, "预算紧张", "budget"),))


def test_missed_words_are_marked_by_selecting_them(visit: OpenPage, office: Office) -> None:
    taught(office)
    page = visit(f"/customers/{office.customers['huarui']}")
    item = page.locator(".item").first
    page.evaluate(
        """() => {
          const line = document.querySelector('.item .text p');
          const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          let node;
          while ((node = walker.nextNode()) && !node.data.includes('跟星云聊过'));
          const at = node.data.indexOf('跟星云聊过');
          getSelection().setBaseAndExtent(node, at, node, at + 5);
        }"""
    )
    item.get_by_text("标记漏掉的话").click()
    expect(item.locator("[name=words]")).to_have_value("跟星云聊过")
    item.locator("[name=category]").select_option("competitor")
    item.get_by_role("button", name="标记", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("竞品对比")
    expect(item.locator(".tags .cat-competitor .verdict")).to_be_visible()
    expect(item.locator("mark.cat-competitor")).to_have_text("跟星云聊过")


def test_words_that_do_not_stand_there_are_refused_beside_the_form(
    visit: OpenPage, office: Office
) -> None:
    taught(office)
    page = visit(f"/customers/{office.customers['huarui']}", lang="en")
    item = page.locator(".item").first
    item.locator(".missed summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Comp")
    page.keyboard.press("Tab")
    page.keyboard.type("never said")
    page.keyboard.press("Enter")
    expect(item.locator(".missed .form-error")).to_contain_text("do not stand in the text")


def test_a_manager_trains_and_reads_the_archive_again(visit: OpenPage, office: Office) -> None:
    taught(office)
    page = visit(f"/customers/{office.customers['huarui']}", who="xu")
    chip = page.locator(".tags .cat-budget")
    chip.hover()
    chip.get_by_role("button", name="不对").click()
    expect(chip).to_have_count(0)
    page.locator(".me summary").click()
    page.get_by_role("link", name="标签训练").click()
    expect(page.locator("#h-recent + *, .entries")).to_contain_text(["预算紧张"])
    page.get_by_role("button", name="立即训练").click()
    expect(page.locator("#toast")).to_contain_text("训练完成")
    row = page.locator(".quality tr", has_text="预算紧张")
    expect(row).to_contain_text("只建议和降级")
    page.get_by_role("button", name="开始重新标注").click()
    expect(page.locator("#retagging")).to_contain_text("正在重读")
    with office.kernel.db.unit_of_work() as uow:
        retagging.step(uow)
    expect(page.locator("#retagging")).to_contain_text("已完成")
    page.get_by_role("button", name="还原为之前的标签").click()
    with office.kernel.db.unit_of_work() as uow:
        retagging.step(uow)
    expect(page.locator("#retagging")).to_contain_text("已还原", timeout=30_000)
    page.locator("[id^=label-]").get_by_role("button", name="撤销").click()
    expect(page.locator("[id^=label-]")).to_have_count(0)


def test_a_competitor_is_previewed_added_and_taken_back(visit: OpenPage, office: Office) -> None:
    office.record("huarui", "星云那边天气不错。")
    page = visit("/tagging/vocabulary", who="xu", lang="en")
    expect(page.locator(".only-jargon").first).to_be_hidden()
    page.fill("[name=words]", "星云")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".previewed mark").first).to_have_text("星云")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#h-terms ~ .entries").first).to_contain_text("星云")
    page.locator("[name=kind]").select_option("jargon")
    expect(page.locator(".only-jargon").first).to_be_visible()
    page.fill("[name=words]", "盘子(")
    page.locator("[name=category]").select_option("budget")
    page.get_by_label("Treat as patterns").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#term .form-error")).to_contain_text("cannot be read")
    expect(page.locator("[name=words]")).to_have_value("盘子(")
    page.locator("#h-past ~ .entries").get_by_role("button", name="Undo").click()
    expect(page.locator("#h-terms ~ .entries").first).to_contain_text("None yet")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_pages_fit_and_leave_no_code_untold(
    visit: OpenPage, office: Office, lang: str, width: int
) -> None:
    office.poison()
    taught(office)
    codes = re.compile(r"\b(tagging|vocabulary|retagging|verdict|term_kind|mark)\.[a-z_]+")
    for path in ("/tagging", "/tagging/vocabulary", f"/customers/{office.customers['evil']}"):
        page = visit(path, who="xu", lang=lang, width=width, dark=True)
        assert width_beyond(page) <= 0
        assert codes.search(page.inner_text("body")) is None
