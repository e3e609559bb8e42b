"""From the company's conversations to letters: addresses, ids, quoted history, signatures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import phonenumbers

from demo.company.model import Client, Company, Contact, Customer, Locale, Mail, Person, Thread
from demo.documents import docx, pdf
from demo.mail_clients import Quoted, date_en, date_zh, html, program, quote

_PREFIX = re.compile(r"^(?:(?:回复|答复|re)\s*[:：]\s*)+", re.IGNORECASE)
_DATE = re.compile(r"\{d([+-]\d+)\}")
_ABROAD = {
    "US California": "America/Los_Angeles",
    "US ": "America/New_York",
    "United Kingdom": "Europe/London",
    "Germany": "Europe/Berlin",
    "Singapore": "Asia/Singapore",
    "Netherlands": "Europe/Amsterdam",
    "Australia": "Australia/Brisbane",
}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Enclosure:
    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    key: str
    """Thread and place: ``huarui-line3/0``."""
    customer: str | None
    client: Client
    locale: Locale
    message_id: str
    """With brackets."""
    references: tuple[str, ...] = ()
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    when: datetime
    """In the zone of whoever wrote it."""
    text: str
    """Their own words and signature."""
    quoted: str = ""
    html: str | None = None
    logo: str | None = None
    """Content id of the inline image."""
    enclosures: tuple[Enclosure, ...] = ()
    charset: str
    cte: str
    sent_by_us: bool
    form: str = "eml"


def letters(company: Company, *, rep: str, now: datetime) -> Iterator[Letter]:
    """Every letter of the conversations that lie in ``rep``'s mailbox, oldest first per thread."""
    for thread in company.threads:
        if company.customer(thread.customer).owner == rep:
            yield from _of_thread(company, thread, now)


def _of_thread(company: Company, thread: Thread, now: datetime) -> Iterator[Letter]:
    last: Letter | None = None
    for place, mail in enumerate(thread.mails):
        if mail.subject is not None:
            last = None
        last = _letter(company, f"{thread.key}/{place}", thread.customer, mail, last, now)
        yield last


def _letter(
    company: Company, key: str, customer: str, mail: Mail, answered: Letter | None, now: datetime
) -> Letter:
    locale = company.customer(customer).locale
    sender = address(company, mail.sender, locale, mail.address)
    client: Client = "own" if company.is_staff(mail.sender) else company.contact(mail.sender).client
    using = program(client, locale)
    when = mail.when.before(now, company.zone).astimezone(zone_of(company, mail.sender))
    message_id = make_id(client, key, sender.email)
    text = fill(mail.text, when, locale) + "\n\n" + signature(company, mail.sender, locale)
    logo = f"image001.png@{digest(key)[:8]}" if mail.inline else None
    letter = Letter(
        key=key,
        customer=customer,
        client=client,
        locale=locale,
        message_id=message_id,
        sender=sender,
        to=tuple(address(company, who, locale) for who in mail.to),
        cc=tuple(address(company, who, locale) for who in mail.cc),
        subject=mail.subject or "",
        when=when,
        text=text,
        logo=logo,
        enclosures=tuple(enclosure(file.name, file.title) for file in mail.attach),
        charset=mail.charset or using.charset,
        cte=mail.cte or using.cte,
        sent_by_us=client == "own",
        form=mail.form,
    )
    if answered is not None:
        letter = _answering(letter, answered)
    body = html(client, letter.text, letter.quoted, logo=logo) if using.has_html else None
    return replace(letter, html=body)


def _answering(letter: Letter, answered: Letter) -> Letter:
    using = program(letter.client, letter.locale)
    history = answered.text + (f"\n\n{answered.quoted}" if answered.quoted else "")
    quoted = Quoted(
        name=answered.sender.name,
        email=answered.sender.email,
        to="; ".join(str(who) for who in answered.to),
        cc="; ".join(str(who) for who in answered.cc),
        subject=answered.subject,
        when=answered.when.astimezone(letter.when.tzinfo),
        text=history,
    )
    return replace(
        letter,
        subject=using.prefix + _PREFIX.sub("", answered.subject),
        references=(*answered.references, answered.message_id),
        quoted=quote(using, quoted),
    )


def address(company: Company, key: str, locale: Locale, which: int = 0) -> Address:
    if company.is_staff(key):
        person = company.person(key)
        return Address(person.name if locale == "zh" else person.name_en, person.email)
    contact = company.contact(key)
    return Address(contact.name, contact.emails[which])


def zone_of(company: Company, key: str) -> ZoneInfo:
    if not company.is_staff(key):
        region = company.customer(company.contact(key).customer).region
        for start, name in _ABROAD.items():
            if region.startswith(start):
                return ZoneInfo(name)
    return company.zone


def digest(key: str) -> str:
    """Random-looking and always the same."""
    return sha256(f"genjin demo {key}".encode()).hexdigest()


def make_id(client: Client, key: str, email: str) -> str:
    host, code = email.rpartition("@")[2], digest(key)
    match client:
        case "qq":
            return f"<tencent_{code[:40].upper()}@qq.com>"
        case "netease":
            return f"<{code[:8]}.{code[8:12]}.{code[12:23]}.Coremail.{email}>"
        case "gmail":
            return f"<CA{code[:46]}@mail.{host}>"
        case "thunderbird":
            return f"<{code[:8]}-{code[8:12]}-4{code[13:16]}-a{code[17:20]}-{code[20:32]}@{host}>"
        case "foxmail":
            return f"<{int(code[:12], 16):017d}@{host}>"
        case _:
            return f"<SH0PR01MB{code[:28].upper()}@mail.{host}>"


def fill(text: str, when: datetime, locale: Locale) -> str:
    """Dates relative to the letter, and the invented ID-card number."""
    form = date_zh if locale == "zh" else date_en
    filled = _DATE.sub(lambda found: form(when + timedelta(days=int(found[1]))), text)
    return filled.replace("{idcard}", id_card())


def id_card() -> str:
    """A number with a right check digit, of somebody born on the first of January 1900."""
    digits = "11010119000101" + "999"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return digits + "10X98765432"[total % 11]


def signature(company: Company, key: str, locale: Locale) -> str:
    if company.is_staff(key):
        return _own_signature(company, company.person(key), locale)
    contact = company.contact(key)
    customer = company.customer(contact.customer)
    signed = _signature(contact, customer)
    return f"{signed}\n\n{customer.disclaimer}" if customer.disclaimer else signed


def _own_signature(company: Company, person: Person, locale: Locale) -> str:
    if locale == "zh":
        return (
            f"此致\n{person.name} | {person.title}\n{company.own.name}\n"
            f"手机：{_shown(person.mobile)}  邮箱：{person.email}\n地址：{company.own.address}"
        )
    return (
        f"Best regards,\n{person.name_en}\n{person.title_en}, {company.own.name_en}\n"
        f"Mobile: {_shown(person.mobile, abroad=True)}\n{company.own.address_en}"
    )


def _signature(contact: Contact, customer: Customer) -> str:
    abroad = customer.locale == "en"
    phone = _shown(contact.phones[0], abroad=abroad)
    match contact.client:
        case "outlook_zh":
            return f"{contact.name}\n{customer.name}  {contact.title}\n电话：{phone}\n邮箱：{contact.emails[0]}"
        case "foxmail":
            return f"{contact.name}\n{customer.name}\n{contact.title}  {phone}"
        case "netease":
            return f"祝工作顺利！\n\n{contact.name}\n{customer.name} {contact.title}"
        case "qq":
            return "发自我的iPhone"
        case "thunderbird":
            return f"Mit freundlichen Grüßen / Kind regards\n\n-- \n{contact.name}\n{customer.name}\n{contact.title}\nTel. {phone}"
        case "gmail" if not abroad:
            return f"{contact.name} | {customer.aliases[-1]} {contact.title}"
        case _:
            close = "Thanks," if contact.client == "gmail" else "Best regards,"
            return f"{close}\n{contact.name}\n{contact.title}\n{customer.name}\n{phone}"


def _shown(phone: str, *, abroad: bool = False) -> str:
    number = phonenumbers.parse(phone)
    style = (
        phonenumbers.PhoneNumberFormat.INTERNATIONAL
        if abroad
        else phonenumbers.PhoneNumberFormat.NATIONAL
    )
    return phonenumbers.format_number(number, style)


def enclosure(name: str, title: str) -> Enclosure:
    if name.endswith(".pdf"):
        return Enclosure(name, "application/pdf", pdf(title))
    lines = (f"{title}（样例文件）", "Yuanshan Technology, sample document.")
    return Enclosure(name, _WORD, docx(title, lines))
