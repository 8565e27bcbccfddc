"""Reading who is signed in: with their role, so that asking for it costs no query of its own."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class MemberBackend(ModelBackend):
    """Django's own way of signing in; a session's person comes with their membership."""

    def get_user(self, user_id: int) -> User | None:
        people = get_user_model().objects.select_related("membership")
        person = people.filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None
