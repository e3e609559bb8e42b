"""The rep's customers by everything that identifies them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from agent.contract.directory import DirectoryCustomer
from agent.rules.identity import domain_of, is_public_domain, normalize_email, normalize_phone


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
        self._domains: dict[str, dict[Who, None]] = defaultdict(dict)
        for customer in customers:
            company = Who(customer.id)
            for domain in customer.domains:
                if not is_public_domain(domain):
                    self._domains[domain.lower().lstrip("@.")][company] = None
            for phone in customer.phones:
                self._phone(phone, company)
            for contact in customer.contacts:
                person = Who(customer.id, contact.id)
                for email in contact.emails:
                    self._emails[normalize_email(email) or email.lower()][person] = None
                for phone in contact.phones:
                    self._phone(phone, person)

    def _phone(self, raw: str, who: Who) -> None:
        number = normalize_phone(raw, self.region)
        if number is not None:
            self._phones[number][who] = None

    def by_email(self, email: str) -> tuple[Who, ...]:
        return tuple(self._emails.get(email, ()))

    def by_phone(self, phone: str) -> tuple[Who, ...]:
        number = normalize_phone(phone, self.region)
        return tuple(self._phones.get(number, ())) if number is not None else ()

    def by_domain(self, email: str) -> tuple[Who, ...]:
        """By the address's domain or one it belongs to (``mail.huarui.com`` → ``huarui.com``)."""
        domain = domain_of(email)
        while "." in domain:
            if is_public_domain(domain):
                return ()
            if domain in self._domains:
                return tuple(self._domains[domain])
            domain = domain.partition(".")[2]
        return ()
