"""What the server told us and the agent needs offline: directory, policy, and small facts."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from agent.contract.directory import DirectoryCustomer, DirectoryDelta
from agent.contract.policy import Policy
from agent.outbox.database import Database
from agent.outbox.schema import customers, meta

_REVISION = "directory_revision"
_POLICY = "policy"
_ETAG = "policy_etag"
_TAUGHT = "tagger_etag"
_PROBE = "probe"
_PROBE_CHARS = 65_536


class Held:
    def __init__(self, database: Database) -> None:
        self._database = database

    def directory_revision(self) -> int | None:
        """None: the directory has never been here."""
        found = self.get(_REVISION)
        return int(found) if found is not None else None

    def directory(self) -> tuple[DirectoryCustomer, ...]:
        with self._database.read() as tx:
            rows = tx.execute(select(customers.c.json).order_by(customers.c.id)).scalars()
            return tuple(DirectoryCustomer.model_validate_json(row) for row in rows)

    def apply(self, delta: DirectoryDelta) -> bool:
        """Take a delta over; True when it brings customers, or keys of one, that were not held."""
        with self._database.write() as tx:
            before = {
                row.id: row.json for row in tx.execute(select(customers.c.id, customers.c.json))
            }
            if delta.reset:
                tx.execute(delete(customers))
            for gone in delta.removed:
                tx.execute(delete(customers).where(customers.c.id == gone))
            for customer in delta.customers:
                row = insert(customers).values(id=customer.id, json=customer.model_dump_json())
                tx.execute(
                    row.on_conflict_do_update(
                        index_elements=["id"], set_={"json": row.excluded.json}
                    )
                )
            # A page of a longer answer: whoever dies here begins again where the page began.
            _put(tx, _REVISION, str(delta.revision))
        return any(
            customer.id not in before
            or _keys(customer) - _keys(DirectoryCustomer.model_validate_json(before[customer.id]))
            for customer in delta.customers
        )

    def policy(self) -> Policy | None:
        found = self.get(_POLICY)
        return Policy.model_validate_json(found) if found is not None else None

    def policy_etag(self) -> str | None:
        return self.get(_ETAG)

    def keep_policy(self, policy: Policy, etag: str) -> None:
        self.put({_POLICY: policy.model_dump_json(), _ETAG: etag})

    def taught_etag(self) -> str | None:
        """Of what the company taught its tagger, which lies in a file for the tagger's process."""
        return self.get(_TAUGHT)

    def keep_taught_etag(self, etag: str) -> None:
        self.put({_TAUGHT: etag})

    def forget_server(self) -> None:
        """Paired anew, perhaps as somebody else: what the old server said holds no more."""
        with self._database.write() as tx:
            tx.execute(delete(customers))
            tx.execute(delete(meta).where(meta.c.key.in_([_REVISION, _POLICY, _ETAG, _TAUGHT])))

    def prove_writable(self) -> None:
        """Write something, and take it away in the same transaction. Raises ``StoreBroken``."""
        with self._database.write() as tx:
            _put(tx, _PROBE, "x" * _PROBE_CHARS)
            tx.execute(delete(meta).where(meta.c.key == _PROBE))

    def get(self, key: str) -> str | None:
        with self._database.read() as tx:
            return tx.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()

    def put(self, values: Mapping[str, str]) -> None:
        with self._database.write() as tx:
            for key, value in values.items():
                _put(tx, key, value)


def _put(tx: Connection, key: str, value: str) -> None:
    row = insert(meta).values(key=key, value=value)
    tx.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _keys(customer: DirectoryCustomer) -> set[str]:
    """Everything an item can be recognised by."""
    keys = {customer.name, *customer.aliases, *customer.domains, *customer.phones}
    for contact in customer.contacts:
        keys.update(contact.emails, contact.phones)
    return keys
