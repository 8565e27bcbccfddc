"""What the insights room shows on an engagement's page: four kinds, risks and actions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import OuterRef, Subquery

from engagements.gathered import gathered
from engagements.models import DeliveryNote, Engagement, Task
from engagements.records import InsightType
from insights.diff import Changed, compare
from insights.models import Action, Feedback, Generation, Insight, Risk
from insights.providers.choose import LABELS
from insights.schema import Claim, Evidence
from psinsights.lib.typed import convert

TITLES = {
    InsightType.HEALTH_SUMMARY: ("Health summary", "heart-pulse"),
    InsightType.RISK_DETECTION: ("Risks", "triangle-alert"),
    InsightType.THEME_EXTRACTION: ("Themes", "tags"),
    InsightType.ACTION_RECOMMENDATION: ("Recommended actions", "list-checks"),
}
# What a page shows of a risk's row and finds it by, in the order of the model: from_db wants it so.
REGISTER = (
    "id", "reason", "title", "status", "resolution", "dismissed_reason", "owner", "due_on",
)  # fmt: skip
User = AbstractBaseUser | AnonymousUser


class ShownFact(msgspec.Struct, frozen=True, kw_only=True):
    """A named fact as it is kept: its sentence and the records it counts."""

    name: str
    sentence: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A claim as a page shows it: its evidence, the facts it names, and its row of the register."""

    claim: Claim
    facts: list[ShownFact]
    risk: Risk | None = None
    changed: bool = False  # a record it quotes no longer says so

    @property
    def quotes(self) -> list[Evidence]:
        """Quotes to show below the claim: those whose words it does not already hold."""
        said = plain(self.claim.text)
        return [e for e in self.claim.evidence if plain(e.quote) not in said][:3]

    @property
    def cited(self) -> list[str]:
        """Records to cite beside the claim: all it rests on but those whose quote stands below."""
        below = {evidence.source for evidence in self.quotes}
        return [source for source in self.sources if source not in below][:4]

    @property
    def more_facts(self) -> list[str]:
        """Sentences of the facts it names that say something its own words do not."""
        said = plain(self.claim.text)
        return [f.sentence for f in self.facts if plain(f.sentence) not in said][:3]

    @property
    def sources(self) -> list[str]:
        """Every record it rests on, quoted first, each once."""
        quoted = [evidence.source for evidence in self.claim.evidence]
        counted = [source for fact in self.facts for source in fact.sources[:3]]
        return list(dict.fromkeys([*quoted, *counted]))


def plain(text: str) -> str:
    """Words alone, for telling whether one sentence holds another."""
    return " ".join(re.findall(r"\w+", text.casefold()))


@dataclass(frozen=True, kw_only=True)
class KindState:
    """One kind on the page: its current insight, and what is under way or went wrong."""

    kind: InsightType
    engagement: Engagement
    insight: Insight | None = None
    run: Generation | None = None
    claims: list[Shown] = field(default_factory=list)

    @property
    def title(self) -> str:
        return TITLES[self.kind][0]

    @property
    def icon(self) -> str:
        return TITLES[self.kind][1]

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_settled

    @property
    def has_failed(self) -> bool:
        return self.run is not None and self.run.state == Generation.State.FAILED

    @property
    def left_out(self) -> list[str]:
        return list(self.insight.payload.get("left_out", [])) if self.insight else []

    @property
    def written_by(self) -> str:
        if self.insight is None:
            return ""
        return LABELS.get(self.insight.provider, self.insight.provider or "Imported")

    @property
    def checked(self) -> str:
        """ "7 of 8 claims verified": what was refused is counted, not hidden."""
        if self.insight is None or "checked" not in self.insight.verification:
            return ""
        kept, checked = (self.insight.verification[name] for name in ("kept", "checked"))
        return f"{kept} of {checked} claims verified"

    @property
    def open_high(self) -> int:
        return sum(1 for shown in self.claims if shown.claim.severity in ("high", "critical"))


def states(engagement: Engagement, user: User) -> list[KindState]:
    """The four kinds of an engagement, in their order; two queries, three where rows have changed."""
    insights = {row.insight_type: row for row in current(engagement, user)}
    runs = latest_runs(engagement)
    # What is up to date was checked against the rows as they are; only old ones can differ.
    texts = cited_texts([row for row in insights.values() if getattr(row, "stale", False)])
    return [
        _state(kind, engagement, insights.get(str(kind)), runs.get(str(kind)), texts)
        for kind in InsightType
    ]


def state(engagement: Engagement, kind: InsightType, user: User) -> KindState:
    """One kind alone, for the fragment that replaces it."""
    return next(found for found in states(engagement, user) if found.kind == kind)


def current(engagement: Engagement, user: User) -> Iterable[Insight]:
    """Current insights as a page shows them.

    With ``stale``, with whether this person found it useful as ``my_answer``, and with the rows of
    the register as ``register``, so that they need no query of their own.
    """
    mine = Feedback.objects.filter(insight=OuterRef("pk"), user=user.pk).values("useful")
    found = Insight.objects.current().filter(engagement=engagement).with_staleness()
    return found.annotate(
        my_answer=Subquery(mine[:1]),
        register=gathered(Risk.objects.all(), *REGISTER, of="engagement"),
    )


def risks_of(insight: Insight) -> list[Risk]:
    """The engagement's risks as :func:`current` brought them, with what a page shows of them."""
    rows: list[list[Any]] = getattr(insight, "register", None) or []
    return [_risk(insight, row) for row in rows]


def _risk(insight: Insight, row: list[Any]) -> Risk:
    due_on = row[-1] and date.fromisoformat(row[-1])
    return Risk.from_db(insight._state.db, REGISTER, [*row[:-1], due_on])


def latest_runs(engagement: Engagement) -> dict[str, Generation]:
    """The newest run of each kind that is under way or ended after its insight was made."""
    newest: dict[str, Generation] = {}
    recent = Generation.objects.filter(engagement=engagement).order_by("-pk")[:12]
    for run in recent:
        newest.setdefault(run.insight_type, run)
    return newest


def _state(
    kind: InsightType,
    engagement: Engagement,
    insight: Insight | None,
    run: Generation | None,
    texts: Mapping[str, str],
) -> KindState:
    claims: list[Shown] = []
    if insight:
        changed = changed_evidence(insight, texts) if getattr(insight, "stale", False) else ()
        claims = shown_claims(insight, risks_of(insight), changed=changed)
    return KindState(kind=kind, engagement=engagement, insight=insight, run=run, claims=claims)


def claims_of(insight: Insight) -> list[Claim]:
    """The verified claims of an insight."""
    return convert(insight.payload.get("claims", []), list[Claim], strict=False)


def changes_since(insight: Insight, version: int) -> tuple[Changed, ...]:
    """What changed from an earlier version to this one; nothing when there is no such version."""
    earlier = Insight.objects.filter(
        engagement_id=insight.engagement_id, insight_type=insight.insight_type, version=version
    ).first()
    return compare(claims_of(earlier), claims_of(insight)) if earlier else ()


def cited_texts(insights: Iterable[Insight]) -> dict[str, str]:
    """What the records that these insights quote say today; one query, none for no insight."""
    cited = {e.source for one in insights for claim in claims_of(one) for e in claim.evidence}
    if not cited:
        return {}
    notes = DeliveryNote.objects.filter(pk__in=cited).order_by().values_list("pk", "content")
    tasks = Task.objects.filter(pk__in=cited).order_by().values_list("pk", "name")
    return dict(notes.union(tasks, all=True))


def changed_evidence(insight: Insight, texts: Mapping[str, str]) -> frozenset[str]:
    """Cited records that no longer say what was quoted: edited, or gone."""
    return frozenset(
        evidence.source
        for claim in claims_of(insight)
        for evidence in claim.evidence
        if texts.get(evidence.source, "")[evidence.start : evidence.end] != evidence.quote
    )


def shown_claims(
    insight: Insight, risks: Iterable[Risk] = (), *, changed: Collection[str] = ()
) -> list[Shown]:
    """The verified claims with the facts they name, each risk with its row of the register."""
    payload: dict[str, Any] = insight.payload
    claims = claims_of(insight)
    facts = convert(payload.get("facts", {}), dict[str, ShownFact], strict=False)
    rows = {(risk.reason, risk.title): risk for risk in risks}
    return [
        Shown(
            claim=claim,
            facts=[facts[name] for name in claim.facts if name in facts],
            risk=rows.get((claim.risk.reason, claim.text[:600])) if claim.risk else None,
            changed=any(evidence.source in changed for evidence in claim.evidence),
        )
        for claim in claims
    ]


def open_actions(engagement: Engagement) -> list[Action]:
    """What is proposed and what was taken on, the most urgent first, then the lately done."""
    order = {str(status): at for at, status in enumerate((*Action.TAKEN, Action.Status.PROPOSED))}
    shown = [*Action.OPEN, Action.Status.DONE]
    rows = Action.objects.filter(engagement=engagement, status__in=shown).order_by("due_on", "pk")
    done = [row for row in rows if row.status == Action.Status.DONE][-3:]
    live = sorted(
        (row for row in rows if row.status in Action.OPEN),
        key=lambda row: (order[row.status] == 3, row.priority, row.due_on),
    )
    return [*live, *done]
