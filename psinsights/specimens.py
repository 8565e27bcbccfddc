"""Made-up insights, risks, actions and runs in each of their states, for the style guide."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from django.db import models

from engagements.models import Engagement
from engagements.records import InsightType
from insights.asking import FORMS
from insights.bulk import Progress
from insights.diff import compare
from insights.feed import Item
from insights.forms import BulkForm
from insights.models import Action, BulkGeneration, Generation, Insight, Risk
from insights.panel import KindState, Shown
from insights.schema import Claim, Evidence, Level, RiskDetail, ThemeDetail

DAY = date(2026, 11, 19)
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A template in one of its states."""

    state: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


HOME = Engagement(engagement_id="ENG-1", customer_name="Halden Freight", status="Active")
SAID = "The pilot cut-over slipped again, and nobody has told the customer."
QUOTED = Evidence(source="N-101", quote="slipped again", start=22, end=35)
RISK = Claim(
    id="r1",
    text="Go-live on 1 December is at risk: the cut-over slipped again.",
    kind="risk",
    severity=Level.HIGH,
    evidence=(QUOTED, Evidence(source="T-7", quote="Pilot cut-over", start=0, end=14)),
    risk=RiskDetail(category="schedule", reason="slipped", severity=3, likelihood=0.8),
)
VERDICT = Claim(id="v1", text="Fell to 41 in four weeks.", kind="verdict", evidence=(QUOTED,))
THEME = Claim(
    id="t1",
    text="Access to the landing zone is asked for in 3 notes.",
    kind="theme",
    evidence=(QUOTED,),
    theme=ThemeDetail(label="Access", notes=3, trend="rising", first_on=DAY, last_on=DAY),
)


def _with(row: Row, **annotated: object) -> Row:
    """A row with what a query would have annotated."""
    for name, value in annotated.items():
        setattr(row, name, value)
    return row


def _insight(kind: InsightType, *claims: Claim, stale: bool = False, **given: Any) -> Insight:
    values: dict[str, Any] = {
        "insight_id": "INS-1",
        "version": 1,
        "engagement": HOME,
        "customer_name": HOME.customer_name,
        "insight_type": kind,
        "content": SAID,
        "generated_at": NOON,
        "provider": "embedded",
        "as_of": DAY,
        "payload": {"claims": msgspec.to_builtins(claims)},
        "verification": {"kept": len(claims), "checked": len(claims) + 1},
    }
    return _with(Insight(**values | given), stale=stale, my_answer=None)


def _run(state: str, **given: Any) -> Generation:
    kind = InsightType.HEALTH_SUMMARY
    return Generation(pk=1, engagement=HOME, insight_type=kind, state=state, **given)


def runs() -> list[Specimen]:
    """Slow work in each state, as a fragment and as a badge."""
    working = _run("running", step="Checking 8 claims")
    broken = _run("failed", error="The model gave no answer in 60 s.")
    fragments = [
        Specimen(state="queued", template="insights/run.html", context={"run": _run("waiting")}),
        Specimen(state="running", template="insights/run.html", context={"run": working}),
        Specimen(state="failed", template="insights/failed.html", context={"run": broken}),
    ]
    badges = {
        "waiting": ("Waiting", "info"),
        "running": ("Running", "info"),
        "done": ("Done", "ok"),
        "failed": ("Failed", "risk"),
        "cancelled": ("Cancelled", "none"),
    }
    shown = [
        Specimen(
            state=f"badge, {state}",
            template="settings/run_state.html",
            context={"word": word, "shade": shade, "run": broken if state == "failed" else working},
        )
        for state, (word, shade) in badges.items()
    ]
    return [*fragments, *shown]


def kinds() -> list[Specimen]:
    """A kind on the page of an engagement, whatever has happened to it."""
    summary, risks, themes, actions = InsightType
    shown = Shown(claim=VERDICT, facts=[])
    changed = Shown(claim=RISK, facts=[], risk=_risk("open"), changed=True)
    fell = "The model’s answer could not be read."
    made = _insight(summary, VERDICT, version=3)
    states = {
        "nothing made": KindState(kind=actions, engagement=HOME),
        "queued": KindState(kind=actions, engagement=HOME, run=_run("waiting")),
        "running over an earlier one": KindState(
            kind=summary, engagement=HOME, insight=made, claims=[shown], run=_run("running")
        ),
        "failed": KindState(
            kind=actions, engagement=HOME, run=_run("failed", error="The model did not answer.")
        ),
        "up to date": KindState(kind=summary, engagement=HOME, insight=made, claims=[shown]),
        "out of date": KindState(
            kind=risks, engagement=HOME, insight=_insight(risks, RISK, stale=True), claims=[changed]
        ),
        "fell back": KindState(
            kind=themes,
            engagement=HOME,
            insight=_insight(themes, THEME, fallback_reason=fell),
            claims=[Shown(claim=THEME, facts=[])],
        ),
        "found nothing": KindState(kind=risks, engagement=HOME, insight=_insight(risks)),
    }
    kinds = [
        Specimen(state=name, template="insights/kind.html", context={"state": state})
        for name, state in states.items()
    ]
    panel = {"engagement": HOME, "states": [states["up to date"], states["nothing made"]]}
    return [*kinds, Specimen(state="panel", template="insights/panel.html", context=panel)]


def feedback() -> list[Specimen]:
    """Useful or not."""
    row = InsightType.HEALTH_SUMMARY
    return [
        Specimen(
            state=state,
            template="insights/feedback.html",
            context={"insight": _with(_insight(row), my_answer=answer)},
        )
        for state, answer in (("not asked", None), ("useful", True), ("not useful", False))
    ]


def _risk(status: str, **given: Any) -> Risk:
    return Risk(pk=1, engagement=HOME, title=RISK.text, status=status, level="high", **given)


def risk_rows() -> list[Specimen]:
    """What may be decided of a risk."""
    said = {
        "acknowledged": {"owner": "Ines Moreau"},
        "resolved": {"resolution": "Resolved by Ines Moreau."},
        "dismissed": {"dismissed_reason": "Agreed with the customer."},
    }
    rows = [
        Specimen(
            state=status,
            template="insights/risk_row.html",
            context={"row": _risk(status, **said.get(status, {}))},
        )
        for status in Risk.Status.values
    ]
    refused = {"row": _risk("open"), "error": "Say why it is dismissed."}
    decided = {
        "part": "insights/risk_row.html",
        "row": _risk("dismissed", dismissed_reason="Agreed."),
        "back": "/?scope=all",
    }
    return [
        *rows,
        Specimen(state="refused", template="insights/risk_row.html", context=refused),
        Specimen(state="just decided", template="insights/decided.html", context=decided),
    ]


def _action(status: str) -> Action:
    return Action(
        pk=1,
        engagement=HOME,
        title="Agree a new date for the cut-over",
        why="It slipped twice.",
        priority="P1",
        owner_role="Delivery manager",
        due_on=DAY + timedelta(days=3 if status == "proposed" else -1),
        done_on=DAY,
        expected_points=4,
        status=status,
        seen=["N-101", "T-7"],
        dismissed_reason="Agreed otherwise." if status == "dismissed" else "",
    )


def action_rows() -> list[Specimen]:
    """What may be decided of an action."""
    states = [(status, _action(status), "") for status in Action.Status.values]
    states.append(("refused", _action("proposed"), "A due date looks like 2026-11-19."))
    return [
        Specimen(
            state=state,
            template="insights/action_row.html",
            context={"row": row, "today": DAY, "error": error},
        )
        for state, row, error in states
    ]


def asked() -> list[Specimen]:
    """The form that a link of a row brings into its place; one, because each asks for the focus."""
    opens, sends = FORMS[Action]["edit"]
    form = {"kind": "action", "verb": "edit", "opens": opens, "sends": sends, "is_part": True}
    context = {"row": _action("proposed"), **form}
    return [Specimen(state="edit", template="insights/asked.html", context=context)]


def feed_items() -> list[Specimen]:
    """Insights in the feed."""
    kind = InsightType.RISK_DETECTION
    claims = [Shown(claim=RISK, facts=[])] * 3
    fell = _insight(kind, RISK, stale=True, fallback_reason="no answer")
    items = {
        "to decide": Item(
            row=_insight(kind, RISK, severity="high"), claims=claims, more=1, risk=_risk("open")
        ),
        "out of date, fell back": Item(row=fell, claims=claims[:1], more=0),
        "imported, without claims": Item(
            row=_insight(kind, provider="", imported=True), claims=[], more=0
        ),
    }
    shown = [
        Specimen(state=state, template="insights/feed_item.html", context={"item": item})
        for state, item in items.items()
    ]
    briefs = [
        Specimen(
            state=f"action, {status}",
            template="insights/action_brief.html",
            context={"row": _action(status)},
        )
        for status in ("proposed", "accepted", "dismissed", "done")
    ]
    return [*shown, *briefs]


def cards() -> list[Specimen]:
    """Cards of many rows, full and empty."""
    taken = _action("accepted")
    summary = _insight(InsightType.HEALTH_SUMMARY, VERDICT, version=2)
    diff = {
        "insight": summary,
        "changes": compare([THEME, VERDICT], [VERDICT, RISK]),
        "versions": [1],
        "since": 1,
    }
    under_way = Progress(total=20, done=7, failed=1, cancelled=0, running=2)
    bulk = {
        "bulk": BulkGeneration(pk=1, description="Open engagements, all types"),
        "progress": under_way,
    }
    numbers = {"caption": "Score per week", "head": ["Week", "Score"], "rows": [["2 Nov", 70]]}
    cards: list[tuple[str, str, dict[str, Any]]] = [
        ("actions", "actions", {"actions": [taken], "proposed": 0, "taken": 1, "today": DAY}),
        ("actions, none", "actions", {"actions": [], "proposed": 0, "taken": 0}),
        ("actions due", "actions_due_card", {"actions": [_with(taken, number=9)], "today": DAY}),
        ("actions due, none", "actions_due_card", {"actions": []}),
        ("what changed", "diff", diff),
        ("many, not begun", "bulk", {"bulk_form": BulkForm()}),
        ("many, under way", "bulk", bulk),
    ]
    shown = [
        Specimen(state=state, template=f"insights/{name}.html", context=context)
        for state, name, context in cards
    ]
    table = Specimen(state="numbers", template="components/chart_data.html", context=numbers)
    return [*shown, table]
