"""A verified draft: the provider writes, the verifier reads every claim, or the engine steps in."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from engagements.records import InsightType
from insights.facts import known_names
from insights.grounding import verify
from insights.providers import BadAnswer, Provider, ProviderError
from insights.providers.choose import EMBEDDED, provider_named
from insights.schema import Dossier, Draft, Verification

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A verified draft and how it came about."""

    draft: Draft
    verification: Verification
    provider: str
    latency_ms: int
    fallback_reason: str = ""


class NoProvider(Exception):
    """Neither the chosen provider nor the embedded engine could answer. A sentence says why."""


def write(provider: Provider, dossier: Dossier, kind: InsightType) -> Written:
    """A verified draft by ``provider``, else by the embedded engine with the reason named."""
    try:
        return _written(provider, dossier, kind)
    except ProviderError as error:
        logger.warning("provider %s: %s", provider.name, error.code)
        if provider.name == EMBEDDED:
            raise NoProvider(error.sentence) from error
        embedded = provider_named(EMBEDDED)
        try:
            return _written(embedded, dossier, kind, fallback_reason=error.sentence)
        except ProviderError as second:
            raise NoProvider(second.sentence) from second


def _written(
    provider: Provider, dossier: Dossier, kind: InsightType, *, fallback_reason: str = ""
) -> Written:
    started = time.perf_counter()
    draft = provider.generate(dossier, kind)
    verification = verify(
        draft.claims,
        dossier.texts(),
        dossier.facts,
        names=known_names(dossier.engagement),
        as_of=dossier.as_of,
    )
    if draft.claims and not verification.kept:
        raise BadAnswer("No claim of the answer stood up to the check.")
    return Written(
        draft=draft,
        verification=verification,
        provider=provider.name,
        latency_ms=round((time.perf_counter() - started) * 1000),
        fallback_reason=fallback_reason,
    )
