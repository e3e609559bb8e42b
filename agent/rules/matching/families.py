"""Which customers belong together: a group and its daughters."""

import re
from collections.abc import Sequence

from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import normalize_company
from agent.rules.matching.names import without_region

_BRAND = 2
"""Chinese characters by which a group is known: 东湖 of 东湖制药."""


class Families:
    def __init__(self, customers: Sequence[DirectoryCustomer]) -> None:
        self._brands = {one.id: _brands(one) for one in customers}
        self._domains = {one.id: one.domains for one in customers}

    def are_related(self, one: int, other: int) -> bool:
        """By the beginning of their names, or by their domains."""
        if one == other:
            return False
        if self._brands[one] & self._brands[other]:
            return True
        return any(
            a == b or a.endswith(f".{b}") or b.endswith(f".{a}")
            for a in self._domains[one]
            for b in self._domains[other]
        )


def _brands(customer: DirectoryCustomer) -> frozenset[str]:
    found = set()
    for name in (customer.name, *customer.aliases):
        bare = normalize_company(name)
        if bare.isascii():
            found.add(re.split(r"[\s,.]", name.strip().lower(), maxsplit=1)[0])
        else:
            found.add(without_region(bare)[:_BRAND])
    return frozenset(found - {"", "the"})
