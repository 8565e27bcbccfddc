"""The embedded engine behind the provider seam: rules, vectors and the verifier; no network."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engagements.records import InsightType
from insights.engine.compose_actions import compose_actions
from insights.engine.compose_risks import compose_risks
from insights.engine.compose_summary import compose_summary
from insights.engine.compose_themes import compose_themes
from insights.engine.desk import Desk
from insights.schema import Dossier, Draft

_COMPOSERS: dict[InsightType, Callable[[Desk], Draft]] = {
    InsightType.HEALTH_SUMMARY: compose_summary,
    InsightType.RISK_DETECTION: compose_risks,
    InsightType.THEME_EXTRACTION: compose_themes,
    InsightType.ACTION_RECOMMENDATION: compose_actions,
}


class EmbeddedProvider:
    """Writes insights in this process. Pure: the same dossier gives the same draft."""

    name = "embedded"
    model = "embedded-1"
    prompt_version = "rules-1"

    def __init__(self) -> None:
        self._last: Desk | None = None

    def generate(self, dossier: Dossier, kind: InsightType) -> Draft:
        """The draft of a kind. It never fails: what cannot be said is left out and named."""
        desk = self._desk_of(dossier)
        draft = _COMPOSERS[kind](desk)
        return msgspec.structs.replace(
            draft,
            used=_read(desk),
            left_out=tuple(dict.fromkeys(draft.left_out)),
            model=self.model,
            prompt_version=self.prompt_version,
        )

    def _desk_of(self, dossier: Dossier) -> Desk:
        """The desk of the dossier asked for last: the four kinds of one engagement share it."""
        desk = self._last
        if desk is None or desk.dossier is not dossier:
            desk = self._last = Desk(dossier)
        return desk


def _read(desk: Desk) -> tuple[str, ...]:
    """The ids of the records read: notes newest first, then tasks, then usage."""
    usage = [u.usage_id for u in desk.dossier.usage if u.execution_date <= desk.as_of]
    return (*(n.note_id for n in desk.notes), *desk.tasks, *usage)
