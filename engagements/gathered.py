"""Rows of another table gathered into one column, so that a page asks once for one engagement."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Aggregate,
    F,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, JSONArray

from engagements.models import TeamMember


class Gathered(Aggregate):
    """All rows' arrays in one JSON array."""

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **context)


def name_of(field: str) -> Coalesce:
    """The name of the person whose id a field holds; the id where nobody is known by it."""
    person = TeamMember.objects.filter(pk=OuterRef(field)).values("name")[:1]
    return Coalesce(Subquery(person), F(field), Value(""), output_field=TextField())


def gathered(rows: QuerySet[Any, Any], *columns: str, of: str = "pk") -> Subquery:
    """The ``columns`` of an engagement's rows as a list of lists; dates are ISO text in it.

    ``of`` is what the rows outside call their engagement.
    """
    mine = rows.filter(engagement=OuterRef(of)).order_by().values("engagement")
    return Subquery(
        mine.annotate(gathered=Gathered(JSONArray(*columns))).values("gathered"),
        output_field=JSONField(),
    )
