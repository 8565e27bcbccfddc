"""Takes what is personal or secret out of a text before it leaves the house, and puts it back.

Pure. A :class:`Redactor` lives for one request to a model. Its map from placeholder to the words it
stands for is never written anywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from insights.redaction_names import Names
from insights.redaction_patterns import FINDERS
from insights.redaction_spans import Span

KINDS = (
    "PERSON",
    "EMAIL",
    "PHONE",
    "IBAN",
    "CARD",
    "IP",
    "LOGIN",
    "TOKEN",
    "SECRET",
    "KEY",
    "LITERAL",
)
_KIND = "|".join(KINDS)
# A model may write [Person 1] or PERSON_1 for [PERSON_1]; "key 2" without either mark is a word.
_PLACEHOLDER = re.compile(
    rf"\[({_KIND})[_ -](\d{{1,6}})\]|\b({_KIND})_(\d{{1,6}})\b", re.IGNORECASE
)


class Redactor:
    """Replaces personal and secret words by placeholders such as ``[PERSON_1]``, and back.

    The same words get the same placeholder in every text of this object. ``names`` are our own:
    customers, owners, team members; they are found whole and by their parts.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = Names(names)
        self._placeholders: dict[tuple[str, str], str] = {}
        self._originals: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def redact(self, text: str) -> str:
        """``text`` with a placeholder for everything that :meth:`find` finds."""
        parts, position = [], 0
        for span in self.find(text):
            parts += [text[position : span.start], self._placeholder(span, text)]
            position = span.end
        return "".join([*parts, text[position:]])

    def restore(self, text: str) -> str:
        """``text`` with the words back in place; a placeholder we never gave stays as it is."""
        return _PLACEHOLDER.sub(self._original, text)

    def find(self, text: str) -> list[Span]:
        """What is replaced, in the order of the text and without overlaps."""
        found = [Span(m.start(), m.end(), "LITERAL") for m in _PLACEHOLDER.finditer(text)]
        for find in (*FINDERS, self._names.find):
            found += find(text)
        return _merged(found)

    @property
    def counts(self) -> dict[str, int]:
        """How many different words of each kind were taken out so far."""
        return dict(self._counts)

    def _placeholder(self, span: Span, text: str) -> str:
        shown = text[span.start : span.end]
        # Names differ in case only: one placeholder. A secret's case is part of it.
        key = (span.kind, shown.casefold() if span.kind == "PERSON" else shown)
        if key not in self._placeholders:
            self._counts[span.kind] += 1
            self._placeholders[key] = f"[{span.kind}_{self._counts[span.kind]}]"
            self._originals[self._placeholders[key]] = shown
        return self._placeholders[key]

    def _original(self, match: re.Match[str]) -> str:
        kind, number = match[1] or match[3], match[2] or match[4]
        known = self._originals.get(f"[{kind.upper()}_{int(number)}]")
        return match[0] if known is None else known


def _merged(found: list[Span]) -> list[Span]:
    """Overlapping spans as one, under the kind that was found first: nothing half replaced."""
    rank = {id(span): place for place, span in enumerate(found)}
    merged: list[tuple[Span, int]] = []
    for span in sorted(found, key=lambda s: (s.start, -s.end)):
        if merged and span.start < merged[-1][0].end:
            last, place = merged[-1]
            kind = last.kind if place <= rank[id(span)] else span.kind
            joined = Span(last.start, max(last.end, span.end), kind)
            merged[-1] = (joined, min(place, rank[id(span)]))
        else:
            merged.append((span, rank[id(span)]))
    return [span for span, _ in merged]
