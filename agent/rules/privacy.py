"""What may leave the laptop. Pure: no I/O."""

from collections.abc import Iterable, Sequence

from agent.contract.activity import MachineSign, Participant, Side
from agent.contract.policy import Exclusions, Policy
from agent.rules.exclusion import Verdict, excluded
from agent.rules.identity import domain_of

_PRIVATE = frozenset(
    {"private", "personal", "私人", "私密", "个人", "机密", "confidential-personal"}
)


def side_of(participant: Participant, policy: Policy) -> Side:
    """Ours or not, by the company's domains and people; ``other`` says nothing about whose."""
    email = participant.email
    if email and (email in policy.staff_emails or domain_of(email) in policy.own_domains):
        return "us"
    return participant.side


def admit(
    participants: Iterable[Participant],
    *,
    sensitivity: str,
    categories: Sequence[str],
    machine: MachineSign | None,
    policy: Policy,
    exclude: Exclusions,
    matched: bool,
    folder: str = "",
    subject: str = "",
    machine_evidence: str = "",
) -> Verdict | None:
    """The rule that keeps an item on the laptop, with its evidence, or None when it may leave.

    ``participants`` with their sides set. ``exclude``: the laptop's own settings.
    Rules: private, excluded_address, excluded_domain, excluded_folder, excluded_category, excluded_subject, draft, newsletter, internal, unknown_customer, forgotten.
    The last is not decided here but by the store, which alone knows what was to be forgotten.
    """
    people = tuple(participants)
    marked = next(
        (word for word in (sensitivity, *categories) if word.strip().lower() in _PRIVATE), None
    )
    if marked is not None:
        return Verdict("private", marked.strip())
    addresses = [person.email for person in people if person.email]
    by_rule = excluded(
        (exclude, policy),
        addresses=addresses,
        folder=folder,
        categories=categories,
        subject=subject,
    )
    if by_rule is not None:
        return by_rule
    if machine == "draft":
        return Verdict("draft", machine_evidence)
    if machine == "bulk":
        return Verdict("newsletter", machine_evidence)
    if addresses and all(person.side == "us" for person in people if person.email):
        return Verdict("internal", str(len(addresses)))
    if matched:
        return None
    outside = sum(person.side != "us" for person in people)
    return Verdict("unknown_customer", str(outside))
