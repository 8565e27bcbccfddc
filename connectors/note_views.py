"""The page, and the piece of a page, on which a delivery note is written or edited."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from connectors.notes import LONGEST, NoteChanged, edit_note, editable_by, write_note
from engagements.access import workers_only
from engagements.models import DeliveryNote, Engagement, Standing
from engagements.records import Sentiment
from psinsights.lib.http import missing, record_link, render_page, wants_fragment

FEELINGS = [("", "Not said"), *((str(word), str(word).capitalize()) for word in Sentiment)]


class Writing(forms.CharField):
    """Text of several lines, with one kind of line end; what no source could store is refused."""

    def to_python(self, value: str | None) -> str:
        # Browsers send two characters for a line end and count one.
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise forms.ValidationError(
                "One of the characters cannot be stored. Type the text anew."
            ) from None
        return text


class NoteForm(forms.Form):
    """A note's words and how its author feels about it."""

    content = Writing(
        max_length=LONGEST,
        error_messages={
            "required": "Write something before saving.",
            "max_length": "A note has at most 20,000 characters; this one has %(show_value)d.",
        },
    )
    sentiment = forms.ChoiceField(
        required=False,
        choices=FEELINGS,
        error_messages={"invalid_choice": "Choose one of the listed feelings."},
    )
    draft = forms.CharField(required=False, max_length=64)
    version = forms.CharField(required=False, max_length=64)


@require_http_methods(["GET", "HEAD", "POST"])
@workers_only
def add(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """A new note: its form, in the timeline or on a page of its own, and saving it."""
    engagement = _engagement(request, engagement_id)
    if engagement is None:
        return missing(request, f"There is no engagement {engagement_id[:60]} in the data.")
    if request.method != "POST":
        return _form(request, engagement, NoteForm(initial={"draft": uuid.uuid4().hex}))
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _form(request, engagement, form)
    asked, before = form.cleaned_data, _score(engagement)
    note = write_note(
        engagement,
        request.user,
        asked["content"],
        sentiment=asked["sentiment"],
        draft=asked["draft"],
    )
    messages.success(request, f"Note saved. {_told(before, _score(engagement))}")
    return _to_note(request, note)


@require_http_methods(["GET", "HEAD", "POST"])
@workers_only
def edit(request: HttpRequest, engagement_id: str, note_id: str) -> HttpResponse:
    """One's own note that was written here, to be put in other words."""
    engagement = _engagement(request, engagement_id)
    note = _own_note(request, engagement, note_id)
    if engagement is None or note is None:
        return missing(request, f"There is no note {note_id[:60]} that you could edit.")
    if request.method != "POST":
        return _form(request, engagement, _form_of(note), note)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _form(request, engagement, form, note)
    asked, before = form.cleaned_data, _score(engagement)
    try:
        changed = edit_note(
            note,
            request.user,
            asked["content"],
            sentiment=asked["sentiment"],
            version=asked["version"],
        )
    except NoteChanged as refusal:
        form.add_error(None, str(refusal))
        return _form(request, engagement, form, note)
    if changed:
        messages.success(request, f"Note changed. {_told(before, _score(engagement))}")
    return _to_note(request, note)


def _engagement(request: HttpRequest, engagement_id: str) -> Engagement | None:
    if "\0" in engagement_id:
        return None
    visible = Engagement.objects.visible_to(request.user)
    return visible.filter(pk=engagement_id).first()


def _own_note(
    request: HttpRequest, engagement: Engagement | None, note_id: str
) -> DeliveryNote | None:
    if engagement is None or "\0" in note_id:
        return None
    note = engagement.notes.filter(pk=note_id).first()
    return note if note is not None and editable_by(request.user)(note) else None


def _form_of(note: DeliveryNote) -> NoteForm:
    return NoteForm(
        initial={
            "content": note.content,
            "sentiment": note.sentiment or "",
            "version": note.row_hash,
        }
    )


def _form(
    request: HttpRequest, engagement: Engagement, form: NoteForm, note: DeliveryNote | None = None
) -> HttpResponse:
    here = reverse("engagements:detail", args=[engagement.pk])
    context = {
        "engagement": engagement,
        "note": note,
        "form": form,
        "feelings": FEELINGS,
        "longest": LONGEST,
        "action": request.path,
        "back": record_link(here, note.pk) if note else f"{here}#tl",
    }
    # htmx leaves an answer of 4xx where it is, and the form must be seen with its error.
    status = 422 if form.errors and not wants_fragment(request) else 200
    return render_page(
        request, "engagements/note_form.html", context, partial="form", status=status
    )


def _to_note(request: HttpRequest, note: DeliveryNote) -> HttpResponse:
    place = record_link(reverse("engagements:detail", args=[note.engagement_id]), note.pk)
    return HttpResponseClientRedirect(place) if wants_fragment(request) else redirect(place)


def _score(engagement: Engagement) -> int | None:
    return Standing.objects.filter(engagement=engagement).values_list("health", flat=True).first()


def _told(before: int | None, after: int | None) -> str:
    if before is None or after is None or before == after:
        return "Insights that read notes are now out of date."
    return f"Health went from {before} to {after}; insights that read notes are now out of date."
