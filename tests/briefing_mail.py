"""What the tests of the briefing's mail share: people, a week, and the mails that left."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from insights.models import BriefingDelivery
from tests.briefings import WORDS, make_risk, subscribed
from tests.factories import (
    DAY,
    make_engagement,
    make_event,
    make_member,
    make_note,
)
from tests.mail_server import mail_server

BASE = "https://insights.example"
SENDER = "PS Insights <insights@example.org>"


@pytest.fixture
def post(settings):
    """A running mail server, which the settings name."""
    with mail_server() as mailbox:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        yield mailbox


@pytest.fixture(autouse=True)
def of_that_day(settings):
    settings.TODAY, settings.BASE_URL, settings.BRIEFING_FROM = DAY.isoformat(), BASE, SENDER
    settings.EMAIL_TIMEOUT = 5


@pytest.fixture
def halden():
    """An engagement to which something happened, with a quote that would break a mail."""
    row = make_engagement(
        engagement_id="ENG-H", customer_name="Halden <b>Freight</b>\r\nBcc: x@y.z"
    )
    make_event(row)
    make_risk(row, make_note(row, note_id="N-9", content=f"{WORDS}. More below."))
    return row


def reader(name: str, **given):
    person = get_user_model().objects.create_user(name)
    return subscribed(make_member(person), **given)


@pytest.fixture
def ines():
    return reader("ines")


def run(*words: str) -> str:
    said = StringIO()
    call_command("send_briefing", *words, stdout=said)
    return said.getvalue()


def state(person) -> str:
    return BriefingDelivery.objects.get(user=person).state
