"""What a person typed, as words; and which records of a kind hold all of them."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from engagements.models import Engagement
from engagements.search_index import folded

MOST_TYPED = 400  # characters that are read of a question
MOST_ASKED = 12  # words of it
MOST_FOUND = 5000  # records of a kind, the last indexed ones; a commoner word is no help anyway
PREFIX_FROM = 2  # letters; every other word begins with a given one
TABLE = "engagements_searchentry"


def asked(text: str) -> list[str]:
    """The words to look for. Marks of a query language are no words, so none does anything."""
    return list(dict.fromkeys(folded(text[:MOST_TYPED])))[:MOST_ASKED]


def is_prefix(words: list[str]) -> bool:
    """Whether the last word may go on: somebody is still typing it."""
    return bool(words) and len(words[-1]) >= PREFIX_FROM


def keys_of(
    kind: str,
    words: list[str],
    user: AbstractBaseUser | AnonymousUser,
    *,
    numbers: bool = False,
) -> RawSQL:
    """The keys of records that hold all ``words``, as a subquery; of what ``user`` may see alone.

    ``numbers`` says that the keys are numbers in their own table.
    """
    visible, given = _visible(user)
    key = "CAST(entry.record AS BIGINT)" if numbers else "entry.record"
    matched, question = _matched(words)
    return RawSQL(
        f"SELECT {key} FROM {matched} AND entry.kind = %s AND entry.engagement_id IN ({visible}) "
        f"ORDER BY entry.id DESC LIMIT {MOST_FOUND}",
        [question, kind, *given],
    )


def _visible(user: AbstractBaseUser | AnonymousUser) -> tuple[str, tuple[object, ...]]:
    """The ids of engagements that somebody may see, as a statement and its parameters."""
    keys = Engagement.objects.visible_to(user).order_by().values("pk")
    try:
        return keys.query.sql_with_params()
    except EmptyResultSet:  # Django makes no statement of which it knows that nothing comes
        return "SELECT NULL", ()


def _matched(words: list[str]) -> tuple[str, str]:
    """Source and condition of the entries that hold the words, and the value of its parameter."""
    if connection.vendor == "sqlite":
        found = f"search_words JOIN {TABLE} entry ON entry.id = search_words.rowid"
        return f"{found} WHERE search_words MATCH %s", _joined(words, '"', " AND ", "*")
    vector = "array_to_tsvector(string_to_array(entry.words, ' '))"
    return f"{TABLE} entry WHERE {vector} @@ %s::tsquery", _joined(words, "'", " & ", ":*")


def _joined(words: list[str], quote: str, both: str, goes_on: str) -> str:
    """Words in the database's own question; they hold letters and digits and nothing else."""
    terms = [f"{quote}{word}{quote}" for word in words]
    if is_prefix(words):
        terms[-1] += goes_on
    return both.join(terms)
