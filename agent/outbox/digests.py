"""Names that can be compared and not read: keyed with a salt that never leaves this store."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, insert, select

from agent.outbox.schema import meta
from agent.rules.identity import domain_of

_SALT = "salt"


@dataclass(frozen=True, slots=True)
class Digests:
    salt: bytes

    def of(self, kind: str, name: str) -> str:
        """``kind``: ``address``, ``domain`` or ``item``."""
        made = blake2b(f"{kind}:{name}".encode(), digest_size=12, key=self.salt).digest()
        return urlsafe_b64encode(made).decode("ascii")

    def of_address(self, address: str) -> tuple[str, ...]:
        """Of the address, of its domain and of every domain above that one."""
        found = [self.of("address", address)]
        domain = domain_of(address)
        while "." in domain:
            found.append(self.of("domain", domain))
            domain = domain.partition(".")[2]
        return tuple(found)

    def of_people(self, addresses: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(digest for address in addresses for digest in self.of_address(address))
        )


def digests_of(tx: Connection) -> Digests:
    """Within a writing transaction: the salt is made at the first need."""
    held = tx.execute(select(meta.c.value).where(meta.c.key == _SALT)).scalar_one_or_none()
    if held is None:
        held = secrets.token_hex(32)
        tx.execute(insert(meta).values(key=_SALT, value=held))
    return Digests(bytes.fromhex(held))
