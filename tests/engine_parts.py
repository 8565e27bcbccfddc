"""What the tests of the embedded engine share: drafts, and what the verifier says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engagements.records import (
    InsightType,
)
from insights.facts import known_names
from insights.grounding import verify
from insights.providers.embedded import EmbeddedProvider
from insights.render import plain_text
from insights.schema import Claim, Dossier, Draft
from tests.dossiers import (
    troubled,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
SUMMARY, RISKS, THEMES, ACTIONS = (
    InsightType.HEALTH_SUMMARY,
    InsightType.RISK_DETECTION,
    InsightType.THEME_EXTRACTION,
    InsightType.ACTION_RECOMMENDATION,
)


def draft(dossier: Dossier, kind: InsightType) -> Draft:
    return EmbeddedProvider().generate(dossier, kind)


def texts(made: Draft, kind: str = "") -> list[str]:
    return [c.text for c in made.claims if not kind or c.kind == kind]


def only(dossier: Dossier, reason: str) -> Claim:
    """The one risk of a reason."""
    found = [c for c in draft(dossier, RISKS).claims if c.risk and c.risk.reason == reason]
    assert len(found) == 1, [c.text for c in found]
    return found[0]


def reasons(dossier: Dossier) -> set[str]:
    return {c.risk.reason for c in draft(dossier, RISKS).claims if c.risk}


def verified(dossier: Dossier) -> tuple[list[tuple[str, str, str]], int]:
    """What the verifier refuses of all four kinds (nothing, one hopes), and how many it keeps."""
    engine, names = EmbeddedProvider(), known_names(dossier.engagement)
    results = [
        verify(
            engine.generate(dossier, kind).claims, dossier.texts(), dossier.facts,
            names=names, as_of=dossier.as_of,
        )
        for kind in InsightType
    ]  # fmt: skip
    rejected = [(r.code, r.detail, r.text) for result in results for r in result.rejected]
    return rejected, sum(len(result.kept) for result in results)


def refused(dossier: Dossier) -> list[tuple[str, str, str]]:
    return verified(dossier)[0]


def content(dossier: Dossier, kind: InsightType) -> str:
    made = draft(dossier, kind)
    return plain_text(kind, made.claims, made.left_out)


@pytest.fixture(scope="module")
def trouble() -> Dossier:
    return troubled()
