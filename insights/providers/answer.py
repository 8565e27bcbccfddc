"""From what a model wrote to claims that check: read, weighed by our own engine, verified.

The shape is validated claim by claim, so that one bad claim does not take the others along. What a
claim weighs is never taken from the model (:mod:`insights.providers.weighing`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from engagements.records import InsightType
from insights import grounding
from insights.facts import known_names
from insights.prompts_sanitise import sanitise
from insights.providers import BadAnswer
from insights.providers.weighing import KINDS, Hints, NotBacked, weigh
from insights.redaction import Redactor
from insights.schema import Certainty, Claim, Dossier, Evidence, Rejection
from psinsights.lib.typed import convert

MOST_CLAIMS, MOST_PER_NOTE = 12, 3
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
_Short = Annotated[str, msgspec.Meta(max_length=80)]


class _Quote(msgspec.Struct):
    source: _Short
    quote: _Text


class _Said(msgspec.Struct):
    """A claim as a model writes it. Fields it may add are not read."""

    text: _Text
    id: _Short = ""
    kind: Literal["concern", "progress", "risk", "theme", "action", ""] = ""
    certainty: Certainty = Certainty.OBSERVED
    evidence: Annotated[list[_Quote], msgspec.Meta(max_length=8)] = []
    facts: Annotated[list[_Short], msgspec.Meta(max_length=8)] = []
    reason: _Short | None = None
    label: _Short | None = None
    effort: Literal["S", "M", "L"] | None = None
    owner_role: _Short | None = None


class _Answer(msgspec.Struct):
    claims: Annotated[list[object], msgspec.Meta(max_length=200)]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of one answer that check, and why the others do not."""

    kept: tuple[Claim, ...]
    rejected: tuple[Rejection, ...]

    @property
    def total(self) -> int:
        return len(self.kept) + len(self.rejected)


class Reader:
    """Reads the answers of one generation: aliases back to ids, placeholders back to words."""

    def __init__(
        self,
        dossier: Dossier,
        kind: InsightType,
        redactor: Redactor,
        aliases: Mapping[str, str],
    ) -> None:
        self._dossier, self._kind = dossier, kind
        self._redactor, self._aliases = redactor, aliases
        self._texts = dossier.texts()
        self._names = known_names(dossier.engagement)

    def read(self, text: str) -> Checked:
        """The claims of an answer; raises BadAnswer when it is no answer at all."""
        weighed: list[Claim] = []
        rejected: list[Rejection] = []
        for number, raw in enumerate(_claims(text), 1):
            try:
                if number > MOST_CLAIMS:
                    raise NotBacked("too_many_claims")
                said = convert(raw, _Said)
                weighed.append(self._weighed(said, said.id or f"c{number}"))
            except msgspec.ValidationError:
                rejected.append(Rejection(claim_id=_id_of(raw, number), code="bad_shape"))
            except NotBacked as error:
                rejected.append(Rejection(claim_id=_id_of(raw, number), code=error.code))
        return self.verified(weighed, rejected)

    def verified(self, claims: list[Claim], rejected: list[Rejection]) -> Checked:
        """The claims that our verifier lets through, with what was refused before and now."""
        verification = grounding.verify(
            claims,
            self._texts,
            self._dossier.facts,
            names=self._names,
            as_of=self._dossier.as_of,
        )
        kept, crowded = _per_note(verification.kept)
        return Checked(kept=kept, rejected=(*rejected, *verification.rejected, *crowded))

    def _weighed(self, said: _Said, claim_id: str) -> Claim:
        evidence = tuple(self._evidence(quote) for quote in said.evidence)
        claim = Claim(
            id=claim_id,
            text=self._words(said.text),
            kind=said.kind or KINDS[self._kind][0],
            certainty=said.certainty,
            evidence=evidence,
            facts=tuple(dict.fromkeys(self._fact(name) for name in said.facts)),
        )
        hints = Hints(
            reason=said.reason,
            label=self._words(said.label or ""),
            effort=said.effort,
            owner_role=said.owner_role,
        )
        return weigh(claim, hints, self._kind, self._dossier)

    def _evidence(self, quote: _Quote) -> Evidence:
        source = self._aliases.get(quote.source.strip().upper(), "")
        words = self._words(quote.quote).removesuffix("…")
        found = grounding.locate(words, self._texts.get(source, ""))
        if not source or found is None:
            raise NotBacked("quote_not_in_record" if source else "unknown_record")
        start, end = found
        return Evidence(source=source, quote=self._texts[source][start:end], start=start, end=end)

    def _fact(self, name: str) -> str:
        return self._aliases.get(name.strip().upper(), name)

    def _words(self, text: str) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotBacked("bad_characters") from None
        return self._redactor.restore(sanitise(text))


def _claims(text: str) -> list[object]:
    start = text.find("{")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
        return convert(found, _Answer).claims
    except (ValueError, RecursionError):
        raise BadAnswer("The model did not answer with the JSON that was asked for.") from None


def _id_of(raw: object, number: int) -> str:
    found = raw.get("id") if isinstance(raw, dict) else None
    # It goes back into a repair request: nothing but a plain id.
    plain = isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,20}", found)
    return str(found) if plain else f"c{number}"


def _per_note(claims: tuple[Claim, ...]) -> tuple[tuple[Claim, ...], list[Rejection]]:
    """At most three claims that rest on the same note: one note cannot fill an insight."""
    counts: dict[str, int] = {}
    kept: list[Claim] = []
    crowded: list[Rejection] = []
    for claim in claims:
        sources = {e.source for e in claim.evidence}
        if any(counts.get(source, 0) >= MOST_PER_NOTE for source in sources):
            crowded.append(Rejection(claim_id=claim.id, code="too_many_from_one_record"))
            continue
        counts |= {source: counts.get(source, 0) + 1 for source in sources}
        kept.append(claim)
    return tuple(kept), crowded
