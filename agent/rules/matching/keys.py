"""The rep's customers by everything that identifies them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import phonenumbers

from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import domain_of, is_public_domain, normalize_email, normalize_phone

_E164 = re.compile(r"\+\d{8,15}")
_CARRIER = re.compile(r"^(?:179\d\d|1259[03]|1019[0-9])[\s-]*(?=[01+])")
"""Dialled in front of a number for a cheaper line."""
_EXTENSION = re.compile(
    r"\s*[,;(（-]?\s*(?:转|分机|ext(?:ension|n)?\.?|x|#)\s*\d{1,6}\s*\)?$", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w.@])[+＋(（]?\d[\d\s\-()（）.]{6,24}\d(?!\w*@)(?!\d)")
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+){1,6}")
_NATIONAL = 9
"""Digits of a number without its country from which on it is one line's in the world."""
_OF_MOBILES = frozenset({"139.com", "189.cn", "wo.cn"})
_DOTS_SAY_NOTHING = frozenset({"gmail.com", "googlemail.com"})
_ENDING = re.compile(r"(?:\.(?:com|net|org|co|ac|edu|gov))?\.[a-z0-9-]+$")
_MIN_LABEL = 4
_MIN_LIKE = 6
_LIKE = str.maketrans("01345", "oleas")
_COUNTRIES = frozenset(region.lower() for region in phonenumbers.SUPPORTED_REGIONS) | {"uk", "eu"}
_MOST_FOUND = 20


@dataclass(frozen=True, slots=True, order=True)
class Who:
    customer_id: int
    contact_id: int | None = None


class Keys:
    def __init__(self, customers: Iterable[DirectoryCustomer], *, region: str) -> None:
        """``region`` is assumed for telephone numbers without a country code."""
        self.region = region
        self._emails: dict[str, dict[Who, None]] = defaultdict(dict)
        self._phones: dict[str, dict[Who, None]] = defaultdict(dict)
        self._national: dict[str, set[str]] = defaultdict(set)
        self._domains: dict[str, dict[Who, None]] = defaultdict(dict)
        self._labels: dict[str, dict[Who, None]] = defaultdict(dict)
        self._parts: dict[str, set[str]] = defaultdict(set)
        self._ends: dict[str, set[str]] = defaultdict(set)
        self._taught: dict[str, dict[Who, None]] = defaultdict(dict)
        for customer in customers:
            company = Who(customer.id)
            for lesson in customer.taught:
                self._taught[_lesson(lesson)][company] = None
            for domain in customer.domains:
                if not is_public_domain(domain):
                    self._domain(domain.lower().lstrip("@."), company)
            for phone in customer.phones:
                self._phone(phone, company)
            for contact in customer.contacts:
                person = Who(customer.id, contact.id)
                for email in contact.emails:
                    self._emails[_same(normalize_email(email) or email.lower())][person] = None
                for phone in contact.phones:
                    self._phone(phone, person)

    def _phone(self, raw: str, who: Who) -> None:
        # What is written like this was normalised before; to parse it again would cost seconds.
        number = raw if _E164.fullmatch(raw) else normalize_phone(raw, self.region)
        if number is not None:
            self._phones[number][who] = None
            if (national := _national(number)) is not None:
                self._national[national].add(number)

    def _domain(self, domain: str, who: Who) -> None:
        self._domains[domain][who] = None
        label = _label(domain)
        if len(label) >= _MIN_LABEL:
            self._labels[label][who] = None
            for part in label.split("-") if "-" in label else ():
                self._parts[part].add(label)
            for key in _ends(_plain(label)) if len(label) >= _MIN_LIKE else ():
                self._ends[key].add(label)

    def taught(self, key: str) -> tuple[Who, ...]:
        """Of whom people said that items with this address, number or conversation are theirs."""
        if key.startswith("thread:"):
            return tuple(self._taught.get(key, ()))
        found = self._taught.get(_lesson(key))
        if found is None and "+" in key[1:] and "@" in key:
            found = self._taught.get(_lesson(_without_tag(key)))
        return tuple(found or ())

    def by_email(self, email: str) -> tuple[Who, ...]:
        """By the very address; where nobody has it, by what stands before its plus
        (``joe+work@x`` is delivered to ``joe@x``), or by the mobile number it consists of."""
        found = self._emails.get(_same(email))
        if found is None and "+" in email:
            found = self._emails.get(_same(_without_tag(email)))
        if found is None:
            local, _, domain = email.rpartition("@")
            if domain in _OF_MOBILES and local.isdigit():
                number = normalize_phone(local, "CN")
                found = self._phones.get(number) if number else None
        return tuple(found or ())

    def by_phone(self, phone: str) -> tuple[Who, ...]:
        """By the number in any writing, with or without carrier's prefix and extension."""
        text = _CARRIER.sub("", phone.strip())
        number = text if _E164.fullmatch(text) else normalize_phone(text, self.region)
        if number is None and text.startswith(("+", "＋", "00")):
            number = f"+{re.sub(r'[^0-9]', '', _EXTENSION.sub('', text)).lstrip('0')}"
        return tuple(self._phones.get(number, ())) if number is not None else ()

    def by_national(self, phone: str) -> tuple[Who, ...]:
        """By a number that was written as in a country other than ours, without its code.

        The region's own code says nothing: it was only assumed when the number was written so.
        """
        text = _EXTENSION.sub("", _CARRIER.sub("", phone.strip()))
        digits = re.sub(r"\D", "", text)
        if text.startswith("+") or digits.startswith("00"):
            own = str(phonenumbers.country_code_for_region(self.region))
            digits = digits.lstrip("0")
            if not digits.startswith(own):
                return ()
            digits = digits.removeprefix(own)
        written = {digits.lstrip("0"), digits.lstrip("0").removeprefix("1")}
        numbers = {
            number
            for one in written
            if len(one) >= _NATIONAL
            for number in self._national.get(one, ())
        }
        return tuple(self._phones[numbers.pop()]) if len(numbers) == 1 else ()

    def phones_in(self, text: str) -> Iterator[Who]:
        """By the numbers that stand in ``text``."""
        for number, found in enumerate(_NUMBER.finditer(text)):
            if number >= _MOST_FOUND:
                return
            yield from self.by_phone(found.group()) or self.by_national(found.group())

    def emails_in(self, text: str) -> Iterator[tuple[Who, ...]]:
        """By the addresses that stand in ``text``, in its order; at most some."""
        if "@" not in text:
            return
        for number, found in enumerate(_ADDRESS.finditer(text)):
            if number >= _MOST_FOUND:
                return
            email = normalize_email(found.group())
            if email is not None:
                yield self.taught(email) or self.by_email(email) or self.by_domain(email)

    def by_domain(self, email: str) -> tuple[Who, ...]:
        """By the address's domain or one it belongs to (``mail.huarui.com`` → ``huarui.com``)."""
        return tuple(self._domains[found]) if (found := self._known(domain_of(email))) else ()

    def is_abroad(self, email: str) -> bool:
        """A country's part of a known domain that nobody has on file (``de.huarui.com``)."""
        domain = domain_of(email)
        known = self._known(domain)
        below = domain.removesuffix(known).strip(".") if known else ""
        return below in _COUNTRIES

    def _known(self, domain: str) -> str:
        while "." in domain:
            if is_public_domain(domain):
                return ""
            if domain in self._domains:
                return domain
            domain = domain.partition(".")[2]
        return ""

    def by_sibling(self, email: str) -> tuple[Who, ...]:
        """By the same name under another ending (``huarui.de`` for ``huarui.com``)."""
        domain = domain_of(email)
        if is_public_domain(domain):
            return ()
        return tuple(self._labels.get(_label(domain), ()))

    def by_likeness(self, email: str, *, named: bool) -> tuple[Who, ...]:
        """Whom a domain imitates: ``huaru1.com``, ``hauruii.com``; with ``named`` also one that
        holds the whole name (``huarui-invoice.com``)."""
        domain = domain_of(email)
        label = _label(domain)
        if is_public_domain(domain) or len(label) < _MIN_LABEL:
            return ()
        # One slip leaves either the beginning or the end as it was; look-alikes are made plain.
        near = {one for key in _ends(_plain(label)) for one in self._ends.get(key, ())}
        alike = {one for one in near if _is_like(label, one)}
        if named:
            alike.update(part for part in label.split("-") if part in self._labels)
            alike.update(one for one in self._parts.get(label, ()))
        alike.discard(label)
        return tuple(dict.fromkeys(who for one in sorted(alike) for who in self._labels[one]))


def _lesson(key: str) -> str:
    return _same(key) if "@" in key else key


def _without_tag(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _same(email: str) -> str:
    """The address as its mail system reads it: Gmail's dots say nothing."""
    local, _, domain = email.rpartition("@")
    return f"{local.replace('.', '')}@gmail.com" if domain in _DOTS_SAY_NOTHING else email


def _national(number: str) -> str | None:
    """What follows the country's code, which is one to three digits."""
    digits = number[1:]
    code = next(
        (n for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0
    )
    national = digits[code:]
    return national if code and len(national) >= _NATIONAL else None


def _label(domain: str) -> str:
    """The name of a domain without its ending and without what is below it."""
    return _ENDING.sub("", domain).rpartition(".")[2]


def _plain(label: str) -> str:
    return label.translate(_LIKE).replace("rn", "m").replace("vv", "w")


def _ends(label: str) -> tuple[str, str]:
    return f"{label[:3]}-", f"-{label[-3:]}"


def _is_like(label: str, known: str) -> bool:
    """One letter apart, or two changed places, or look-alike figures; not the same."""
    if label == known or abs(len(label) - len(known)) > 1:
        return False
    if _plain(label) == _plain(known):
        return True
    start = 0
    while start < min(len(label), len(known)) and label[start] == known[start]:
        start += 1
    a, b = label[start:], known[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
