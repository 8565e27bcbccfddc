"""What narrows the list of engagements: a form over the address, so that it can be linked to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, F, Max, Q, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from engagements import saved
from engagements.columns import BY_KEY, DEFAULT_SORT, SORTS, Heading, headings, ordering
from engagements.health import Band
from engagements.models import EngagementQuerySet, Standing
from engagements.records import EngagementStatus
from engagements.visibility import of_these
from psinsights.lib.http import PAGE_SIZES, query
from psinsights.lib.today import today
from psinsights.lib.words import BAND_WORD

MOST_WORDS = 8  # of a search; more of them narrow nothing
MOST_OPTIONS = 80  # of one menu; what is beyond is found by the search
OPEN = "open"
ENDS = [("past", "Past its end"), ("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days")]
SIZES = [(str(size), str(size)) for size in PAGE_SIZES]
Choices = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the menus offer, and the day the data is of."""

    owners: tuple[str, ...]
    types: tuple[str, ...]
    phases: tuple[str, ...]
    day: date


def options_of(visible: EngagementQuerySet) -> Options:
    """The owners, types and phases there are, and the day of the data, in one query."""
    rows = visible.order_by()
    standings = of_these(rows, Standing.objects.order_by())
    found = _distinct(rows, "owner", F("owner_name")).union(
        _distinct(rows, "type", F("engagement_type")),
        _distinct(standings, "phase", F("phase")),
        standings.annotate(menu=Value("day"))
        .values("menu")
        .annotate(word=Cast(Max("as_of"), CharField()))
        .values_list("menu", "word"),
        all=True,
    )
    words: dict[str, list[str]] = {"owner": [], "type": [], "phase": [], "day": []}
    for menu, word in found:
        words[menu].extend([word] if word else [])
    return Options(
        owners=_menu(words["owner"]),
        types=_menu(words["type"]),
        phases=_menu(words["phase"]),
        day=date.fromisoformat(words["day"][0]) if words["day"] else today(),
    )


def _distinct(rows: Any, menu: str, field: F) -> Any:
    return rows.annotate(menu=Value(menu), word=field).values_list("menu", "word").distinct()


def _menu(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=str.casefold)[:MOST_OPTIONS])


class EngagementFilter(forms.Form):
    """The search, the menus, the view and the sort. What it does not understand matches nothing."""

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(
        required=False,
        choices=[(OPEN, "Open"), *((str(word), str(word)) for word in EngagementStatus)],
    )
    health = forms.ChoiceField(
        required=False, choices=[(str(band), BAND_WORD[band]) for band in Band]
    )
    phase = forms.CharField(required=False, max_length=100)
    type = forms.CharField(required=False, max_length=200)
    owner = forms.CharField(required=False, max_length=300)
    ends = forms.ChoiceField(required=False, choices=ENDS)
    after = forms.DateField(required=False, label="Ends from")
    before = forms.DateField(required=False, label="Ends until")
    view = forms.ChoiceField(required=False, choices=[(v.key, v.label) for v in saved.VIEWS])
    sort = forms.ChoiceField(required=False, choices=SORTS)
    size = forms.ChoiceField(required=False, choices=SIZES)

    def __init__(self, params: QueryDict, *, options: Options, asker: saved.Asker) -> None:
        super().__init__(params)
        self.options, self.asker = options, asker

    def clean(self) -> dict[str, Any]:
        after, before = self.cleaned_data.get("after"), self.cleaned_data.get("before")
        if after and before and after > before:
            raise ValidationError("“Ends from” is after “Ends until”, so nothing can match.")
        return self.cleaned_data

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that were given and understood, by name, for links that keep them."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def order(self) -> str:
        """The sort key in force."""
        return self.chosen.get("sort", DEFAULT_SORT)

    @property
    def view_key(self) -> str:
        return self.chosen.get("view", "")

    @property
    def headings(self) -> list[Heading]:
        return headings(self.order)

    @property
    def sort_words(self) -> str:
        """The order in words, for those who cannot see the arrow."""
        column = BY_KEY[self.order.removeprefix("-")]
        return (
            f"{column.label.lower()}, {'highest' if self.order.startswith('-') else 'lowest'} first"
        )

    def link(self, **changes: str) -> str:
        """This list with something else chosen; page and size begin anew."""
        return query(self.chosen | changes)

    @property
    def page_link(self) -> str:
        """The address of a page of this list, to which its number is to be added."""
        given = query(self.chosen)
        return given + ("page=" if given == "?" else "&page=")

    def apply(self, rows: EngagementQuerySet) -> EngagementQuerySet:
        """The engagements that match, sorted; none when the question was not understood."""
        if not self.is_valid():
            return rows.none()
        return rows.filter(self.condition()).order_by(*ordering(self.order))

    def condition(self) -> Q:
        """All that was chosen, as one condition."""
        chosen = self.chosen
        matches = Q()
        for word in chosen.get("q", "").split()[:MOST_WORDS]:
            matches &= _mentions(word)
        if view := chosen.get("view"):
            matches &= saved.BY_KEY[view].condition(self.asker)
        if ends := chosen.get("ends"):
            matches &= self._ending(ends)
        return matches & _status(chosen.get("status")) & _exactly(chosen)

    def _ending(self, ends: str) -> Q:
        day = self.asker.day
        if ends == "past":
            return Q(end_date__lt=day) & ~Q(status=EngagementStatus.COMPLETED)
        return Q(end_date__range=(day, day + timedelta(days=int(ends))))

    # What the page shows ────────────────────────────────────────────────────

    @property
    def search(self) -> str:
        """The search as given, cut to what the field takes: an address may hold anything."""
        return str(self.data.get("q", ""))[:200]

    @property
    def menus(self) -> list[dict[str, Any]]:
        """The menus with what each offers and what is chosen."""
        return [
            self._select("status", "Status", self._choices("status")),
            self._select("health", "Health", self._choices("health")),
            self._select("phase", "Phase", _pairs(self.options.phases)),
            self._select("type", "Type", _pairs(self.options.types)),
            self._select("owner", "Owner", _pairs(self.options.owners)),
            self._select("ends", "Ends", self._choices("ends")),
        ]

    def _choices(self, name: str) -> Choices:
        """The values a menu can have; none where any text will do."""
        return [(str(v), str(word)) for v, word in getattr(self.fields[name], "choices", ())]

    def _select(self, name: str, label: str, choices: Choices) -> dict[str, Any]:
        value = self.chosen.get(name, "")
        known = [*choices]
        if value and value not in dict(known):
            known.insert(0, (value, value))
        return {"name": name, "label": label, "choices": known, "value": value}

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What the form carries along unseen."""
        return [(n, self.chosen[n]) for n in ("view", "sort", "size") if n in self.chosen]

    @property
    def said(self) -> list[tuple[str, str, str]]:
        """What narrows the list: its name, its value in words, and the list without it."""
        self.is_valid()
        given = self.chosen
        return [
            (self._label(name), self._words(name, value), query(given | {name: ""}))
            for name, value in given.items()
            if name not in ("sort", "size")
        ]

    def _label(self, name: str) -> str:
        return {"q": "Search"}.get(name) or str(self.fields[name].label or name.capitalize())

    def _words(self, name: str, value: Any) -> str:
        return str(dict(self._choices(name)).get(value, value))

    @property
    def problems(self) -> list[str]:
        """What was not understood, a sentence each."""
        self.is_valid()
        told = [
            f"{self._label(n)}: {_PROBLEMS.get(n, _CHOOSE)}" for n in self.errors if n != "__all__"
        ]
        return [*told, *map(str, self.non_field_errors())]


_CHOOSE = "that is none of the values it can have. Choose another, or clear the filters."
_PROBLEMS = {
    "q": "at most 200 characters. Search for less.",
    "after": "a date looks like 2026-11-19.",
    "before": "a date looks like 2026-11-19.",
}


def _pairs(words: Iterable[str]) -> Choices:
    return [(word, word) for word in words]


def _mentions(word: str) -> Q:
    return (
        Q(customer_name__icontains=word)
        | Q(engagement_id__icontains=word)
        | Q(engagement_type__icontains=word)
        | Q(owner_name__icontains=word)
    )


def _status(chosen: str | None) -> Q:
    if not chosen:
        return Q()
    return ~Q(status=EngagementStatus.COMPLETED) if chosen == OPEN else Q(status=chosen)


_FIELDS = {
    "health": "standing__band",
    "phase": "standing__phase",
    "type": "engagement_type",
    "owner": "owner_name",
    "after": "end_date__gte",
    "before": "end_date__lte",
}


def _exactly(chosen: dict[str, Any]) -> Q:
    return Q(**{field: chosen[name] for name, field in _FIELDS.items() if name in chosen})
