"""Find customers' names in text: one automaton, longest match first, whole Latin words only."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ahocorasick_rs import AhoCorasick, MatchKind

from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import normalize_company
from agent.rules.matching import sounds
from agent.rules.matching.everyday import EVERYDAY

_MIN_CJK = 2
_MIN_CJK_DERIVED = 3
"""What is left of a name without its legal form may be a plain word (智能有限公司)."""
_MIN_CJK_LONG = 4
_MIN_LATIN = 3
_MIN_LABEL = 5
_MIN_ACRONYM = 3
_MIN_PERSON_CJK = 3
"""王芳 may be anybody's name, and stand within other words; 欧阳明月 rarely does."""
_WORD = re.compile(r"[0-9a-z_]")
_ENDING = re.compile(r"(?:(?:com|net|org|co|ac|edu|gov)\.)?[a-z0-9-]+")
_REGION = re.compile(
    r"^(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|"
    r"广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|"
    r"广州|深圳|苏州|无锡|常州|南京|南通|扬州|徐州|杭州|宁波|温州|嘉兴|绍兴|金华|台州|合肥|芜湖|"
    r"福州|厦门|泉州|南昌|济南|青岛|烟台|潍坊|郑州|洛阳|武汉|宜昌|长沙|株洲|东莞|佛山|珠海|中山|"
    r"惠州|成都|绵阳|贵阳|昆明|西安|兰州|沈阳|大连|长春|哈尔滨|石家庄|唐山|太原|昆山|中国)(?:省|市)?"
)
"""People leave out where a company sits."""


class Strength(IntEnum):
    """How surely such a name, where it stands, means the company."""

    EAR = 0
    """Spelt by ear, in pinyin, or with slipped letters."""
    EVERYDAY = 1
    """A word of everyday life, or initials."""
    SHORT = 2
    LONG = 3


@dataclass(frozen=True, slots=True)
class Mention:
    customers: frozenset[int]
    start: int
    end: int
    strength: Strength


class Names:
    def __init__(
        self, owners: Mapping[str, Collection[int]], strengths: Mapping[str, Strength] | None = None
    ) -> None:
        """``owners``: whom each pattern means."""
        self._patterns = tuple(owners)
        self._owners = tuple(frozenset(owners[pattern]) for pattern in self._patterns)
        given = strengths or {}
        self._strengths = tuple(given.get(one, Strength.SHORT) for one in self._patterns)
        # Overlapping search needs the standard kind; which match wins is decided below, because
        # a longer one that is no whole word must not hide a shorter one that is.
        self._automaton = AhoCorasick(self._patterns, matchkind=MatchKind.Standard)

    def mentions(self, text: str) -> list[Mention]:
        """Where customers are named in ``text``, which ``flat`` made; in the order of the text."""
        if not self._patterns or not text:
            return []
        folded = text.lower() if len(text.lower()) == len(text) else _lower_each(text)
        found = [
            (start, end, pattern)
            for pattern, start, end in self._automaton.find_matches_as_indexes(
                folded, overlapping=True
            )
            if _is_whole(folded, start, end)
        ]
        found.sort(key=lambda match: (match[0] - match[1], match[0]))
        taken = bytearray(len(folded))
        named = []
        for start, end, pattern in found:
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                named.append(Mention(self._owners[pattern], start, end, self._strengths[pattern]))
        return sorted(named, key=lambda one: one.start)

    def find(self, text: str) -> Counter[int]:
        """How often each customer is named in ``text``."""
        named: Counter[int] = Counter()
        for mention in self.mentions(flat(text)):
            named.update(mention.customers)
        return named


def flat(text: str) -> str:
    """In one line, with full-width letters made plain."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def of_companies(customers: Iterable[DirectoryCustomer]) -> Names:
    """By full and short names."""
    owners: dict[str, set[int]] = defaultdict(set)
    derived: dict[str, set[int]] = defaultdict(set)
    for customer in customers:
        for name in (customer.name, *customer.aliases):
            for pattern in _patterns(name):
                owners[pattern].add(customer.id)
        for pattern in (*_beginnings(customer.name), *_labels(customer)):
            derived[pattern].add(customer.id)
    for pattern, whose in derived.items():
        if len(whose) == 1 and pattern not in owners:
            owners[pattern] = whose
    return Names(owners, {pattern: _strength(pattern) for pattern in owners})


def by_ear(customers: Iterable[DirectoryCustomer]) -> Names:
    """By names as they sound; to be asked with ``sounds.by_ear`` of a text."""
    owners: dict[str, set[int]] = defaultdict(set)
    for customer in customers:
        for name in (customer.name, *customer.aliases):
            for pattern in _patterns(name):
                if not pattern.isascii() and len(pattern) >= _MIN_CJK_LONG:
                    owners[sounds.by_ear(pattern)].add(customer.id)
    unique = {name: whose for name, whose in owners.items() if len(whose) == 1}
    return Names(unique, dict.fromkeys(unique, Strength.EAR))


def in_pinyin(customers: Iterable[DirectoryCustomer]) -> Names:
    """By Chinese names in Latin letters: ``jin fan feng dian``, ``jinfan fengdian``."""
    owners: dict[str, set[int]] = defaultdict(set)
    for customer in customers:
        for name in {normalize_company(customer.name), *customer.aliases}:
            for pattern in _spellings(sounds.pinyin(without_region(name))):
                owners[pattern].add(customer.id)
    unique = {
        name: whose
        for name, whose in owners.items()
        if len(whose) == 1 and len(name) >= _MIN_LABEL and name not in EVERYDAY
    }
    return Names(unique, dict.fromkeys(unique, Strength.EAR))


def of_people(customers: Iterable[DirectoryCustomer]) -> Names:
    """By the full names of contacts, Chinese ones also in pinyin (``Tong Bin``, ``Bin Tong``)."""
    owners: dict[str, set[int]] = defaultdict(set)
    for customer in customers:
        for contact in customer.contacts:
            name = _fold(contact.name)
            if name.isascii():
                spelt = {name} if " " in name else set()
            else:
                said = sounds.pinyin(name)
                spelt = {name} if len(name) >= _MIN_CJK else set()
                if len(said) >= _MIN_CJK:
                    given = "".join(said[1:])
                    spelt |= {f"{said[0]} {given}", f"{given} {said[0]}"}
            for one in spelt:
                owners[one].add(customer.id)
    return Names(
        owners,
        {
            name: Strength.LONG
            if name.isascii() or len(name) >= _MIN_PERSON_CJK
            else Strength.SHORT
            for name in owners
        },
    )


def without_region(bare: str) -> str:
    """A company's name without where it sits, which people leave out."""
    return _REGION.sub("", bare, count=1)


def _fold(text: str) -> str:
    return flat(text).lower()


def _lower_each(text: str) -> str:
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def _strength(pattern: str) -> Strength:
    if pattern in EVERYDAY:
        return Strength.EVERYDAY
    if pattern.isascii():
        return Strength.LONG if re.search(r"[ .-]", pattern) else Strength.SHORT
    return Strength.LONG if len(pattern) >= _MIN_CJK_LONG else Strength.SHORT


def _patterns(name: str) -> set[str]:
    """The name as written and without its legal form: ``acme robotics inc.``, ``acme robotics``."""
    whole = _fold(name)
    bare = normalize_company(name)
    patterns = {whole}
    shorter = whole
    while " " in shorter:
        shorter = shorter.rpartition(" ")[0].rstrip(" ,.")
        if normalize_company(shorter) != bare:
            break
        patterns.add(shorter)
    if not bare.isascii():
        for derived in (bare, without_region(bare)):
            if len(derived) >= _MIN_CJK_DERIVED:
                patterns.add(derived)
    return {pattern for pattern in patterns if _is_telling(pattern)}


def _beginnings(name: str) -> Iterator[str]:
    """What people say of a long name: ``锦帆风电`` of 常州锦帆风电叶片, ``delta dental``."""
    bare = normalize_company(name)
    if bare.isascii():
        words = re.sub(r"[,.]", " ", _fold(name)).split()
        if len(words) > _MIN_ACRONYM and len(words[0]) >= _MIN_LATIN:
            yield " ".join(words[:2])
        return
    core = without_region(bare)
    if len(core) > _MIN_CJK_LONG:
        yield core[:_MIN_CJK_LONG]


def _labels(customer: DirectoryCustomer) -> Iterator[str]:
    """The Latin name in a company's domain: ``songjiang motor`` of songjiang-motor.com."""
    for domain in customer.domains:
        yield domain.lower().lstrip("@.")
        label, _, rest = domain.lower().lstrip("@.").partition(".")
        if len(label) >= _MIN_LABEL and _ENDING.fullmatch(rest) and label not in EVERYDAY:
            yield label
            yield label.replace("-", " ")


def _spellings(said: tuple[str, ...]) -> Iterator[str]:
    if len(said) < _MIN_CJK:
        return
    yield " ".join(said)
    yield "".join(said)
    if len(said) >= _MIN_CJK_LONG:
        yield f"{''.join(said[:2])} {''.join(said[2:])}"


def _is_telling(pattern: str) -> bool:
    """Long enough to mean somebody."""
    return len(pattern) >= (_MIN_LATIN if pattern.isascii() else _MIN_CJK)


def _is_whole(text: str, start: int, end: int) -> bool:
    """No Latin word goes on beyond either end (``rival`` is not in ``arrival``)."""
    before = start > 0 and _WORD.match(text[start]) and _WORD.match(text[start - 1])
    after = end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end])
    return not before and not after
