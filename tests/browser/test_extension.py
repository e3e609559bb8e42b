"""The extension in a real browser, against a real socket: as a rep meets it."""

from collections.abc import Callable

import pytest

from tests.browser.chromium import Chromium, Node, Tab, until
from tests.browser.company import HUARUI, LANTIAN
from tests.browser.standin import Seen, Team, Web

OpenBrowser = Callable[..., Chromium]

MAIL = """<!doctype html><title>收件箱</title><h2>关于报价</h2>
<p>发件人：王敏 &lt;wangmin@huarui.example&gt;</p>"""
STRANGER = """<!doctype html><title>News</title><h1>Weather</h1>
<p>write to editor@news.example or call 010-62345678</p>"""


def of_the_page(seen: list[Seen]) -> list[Seen]:
    """Without what the browser itself asks its maker for."""
    makers = ("google.com", "googleapis.com", "gvt1.com", "microsoft.com", "msn.com", "bing.com")
    return [one for one in seen if not one.host.split(":")[0].endswith(makers)]


def looked_at(chromium: Chromium, tab: Tab, host: str) -> list[int]:
    """Wait until the worker has judged the page on ``host``; whose it is."""
    found: list[list[int]] = []

    def judged() -> bool:
        here = [one for one in chromium.findings().values() if one["host"] == host]
        found[:] = [[customer["id"] for customer in one["customers"]] for one in here]
        return bool(found)

    until(tab.page, judged, f"a judgement on {host}")
    return found[-1]


# --- pairing ---------------------------------------------------------------------------------


def test_pairs_through_the_options_page_and_undoes_it(chromium: Chromium, team: Team) -> None:
    page = chromium.pair(team.url + "/settings/devices")

    assert page.inner_text("#user") == "张磊"
    until(page, lambda: page.inner_text("#customers") == "3", "the directory")
    assert page.inner_text("#address") == team.url, "a copied page address is cut to the server's"
    assert team.asked("/devices/pair")[-1].body.startswith(b'{"code":"K7P4-2MQX"')
    for seen in team.seen:
        assert "Cookie" not in seen.headers
        assert "Referer" not in seen.headers

    page.click("#unpair")
    page.wait_for_selector("#form:visible")
    kept = chromium.run("chrome.storage.local.get()")
    assert "token" not in str(kept)
    assert "华锐" not in str(kept)


def test_options_open_by_themselves_after_installing(chromium: Chromium) -> None:
    def opened() -> bool:
        return any(page.url.endswith("options/options.html") for page in chromium.context.pages)

    until(chromium.context.pages[0], opened, "the options page")


@pytest.mark.parametrize(
    ("server", "code", "words"),
    [
        ("{team}", "WRONG", "This code is not valid"),
        ("{team}", "OLD0-0000", "This code has expired"),
        ("http://genjin.example.com", "K7P4-2MQX", "must begin with https://"),
        ("not an address", "K7P4-2MQX", "This is not a server address"),
        ("{web}", "K7P4-2MQX", "it is not a Genjin server"),
    ],
)
def test_says_in_words_why_pairing_failed(
    chromium: Chromium, team: Team, web: Web, server: str, code: str, words: str
) -> None:
    address = server.format(team=team.url, web=f"http://127.0.0.1:{web.port}")

    page = chromium.pair(address, code)

    assert words in page.inner_text("#trouble")
    assert page.is_visible("#form")
    assert page.input_value("#code") == code, "what was typed stays"


def test_says_that_the_server_is_not_reachable_or_broken(chromium: Chromium, team: Team) -> None:
    team.fail_with = 500
    page = chromium.pair(team.url)
    assert "The server is in trouble" in page.inner_text("#trouble")

    team.stop()
    page.click("#submit")
    until(page, lambda: "cannot be reached" in page.inner_text("#trouble"), "the reason")

    team.fail_with = None
    team.start()
    page.click("#submit")
    page.wait_for_selector("#paired:visible")


# --- on a page -------------------------------------------------------------------------------


def test_marks_a_known_customers_page_and_opens_the_card(
    paired: Chromium, team: Team, web: Web
) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    before = tab.page.evaluate("[document.body.scrollHeight, document.body.innerHTML]")

    mark = tab.wait("mark-open")
    assert mark.attributes["aria-label"].startswith("苏州华锐智能装备有限公司")
    assert "9天前" in mark.text

    left, top, right, bottom = tab.box(mark)
    assert 1000 - 20 < right <= 1000
    assert 720 - 20 < bottom <= 720
    assert bottom - top <= 36, "quiet"
    assert right - left <= 300
    assert before == tab.page.evaluate("[document.body.scrollHeight, document.body.innerHTML]")

    tab.click(mark)
    card = tab.wait("card", lambda shown: "产线" in shown.text)
    for words in ("苏州华锐智能装备有限公司", "报价谈判", "负责人 张磊", "9天前", "去电", "已接通"):
        assert words in card.text
    assert "王敏" in card.one("person").text
    assert card.one("dial").attributes["href"] == "tel:+8613800138000"
    assert "9天没有联系" in card.one("due").text
    assert [one.text for one in card.all("label")] == ["价格异议", "竞品对比", "时间要求", "下一步"]
    assert "高出百分之十五" in card.all("quote")[0].text
    assert card.one("open").attributes["href"] == f"{team.url}/customers/{HUARUI}"

    tab.page.keyboard.press("Escape")
    tab.wait("mark-open")


@pytest.mark.parametrize(
    ("address", "html"),
    [
        ("www.huarui.example/", "<title>首页</title>"),
        ("a.example/", "<a href='mailto:sales%40huarui.example?subject=x'>mail</a>"),
        ("b.example/", "<button aria-label='To: wangmin@huarui.example'>to</button>"),
        ("c.example/", "<a href='tel:0512-6789-1234'>call</a>"),
        ("d.example/", "<title>华锐 - 供应商</title>"),
        ("e.example/", "<p>与苏州<b>华锐智能</b>装备有限公司签约</p>"),
        (
            "f.example/",
            "<div id=h></div><script>h.attachShadow({mode:'open'}).innerHTML='<p>wangmin@huarui.example</p>'</script>",
        ),
    ],
    ids=["own site", "mailto", "aria-label", "phone", "name in title", "name in text", "shadow"],
)
def test_knows_the_customer_by(paired: Chromium, web: Web, address: str, html: str) -> None:
    tab = paired.visit(web.put(address, f"<!doctype html>{html}"))

    assert "华锐" in tab.wait("mark-name").text


def test_asks_nobody_about_a_page_that_is_not_a_customers(
    paired: Chromium, team: Team, web: Web
) -> None:
    url = web.put("news.example/today", STRANGER)
    team.seen.clear()
    web.seen.clear()

    tab = paired.visit(url)
    tab.page.evaluate("document.body.append('more: someone@else.example')")

    assert looked_at(paired, tab, "news.example") == []
    assert tab.shadow() is None
    assert team.seen == []
    assert {one.path for one in of_the_page(web.seen)} <= {"/today", "/favicon.ico"}
    assert {one.host for one in of_the_page(web.seen)} == {"news.example"}


def test_follows_a_single_page_site(paired: Chromium, web: Web) -> None:
    tab = paired.visit(web.put("crm.example/", "<!doctype html><main>inbox</main>"))
    looked_at(paired, tab, "crm.example")
    go = """([path, text]) => { history.pushState({}, '', path);
        document.querySelector('main').textContent = text; }"""

    tab.page.evaluate(go, ["/1", "from wangmin@huarui.example"])
    tab.click(tab.wait("mark-open", lambda node: "华锐" in node.text))
    tab.wait("card")

    tab.page.evaluate(go, ["/2", "from ann.berg@northstar.example"])
    tab.wait("mark-open", lambda node: "North Star" in node.text)

    tab.page.evaluate(go, ["/3", "nothing of interest"])
    tab.wait_gone()


def test_offers_every_customer_of_the_page(paired: Chromium, web: Web) -> None:
    both = "<!doctype html><p>wangmin@huarui.example</p><p>ann.berg@northstar.example</p>"
    tab = paired.visit(web.put("mail.example.com/", both))

    tab.click(tab.wait("mark-open"))
    tab.wait("chooser", lambda node: len(node.all("choice")) == 2)

    def chosen() -> bool:
        # The list may still move into place when it is read: choose until the choice was heard.
        root = tab.shadow()
        choices = root.all("choice") if root else []
        if len(choices) == 2:
            tab.click(choices[1])
        cards = root.all("card") if root else []
        return any("have nothing left" in card.text for card in cards)

    until(tab.page, chosen, "the second customer's card")


def test_opens_by_keyboard(paired: Chromium, web: Web) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.wait("mark-open")
    press = """chrome.tabs.query({url: '*://mail.example.com/*'}).then(() =>
        chrome.tabs.query({})).then((tabs) =>
        chrome.commands.onCommand.dispatch('open-card', tabs.at(-1)))"""

    paired.run(press)
    tab.wait("card", lambda node: "产线" in node.text)
    paired.run(press)
    tab.wait("mark-open")

    tab.page.keyboard.press("Enter")  # the focus came back to the mark
    tab.wait("card")


def test_stays_away_from_a_site_where_it_was_sent_away(paired: Chromium, web: Web) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    hover = tab.box(tab.wait("mark-open"))
    tab.page.mouse.move(hover[0] + 20, hover[1] + 10)
    tab.click(tab.wait("mark-hide"))
    tab.wait_gone()

    again = paired.visit("http://mail.example.com/")
    looked_at(paired, again, "mail.example.com")
    assert again.shadow() is None

    options = paired.own("options/options.html")
    options.click("#sites button")
    again.wait("mark-open")


def test_opens_the_last_known_card_without_a_network(
    paired: Chromium, team: Team, web: Web
) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.click(tab.wait("mark-open"))
    tab.wait("card", lambda node: "产线" in node.text)
    team.stop()

    # The cached card counts as fresh for a moment; the next look must try and fail.
    paired.run(
        "chrome.storage.local.get('cards').then(({cards}) => {"
        " for (const card of Object.values(cards)) card.at -= 600_000;"
        " return chrome.storage.local.set({cards}); })"
    )
    tab.page.reload()
    tab.click(tab.wait("mark-open"))

    card = tab.wait("card", lambda node: bool(node.all("notice")))
    assert "产线" in card.text
    assert "无法连接服务器" in card.one("notice").text


def test_takes_up_changes_of_the_directory(paired: Chromium, team: Team, web: Web) -> None:
    tab = paired.visit(web.put("new.example/", "<!doctype html><p>x@lantian.example</p>"))
    assert looked_at(paired, tab, "new.example") == []

    team.customers = {LANTIAN: team.customers[LANTIAN] | {"domains": ["lantian.example"]}}
    team.removed = [HUARUI]
    team.revision = 2
    popup = paired.own("popup/popup.html")
    popup.click("#refresh")

    tab.wait("mark-open", lambda node: "蓝天物流" in node.text)
    assert team.asked("/directory")[-1].path.endswith("since=1")
    gone = paired.visit(web.put("www.huarui.example/", "<!doctype html><p>hello</p>"))
    assert looked_at(paired, gone, "www.huarui.example") == []


# --- looks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "last", "stage", "open_words"),
    [
        ("zh-CN", "上次联系", "报价谈判", "在跟进中打开"),
        ("en", "Last contacted", "Negotiation", "Open in Genjin"),
    ],
)
def test_speaks_the_persons_language(
    chromium: Chromium, team: Team, web: Web, locale: str, last: str, stage: str, open_words: str
) -> None:
    team.locale = locale
    chromium.pair(team.url)
    tab = chromium.visit(web.put("mail.example.com/", MAIL))
    tab.click(tab.wait("mark-open"))

    card = tab.wait("card", lambda node: bool(node.all("tag")))

    assert last in card.text
    assert stage in card.one("stage-name").text
    assert card.one("open").text == open_words
    assert card.attributes["lang"] == locale


@pytest.mark.parametrize(("colours", "dark"), [("light", False), ("dark", True)])
def test_is_legible_in(
    open_browser: OpenBrowser, team: Team, web: Web, colours: str, *, dark: bool
) -> None:
    chromium = open_browser(colours=colours)
    chromium.pair(team.url)
    tab = chromium.visit(web.put("mail.example.com/", MAIL))
    tab.click(tab.wait("mark-open"))
    card = tab.wait("card", lambda node: bool(node.all("quote")))
    tab.enable_styles()
    root = tab.shadow()
    assert root is not None
    card = root.one("card")

    paper = luminance(tab.style(root.one("sheet"), "background-color"))

    assert (paper < 0.1) is dark
    for name in (
        "name",
        "owner",
        "date",
        "grade",
        "due",
        "label",
        "said",
        "quote",
        "open",
        "updated",
    ):
        for node in card.all(name):
            contrast = _contrast(luminance(tab.style(node, "color")), paper)
            assert contrast >= 4.5, f".{name} is too faint: {contrast:.1f}"


def luminance(colour: str) -> float:
    """Relative luminance (WCAG) of ``rgb(r, g, b)``."""
    parts = [int(part) / 255 for part in colour.split("(")[1].rstrip(")").split(",")[:3]]
    r, g, b = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


# --- hostile surroundings --------------------------------------------------------------------

HOSTILE = """<!doctype html><title>shop</title>
<style>div, button, article { display: none !important; position: static !important; }</style>
<script>
  for (const name of ['map', 'filter', 'push', 'some', 'every', 'slice', 'flatMap'])
    Array.prototype[name] = () => { throw new Error('page'); };
  JSON.parse = JSON.stringify = () => { throw new Error('page'); };
  Element.prototype.attachShadow = () => { throw new Error('page'); };
  window.genjin = { drawCard() { throw new Error('page'); } };
  window.stolen = '';
  window.addEventListener('message', (event) => { window.stolen += ' ' + event.data?.type; });
  window.tries = 0;
  setInterval(() => {
    window.tries += 1;
    for (const type of ['card', 'page', 'open-card', 'status', 'unpair'])
      window.postMessage({ type, id: 12, fresh: true, genjin: true }, '*');
    document.documentElement.lastElementChild.click();
    document.documentElement.lastElementChild.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
  }, 20);
</script>
<p>wangmin@huarui.example</p>"""


def test_works_on_a_hostile_page(paired: Chromium, web: Web) -> None:
    csp = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; require-trusted-types-for 'script'"
    tab = paired.visit(
        web.put("shop.example/", HOSTILE, Content_Security_Policy=csp, X_Frame_Options="DENY")
    )
    mark = tab.wait("mark-open")
    assert tab.box(mark)[2] > 900, "the page's styles do not reach it"

    tries = tab.evaluate("tries")
    until(tab.page, lambda: tab.evaluate("tries") > tries + 10, "the page's attempts")
    root = tab.shadow()
    assert root is not None
    assert root.all("mark-open"), "neither messages nor untrusted clicks open it"
    assert tab.evaluate("document.documentElement.lastElementChild.shadowRoot === null") is True
    own = {"card", "page", "open-card", "status", "unpair"}
    heard = set(tab.evaluate("stolen").split()) - own
    assert not heard, "nothing but the page's own messages comes back"

    tab.click(mark)
    tab.wait("card", lambda node: "产线" in node.text)


def test_draws_no_markup_of_the_server(paired: Chromium, team: Team, web: Web) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><b>x</b>"
    team.cards[HUARUI]["name"] = evil
    team.cards[HUARUI]["tags"][0]["text"] = evil
    tab = paired.visit(web.put("mail.example.com/", MAIL))

    tab.click(tab.wait("mark-open"))
    card = tab.wait("card", lambda node: "onerror" in node.text)

    assert card.one("name").text == evil
    assert not [node for node in card.walk() if node.tag in {"img", "b", "script"}]
    assert tab.page.title() != "owned"


def test_a_page_cannot_reach_the_extension(paired: Chromium, team: Team, web: Web) -> None:
    tab = paired.visit(web.put("news.example/", STRANGER))
    reach = """async (url) => { try { return (await fetch(url)).status; } catch { return 'refused'; } }"""

    for path in ("cards/customer.js", "icons/16.png", "options/options.html", "manifest.json"):
        assert tab.page.evaluate(reach, f"chrome-extension://{paired.id}/{path}") == "refused"
    assert tab.page.evaluate("typeof globalThis.chrome?.runtime?.sendMessage") == "undefined"


def test_a_content_script_gets_only_what_its_page_shows(paired: Chromium, web: Web) -> None:
    """Asked from the content script's own world, as a page that broke into it would."""
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.wait("mark-open")
    cdp = tab.page.context.new_cdp_session(tab.page)
    worlds: list[int] = []
    cdp.on(
        "Runtime.executionContextCreated",
        lambda event: (
            worlds.append(event["context"]["id"])
            if paired.id in event["context"]["origin"]
            else None
        ),
    )
    cdp.send("Runtime.enable")
    until(tab.page, lambda: bool(worlds), "the content script's world")

    def ask(script: str) -> object:
        result = cdp.send(
            "Runtime.evaluate",
            {
                "expression": script,
                "contextId": worlds[0],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        return result["result"].get("value")

    send = "chrome.runtime.sendMessage({}).catch(() => 'no answer')"
    card = "{{type: 'card', id: {}, fresh: false}}"
    assert ask(send.format(card.format(HUARUI)))["id"] == HUARUI  # type: ignore[index]
    assert ask(send.format(card.format(LANTIAN))) is None
    for message in ("{type: 'status'}", "{type: 'unpair'}", "{type: 'page', text: 7}", "null"):
        assert ask(send.replace("{}", message)) in (None, "no answer")
    assert (
        ask("chrome.storage.local.get().then((kept) => kept.pairing, () => 'closed')") == "closed"
    )


# --- popup, badge, panel ---------------------------------------------------------------------


def test_popup_and_badge_show_who_waits(paired: Chromium, team: Team, web: Web) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.wait("mark-open")
    popup = paired.own("popup/popup.html")
    until(popup, lambda: paired.badge() == "2", "the badge")

    rows = popup.locator("#due-list .row")
    assert rows.all_inner_texts() == ["蓝天物流\n已上报经理\n16天", "苏州华锐智能装备有限公司\n9天"]
    assert rows.nth(1).get_attribute("href") == f"{team.url}/customers/{HUARUI}"

    team.reminders = []
    popup.click("#refresh")
    popup.wait_for_selector("#nothing:visible")
    until(popup, lambda: paired.badge() == "", "the badge to go")


def test_popup_shows_what_was_known_while_the_server_is_down(paired: Chromium, team: Team) -> None:
    popup = paired.own("popup/popup.html")
    until(popup, lambda: popup.locator("#due-list .row").count() == 2, "the reminders")
    team.stop()

    popup.click("#refresh")

    popup.wait_for_selector("#notice:visible")
    assert "无法连接服务器" in popup.inner_text("#notice")
    assert popup.locator("#due-list .row").count() == 2
    assert paired.badge() == "2"

    team.start()
    popup.click("#refresh")
    popup.wait_for_selector("#notice", state="hidden")


def test_a_revoked_browser_says_so_forgets_and_stops_asking(
    paired: Chromium, team: Team, web: Web
) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.wait("mark-open")
    team.tokens.clear()
    popup = paired.own("popup/popup.html")
    popup.click("#refresh")

    popup.wait_for_selector("#notice:visible")
    assert "已被撤销" in popup.inner_text("#notice")
    until(popup, lambda: paired.badge() == "!", "the badge")
    tab.wait_gone()
    assert "华锐" not in str(paired.run("chrome.storage.local.get()"))

    team.seen.clear()
    again = paired.visit("http://mail.example.com/")
    looked_at(paired, again, "mail.example.com")
    assert again.shadow() is None
    assert team.seen == []

    team.codes["NEW1-NEW1"] = "good"
    options = paired.own("options/options.html")
    until(options, lambda: options.input_value("#server") == team.url, "the server's address")
    options.fill("#code", "NEW1-NEW1")
    options.click("#submit")
    options.wait_for_selector("#paired:visible")
    again.wait("mark-open")


def test_the_side_panel_shows_the_same_card(paired: Chromium, web: Web) -> None:
    tab = paired.visit(web.put("mail.example.com/", MAIL))
    tab.click(tab.wait("mark-open"))
    in_page = tab.wait("card", lambda node: bool(node.all("tag")))
    tab.click(tab.wait("sheet-panel"))

    def opened() -> bool:
        return bool(paired.run("chrome.runtime.getContexts({contextTypes: ['SIDE_PANEL']})"))

    until(tab.page, opened, "the side panel")
    tab.wait("mark-open")

    # Playwright does not list side panels; the same page in a tab, told which tab is in front.
    panel = paired.context.new_page()
    panel.add_init_script(f"""chrome.tabs.query = async () => [{{id: {_number(paired)}}}];""")
    panel.goto(f"chrome-extension://{paired.id}/panel/panel.html")
    panel.wait_for_selector(".card .tag")

    assert _words(in_page.one("head")) in panel.inner_text(".card").replace("\n", "")
    assert panel.locator(".card .label").all_inner_texts() == [
        node.text for node in in_page.all("label")
    ]


def test_shows_an_idle_panel_where_no_customer_is(paired: Chromium) -> None:
    panel = paired.own("panel/panel.html")

    panel.wait_for_selector("#empty:visible")
    assert panel.inner_text("#empty") == "本页没有你的客户。"


def _number(chromium: Chromium) -> int:
    (tab,) = (int(tab) for tab, one in chromium.findings().items() if one["customers"])
    return tab


def _words(node: Node) -> str:
    return node.one("name").text


def test_goes_on_after_the_browser_stopped_its_worker(paired: Chromium, web: Web) -> None:
    """Browsers do that after half a minute of silence; nothing may live in memory alone."""
    internals = paired.context.new_page()
    internals.goto("chrome://serviceworker-internals")
    mine = internals.locator(".serviceworker-registration", has_text=paired.id)
    mine.locator("[data-command=stop], .stop").click()
    mine.get_by_text("STOPPED").wait_for()

    tab = paired.visit(web.put("mail.example.com/", MAIL))

    tab.click(tab.wait("mark-open"))
    tab.wait("card", lambda node: "产线" in node.text)
