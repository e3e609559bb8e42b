"""The course of every deal: when it entered each stage, and when its demo and trial were."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from demo.company.model import OPEN_STAGES, Company, Deal, Stage

_SHARE: dict[Stage, float] = {
    "lead": 0.12,
    "contacted": 0.2,
    "qualified": 0.28,
    "proposal": 0.25,
    "negotiation": 0.15,
}
"""How long a deal stays in a stage, as a share of its life, before chance moves it a little."""
_LOST_FROM: dict[str, tuple[Stage, ...]] = {
    "price": ("proposal", "proposal", "negotiation"),
    "competitor": ("qualified", "proposal", "proposal", "negotiation"),
    "product_fit": ("qualified", "proposal"),
    "no_budget": ("contacted", "qualified", "proposal"),
    "timing": ("contacted", "qualified", "proposal", "negotiation"),
    "no_decision": ("contacted", "qualified", "proposal"),
}
_HOURS = (9, 9, 10, 10, 10, 11, 13, 14, 14, 15, 15, 15, 16, 16, 17)
_HOURS_ABROAD = {"US ": (9, 20, 21, 21, 22, 22), "United Kingdom": (15, 16, 16, 17, 18, 18)}
_HOURS_ABROAD["Germany"] = _HOURS_ABROAD["Netherlands"] = _HOURS_ABROAD["United Kingdom"]
"""In our own time: the hours in which the day of a far customer and ours overlap."""


@dataclass(frozen=True, slots=True)
class StageChange:
    deal: str
    from_stage: Stage | None
    """None when the deal was opened."""
    to_stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Course:
    deal: Deal
    changes: tuple[StageChange, ...]
    demo: datetime | None
    trial: datetime | None

    def span(self, stage: Stage, now: datetime) -> tuple[datetime, datetime] | None:
        """When the deal was in ``stage``; up to ``now`` if it still is."""
        for place, change in enumerate(self.changes):
            if change.to_stage == stage:
                later = self.changes[place + 1 :]
                return change.at, later[0].at if later else now
        return None


def stage_changes(company: Company, deal: Deal, now: datetime) -> tuple[StageChange, ...]:
    """Oldest first; the last one leads to the stage the deal is in now."""
    return course(company, deal, now).changes


def course(company: Company, deal: Deal, now: datetime) -> Course:
    chance = Random(f"course {deal.key}")
    today = now.astimezone(company.zone).date()
    path = _path(deal, chance)
    weights = [_SHARE[stage] * chance.uniform(0.7, 1.4) for stage in path[:-1]]
    passed, days = 0.0, []
    for weight in weights:
        days.append(deal.opened - (deal.opened - deal.since) * passed / sum(weights))
        passed += weight
    days.append(deal.since)
    entered: list[datetime] = []
    for ago in days:
        at = at_work(today - timedelta(days=round(ago)), chance, company)
        # Rounding may put two steps on one day: a deal never enters two stages at once.
        entered.append(max(at, entered[-1] + timedelta(minutes=45)) if entered else at)
    changes = tuple(
        StageChange(deal.key, path[place - 1] if place else None, stage, at)
        for place, (stage, at) in enumerate(zip(path, entered, strict=True))
    )
    demo = _demo(deal, changes, company, chance)
    trial = demo + timedelta(hours=deal.trial_after) if demo and deal.trial_after else None
    return Course(deal, changes, demo, trial)


def _path(deal: Deal, chance: Random) -> tuple[Stage, ...]:
    if deal.stage == "won":
        return (*OPEN_STAGES, "won")
    if deal.stage == "lost":
        choice = [
            stage
            for stage in _LOST_FROM[deal.reason or "no_decision"]
            if not deal.demoed or stage != "contacted"
        ]
        return (*OPEN_STAGES[: OPEN_STAGES.index(chance.choice(choice)) + 1], "lost")
    return OPEN_STAGES[: OPEN_STAGES.index(deal.stage) + 1]


def _demo(
    deal: Deal, changes: tuple[StageChange, ...], company: Company, chance: Random
) -> datetime | None:
    """End of the demo: within the stage of clear needs, at an hour from which the trial account
    would be opened by day."""
    if not deal.demoed:
        return None
    place = next(i for i, change in enumerate(changes) if change.to_stage == "qualified")
    start, end = changes[place].at, changes[place + 1].at
    day = on_workday((start + (end - start) * chance.uniform(0.25, 0.5)).date(), chance)
    ends = [
        datetime.combine(day, time(hour, minute), company.zone)
        for hour, minute in ((11, 10), (15, 20), (16, 40), (10, 30), (9, 50))
    ]
    after = timedelta(hours=deal.trial_after or 0)
    by_day = [at for at in ends if 8 <= (at + after).hour < 22]
    return chance.choice(by_day or ends)


def at_work(day: date, chance: Random, company: Company, region: str = "") -> datetime:
    """A moment in working hours on that day, or on one of the working days before a weekend."""
    hours = next(
        (hours for start, hours in _HOURS_ABROAD.items() if region.startswith(start)), _HOURS
    )
    clock = time(chance.choice(hours), chance.randrange(60), chance.randrange(60))
    return datetime.combine(on_workday(day, chance), clock, company.zone)


def on_workday(day: date, chance: Random) -> date:
    """People do write on a Saturday, but seldom."""
    if day.weekday() < 5 or chance.random() < 0.06:
        return day
    return day - timedelta(days=day.weekday() - chance.randrange(5))
