"""The feed of current insights: what narrows it, and what each item offers to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Subquery, Value, When
from django.http import HttpRequest

from engagements.gathered import gathered
from engagements.models import Engagement
from engagements.records import InsightType
from insights import panel
from insights.models import Action, Feedback, Insight, InsightQuerySet, Risk
from insights.panel import TITLES, Shown
from insights.providers.choose import LABELS
from insights.schema import Level
from psinsights.lib.http import page_number, query

ANY = ""
PAGE_SIZE = 12
CLAIMS = 3  # of an item; the engagement's page has them all
TO_DECIDE, ACCEPTED, DISMISSED = "open", "accepted", "dismissed"
# What the status of an insight is called by the rows of the register that it made.
RISK_STATUS = {
    TO_DECIDE: [Risk.Status.OPEN],
    ACCEPTED: [Risk.Status.ACKNOWLEDGED, Risk.Status.MITIGATING, Risk.Status.RESOLVED],
    DISMISSED: [Risk.Status.DISMISSED],
}
ACTION_STATUS = {
    TO_DECIDE: [Action.Status.PROPOSED],
    ACCEPTED: [*Action.TAKEN, Action.Status.DONE],
    DISMISSED: [Action.Status.DISMISSED],
}
WAITING = (str(Risk.Status.OPEN), str(Action.Status.PROPOSED))
# In the order of the model, as from_db wants them.
ACTION_COLUMNS = ("id", "engagement_id", "title", "owner", "status", "dismissed_reason")


class FeedFilter(forms.Form):
    """Which insights the feed shows. Every field narrows; an unknown value is said, not ignored."""

    type = forms.ChoiceField(
        required=False,
        choices=[(ANY, "Any type"), *((str(kind), TITLES[kind][0]) for kind in InsightType)],
    )
    severity = forms.ChoiceField(
        required=False,
        choices=[(ANY, "Any severity"), *((str(level), level.capitalize()) for level in Level)],
    )
    status = forms.ChoiceField(
        required=False,
        choices=[
            (ANY, "Any status"),
            (TO_DECIDE, "To decide"),
            (ACCEPTED, "Accepted"),
            (DISMISSED, "Dismissed"),
        ],
    )
    state = forms.ChoiceField(
        required=False,
        label="Up to date",
        choices=[(ANY, "Fresh or not"), ("fresh", "Up to date"), ("stale", "Out of date")],
    )
    provider = forms.ChoiceField(
        required=False, label="Written by", choices=[(ANY, "By anyone"), *LABELS.items()]
    )
    sort = forms.ChoiceField(
        required=False, label="Order", choices=[(ANY, "Newest first"), ("severity", "Worst first")]
    )
    engagement = forms.CharField(required=False, max_length=200)

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was asked for."""
        self.is_valid()
        return bool(self.errors) or any(v for n, v in self.cleaned_data.items() if n != "sort")

    @property
    def by_severity(self) -> bool:
        return self.is_valid() and self.cleaned_data["sort"] == "severity"

    @property
    def link(self) -> str:
        """The address of a page of this feed, to which its number is to be added."""
        self.is_valid()
        given = query(self.cleaned_data)
        return given + ("page=" if given == "?" else "&page=")

    def apply(self, insights: InsightQuerySet) -> InsightQuerySet:
        """The insights that fit, in order; none when a value is not understood."""
        if not self.is_valid():
            return insights.none()
        found = _narrowed(insights, self.cleaned_data)
        if self.by_severity:
            return found.annotate(weight=_weight()).order_by("-weight", "-generated_at", "pk")
        return found.order_by("-generated_at", "pk")


def _narrowed(insights: InsightQuerySet, asked: dict[str, str]) -> InsightQuerySet:
    columns = {"type": "insight_type", "severity": "severity", "provider": "provider"}
    found = insights.filter(**{columns[n]: asked[n] for n in columns if asked[n]})
    if asked["state"]:
        found = found.out_of_date() if asked["state"] == "stale" else found.up_to_date()
    if asked["status"]:
        found = found.filter(_has_status(asked["status"]))
    if asked["engagement"]:
        found = found.filter(engagement__in=Engagement.objects.matching(asked["engagement"]))
    return found


def _has_status(status: str) -> Q:
    """Whether a risk or an action of it stands so; other kinds of insight decide nothing."""
    of = {"engagement": OuterRef("engagement_id")}
    risks = Risk.objects.filter(status__in=RISK_STATUS[status], **of)
    actions = Action.objects.filter(status__in=ACTION_STATUS[status], **of)
    return Q(insight_type=InsightType.RISK_DETECTION) & Q(Exists(risks)) | Q(
        insight_type=InsightType.ACTION_RECOMMENDATION
    ) & Q(Exists(actions))


def _weight() -> Case:
    order = {level: number for number, level in enumerate(reversed(Level), start=1)}
    weights = [When(severity=str(level), then=Value(number)) for level, number in order.items()]
    return Case(*weights, default=Value(0), output_field=IntegerField())


@dataclass(frozen=True, kw_only=True)
class Item:
    """An insight as the feed shows it: its first claims, and the one thing to decide of it."""

    row: Insight
    claims: list[Shown]
    more: int  # claims that are not shown
    risk: Risk | None = None
    action: Action | None = None

    @property
    def icon(self) -> str:
        return TITLES[InsightType(self.row.insight_type)][1]

    @property
    def lead(self) -> Shown | None:
        return self.claims[0] if self.claims else None

    @property
    def others(self) -> list[Shown]:
        return self.claims[1:]


def rows_of(request: HttpRequest) -> InsightQuerySet:
    """Current insights with what an item shows: staleness, one's own answer, the register."""
    mine = Feedback.objects.filter(insight=OuterRef("pk"), user=request.user.pk).values("useful")
    return (
        Insight.objects.visible_to(request.user)
        .current()
        .with_staleness()
        .select_related("engagement__standing")
        .annotate(
            my_answer=Subquery(mine[:1]),
            register=gathered(Risk.objects.all(), *panel.REGISTER, of="engagement"),
            proposals=gathered(Action.objects.all(), *ACTION_COLUMNS, of="engagement"),
        )
    )


def page_of(request: HttpRequest, filters: FeedFilter) -> Page[Insight]:
    """The page that the address asks for; of one size, since more would be heavier than 60 kB."""
    found = Paginator(filters.apply(rows_of(request)), PAGE_SIZE)
    return found.get_page(page_number(request.GET.get("page")))


def number_of_all(request: HttpRequest) -> int:
    """How many there are before anything narrows them."""
    return Insight.objects.visible_to(request.user).current().count()


def items(rows: Iterable[Insight]) -> list[Item]:
    return [_item(row) for row in rows]


def by_day(found: Iterable[Item]) -> list[tuple[date, list[Item]]]:
    """The items in their order, cut where the day changes."""
    return [
        (day, list(few)) for day, few in groupby(found, lambda one: one.row.generated_at.date())
    ]


def _item(row: Insight) -> Item:
    """The claim that waits for a decision first, else the heaviest, which an insight begins with."""
    shown = panel.shown_claims(row, panel.risks_of(row))
    actions = {action.title: action for action in _proposals(row)}
    known = [(one, found) for one in shown if (found := _subject(row, one, actions))]
    waiting = [(one, found) for one, found in known if found.status in WAITING]
    lead, subject = next(iter([*waiting, *known]), (None, None))
    ordered = [lead, *(one for one in shown if one is not lead)] if lead else shown
    return Item(
        row=row,
        claims=ordered[:CLAIMS],
        more=max(0, len(ordered) - CLAIMS),
        risk=subject if isinstance(subject, Risk) else None,
        action=subject if isinstance(subject, Action) else None,
    )


def _subject(row: Insight, shown: Shown, actions: Mapping[str, Action]) -> Risk | Action | None:
    """The row of the register that a claim became."""
    if row.insight_type == InsightType.RISK_DETECTION:
        return shown.risk
    if row.insight_type == InsightType.ACTION_RECOMMENDATION:
        return actions.get(shown.claim.text[:600])
    return None


def _proposals(row: Insight) -> list[Action]:
    found: list[list[Any]] = getattr(row, "proposals", None) or []
    return [Action.from_db(row._state.db, ACTION_COLUMNS, one) for one in found]
