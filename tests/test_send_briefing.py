"""The weekly mail: what arrives, who gets one, how often, and what goes wrong."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from insights.briefing import sending
from insights.models import BriefingDelivery, BriefingSubscription
from tests.briefing_mail import BASE, SENDER, halden, ines, of_that_day, post, reader, run, state
from tests.briefings import WORDS, make_action, subscribed
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_event,
    make_member,
    make_reading,
)
from tests.mail_server import mail_server
from tests.processes import manage
from tests.waiting import until

__all__ = ["halden", "ines", "of_that_day", "post"]
pytestmark = pytest.mark.django_db


# What arrives ────────────────────────────────────────────────────────────────


def test_a_subscriber_gets_the_week_as_text_and_html(post, halden, ines):
    assert "ines: sent: PS Insights, 13 to 19 Nov 2026: 1 worse, 1 new risk." in run()
    (mail,) = post.arrived
    assert post.recipients == ["ines@example.org"]
    assert (mail["From"], mail["To"]) == (SENDER, "ines@example.org")
    assert mail["Subject"] == "PS Insights, 13 to 19 Nov 2026: 1 worse, 1 new risk"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",)).get_content()
    assert "1 engagement got worse, none better, of 1 open engagement." in text
    assert f'"{WORDS}.'[:40] in text
    assert f"{BASE}/engagements/ENG-H?at=N-9#N-9" in text
    assert f"{BASE}/briefing?until=2026-11-19" in text


def test_the_html_of_a_mail_escapes_and_loads_nothing_from_elsewhere(post, halden, ines):
    run()
    html = post.arrived[0].get_body(("html",)).get_content()
    assert "Halden &lt;b&gt;Freight&lt;/b&gt;" in html
    assert not re.findall(r"<(?:img|script|link|iframe|object)|url\(|\bsrc=", html)
    assert all(link.startswith(f"{BASE}/") for link in re.findall(r'href="([^"]+)"', html))


def test_a_name_with_line_breaks_adds_no_header(post, halden, ines):
    run()
    assert post.arrived[0]["Bcc"] is None
    assert post.recipients == ["ines@example.org"]


def test_the_text_holds_no_line_that_readers_fold(post, halden, ines):
    run()
    lines = post.arrived[0].get_body(("plain",)).get_content().splitlines()
    assert all(len(line) <= 90 for line in lines if "https://" not in line)


def test_the_mail_holds_only_what_the_person_may_see(post, halden):
    coen = get_user_model().objects.create_user("coen")
    subscribed(make_member(coen, "consultant", "TM-1"), "all")
    make_event(make_engagement(customer_name="Coen’s own", owner_id="TM-1"))
    run()
    (mail,) = post.arrived
    assert "Coen’s own" in mail.get_body(("plain",)).get_content()
    assert "Halden" not in mail.as_string()


def test_mine_is_sent_to_who_asked_for_it(post, halden):
    mara = get_user_model().objects.create_user("mara")
    subscribed(make_member(mara, "manager", "TM-7"), "mine")
    assert "nothing changed between 13 and 19 Nov, so nothing is sent" in run()
    make_event(make_engagement(customer_name="Mara’s own", owner_id="TM-7"))
    run()
    text = post.arrived[0].get_body(("plain",)).get_content()
    assert "Mara’s own" in text
    assert "Halden" not in text
    assert f"{BASE}/briefing?until=2026-11-19&scope=mine" in text


# Who gets one, and how often ─────────────────────────────────────────────────


def test_an_empty_briefing_is_not_sent_and_said(post, ines):
    make_engagement()
    assert run() == (
        "ines: nothing changed between 13 and 19 Nov, so nothing is sent.\n0 briefings sent.\n"
    )
    assert post.arrived == []
    assert not BriefingDelivery.objects.exists()


def test_what_is_merely_late_sends_no_mail(post, ines):
    make_action(make_engagement(), due_on=days(-30))
    assert "nothing is sent" in run()


def test_running_twice_sends_once(post, halden, ines):
    run()
    assert "ines: has had the mail of 13 to 19 Nov 2026." in run()
    assert len(post.arrived) == 1


def test_the_next_week_sends_the_next(post, halden, ines, settings):
    run()
    settings.TODAY = days(7).isoformat()
    make_event(halden, day=days(5))
    run()
    assert len(post.arrived) == 2
    assert len({mail["Message-ID"] for mail in post.arrived}) == 2


def test_an_earlier_week_can_be_sent_by_a_day_of_it(post, halden, ines):
    make_event(halden, day=days(-15))
    make_reading(halden, days(-40))
    assert "2 to 8 Nov 2026" in run("--week", "2026-11-04")
    assert "has had the mail of 2 to 8 Nov" in run("--week", "2026-11-08")


def test_a_week_that_cannot_be_is_an_error_with_a_sentence(post, halden, ines):
    with pytest.raises(CommandError, match="A week is asked for by a date"):
        run("--week", "soon")


def test_nobody_is_sent_what_they_did_not_ask_for(post, halden, ines):
    BriefingSubscription.objects.update(is_on=False)
    make_member(get_user_model().objects.create_user("never", email="never@example.org"))
    assert run() == "Nobody has asked for the briefing.\n"
    BriefingSubscription.objects.update(is_on=True)
    get_user_model().objects.filter(username="ines").update(is_active=False)
    assert run() == "Nobody has asked for the briefing.\n"
    assert post.arrived == []


def test_one_person_alone(post, halden, ines):
    reader("omar")
    assert "omar: sent" in run("--to", "omar")
    assert post.recipients == ["omar@example.org"]
    with pytest.raises(CommandError, match="nobody is nobody who is active and has asked"):
        run("--to", "nobody")


def test_somebody_without_an_address_is_named_and_does_not_stop_others(post, halden, ines):
    reader("adam")
    get_user_model().objects.filter(username="adam").update(email="")
    said = StringIO()
    with pytest.raises(CommandError, match=r"1 briefing of 2 could not be sent"):
        call_command("send_briefing", stdout=said)
    assert "adam: has no e-mail address" in said.getvalue()
    assert post.recipients == ["ines@example.org"]


def test_a_dry_run_sends_nothing_and_shows_what_it_would(post, halden, ines):
    said = run("--dry-run", "--to", "ines")
    assert "ines: would be sent: PS Insights, 13 to 19 Nov 2026" in said
    assert "GOT WORSE" in said
    assert post.arrived == []
    assert not BriefingDelivery.objects.exists()


def test_mail_goes_to_the_console_where_nothing_else_is_set(halden, ines, settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    run()
    assert "Subject: PS Insights, 13 to 19 Nov 2026" in capsys.readouterr().out
    assert state(ines) == "sent"


# Two at once ─────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_once(halden, ines):
    with mail_server() as mailbox:
        mailbox.hold = threading.Event()
        environment = {
            "EMAIL_URL": mailbox.url, "BASE_URL": BASE, "BRIEFING_FROM": SENDER,
            "TODAY": DAY.isoformat(),
        }  # fmt: skip
        both = [manage("send_briefing", **environment) for _ in range(2)]
        try:
            # One of them is held at the server, so the other meets its claim.
            until(lambda: any(one.poll() is not None for one in both), what="one of two ends")
        finally:
            mailbox.hold.set()
        said = sorted(one.communicate(timeout=60)[0].decode() for one in both)
        assert [one.returncode for one in both] == [0, 0], said
    assert "sent by another run" in said[1] + said[0]
    assert len(mailbox.arrived) == 1
    assert state(ines) == "sent"


def test_a_claim_is_won_by_one_alone(ines):
    week = sending.asked_week("", "", as_of=DAY, since=DAY)
    first = BriefingDelivery.objects.row_for(ines.pk, week)
    second = BriefingDelivery.objects.row_for(ines.pk, week)
    assert first.pk == second.pk
    assert (first.claim(), second.claim()) == (True, False)
    second.settle("failed", "not mine to say")
    assert state(ines) == "sending"


def test_a_run_that_died_on_the_way_is_repeated_only_when_asked_for(post, halden, ines):
    week = sending.asked_week("", "", as_of=DAY, since=DAY)
    BriefingDelivery.objects.row_for(ines.pk, week).claim()
    assert "being sent by another run" in run()
    BriefingDelivery.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("send_briefing", stdout=said)
    assert "it may have left. `send_briefing --to ines` sends it again" in said.getvalue()
    assert post.arrived == []
    assert "ines: sent" in run("--to", "ines")
    assert len(post.arrived) == 1


# What goes wrong ─────────────────────────────────────────────────────────────


def test_a_refused_address_fails_alone_and_is_tried_again(post, halden, ines):
    post.refused.add("adam@example.org")
    adam, zoe = reader("adam"), reader("zoe")
    said = StringIO()
    with pytest.raises(CommandError, match=r"1 briefing of 3 could not be sent; see above"):
        call_command("send_briefing", stdout=said)
    assert "adam: not sent. The mail server refused the address (550)." in said.getvalue()
    assert "canary-detail" not in said.getvalue()
    assert sorted(post.recipients) == ["ines@example.org", "zoe@example.org"]
    assert [state(one) for one in (adam, ines, zoe)] == ["failed", "sent", "sent"]
    post.refused.clear()
    assert "adam: sent" in run()
    assert len(post.to("zoe@example.org")) == 1


def test_a_server_that_is_down_is_said_and_retried(post, halden, ines, settings):
    reader("zoe")
    with mail_server() as gone:
        settings.EMAIL_PORT = gone.port
    said = StringIO()
    with pytest.raises(CommandError, match=r"2 briefings of 2 could not be sent"):
        call_command("send_briefing", stdout=said)
    assert (
        said.getvalue().count("The mail server cannot be reached. The next run tries again.") == 2
    )
    assert state(ines) == "failed"
    settings.EMAIL_PORT = post.port
    assert "2 briefings sent." in run()


def test_a_connection_that_breaks_is_a_failure_and_the_same_mail_comes_again(post, halden, ines):
    post.breaks_at_data = True
    with pytest.raises(CommandError):
        run()
    assert BriefingDelivery.objects.get().error == "The mail server broke off the connection."
    post.breaks_at_data = False
    run()
    assert post.arrived[0]["Message-ID"] == f"<briefing-2026-11-16-{ines.pk}@insights.example>"


def test_what_failed_last_week_goes_out_with_this_week(post, halden, ines, settings):
    post.refused.add("ines@example.org")
    with pytest.raises(CommandError):
        run()
    post.refused.clear()
    settings.TODAY = days(7).isoformat()
    make_event(halden, day=days(5))
    run()
    assert ["13 to 19 Nov" in m["Subject"] for m in post.arrived] == [True, False]


def test_an_address_that_would_forge_a_header_fails_with_a_sentence(post, halden, ines):
    reader("zoe")
    get_user_model().objects.filter(pk=ines.pk).update(email="ines@example.org\nBcc: x@y.z")
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("send_briefing", stdout=said)
    assert "ines: not sent. The person's address or BRIEFING_FROM is no e-mail" in said.getvalue()
    assert post.recipients == ["zoe@example.org"]


def test_a_failure_ends_the_process_with_one_and_gives_no_secret_away(tmp_path):
    process = manage(
        "send_briefing", EMAIL_URL="smtp://user:canaryPassword@127.0.0.1:9", BRIEFING_FROM=SENDER,
        DATABASE_URL=f"sqlite:///{tmp_path / 'none.sqlite3'}",
    )  # fmt: skip
    said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 1
    assert "EMAIL_URL sends mails, and BASE_URL is empty" in said
    assert "canaryPassword" not in said
