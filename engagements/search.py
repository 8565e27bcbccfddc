"""What a person typed, as words; and which records of a kind hold all of them."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from engagements.models import Engagement
from engagements.search_index import folded, mark_of

MOST_TYPED = 400  # characters that are read of a question
MOST_ASKED = 12  # words of it
MOST_FOUND = 1500  # records of a kind, the last indexed ones; a commoner word is no help anyway
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
    matched, order, question = _matched(kind, words)
    return RawSQL(
        f"SELECT {key} FROM {matched} AND entry.engagement_id IN ({visible}) "
        f"ORDER BY {order} DESC LIMIT {MOST_FOUND}",
        [question, *given],
    )


def _visible(user: AbstractBaseUser | AnonymousUser) -> tuple[str, tuple[object, ...]]:
    """The ids of engagements that somebody may see, as a statement and its parameters."""
    keys = Engagement.objects.visible_to(user).order_by().values("pk")
    try:
        return keys.query.sql_with_params()
    except EmptyResultSet:  # Django makes no statement of which it knows that nothing comes
        return "SELECT NULL", ()


def _matched(kind: str, words: list[str]) -> tuple[str, str, str]:
    """Source and condition of the entries that hold the words, their order, and the question."""
    if connection.vendor == "sqlite":
        # CROSS JOIN and this order: the full-text table is read backwards and no further than asked.
        found = f"search_words CROSS JOIN {TABLE} entry ON entry.id = search_words.rowid"
        question = _joined(kind, words, '"', " AND ", "*")
        return f"{found} WHERE search_words MATCH %s", "search_words.rowid", question
    vector = "array_to_tsvector(string_to_array(entry.words, ' '))"
    question = _joined(kind, words, "'", " & ", ":*")
    return f"{TABLE} entry WHERE {vector} @@ %s::tsquery", "entry.id", question


def _joined(kind: str, words: list[str], quote: str, both: str, goes_on: str) -> str:
    """Words in the database's own question; they hold letters and digits and nothing else."""
    terms = [f"{quote}{word}{quote}" for word in (mark_of(kind), *words)]
    if is_prefix(words):
        terms[-1] += goes_on
    return both.join(terms)
