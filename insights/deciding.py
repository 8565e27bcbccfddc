"""What people decide of risks and actions: one verb each, kept with what was before, undoable."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from insights.models import Action, Decision, Risk
from insights.search import index_actions
from psinsights.lib import audit

User = AbstractBaseUser | AnonymousUser
# What each verb makes of its subject; None leaves its status as it is.
RISK_VERBS: dict[str, Risk.Status | None] = {
    "accept": Risk.Status.ACKNOWLEDGED,
    "mitigate": Risk.Status.MITIGATING,
    "resolve": Risk.Status.RESOLVED,
    "dismiss": Risk.Status.DISMISSED,
    "reopen": Risk.Status.OPEN,
    "assign": None,
}
ACTION_VERBS: dict[str, Action.Status | None] = {
    "accept": Action.Status.ACCEPTED,
    "edit": Action.Status.EDITED,
    "start": Action.Status.IN_PROGRESS,
    "done": Action.Status.DONE,
    "dismiss": Action.Status.DISMISSED,
    "later": None,
}
LATER_DAYS = 7
RISK_COLUMNS = ("status", "owner", "due_on", "resolved_on", "resolution", "dismissed_reason")
ACTION_COLUMNS = (
    "status", "owner", "due_on", "title", "done_on", "dismissed_reason", "decided_by",
)  # fmt: skip
DATES = {"due_on", "resolved_on", "done_on"}


class NotDecidable(Exception):
    """The verb does not fit: a sentence says why."""


def decide_risk(
    risk: Risk,
    verb: str,
    user: User,
    *,
    day: date,
    reason: str = "",
    owner: str = "",
    due_on: date | None = None,
) -> Decision:
    """Apply a verb of RISK_VERBS to a risk. Dismissing needs a reason, assigning an owner."""
    if verb not in RISK_VERBS:
        raise NotDecidable(f"A risk cannot be asked to {verb[:20]!r}.")
    if verb == "dismiss" and not reason.strip():
        raise NotDecidable("Say why it is dismissed. It then comes back only on new evidence.")
    if verb == "assign" and not owner.strip():
        raise NotDecidable("Say who answers for it.")
    before = _snapshot(risk, RISK_COLUMNS)
    risk.owner = owner.strip()[:150] or risk.owner or user.get_username()
    if verb == "assign":
        risk.due_on = due_on
    else:
        _give_status(risk, verb, user, day, reason)
    return _keep(risk, RISK_COLUMNS, verb, user, reason, before)


def _give_status(risk: Risk, verb: str, user: User, day: date, reason: str) -> None:
    risk.status = RISK_VERBS[verb] or risk.status
    risk.dismissed_reason = reason.strip()[:300] if verb == "dismiss" else ""
    risk.resolved_on = day if verb == "resolve" else None
    risk.resolution = f"Resolved by {user.get_username()}."[:300] if verb == "resolve" else ""


def decide_action(
    action: Action,
    verb: str,
    user: User,
    *,
    day: date,
    reason: str = "",
    owner: str = "",
    title: str = "",
    due_on: date | None = None,
) -> Decision:
    """Apply a verb of ACTION_VERBS to an action. Dismissing needs a reason, editing a title."""
    if verb not in ACTION_VERBS:
        raise NotDecidable(f"An action cannot be asked to {verb[:20]!r}.")
    if verb == "dismiss" and not reason.strip():
        raise NotDecidable("Say why it is dismissed. It then comes back only on new evidence.")
    if verb == "edit" and not title.strip():
        raise NotDecidable("Say what is to be done.")
    if verb == "later" and action.status not in Action.TAKEN:
        raise NotDecidable("Only what was taken on and is not done can be put off.")
    before = _snapshot(action, ACTION_COLUMNS)
    action.status = ACTION_VERBS[verb] or action.status
    action.decided_by = user.get_username()
    action.owner = owner.strip()[:150] or action.owner or user.get_username()
    action.title = title.strip()[:600] if verb == "edit" else action.title
    action.due_on = _due(action, verb, day, due_on)
    action.done_on = day if verb == "done" else None
    action.dismissed_reason = reason.strip()[:300] if verb == "dismiss" else ""
    return _keep(action, ACTION_COLUMNS, verb, user, reason, before)


def _due(action: Action, verb: str, day: date, given: date | None) -> date:
    if verb == "later":
        return max(action.due_on, day) + timedelta(days=LATER_DAYS)
    return given or action.due_on


def undo(subject: Risk | Action, user: User) -> bool:
    """Take the last decision back; False when there is none to take back."""
    last = subject.decisions.filter(undone=False).order_by("-pk").first()
    if last is None:
        return False
    for name, value in last.before.items():
        setattr(subject, name, date.fromisoformat(value) if name in DATES and value else value)
    with transaction.atomic():
        subject.save(update_fields=list(last.before))
        _let_find(subject)
        last.undone = True
        last.save(update_fields=["undone"])
        audit.record(user, f"{_name(subject)}.undo", str(subject.pk), last.verb)
    return True


def _let_find(subject: Risk | Action) -> None:
    """An action may have got another title; a decision leaves a risk's words as they are."""
    if isinstance(subject, Action):
        index_actions(subject.engagement_id)


def _snapshot(subject: Risk | Action, columns: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(subject, name) for name in columns}
    return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}


def _keep(
    subject: Risk | Action,
    columns: tuple[str, ...],
    verb: str,
    user: User,
    reason: str,
    before: dict[str, Any],
) -> Decision:
    name = _name(subject)
    with transaction.atomic():
        subject.save(update_fields=list(columns))
        _let_find(subject)
        audit.record(user, f"{name}.{verb}", str(subject.pk), subject.engagement_id)
        return Decision.objects.create(
            user=user if user.is_authenticated else None,  # type: ignore[misc]
            verb=verb,
            reason=reason.strip()[:300],
            before=before,
            **{name: subject},
        )


def _name(subject: Risk | Action) -> str:
    return "risk" if isinstance(subject, Risk) else "action"
