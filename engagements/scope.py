"""Which part of the portfolio a person looks at: theirs, all of it, or a view they keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import (
    CharField,
    Count,
    Max,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, JSONArray
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from engagements import saved
from engagements.filters import EngagementFilter, Options
from engagements.gathered import Gathered
from engagements.models import Engagement, EngagementQuerySet, Standing
from engagements.records import EngagementStatus
from engagements.saved_views import MOST_SHOWN, SavedView
from psinsights.lib.http import person_of
from psinsights.lib.today import today

MINE, ALL, VIEW = "mine", "all", "view-"
KEPT_AS = "scope"  # in the session: what was chosen last
GONE = "That view is gone, or no longer shared. This is the whole portfolio."
UNKNOWN = "There is no such part of the portfolio. This is all of it."
OPEN = ~Q(status=EngagementStatus.COMPLETED)


@dataclass(frozen=True, kw_only=True)
class KeptView:
    """A saved view as the switch offers it."""

    pk: int
    name: str
    query: str

    @property
    def key(self) -> str:
        return f"{VIEW}{self.pk}"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The part that is looked at, and the ``day`` its data is of.

    ``rows`` has its completed engagements, too.
    ``open_mine``, ``open_all`` and ``everything`` count what the person may see whatever the part.
    ``beside`` holds what the caller had asked for along with it.
    """

    key: str
    label: str
    rows: EngagementQuerySet
    day: date
    open_mine: int
    open_all: int
    everything: int
    views: tuple[KeptView, ...] = ()
    problem: str = ""
    query: str = ""  # of the list, as far as the list can say the same
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def is_all(self) -> bool:
        return self.key == ALL

    @property
    def is_view(self) -> bool:
        return self.key.startswith(VIEW)

    def is_elsewhere(self, request: HttpRequest) -> bool:
        """Whether the address names no part and another than it stands for was chosen last.

        Going back to such an address would otherwise show the part that was chosen since.
        """
        return "scope" not in request.GET and KEPT_AS in request.session

    def link(self, view: str = "", **given: str) -> str:
        """The list of engagements narrowed to this part and further; one view at a time."""
        asked = QueryDict(self.query.lstrip("?"), mutable=True)
        if view and "view" not in asked:
            given["view"] = view
        for name, value in given.items():
            if value:
                asked[name] = value
        address = reverse("engagements:index")
        return f"{address}?{asked.urlencode()}" if asked else address


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What one row says of the person and the portfolio."""

    day: date
    open_mine: int
    open_all: int
    everything: int
    views: tuple[KeptView, ...]
    beside: dict[str, Any]

    @property
    def first_choice(self) -> str:
        """What somebody sees who never chose."""
        return MINE if self.open_mine else ALL


def scope_of(request: HttpRequest, asked: str | None = None, **beside: Combinable) -> Scope:
    """The part that ``asked`` names, else the address, else the last choice; in one query.

    Who never chose sees their own engagements, or all where none is theirs. What is not understood
    is said in ``problem`` and shows all. ``beside`` are expressions to be asked for along with it.
    """
    visible = Engagement.objects.visible_to(request.user)
    told = _told(request, visible, beside)
    wanted = request.GET.get("scope") if asked is None else asked
    last = request.session.get(KEPT_AS)
    scope = _chosen(request, visible, wanted or last or told.first_choice, told)
    if scope.problem and not wanted:  # a view that was chosen last and is gone since
        del request.session[KEPT_AS]
        scope = _chosen(request, visible, told.first_choice, told)
    if asked is None and wanted and not scope.problem and last != scope.key:
        request.session[KEPT_AS] = scope.key
    return scope


def _told(request: HttpRequest, visible: EngagementQuerySet, beside: dict[str, Any]) -> _Told:
    mine = visible.mine_of(request.user)
    names = ("day", "open_mine", "open_all", "everything", "views")
    row = (
        get_user_model()
        .objects.filter(pk=person_of(request).pk)
        .annotate(
            day=Subquery(_alone(Standing.objects.all(), Cast(Max("as_of"), CharField()))),
            open_mine=_number(mine.filter(OPEN)),
            open_all=_number(visible.filter(OPEN)),
            everything=_number(visible),
            views=Subquery(
                _alone(
                    SavedView.objects.shown_to(request.user),
                    Gathered(JSONArray("pk", "name", "query")),
                )
            ),
            **beside,
        )
        .values(*names, *beside)
        .get()
    )
    views = [KeptView(pk=pk, name=name, query=query) for pk, name, query in row["views"] or ()]
    return _Told(
        day=date.fromisoformat(row["day"]) if row["day"] else today(),
        open_mine=row["open_mine"],
        open_all=row["open_all"],
        everything=row["everything"],
        views=tuple(sorted(views, key=lambda view: (view.name, view.pk))),
        beside={name: row[name] for name in beside},
    )


def _alone(rows: QuerySet[Any, Any], aggregate: Any) -> QuerySet[Any, Any]:
    """One row with one aggregate over all ``rows``, for a subquery."""
    return rows.order_by().annotate(one=Value(1)).values("one").annotate(x=aggregate).values("x")


def _number(rows: EngagementQuerySet) -> Coalesce:
    return Coalesce(Subquery(_alone(rows, Count("pk"))), 0)


def _chosen(request: HttpRequest, visible: EngagementQuerySet, key: str, told: _Told) -> Scope:
    counts: dict[str, Any] = {
        "day": told.day,
        "open_mine": told.open_mine,
        "open_all": told.open_all,
        "everything": told.everything,
        "beside": told.beside,
    }
    view = next((view for view in told.views if view.key == key), None)
    offered = _offered(told.views, view)
    if view:
        rows, query = _of_view(request, visible, view, told.day)
        return Scope(key=key, label=view.name, rows=rows, query=query, views=offered, **counts)
    if key == MINE:
        rows = visible.mine_of(request.user)
        return Scope(key=MINE, label="Mine", rows=rows, query="view=mine", views=offered, **counts)
    problem = "" if key == ALL else GONE if key.startswith(VIEW) else UNKNOWN
    return Scope(key=ALL, label="All", rows=visible, views=offered, problem=problem, **counts)


def _offered(views: tuple[KeptView, ...], chosen: KeptView | None) -> tuple[KeptView, ...]:
    """As many as a menu takes, and the chosen one in any case."""
    shown = views[:MOST_SHOWN]
    return shown if chosen is None or chosen in shown else (*shown, chosen)


def _of_view(
    request: HttpRequest, visible: EngagementQuerySet, view: KeptView, day: date
) -> tuple[EngagementQuerySet, str]:
    """The engagements of a saved view, whatever its order, and its address without it."""
    asker = saved.Asker(user=person_of(request), day=day)
    params = QueryDict(view.query.lstrip("?"), mutable=True)
    filters = EngagementFilter(
        params, options=Options(owners=(), types=(), phases=(), day=day), asker=asker
    )
    if not filters.is_valid():
        return visible.none(), view.query
    rows = visible.filter(filters.condition())
    params.pop("sort", None)
    params.pop("size", None)
    return rows, params.urlencode()
