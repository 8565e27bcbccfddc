"""A briefing as a mail: plain text first, the same in simple HTML, and one click to end it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from insights.briefing import wording
from insights.briefing.changes import Briefing
from insights.briefing.subscribing import token_of
from psinsights.lib.http import query

LOCAL = "http://127.0.0.1:8000"  # of a mail that goes to the console
WIDTH = 76


def base() -> str:
    """Where the product is reached, without a slash at the end."""
    return settings.BASE_URL or LOCAL


def message(person: User, briefing: Briefing) -> EmailMultiAlternatives:
    """The mail of a week. Its Message-ID stays the same when it is tried again."""
    page = reverse("briefing:index") + query(
        {"until": briefing.week.last, "scope": briefing.scope if briefing.scope == "mine" else ""}
    )
    stop = base() + reverse("briefing:unsubscribe", args=[token_of(person)])
    settings_page = f"{base()}{reverse('settings:index')}#account"
    links = {"page": base() + page, "stop": stop, "settings": settings_page}
    mail = EmailMultiAlternatives(
        subject=wording.subject(briefing),
        body=text_of(briefing, links),
        from_email=settings.BRIEFING_FROM,
        to=[person.email],
        headers=_headers(person, briefing, stop),
    )
    mail.attach_alternative(html_of(briefing, links), "text/html")
    return mail


def _headers(person: User, briefing: Briefing, stop: str) -> dict[str, str]:
    host = urlsplit(base()).hostname or "localhost"
    headers = {
        "Message-ID": f"<briefing-{briefing.week.monday}-{person.pk}@{host}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{stop}>",
    }
    if stop.startswith("https://"):  # RFC 8058 knows no one-click without it
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def text_of(briefing: Briefing, links: dict[str, str]) -> str:
    """The mail for whoever reads text."""
    return "\n".join(_lines(briefing, links)) + "\n"


def html_of(briefing: Briefing, links: dict[str, str]) -> str:
    """The same for whoever reads HTML: no remote content, nothing that tells it was opened."""
    context = {
        "briefing": briefing,
        "verdict": wording.verdict(briefing),
        "besides": wording.besides(briefing),
        "scope": wording.scope_words(briefing),
        "sections": wording.sections(briefing),
        "base": base(),
        "links": links,
    }
    return render_to_string("briefing/mail.html", context)


def _lines(briefing: Briefing, links: dict[str, str]) -> Iterator[str]:
    yield f"Weekly briefing, {briefing.week.span}"
    yield f"Of {wording.scope_words(briefing)}; data as of {briefing.as_of} from {briefing.source}."
    yield ""
    yield from _wrapped(f"{wording.verdict(briefing)} {wording.besides(briefing)}".strip())
    for section in wording.sections(briefing):
        yield ""
        yield section.title.upper()
        for line in section.lines:
            yield ""
            yield from _wrapped(f"* {line.about}: {line.said}", indent="  ")
            if line.quote:
                yield from _wrapped(f'  "{line.quote}" ({line.source})', indent="  ")
            yield f"  {base()}{line.href}"
        if section.more:
            yield f"  and {section.more} more"
    if briefing.caveats:
        yield ""
        yield "ABOUT THE DATA"
        for caveat in briefing.caveats:
            yield from _wrapped(f"* {caveat.sentence}", indent="  ")
    yield ""
    yield f"The page: {links['page']}"
    yield ""
    yield "-- "
    yield "You get this because you asked for it. A week in which nothing changes sends none."
    yield f"End it:   {links['stop']}"
    yield f"Settings: {links['settings']}"


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Lines of a width that every reader shows; what came with breaks of its own is one paragraph."""
    return textwrap.wrap(
        " ".join(text.split()) if not text.startswith("  ") else "  " + " ".join(text.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
