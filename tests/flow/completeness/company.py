"""The people of the story, and a seeded stream of what they write to each other."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from tests.flow.completeness.letters import Letter, Person, Shape

OWN_DOMAIN = "yuanshan.example"
REP: Person = ("陈晨", f"chen@{OWN_DOMAIN}")
COLLEAGUES: tuple[Person, ...] = (("吴敏", f"wu@{OWN_DOMAIN}"), ("Leo", f"leo@{OWN_DOMAIN}"))
CUSTOMERS: dict[str, tuple[str, tuple[Person, ...]]] = {
    domain: (name, tuple((shown, f"{local}@{domain}") for shown, local in people))
    for domain, name, people in (
        ("huarui.example", "苏州华锐智能装备有限公司", (("赵刚", "zhao"), ("孙丽", "sun.li"))),
        ("brightline.example", "Brightline Analytics, Inc.", (("Dana Whitfield", "dana"),)),
        ("hengtong.example", "恒通物流股份有限公司", (("周涛", "zhou"), ("吴倩", "wuqian"))),
        ("nordwerk.example", "Nordwerk Maschinenbau GmbH", (("Jörg Müller", "j.mueller"),)),
        ("lanhai.example", "蓝海新材料有限公司", (("林静", "lin"),)),
        ("tailai.example", "泰来电子有限公司", (("何雪", "he"), ("马超", "ma"))),
        ("oakfield.example", "Oakfield Foods Ltd", (("Priya Shah", "priya"),)),
        ("xinghe.example", "星河软件有限公司", (("罗阳", "luo"),)),
    )
}
"""Domain → name of the company, and who of it writes."""

EXCLUDED_ADDRESS = "ceo@huarui.example"
EXCLUDED_DOMAIN = "lawyer.example"
EXCLUDED_FOLDER = "私事"
EXCLUDED_CATEGORY = "健康"
EXCLUDED_SUBJECT = "工资条"

_CHINESE = (
    ("关于报价", "您好，\n附上上次谈到的报价，请看一下是否合适。\n谢谢"),
    ("交货时间", "您好，\n我们这边希望下个月能交货，请帮忙确认。\n祝好"),
    ("样品反馈", "样品已经收到，整体不错，表面处理还要再谈谈。"),
    ("合同条款", "第三条我们法务有些意见，周四方便电话沟通吗？"),
)
_ENGLISH = (
    ("Pilot next steps", "Hi,\n\nthanks for the call. Could you send the revised plan?\n\nBest"),
    ("Pricing question", "Hello,\n\nis the volume discount valid for two sites?\n\nRegards"),
    ("Integration", "Hi there,\n\nour team tried the interface and it looks good so far."),
)
_CHARSETS = (
    ("utf-8", "", "base64"),
    ("utf-8", "", "quoted-printable"),
    ("utf-8", "", "8bit"),
    ("gb18030", "", "base64"),
    ("gbk", "gb2312", "base64"),
    ("gbk", "gb2312", "8bit"),
    ("gbk", "", "quoted-printable"),
)
_SHAPES: tuple[Shape, ...] = ("plain", "plain", "plain", "html", "both", "attached")
_ID_CARD = "11010519491231002X"
_BANK_CARD = "6222021234567890128"


class Company:
    """``letters()`` never ends; the same seed writes the same letters."""

    def __init__(self, seed: int, now: datetime, *, days: int) -> None:
        """``days``: how far back the ordinary mail of the mailbox reaches."""
        self._random = random.Random(seed)  # noqa: S311 - a story, no secret
        self._now = now.replace(microsecond=0)
        self._days = days
        self._count = 0
        self._last: dict[str, Letter] = {}
        self._kinds: list[tuple[int, Callable[[], tuple[Letter, ...]]]] = [
            (34, self._from_customer),
            (18, self._to_customer),
            (4, self._to_two),
            (10, self._from_stranger),
            (8, self._internal),
            (8, self._newsletter),
            (3, self._auto_reply),
            (2, self._bounce),
            (3, self._private),
            (2, self._from_excluded_address),
            (2, self._from_excluded_domain),
            (1, self._of_excluded_subject),
            (1, self._of_excluded_category),
            (2, self._without_id),
            (1, self._equal_without_id),
            (1, self._reused_id),
        ]

    def letters(self) -> Iterator[tuple[Letter, ...]]:
        """Most come alone; those that have a double come together."""
        weights = [weight for weight, _ in self._kinds]
        writers = [writer for _, writer in self._kinds]
        while True:
            (write,) = self._random.choices(writers, weights)
            yield write()

    def draft(self) -> Letter:
        (letter,) = self._to_customer()
        return replace(letter, is_draft=True, rule="draft", counts=False)

    @staticmethod
    def sent(draft: Letter, at: datetime) -> Letter:
        """The draft, finished: a letter of the same Message-ID, in a copy of its own."""
        return replace(draft, is_draft=False, rule="", counts=True, at=at)

    def old(self) -> Letter:
        """From before the window."""
        (letter,) = self._from_customer()
        return replace(letter, at=self._now - timedelta(days=self._random.randint(220, 700)))

    def _letter(self, **fields: object) -> Letter:
        self._count += 1
        token = "tk" + "".join(self._random.choices("bcdfghjklmnpqrstvwxz", k=9))
        chinese = self._random.random() < 0.6
        subject, text = self._random.choice(_CHINESE if chinese else _ENGLISH)
        charset, declared, transfer = self._random.choice(_CHARSETS)
        minutes = self._random.randint(30, self._days * 24 * 60)
        given: dict[str, object] = {
            "token": token,
            "group": token,
            "sender": REP,
            "to": (REP,),
            "subject": f"{subject} {token}",
            "text": f"{text}\n{token}",
            "at": self._now - timedelta(minutes=minutes, seconds=self._random.randint(0, 59)),
            "message_id": f"{token}@mx.example",
            "charset": charset,
            "declared": declared,
            "transfer": transfer,
            "shape": self._random.choice(_SHAPES),
            **fields,
        }
        return Letter(**given)  # type: ignore[arg-type]

    def _customer(self) -> tuple[str, Person]:
        domain = self._random.choice(list(CUSTOMERS))
        return domain, self._random.choice(CUSTOMERS[domain][1])

    def _from_customer(self) -> tuple[Letter, ...]:
        domain, person = self._customer()
        before = self._last.get(domain) if self._random.random() < 0.3 else None
        letter = self._letter(sender=person, customers=frozenset({domain}), counts=True)
        if before is not None:
            letter = replace(letter, subject=f"回复: {letter.subject}", answers=before.message_id)
        if self._random.random() < 0.06:
            text = f"{letter.text}\n身份证 {_ID_CARD}，卡号 {_BANK_CARD}"
            letter = replace(letter, text=text, numbers=(_ID_CARD, _BANK_CARD))
        return (letter,)

    def _to_customer(self) -> tuple[Letter, ...]:
        domain, person = self._customer()
        letter = self._letter(to=(person,), customers=frozenset({domain}), counts=True)
        self._last[domain] = letter
        return (letter,)

    def _to_two(self) -> tuple[Letter, ...]:
        domains = self._random.sample(list(CUSTOMERS), 2)
        people = tuple(CUSTOMERS[domain][1][0] for domain in domains)
        return (self._letter(to=people, customers=frozenset(domains), counts=True),)

    def _from_stranger(self) -> tuple[Letter, ...]:
        number = self._random.randint(1, 300)
        person = ("陌生人", f"sales{number}@stranger{number % 40}.example")
        return (self._letter(sender=person, rule="unknown_customer", numbers=(_ID_CARD,)),)

    def _internal(self) -> tuple[Letter, ...]:
        return (self._letter(sender=COLLEAGUES[self._count % 2], rule="internal"),)

    def _newsletter(self) -> tuple[Letter, ...]:
        sender = ("News", "news@media.example")
        if self._random.random() < 0.3:
            sender = ("Newsletter", f"news@{self._customer()[0]}")
        headers = {
            "List-Id": "<news.list.example>",
            "List-Unsubscribe": "<https://off.example/u>",
            "Precedence": "bulk",
        }
        return (self._letter(sender=sender, rule="newsletter", headers=headers),)

    def _auto_reply(self) -> tuple[Letter, ...]:
        domain, person = self._customer()
        letter = self._letter(
            sender=person,
            customers=frozenset({domain}),
            headers={"Auto-Submitted": "auto-replied"},
        )
        return (replace(letter, subject=f"自动回复: {letter.subject}"),)

    def _bounce(self) -> tuple[Letter, ...]:
        domain, person = self._customer()
        sender = ("Mail Delivery Subsystem", "mailer-daemon@mx.example")
        headers = {"Auto-Submitted": "auto-generated", "X-Failed-Recipients": person[1]}
        letter = self._letter(sender=sender, customers=frozenset({domain}), headers=headers)
        return (replace(letter, subject=f"Undeliverable: {letter.subject}"),)

    def _private(self) -> tuple[Letter, ...]:
        _, person = self._customer()
        return (self._letter(sender=person, rule="private", sensitivity="private"),)

    def _from_excluded_address(self) -> tuple[Letter, ...]:
        return (self._letter(sender=("总裁", EXCLUDED_ADDRESS), rule="excluded_address"),)

    def _from_excluded_domain(self) -> tuple[Letter, ...]:
        _, person = self._customer()
        to = (person, ("律师", f"zhang@{EXCLUDED_DOMAIN}"))
        return (self._letter(to=to, rule="excluded_domain"),)

    def _of_excluded_subject(self) -> tuple[Letter, ...]:
        _, person = self._customer()
        letter = self._letter(sender=person, rule="excluded_subject")
        return (replace(letter, subject=f"{EXCLUDED_SUBJECT} {letter.token}"),)

    def _of_excluded_category(self) -> tuple[Letter, ...]:
        _, person = self._customer()
        return (self._letter(sender=person, rule="excluded_category", category=EXCLUDED_CATEGORY),)

    def _without_id(self) -> tuple[Letter, ...]:
        (letter,) = self._from_customer()
        return (replace(letter, message_id=""),)

    def _equal_without_id(self) -> tuple[Letter, ...]:
        """The same mail twice, and nothing but its content to tell so."""
        (letter,) = self._without_id()
        return (letter, letter)

    def _reused_id(self) -> tuple[Letter, ...]:
        """Two mails that a broken program gave one Message-ID. They are one activity, by the
        product's definition; which of the two it tells is not defined."""
        (one,) = self._from_customer()
        (other,) = self._from_customer()
        other = replace(
            other,
            sender=one.sender,
            customers=one.customers,
            message_id=one.message_id,
            group=one.group,
        )
        return (one, other)
