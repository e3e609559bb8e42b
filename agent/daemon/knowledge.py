"""What the agent knows of customers and rules, and the pipeline made of it."""

import logging
import threading
from collections.abc import Iterable, Sequence
from hashlib import sha256

from agent.capture.base import Capture
from agent.clock import Clock
from agent.contract.activity import Activity
from agent.contract.policy import Exclusions, Policy
from agent.contract.tag import Turn
from agent.directory.sync import deltas
from agent.outbox.conversations import Conversations
from agent.outbox.pages import LOOK_AGAIN_CODES, Entry
from agent.outbox.store import Store
from agent.pipeline import Pipeline, Tagger
from agent.remote.base import Remote
from agent.rules.identity import normalize_email
from agent.rules.matching.resolver import Resolver
from agent.settings import SourceSettings

log = logging.getLogger(__name__)

ME = "me"
"""Key of the store's facts: the address of the person this laptop is paired for."""
_RULES = "rules"
_VERSION = "version"
_RULE_CODES = (
    *LOOK_AGAIN_CODES,
    "excluded_address",
    "excluded_domain",
    "excluded_folder",
    "excluded_category",
    "excluded_subject",
    "internal",
)
"""Verdicts that other rules may overturn."""
_LISTS = tuple(Exclusions.model_fields)
_FAILED_CODES = ("item_failed", "invalid")
"""Faults that another version of this program may not have."""


def addresses_of(sources: Iterable[SourceSettings]) -> tuple[str, ...]:
    """The addresses whose mailboxes are read: whoever writes from them is one of us."""
    named = (
        str(source.options.get(key, ""))
        for source in sources
        for key in ("username", "email", "mailbox")
    )
    return tuple(dict.fromkeys(filter(None, map(normalize_email, named))))


class Knowledge:
    """``pipeline`` is None until the first directory and policy have come: before, nobody can say
    what may leave the laptop. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        *,
        tagger: Tagger,
        exclude: Exclusions,
        clock: Clock,
        version: str = "",
        own_addresses: tuple[str, ...] = (),
    ) -> None:
        """``version`` of this program: another one may master items that failed.
        ``own_addresses``: those of the mailboxes that are read here."""
        self._store = store
        self._tagger = tagger
        self._exclude = exclude
        self._clock = clock
        self._version = version
        self._own_addresses = own_addresses
        self._one_at_a_time = threading.Lock()
        self._pipeline: Pipeline | None = None
        self.reload()
        # The configuration may have changed since, and what waits must not leave before it is seen.
        self._recall()

    @property
    def pipeline(self) -> Pipeline | None:
        return self._pipeline

    @property
    def policy(self) -> Policy | None:
        return self._pipeline.policy if self._pipeline is not None else None

    def warm(self) -> None:
        """Load what the tagger loads at its first finding, before the first item comes; raises
        what keeps it from tagging anything at all."""
        with self._one_at_a_time:
            self._tagger.tag(
                "预算紧张", kind="note", speaker="unknown", on=self._clock.now().date()
            )

    def settle(self, pipeline: Pipeline, capture: Capture) -> Entry:
        """One item at a time: the tagger is not made for two threads."""
        with self._one_at_a_time:
            return pipeline.settle(capture)

    def with_words(
        self, pipeline: Pipeline, activity: Activity, turns: Sequence[Turn], duration_s: float
    ) -> Activity:
        with self._one_at_a_time:
            return pipeline.with_words(activity, turns, duration_s)

    def reload(self) -> None:
        """Make the pipeline anew of what the store holds."""
        held = self._store.held
        policy = held.policy()
        if policy is None or held.directory_revision() is None:
            self._pipeline = None
            return
        me = held.get(ME)
        mine = (normalize_email(me) or me,) if me else ()
        staff = tuple(dict.fromkeys((*policy.staff_emails, *mine, *self._own_addresses)))
        policy = policy.model_copy(update={"staff_emails": staff})
        self._pipeline = Pipeline(
            resolver=Resolver(held.directory(), region=policy.default_region),
            tagger=self._tagger,
            policy=policy,
            exclude=self._exclude,
            customer_of_thread=Conversations().customer,  # each page brings its own
            clock=self._clock,
        )

    def refresh(self, remote: Remote) -> list[str]:
        """Fetch what changed; raises ``DeliveryError``.

        Returns the sources whose kept-back items deserve a second look under the new knowledge.
        The new pipeline is in place before they are marked: no pass that still judges by the old
        one can miss it.
        """
        held = self._store.held
        fresh = remote.policy(held.policy_etag())
        if fresh is not None:
            held.keep_policy(*fresh)
        gained = changed = False
        for delta in deltas(remote, held.directory_revision()):
            gained |= held.apply(delta)
            changed |= bool(delta.customers or delta.removed or delta.reset)
        if fresh is not None or changed or self._pipeline is None:
            self.reload()
        codes = set(LOOK_AGAIN_CODES) if gained else set()
        rules = self._rules()
        if rules != held.get(_RULES):
            codes.update(_RULE_CODES)
            self._recall()
        if self._version != held.get(_VERSION):
            codes.update(_FAILED_CODES)
        again = self._store.ledger.look_again(codes) if codes else []
        held.put({_RULES: rules, _VERSION: self._version})
        return again

    def _recall(self) -> None:
        rules = (self._exclude, self.policy or Policy())
        count = self._store.recall(rules, now=self._clock.now())
        if count:
            log.info("%d items recalled under new rules", count)

    def _rules(self) -> str:
        """A fingerprint of what admits and excludes, apart from the directory."""
        policy = self.policy or Policy()
        lists = [getattr(rules, key) for rules in (self._exclude, policy) for key in _LISTS]
        parts = (lists, policy.own_domains, policy.staff_emails)
        return sha256(repr(parts).encode()).hexdigest()
