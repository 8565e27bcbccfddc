"""The seam behind which an insight is written: the embedded engine, or a model somewhere else.

A provider takes a :class:`~insights.schema.Dossier` and gives a :class:`~insights.schema.Draft`,
not yet verified, or raises a :class:`ProviderError` that says what happened in a sentence that may
be shown to people: no host, token or text of the other side is ever in it.
"""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from engagements.records import InsightType
from insights.schema import Dossier, Draft


@runtime_checkable
class Provider(Protocol):
    """Whoever writes insights. ``name``, ``model`` and ``prompt_version`` are kept with each."""

    name: str
    model: str
    prompt_version: str

    def generate(self, dossier: Dossier, kind: InsightType) -> Draft:
        """The unverified insight of a kind; raises :class:`ProviderError`."""
        ...


class ProviderError(Exception):
    """A provider could not answer. ``code`` is stable, ``sentence`` is for people."""

    code: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False
    default_sentence: ClassVar[str] = "The model could not answer."

    def __init__(self, sentence: str = "", *, retry_after: float | None = None) -> None:
        self.sentence = sentence or self.default_sentence
        self.retry_after = retry_after  # seconds the other side asks us to wait, where it says so
        super().__init__(self.sentence)


class Unavailable(ProviderError):
    """Nobody answers, or the service is down (connection refused, 5xx). Worth trying again."""

    code = "unavailable"
    retryable = True
    default_sentence = "The model service does not answer."


class RateLimited(ProviderError):
    """Too many requests (429). Worth trying again after ``retry_after`` seconds."""

    code = "rate_limited"
    retryable = True
    default_sentence = "The model service asks us to slow down."


class TimedOut(ProviderError):
    """No whole answer within the deadline. Trying again would only double the wait."""

    code = "timed_out"
    default_sentence = "The model did not answer in time."


class BadAnswer(ProviderError):
    """An answer came that is no insight: not JSON, the wrong shape, empty or cut short."""

    code = "bad_answer"
    default_sentence = "The model's answer could not be read."


class Refused(ProviderError):
    """It will not serve us: sign-in, credits or an unsupported model. Needs a person."""

    code = "refused"
    default_sentence = "The model service refused: check the token, the credits and the model."
