"""Starting and ending the weekly mail, signed in or by the link of a mail."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer

from insights.briefing.models import BriefingSubscription
from psinsights.lib import audit

SALT = "insights.briefing.unsubscribe"


def token_of(person: User) -> str:
    """What ends this person's mail, whoever holds it. It does nothing else, and never runs out."""
    return Signer(salt=SALT).sign(str(person.pk))


def person_of(token: str) -> User | None:
    """The person a token was made for; None for a forged one and for people who are gone."""
    try:
        key = Signer(salt=SALT).unsign(token)
    except BadSignature:
        return None
    return get_user_model().objects.filter(pk=key).first()


def subscription_of(person: User) -> BriefingSubscription | None:
    """What the person wants; None when they never said. No query of who was read with it."""
    return getattr(person, "briefing_subscription", None)


def subscribe(person: User, scope: str, *, email: str = "") -> None:
    """Send the mail from the next run on; ``email`` is kept where the login had none."""
    if email and not person.email:
        person.email = email
        person.save(update_fields=["email"])
        audit.record(person, "account.email", str(person.pk))
    BriefingSubscription.objects.update_or_create(
        user=person, defaults={"scope": scope, "is_on": True}
    )
    audit.record(person, "briefing.subscribed", str(person.pk), scope)


def unsubscribe(person: User, *, how: str = "settings") -> bool:
    """Send no more. False when there was nothing to end."""
    ended = BriefingSubscription.objects.filter(user=person.pk, is_on=True).update(is_on=False)
    if ended:
        audit.record(person, "briefing.unsubscribed", str(person.pk), how)
    return bool(ended)
