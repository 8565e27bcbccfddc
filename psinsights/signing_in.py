"""Reading who is signed in: with their role, so that asking for it costs no query of its own."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from engagements.membership import role_of

SESSION_ROLE = "role"  # in the session: the role it was last used with


class MemberBackend(ModelBackend):
    """Django's own way of signing in; a session's person comes with their membership."""

    def get_user(self, user_id: int) -> User | None:
        people = get_user_model().objects.select_related("membership", "briefing_subscription")
        person = people.filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None


@receiver(user_logged_in)
def note_role(request: HttpRequest, user: User, **_: object) -> None:
    """Remember the role a session begins with."""
    request.session[SESSION_ROLE] = str(role_of(user) or "")
