"""What a person has here: tokens for the API."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from engagements.access import personal
from psinsights.forms import TokenForm
from psinsights.lib import audit
from psinsights.lib.http import render_page
from psinsights.models import ApiToken

MOST_TOKENS = 50  # live ones of a person


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """A person's own tokens. POST makes one, whose text this one answer shows and nothing keeps."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    mine = ApiToken.objects.filter(user=request.user.pk).order_by("revoked_at", "-created_at")
    if request.method != "POST":
        return _tokens_page(request, form, mine)
    if form.is_valid() and mine.filter(revoked_at=None).count() >= MOST_TOKENS:
        form.add_error("name", f"{MOST_TOKENS} tokens are live. Revoke one first.")
    if not form.is_valid():
        return _tokens_page(request, form, mine, status=422)
    token, text = ApiToken.issue(request.user, form.cleaned_data["name"])  # type: ignore[arg-type]
    audit.record(request.user, "token.created", str(token.pk), token.name)
    return _tokens_page(request, TokenForm(), mine, status=201, fresh=token, text=text)


def _tokens_page(
    request: HttpRequest,
    form: TokenForm,
    mine: QuerySet[ApiToken],
    *,
    status: int = 200,
    fresh: ApiToken | None = None,
    text: str = "",
) -> HttpResponse:
    context = {"here": "tokens", "form": form, "tokens": mine[:100], "fresh": fresh, "text": text}
    return render_page(request, "settings/tokens.html", context, status=status)


@personal
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens; calls that use it fail from now on."""
    token = get_object_or_404(ApiToken, pk=pk, user=request.user.pk)
    if ApiToken.objects.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(request.user, "token.revoked", str(pk), token.name)
        messages.success(request, f"{token.name} is revoked. Calls that use it fail from now on.")
    return redirect("settings:tokens")
