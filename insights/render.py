"""An insight as plain text: what the API calls ``content`` and the Delta table keeps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from engagements.records import InsightType
from insights.schema import ActionDetail, Certainty, Claim, ThemeDetail

_TITLES = {
    InsightType.HEALTH_SUMMARY: "Health summary",
    InsightType.RISK_DETECTION: "Risks",
    InsightType.THEME_EXTRACTION: "Themes",
    InsightType.ACTION_RECOMMENDATION: "Recommended actions",
}
_NOTHING = {
    InsightType.HEALTH_SUMMARY: "Nothing can be said yet.",
    InsightType.RISK_DETECTION: "No open risks found.",
    InsightType.THEME_EXTRACTION: "No themes found.",
    InsightType.ACTION_RECOMMENDATION: "No actions proposed.",
}
_HEADINGS = {"concern": "Concerns", "progress": "Going well", "coverage": "In the notes' words"}


def plain_text(kind: InsightType, claims: Sequence[Claim], left_out: Sequence[str]) -> str:
    """An insight's claims with their sources, and what it does not cover, as lines of text."""
    lines = [_TITLES[kind], *(_lines(claims) if claims else [_NOTHING[kind]])]
    if left_out:
        lines += ["", "Not covered", *(f"- {sentence}" for sentence in left_out)]
    return "\n".join(lines)


def _lines(claims: Sequence[Claim]) -> Iterator[str]:
    for kind, group in groupby(claims, key=lambda claim: claim.kind):
        if kind in _HEADINGS:
            yield ""
            yield _HEADINGS[kind]
        for claim in group:
            yield from _claim(claim, bullet="" if kind == "verdict" else "- ")


def _claim(claim: Claim, bullet: str) -> Iterator[str]:
    weight = [claim.severity.value] if claim.severity and not claim.action else []
    weight += ["possible"] if claim.certainty is Certainty.POSSIBLE and not claim.action else []
    label = f"[{', '.join(weight)}] " if weight else ""
    priority = f"{claim.action.priority} " if claim.action else ""
    yield f"{bullet}{priority}{label}{_stopped(claim.text)}{_theme(claim.theme)}{_sources(claim)}"
    if claim.action:
        yield from _action(claim.action)


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?", "”")) else f"{text}."


def _theme(theme: ThemeDetail | None) -> str:
    return f" {theme.notes} notes, {theme.trend}." if theme else ""


def _sources(claim: Claim) -> str:
    ids = list(dict.fromkeys(piece.source for piece in claim.evidence))
    return f" [{', '.join(ids)}]" if ids else ""


def _action(action: ActionDetail) -> Iterator[str]:
    points = f"; about +{action.expected_points:g} of health" if action.expected_points else ""
    yield f"  Why: {_stopped(action.why)}"
    yield (
        f"  {action.owner_role}, effort {action.effort}, due {action.due_on.isoformat()} "
        f"({action.due_basis}){points}"
    )
    yield f"  Done when: {_stopped(action.done_when)}"
