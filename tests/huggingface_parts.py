"""What the tests of the remote provider share."""

from __future__ import annotations

import json

from engagements.records import InsightType
from insights.evaluation_model import LoopbackModel
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider

RISKS = InsightType.RISK_DETECTION
KEY = "hf" + "_" + "Q7" * 17


def provider_at(base_url: str, **given: object) -> HuggingFaceProvider:
    breaker = given.pop("breaker", None)
    pauses = given.pop("pauses", [])
    settings = {"base_url": base_url, "timeout_seconds": 120.0, **given}
    return HuggingFaceProvider(
        HuggingFaceConfig(**settings),  # type: ignore[arg-type]
        breaker=breaker,  # type: ignore[arg-type]
        pause=pauses.append,  # type: ignore[attr-defined]
    )


def risk(quote: str, source: str = "N1", **given: object) -> dict[str, object]:
    evidence = [{"source": source, "quote": quote}]
    return {
        "id": "c1",
        "kind": "risk",
        "reason": "escalation",
        "text": quote,
        "evidence": evidence,
        **given,
    }


def answering(*claims: dict[str, object]) -> LoopbackModel:
    return LoopbackModel(lambda message: json.dumps({"claims": claims}))
