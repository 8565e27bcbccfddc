"""Insights written by a model behind Hugging Face's client. The only importer of huggingface_hub.

All that leaves is redacted and shown by :meth:`HuggingFaceProvider.preview`; all that comes back
is read by :mod:`insights.providers.answer`. Logs hold statuses, never texts, and no error is
chained to one of the client's, which may carry the other side's words.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engagements.records import InsightType
from insights.prompts import VERSION
from insights.providers import (
    BadAnswer,
    ProviderError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    conversation,
    session,
)
from insights.providers.breaker import Breaker
from insights.providers.conversation import Reply
from insights.providers.deadline import Deadline, within
from insights.providers.session import LONGEST_PAUSE, BadStatus
from insights.schema import Dossier, Draft

logger = logging.getLogger(__name__)

DEFAULT_MODEL = "mistralai/Mistral-7B-Instruct-v0.2"
MOST_RETRIES = 2
ANSWER_TOKENS = 1_500
TEMPERATURE, SEED = 0.1, 7
_LOOPBACK_NAMES = ("localhost", "ip6-localhost")


@dataclass(frozen=True, kw_only=True)
class HuggingFaceConfig:
    """Where the model is and how long we wait; made from the environment alone."""

    token: str = field(default="", repr=False)
    model: str = DEFAULT_MODEL
    provider: str = "auto"
    base_url: str = ""
    timeout_seconds: float = 60.0  # for a whole insight, retries and repair included
    budget_tokens: int = 8_000
    answer_tokens: int = ANSWER_TOKENS

    def problem(self) -> str:
        """Why nobody can be asked with this, as a sentence; empty when all is well."""
        if not self.model.strip():
            return "Set HF_MODEL to the name of a model."
        if self.base_url:
            return _url_problem(self.base_url)
        if not self.token:
            return "Set HF_TOKEN, or HF_BASE_URL for a model of your own."
        return ""

    @property
    def host(self) -> str:
        """The only host that may be spoken to; empty where Hugging Face's client chooses it."""
        return (urlsplit(self.base_url).hostname or "") if self.base_url else ""

    @property
    def is_local(self) -> bool:
        """Whether what is sent stays on this machine."""
        return _is_loopback(self.host)


def _url_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return "HF_BASE_URL is not an address."
    if parts.username or parts.password or parts.query or parts.fragment:
        return "HF_BASE_URL holds no login, query or fragment."
    secure = parts.scheme == "https" or (
        parts.scheme == "http" and _is_loopback(parts.hostname or "")
    )
    if not (secure and parts.hostname and port_is_valid):
        return "HF_BASE_URL begins with https://, or with http:// on this machine only."
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES


class HuggingFaceProvider:
    """Writes insights with a model; raises :class:`ProviderError` where it cannot.

    Safe to share between threads: what belongs to one insight (redaction, deadline) is made for it.
    """

    name = "huggingface"

    def __init__(
        self,
        config: HuggingFaceConfig,
        *,
        breaker: Breaker | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = config.model
        self.prompt_version = VERSION
        self._config = config
        self._breaker = breaker or Breaker()
        self._pause = pause
        self._shapes = True  # whether the service takes a response format

    def generate(self, dossier: Dossier, kind: InsightType) -> Draft:
        """The claims of a kind that check against the records, by the deadline."""
        deadline = Deadline(self._config.timeout_seconds)
        return conversation.write(
            lambda message: self._ask(message, deadline),
            dossier,
            kind,
            budget=self._config.budget_tokens,
            model=self.model,
        )

    def preview(self, dossier: Dossier, kind: InsightType) -> str:
        """Exactly what :meth:`generate` would send, after redaction; nothing is sent."""
        return conversation.preview(dossier, kind, self._config.budget_tokens)

    def ping(self) -> str:
        """Ask the model for one word, sending nothing of ours; gives a sentence for people."""
        self._ask("Answer with the word ok.", Deadline(self._config.timeout_seconds))
        return f"{self.model} answers."

    def _ask(self, message: str, deadline: Deadline) -> Reply:
        if problem := self._config.problem():
            raise Refused(problem)
        if wait := self._breaker.wait():
            raise Unavailable(
                f"The model service failed several times; next try in {wait:.0f} s.",
                retry_after=wait,
            )
        try:
            reply = self._with_retries(message, deadline)
        except (BadAnswer, Refused) as error:
            self._breaker.succeeded()  # it answers, however badly
            logger.warning("model request failed: %s", error.code)
            raise
        except ProviderError as error:
            self._breaker.failed()
            logger.warning("model request failed: %s", error.code)
            raise
        self._breaker.succeeded()
        return reply

    def _with_retries(self, message: str, deadline: Deadline) -> Reply:
        for attempt in range(MOST_RETRIES + 1):
            try:
                return within(deadline, lambda: self._once(message, deadline), self._config.host)
            except BadStatus as status:
                error = _typed(status, self.model)
                again = status.code in (429, 502, 503, 504)
                logger.info("model service answered %d", status.code)
            except Unavailable as refused:
                error, again = refused, True
            wait = _wait(attempt, error.retry_after)
            too_long = wait > LONGEST_PAUSE or wait >= deadline.remaining()
            if not again or attempt == MOST_RETRIES or too_long:
                raise error from None
            self._pause(wait)
        raise Unavailable

    def _once(self, message: str, deadline: Deadline) -> Reply:
        if not self._shapes:
            return self._request(message, deadline, None)
        try:
            return self._request(message, deadline, _RESPONSE_FORMAT)
        except BadStatus as status:
            if status.code not in (400, 422):
                raise
            # Some services know no response format; the answer is validated here in any case.
            reply = self._request(message, deadline, None)
            self._shapes = False
            return reply

    def _request(self, message: str, deadline: Deadline, shape: dict[str, Any] | None) -> Reply:
        client = _client(self._config, deadline.remaining())
        import httpx2

        try:
            answer = client.chat_completion(
                [{"role": "user", "content": message}],
                model=self._config.model,
                max_tokens=self._config.answer_tokens,
                temperature=TEMPERATURE,
                seed=SEED,
                response_format=shape,
            )
        except httpx2.TimeoutException:
            raise TimedOut from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
            raise _broken(deadline) from None
        except OSError:
            raise Unavailable from None
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise _unreadable(error, self.model) from None
        return _reply(answer)


# Only "an object": the fields are validated here, and a grammar makes small services slow.
_RESPONSE_FORMAT = {"type": "json_object"}


def _client(config: HuggingFaceConfig, timeout: float) -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub

    _bound_sessions()
    if huggingface_hub.is_offline_mode() and not config.is_local:
        raise Unavailable("HF_HUB_OFFLINE is set: no model service may be asked.")
    # Without a key the client would send whatever token it finds on the machine, to any address.
    key = config.token or "none"
    if config.base_url:
        return huggingface_hub.InferenceClient(
            base_url=config.base_url, api_key=key, timeout=timeout
        )
    return huggingface_hub.InferenceClient(
        provider=config.provider or "auto",  # type: ignore[arg-type]  # checked by the client
        api_key=key,
        timeout=timeout,
    )


_bound = threading.Lock()
_is_bound = False


def _bound_sessions() -> None:
    """Have the client open its connections through :mod:`~insights.providers.session`, once."""
    global _is_bound
    with _bound:
        if not _is_bound:
            import huggingface_hub

            huggingface_hub.set_client_factory(session.client)
            _is_bound = True


def _wait(attempt: int, asked: float | None) -> float:
    """Seconds before the next try: as asked, else half a second doubled, with jitter."""
    if asked is not None:
        return asked
    return 0.5 * 2**attempt * random.uniform(0.5, 1.0)  # no secret hangs on it


def _typed(status: BadStatus, model: str) -> ProviderError:
    code = status.code
    if code == 429:
        return RateLimited(retry_after=status.retry_after)
    if code in (401, 403):
        return Refused(f"The model service does not accept the token (HTTP {code}).")
    if code == 402:
        return Refused("The credits for the model service are used up (HTTP 402).")
    if code in (400, 404, 410, 422):
        return Refused(f"The model service does not serve {model} (HTTP {code}).")
    if code == 413:
        return Refused("The request is too long for this model: lower HF_BUDGET_TOKENS.")
    if code in (408, 504):
        return Unavailable(f"The model took too long for its service (HTTP {code}).")
    if code >= 500:
        return Unavailable(
            f"The model service is not available (HTTP {code}).", retry_after=status.retry_after
        )
    return Refused(f"The model service refused the request (HTTP {code}).")


def _broken(deadline: Deadline) -> ProviderError:
    return Unavailable() if deadline.remaining() > 0 else TimedOut()


def _unreadable(error: Exception, model: str) -> ProviderError:
    # The client says by a plain ValueError, before any request, that a model is not to be had.
    said = str(error) if type(error) is ValueError else ""
    if any(words in said for words in ("not supported", "provider mapping", "auto-router")):
        return Refused(f"The model service does not serve {model} with these settings.")
    return BadAnswer("The model service did not answer with JSON.")


def _reply(answer: Any) -> Reply:
    """The words of a completion, which may have any shape at all."""
    choices = getattr(answer, "choices", None)
    first = choices[0] if isinstance(choices, list) and choices else None
    text = getattr(getattr(first, "message", None), "content", None)
    reason = getattr(first, "finish_reason", None)
    if not isinstance(text, str) or not text.strip():
        raise BadAnswer("The model's answer is empty.")
    if reason not in ("stop", "eos_token", "stop_sequence"):
        raise BadAnswer("The model's answer was cut short.")
    usage = getattr(answer, "usage", None)
    return Reply(
        text=text,
        input_tokens=_count(getattr(usage, "prompt_tokens", None)),
        output_tokens=_count(getattr(usage, "completion_tokens", None)),
    )


def _count(found: object) -> int | None:
    is_count = isinstance(found, int) and not isinstance(found, bool)
    return found if is_count and 0 <= found < 10**9 else None  # type: ignore[operator,return-value]
