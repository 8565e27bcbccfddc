"""Sharing a status report by a link: a redacted copy of today's, for so many days, until revoked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from engagements.models import Engagement, Share, TeamMember
from insights.redaction import KINDS, Redactor
from insights.report import Report
from psinsights.lib import audit
from psinsights.lib.typed import convert

User = AbstractBaseUser | AnonymousUser
DAYS = (1, 14, 90)
# What is no text of anybody's: keys, dates, words of ours. The customer is who it is for.
PLAIN = {
    *("engagement_id", "customer_name", "as_of", "loaded_at", "source", "band", "word"),
    *("record", "records", "icon", "made_at", "written_by", "level", "status"),
    *("since", "due", "priority", "shade", "at", "sentiment"),
}
PERSONAL = ("by", "owner")  # columns that hold nothing but a person
PERSONAL_FACTS = ("Owner", "Team")
_PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})_(\d+)\]")


def share(engagement: Engagement, report: Report, user: User, days: int) -> tuple[Share, str]:
    """Make a link to a copy of ``report`` without people; the link, and its token, shown once."""
    with transaction.atomic():
        made, token = Share.issue(
            days=days,
            engagement=engagement,
            snapshot=redacted(report, people_of(engagement, report)),
            created_by=user if user.is_authenticated else None,
        )
        audit.record(user, "share.create", f"share {made.pk}", f"{engagement.pk}, {days} days")
    return made, token


def revoke(made: Share, user: User) -> bool:
    """Close a link at once; False when it was closed before."""
    with transaction.atomic():
        live = Share.objects.filter(pk=made.pk, revoked_at=None)
        if not live.update(revoked_at=timezone.now()):
            return False
        audit.record(user, "share.revoke", f"share {made.pk}", made.engagement_id)
    return True


def opened(token: str) -> Report | None:
    """The report of a live link, found by the hash of its token; None for every other token."""
    made = Share.objects.live().filter(token_hash=Share.hash_of(token)).first()
    return convert(made.snapshot, Report) if made else None


def people_of(engagement: Engagement, report: Report) -> set[str]:
    """Names that anybody here goes by: the organisation's people, this team, its authors."""
    people = get_user_model().objects.values_list("first_name", "last_name")
    names = {
        engagement.owner_name or "",
        *(str(person.get("name", "")) for person in engagement.team_members),
        *(note.by for note in report.notes),
        *(item.owner for item in report.tasks),
        *TeamMember.objects.values_list("name", flat=True),
        *(" ".join(parts).strip() for parts in people),
    }
    return {name for name in names if name}


def redacted(report: Report, names: Iterable[str]) -> dict[str, Any]:
    """The report as JSON values: no person, and placeholders for what is personal in texts."""
    redactor = Redactor(names)
    values = msgspec.to_builtins(report)
    values["facts"] = [pair for pair in values["facts"] if pair[0] not in PERSONAL_FACTS]
    return {**_without_people(values, redactor), "is_redacted": True}


def _without_people(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(_shown, redactor.redact(value))
    if isinstance(value, list | tuple):
        return [_without_people(item, redactor) for item in value]
    if isinstance(value, dict):
        return {name: _part(name, item, redactor) for name, item in value.items()}
    return value


def _part(name: str, value: Any, redactor: Redactor) -> Any:
    if name in PERSONAL:
        return ""
    return value if name in PLAIN else _without_people(value, redactor)


def _shown(match: re.Match[str]) -> str:
    """ "[PERSON_1]" as a reader likes it: "[person 1]"."""
    return f"[{match[1].lower()} {match[2]}]"
