"""What is said to a model to get one insight: ask, let it put failing claims right once, give up.

Knows no service: :data:`Ask` sends one message and gives the reply.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from engagements.records import InsightType
from insights.prompts import Composer, Prompt, names_of, repair, version
from insights.providers import BadAnswer, ProviderError
from insights.providers.answer import Checked, Reader
from insights.redaction import Redactor
from insights.schema import Claim, Dossier, Draft

logger = logging.getLogger(__name__)
MOST_DROPPED = 0.5


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A model's words and what they cost in tokens, where it says so."""

    text: str
    input_tokens: int | None = None
    output_tokens: int | None = None


Ask = Callable[[str], Reply]


def preview(dossier: Dossier, kind: InsightType, budget: int) -> str:
    """Exactly what :func:`write` would send (the random marker differs each time)."""
    composer = Composer(dossier, kind, Redactor(names_of(dossier)), budget)
    if not composer.needs_groups():
        return composer.whole().text
    groups = [group.text for group in composer.groups()]
    parts = [f"Request {n} of {len(groups) + 1}\n\n{text}" for n, text in enumerate(groups, 1)]
    last = "holds of the notes only the words that stand behind the verified answers to these."
    return "\n\n".join([*parts, f"Request {len(groups) + 1} of {len(groups) + 1} {last}"])


def write(ask: Ask, dossier: Dossier, kind: InsightType, *, budget: int, model: str) -> Draft:
    """The claims that check, or :class:`BadAnswer` when too few do."""
    return _Conversation(ask, dossier, kind, budget).draft(model)


class _Conversation:
    def __init__(self, ask: Ask, dossier: Dossier, kind: InsightType, budget: int) -> None:
        self._ask_model, self._dossier, self._kind = ask, dossier, kind
        self._redactor = Redactor(names_of(dossier))
        self._composer = Composer(dossier, kind, self._redactor, budget)
        self._replies: list[Reply] = []

    def draft(self, model: str) -> Draft:
        grouped = self._composer.needs_groups()
        prompt = self._over_groups() if grouped else self._composer.whole()
        first, answer = self._checked(prompt)
        checked = self._repaired(prompt, first, answer)
        dropped = first.total - len(checked.kept)
        if not checked.kept or dropped > MOST_DROPPED * first.total:
            raise BadAnswer(_sentence(first.total, dropped))
        return Draft(
            kind=self._kind,
            claims=_renumbered(_with_verdict(checked.kept, self._dossier, self._kind)),
            used=prompt.used,
            left_out=(*prompt.left_out, *_dropped(dropped)),
            model=model,
            prompt_version=version(self._kind),
            input_tokens=self._sum([r.input_tokens for r in self._replies]),
            output_tokens=self._sum([r.output_tokens for r in self._replies]),
        )

    def _ask(self, message: str) -> str:
        reply = self._ask_model(message)
        self._replies.append(reply)
        return reply.text

    def _checked(self, prompt: Prompt) -> tuple[Checked, str]:
        answer = self._ask(prompt.text)
        return self._reader(prompt).read(answer), answer

    def _reader(self, prompt: Prompt) -> Reader:
        return Reader(self._dossier, self._kind, self._redactor, prompt.aliases)

    def _repaired(self, prompt: Prompt, first: Checked, answer: str) -> Checked:
        """The claims of the first answer and those that one more request puts right."""
        if not first.rejected:
            return first
        failures = [(r.claim_id, r.code) for r in first.rejected]
        try:
            second = self._ask(prompt.text + repair(answer, failures))
            found = self._reader(prompt).read(second)
        except ProviderError as error:
            logger.info("repair of %d claims failed: %s", len(failures), error.code)
            return first
        right = [msgspec.structs.replace(c, id=f"r{n}") for n, c in enumerate(found.kept)]
        # A repair may put right what failed, and add nothing.
        return self._reader(prompt).verified([*first.kept, *right[: len(failures)]], [])

    def _over_groups(self) -> Prompt:
        """A prompt over the verified words of groups of notes, asked for side by side."""
        groups = self._composer.groups()
        with ThreadPoolExecutor(max_workers=len(groups)) as pool:
            results = list(pool.map(self._group, groups))
        quotes: dict[str, list[str]] = defaultdict(list)
        for claim in (claim for claims in results if claims for claim in claims):
            for evidence in claim.evidence:
                quotes[evidence.source].append(evidence.quote)
        if not quotes:
            raise BadAnswer
        notes = {note.note_id for note in self._dossier.notes}
        read = [
            record
            for group, claims in zip(groups, results, strict=True)
            for record in group.used
            if claims is not None and record in notes
        ]
        return self._composer.over(quotes, read)

    def _group(self, prompt: Prompt) -> tuple[Claim, ...] | None:
        """The verified claims over a group; None when its answer could not be read."""
        try:
            return self._checked(prompt)[0].kept
        except BadAnswer as error:
            logger.info("a group of notes was left out: %s", error.code)
            return None

    def _sum(self, counts: list[int | None]) -> int | None:
        known = [count for count in counts if count is not None]
        return sum(known) if known else None


def _with_verdict(
    claims: tuple[Claim, ...], dossier: Dossier, kind: InsightType
) -> tuple[Claim, ...]:
    """A summary begins with the computed verdict, which no model may write."""
    name = next((name for name in ("score", "band") if name in dossier.facts), "")
    if kind is not InsightType.HEALTH_SUMMARY or not name:
        return claims
    text = dossier.facts[name].sentence
    verdict = Claim(id="v", text=text, kind="verdict", facts=(name,))
    return (verdict, *(claim for claim in claims if claim.text != text))


def _renumbered(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    return tuple(msgspec.structs.replace(c, id=f"c{n}") for n, c in enumerate(claims, 1))


def _dropped(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    if count == 1:
        return ("1 statement of the model did not check against the records and was left out.",)
    return (f"{count} statements of the model did not check against the records, so left out.",)


def _sentence(total: int, dropped: int) -> str:
    if not total:
        return "The model's answer held no claim."
    return f"{dropped} of {total} claims of the model did not check against the records."
