"""The pages about logins: everybody's for admins, one's own password, and the first one by a link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST

from connectors.views import staff_only
from engagements.access import personal
from engagements.membership import Membership, Role, role_of
from psinsights import people
from psinsights.lib import audit
from psinsights.lib.http import paginate, person_of, render_page
from psinsights.people_forms import PersonForm, RoleForm

BACKEND = "psinsights.signing_in.MemberBackend"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def index(request: HttpRequest) -> HttpResponse:
    """Who may sign in, in which role; POST adds a login and shows its link once."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _index(request, form)
    if not form.is_valid():
        return _index(request, form, status=422)
    try:
        person = people.add(person_of(request), **form.cleaned_data)
    except IntegrityError:  # the same form, sent twice at once
        form.add_error("username", "There is a login of this name already.")
        return _index(request, form, status=422)
    link = request.build_absolute_uri(people.link_for(person_of(request), person))
    return _index(request, PersonForm(), status=201, fresh=person, link=link)


def _index(
    request: HttpRequest, form: PersonForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "here": "people",
        "form": form,
        "page": paginate(people.people(), request),
        "members": people.suggestions(),
        "meaning": _meaning(),
        "link_to_page": "?page=",
    }
    return render_page(request, "settings/people.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One login; POST changes its role and which team member it is."""
    person = _person(pk)
    if request.method != "POST":
        return _one(request, person, RoleForm(initial=_initial(person)))
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            people.give_role(person_of(request), person, **form.cleaned_data)
        except people.NotPossible as refusal:
            form.add_error("role", str(refusal))
    if form.errors:
        return _one(request, person, form, status=422)
    messages.success(request, f"{person.username} is {_article(form)} now.")
    # Who has just given away the role of an admin may not see this page again.
    keeps = person.pk != request.user.pk or form.cleaned_data["role"] == Role.ADMIN
    return redirect(reverse("settings:person", args=[pk]) if keeps else "settings:index")


@require_POST
@staff_only
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Deactivate or reactivate a login, or make a new link for a password."""
    person, by = _person(pk), person_of(request)
    try:
        if verb == "deactivate":
            people.deactivate(by, person)
            messages.success(request, f"{person.username} is deactivated and signed out.")
            return redirect("settings:person", pk)
        if verb == "reactivate":
            people.reactivate(by, person)
        elif verb != "link":
            raise Http404
        person = _person(pk)
        link = request.build_absolute_uri(people.link_for(by, person))
    except people.NotPossible as refusal:
        return _one(request, person, _form(person), status=409, refused=str(refusal))
    return _one(request, person, _form(person), status=201, link=link)


def _one(
    request: HttpRequest, person: User, form: RoleForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "here": "people",
        "person": person,
        "form": form,
        "role_now": role_of(person),
        "members": people.suggestions(),
        "meaning": _meaning(),
    }
    return render(request, "settings/person.html", context | more, status=status)


def _person(pk: int) -> User:
    return get_object_or_404(people.people(), pk=pk)


def _form(person: User) -> RoleForm:
    return RoleForm(initial=_initial(person))


def _initial(person: User) -> dict[str, str]:
    tied: Membership | None = getattr(person, "membership", None)
    role = role_of(person) or (tied.role if tied else "")
    return {"role": role, "member": (tied.member_id or tied.member_name) if tied else ""}


def _meaning() -> list[tuple[str, str, str]]:
    return [(role.value, role.label, told) for role, told in people.MEANING.items()]


def _article(form: RoleForm) -> str:
    role = form.cleaned_data["role"]
    return f"an {role}" if role == Role.ADMIN else f"a {role}"


# One's own password ──────────────────────────────────────────────────────────


class ChangePassword(PasswordChangeView):
    """One's own password; other browsers are signed out and this one goes on under another key."""

    template_name = "settings/password.html"
    success_url = reverse_lazy("settings:index", fragment="account")
    extra_context = {"here": "password"}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        audit.record(self.request.user, "password.changed")
        messages.success(self.request, "Your password is changed. Other browsers are signed out.")
        return response


@method_decorator(login_not_required, name="dispatch")
class Welcome(PasswordResetConfirmView):
    """Whoever was given a link chooses a password and is signed in; a link works once."""

    template_name = "registration/welcome.html"
    post_reset_login = True
    post_reset_login_backend = BACKEND
    success_url = reverse_lazy("dashboard")

    def get_user(self, uidb64: str) -> User | None:
        """Whose link it is; a login that was deactivated has none."""
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    def render_to_response(self, context: dict[str, Any], **given: Any) -> HttpResponse:
        if not context.get("validlink"):
            given["status"] = 404
        return super().render_to_response(context, **given)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        audit.record(self.user, "password.chosen")
        return response


change_password = personal(ChangePassword.as_view())
welcome = Welcome.as_view()
