"""What the tests of a failing model share."""

from __future__ import annotations

from engagements.records import InsightType
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider
from insights.schema import Draft
from tests.llm.dossiers import make_dossier

RISKS = InsightType.RISK_DETECTION
CANARY = "canary-words-of-the-other-side"
SHORT = 0.3  # seconds; how long a silent service is waited for here


def generate(base_url: str, *, timeout: float = 120.0, kind: InsightType = RISKS) -> Draft:
    config = HuggingFaceConfig(base_url=base_url, timeout_seconds=timeout)
    provider = HuggingFaceProvider(config, pause=lambda seconds: None)
    return provider.generate(make_dossier(), kind)
