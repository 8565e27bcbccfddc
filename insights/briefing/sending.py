"""Sending the week's mails: each person's own, at most once a week, whoever else is sending."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from connectors.as_of import portfolio_day
from connectors.freshness import glance
from insights.briefing.gather import briefing_of, known_of, scoped
from insights.briefing.mail import message
from insights.briefing.models import SILENT, BriefingDelivery, BriefingSubscription
from insights.briefing.post import Post
from insights.briefing.weeks import DAYS, Week, asked_week

logger = logging.getLogger(__name__)
State = BriefingDelivery.State
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one person's mail, as a sentence."""

    person: str
    sentence: str
    sent: bool = False
    failed: bool = False
    mail: EmailMultiAlternatives | None = None  # of a dry run: what would be sent


class NobodyThere(Exception):
    """The person who was named gets no briefing; the sentence says why."""


def send(*, week: str = "", to: str = "", dry_run: bool = False) -> Iterator[Outcome]:
    """Send what is due: of ``week`` (a date in it) or the newest seven days, to all or one person.

    Mails of the week before that failed are tried once more. Raises :class:`NobodyThere`, and
    :class:`insights.briefing.weeks.NoSuchWeek` for a week of which nothing is known.
    """
    run = _Run(asked=week, named=bool(to), dry_run=dry_run)
    for subscription in _subscriptions(to):
        if not subscription.user.email:
            sentence = "has no e-mail address: add one on the settings page."
            yield Outcome(person=subscription.user.get_username(), sentence=sentence, failed=True)
            continue
        yield from run.for_person(subscription)


def _subscriptions(to: str) -> list[BriefingSubscription]:
    wanted = BriefingSubscription.objects.filter(is_on=True, user__is_active=True)
    rows = wanted.select_related("user__membership").order_by("user__username")
    if not to:
        return list(rows)
    named = list(rows.filter(user__username=to))
    if not named:
        raise NobodyThere(f"{to[:150]} is nobody who is active and has asked for the briefing.")
    return named


class _Run:
    """One run over the subscriptions: the day, the post, and what was asked."""

    def __init__(self, *, asked: str, named: bool, dry_run: bool) -> None:
        self.asked, self.named, self.dry_run = asked, named, dry_run
        self.as_of, self.glance, self.post = portfolio_day(), glance(), Post()

    def for_person(self, subscription: BriefingSubscription) -> Iterator[Outcome]:
        """This week's mail, after the one of the week before where that failed."""
        person, scope = subscription.user, subscription.scope
        known = known_of(scoped(person, scope))
        week = asked_week(self.asked, "", as_of=self.as_of, since=known.since or self.as_of)
        rows = {row.week: row for row in _rows(person, week)}
        for monday in sorted({*rows, week.monday}):
            row = rows.get(monday)
            about = self._week_of(row) if row else week
            if row is not None and (told := self._settled(row)):
                yield Outcome(person=person.get_username(), **told)
                continue
            briefing = briefing_of(
                person, scope, about, as_of=self.as_of, glance=self.glance, known=known
            )
            if briefing.is_empty:
                sentence = f"nothing changed between {about.words}, so nothing is sent."
                yield Outcome(person=person.get_username(), sentence=sentence)
            else:
                yield self._sent(person, about, message(person, briefing))

    def _week_of(self, row: BriefingDelivery) -> Week:
        return Week(first=row.first, last=row.last, newest=row.last == self.as_of)

    def _settled(self, row: BriefingDelivery) -> dict[str, Any]:
        """What is to say of a mail that is not to be sent now; nothing of one that is."""
        if row.state == State.SENT:
            return {"sentence": f"has had the mail of {self._week_of(row).span}."}
        if row.state != State.SENDING:
            return {}
        if row.claimed_at and timezone.now() - row.claimed_at < SILENT:
            return {"sentence": "the mail is being sent by another run."}
        if self.named:
            return {}
        who = row.user.get_username()
        sentence = (
            "the run that sent the mail ended on the way: it may have left. "
            f"`send_briefing --to {who}` sends it again."
        )
        return {"sentence": sentence, "failed": True}

    def _sent(self, person: User, week: Week, mail: EmailMultiAlternatives) -> Outcome:
        who = person.get_username()
        if self.dry_run:
            return Outcome(person=who, sentence=f"would be sent: {mail.subject}.", mail=mail)
        row = BriefingDelivery.objects.row_for(person.pk, week)
        if not row.claim(even_unknown=self.named):
            return Outcome(person=who, sentence="the mail is being sent by another run.")
        problem = self.post.send(mail)
        row.settle(State.FAILED if problem else State.SENT, problem)
        logger.info("briefing %s: %s", row.pk, "failed" if problem else "sent")
        if problem:
            return Outcome(
                person=who, sentence=f"not sent. {problem} The next run tries again.", failed=True
            )
        return Outcome(person=who, sentence=f"sent: {mail.subject}.", sent=True)


def _rows(person: User, week: Week) -> list[BriefingDelivery]:
    """The mail of this week, and the one of the week before if it failed."""
    mondays = (week.monday - timedelta(days=DAYS), week.monday)
    rows = BriefingDelivery.objects.filter(user=person.pk, week__in=mondays).select_related("user")
    return [row for row in rows if row.week == week.monday or row.state == State.FAILED]


def send_due(now: datetime | None = None) -> bool:
    """What the worker does on BRIEFING_DAY from BRIEFING_HOUR on; whether anything was sent."""
    now = now or datetime.now(UTC)
    if WEEKDAYS[now.weekday()] != settings.BRIEFING_DAY or now.hour < settings.BRIEFING_HOUR:
        return False
    outcomes = list(send())
    for outcome in outcomes:
        if outcome.failed:
            logger.warning("briefing: %s", outcome.sentence)
    return any(outcome.sent for outcome in outcomes)
