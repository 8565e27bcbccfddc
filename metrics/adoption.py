"""Who uses the product, and what they decided: from counts to lines of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.activity import Kind
from metrics.period import Period
from metrics.tally import Tally

SMALL_CELL = 3  # people; a smaller group may be hidden, so that nobody is singled out
REASONS_SHOWN = 5
ACCEPTED = ("accepted", "in_progress", "done")
RISK_ACCEPTED = ("acknowledged", "mitigating", "resolved")


@dataclass(frozen=True, kw_only=True)
class RoleLine:
    """Use by the people of one role; ``hidden`` where they are too few to be shown."""

    role: str
    accounts: int
    active: int  # in the last seven days
    people: int  # in the whole period
    hidden: bool = False

    @property
    def of(self) -> int:
        """The number it is a share of: accounts, or people seen where accounts have gone since."""
        return max(self.accounts, self.active)

    @property
    def share(self) -> int:
        return round(100 * self.active / self.of) if self.of else 0


def role_lines(tally: Tally, *, hide_small: bool = False) -> list[RoleLine]:
    """A line per role, the largest first."""
    accounts, active, people = (tally.by_first(what) for what in ("accounts", "seven", "people"))
    lines = [
        RoleLine(
            role=role,
            accounts=accounts.get(role, 0),
            active=active.get(role, 0),
            people=people.get(role, 0),
            hidden=hide_small and accounts.get(role, 0) < SMALL_CELL,
        )
        for role in accounts.keys() | people.keys()
    ]
    return sorted(lines, key=lambda line: (-line.accounts, line.role))


@dataclass(frozen=True, kw_only=True)
class Use:
    """Use of the product over a period."""

    weekly: list[int | None]  # active people per week; None before the first that were seen
    active: int
    people: int
    accounts: int
    viewed: int
    evidence: int
    decided: int
    made: int
    answered: int

    @property
    def is_empty(self) -> bool:
        return not self.people


def use_of(tally: Tally, period: Period) -> Use:
    kinds = tally.by_first("kind")
    return Use(
        weekly=_from_first(tally.by_week("week", period.weeks)),
        active=tally.total("seven"),
        people=tally.total("people"),
        accounts=max(tally.total("accounts"), tally.total("seven")),
        viewed=kinds.get(Kind.INSIGHT_VIEWED, 0),
        evidence=kinds.get(Kind.EVIDENCE_OPENED, 0),
        decided=kinds.get(Kind.ACTION_TAKEN, 0),
        made=kinds.get(Kind.GENERATED, 0),
        answered=kinds.get(Kind.FEEDBACK, 0),
    )


def _from_first(numbers: list[int]) -> list[int | None]:
    """Numbers with None before the first that is none of nought: nobody had measured yet."""
    first = next((at for at, number in enumerate(numbers) if number), len(numbers))
    return [None] * first + list(numbers[first:])


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What became of proposals: acceptance is (accepted + edited) / decided."""

    what: str
    accepted: int
    edited: int
    dismissed: int
    undecided: int
    lapsed: int = 0  # proposed, and no longer so before anybody decided

    @property
    def decided(self) -> int:
        return self.accepted + self.edited + self.dismissed

    @property
    def acceptance(self) -> int | None:
        """Percent; None while nothing was decided."""
        return round(100 * (self.accepted + self.edited) / self.decided) if self.decided else None

    @property
    def total(self) -> int:
        return self.decided + self.undecided + self.lapsed


def decisions_of(tally: Tally) -> tuple[Decisions, Decisions]:
    """Decisions on actions, and on risks."""
    actions, risks = tally.by_first("actions"), tally.by_first("risks")
    return (
        Decisions(
            what="Actions",
            accepted=_sum(actions, ACCEPTED),
            edited=actions.get("edited", 0),
            dismissed=actions.get("dismissed", 0),
            undecided=actions.get("proposed", 0),
            lapsed=actions.get("expired", 0),
        ),
        Decisions(
            what="Risks",
            accepted=_sum(risks, RISK_ACCEPTED),
            edited=0,
            dismissed=risks.get("dismissed", 0),
            undecided=risks.get("open", 0),
        ),
    )


def _sum(counts: Mapping[str, int], names: tuple[str, ...]) -> int:
    return sum(counts.get(name, 0) for name in names)


def dismiss_reasons(tally: Tally) -> list[tuple[str, int]]:
    """The reasons people gave most often."""
    reasons = sorted(tally.by_first("dismissed").items(), key=lambda pair: (-pair[1], pair[0]))
    return reasons[:REASONS_SHOWN]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Active engagements with a fresh insight, and with enough data for a confident score."""

    active: int
    fresh: int
    confident: int
    both: int

    @property
    def share(self) -> int | None:
        return round(100 * self.both / self.active) if self.active else None


def coverage_of(tally: Tally) -> Coverage:
    states = tally.by_first("coverage")
    both = states.get("both", 0)
    return Coverage(
        active=sum(states.values()),
        fresh=both + states.get("fresh", 0),
        confident=both + states.get("scored", 0),
        both=both,
    )


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What scores did in the fortnight after actions were done."""

    better: int
    same: int
    worse: int
    waiting: int  # done less than a fortnight ago
    unknown: int  # no score before or after

    @property
    def judged(self) -> int:
        return self.better + self.same + self.worse

    @property
    def total(self) -> int:
        return self.judged + self.waiting + self.unknown


def effects_of(tally: Tally) -> Effects:
    came = tally.by_first("effect")
    names = ("better", "same", "worse", "waiting", "unknown")
    return Effects(**{name: came.get(name, 0) for name in names})
