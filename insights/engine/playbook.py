"""What to do about each kind of risk, and by when: one play per reason code.

A title begins with a verb and may hold ``{matter}``, what the risk is about in the note's words.
Priorities follow exposure; due dates are counted in working days, Monday to Friday.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from insights.reasons import CRITICAL_FROM, HIGH_FROM

WORKING_DAYS = {"P1": 2, "P2": 5, "P3": 10}
"""Working days until an action of each priority is due."""


class Play(NamedTuple):
    """What to do about one reason: title without and with the matter, owner, effort, end."""

    title: str
    about: str
    owner_role: str
    effort: str
    done_when: str


LEAD, MANAGER, CONSULTANT, ARCHITECT = (
    "Engagement lead", "Delivery manager", "Consultant", "Solution architect",
)  # fmt: skip

PLAYBOOK: dict[str, Play] = {
    "overdue_task": Play(
        "Finish or re-date the overdue work", "Finish or re-date {matter}",
        CONSULTANT, "M", "The task is completed or carries a date its owner has agreed to",
    ),
    "milestone_slip": Play(
        "Agree a new date for the milestone with the customer", "Agree a new date for {matter}",
        LEAD, "M", "The customer has confirmed the new date in writing and the plan shows it",
    ),
    "date_moved": Play(
        "Tell the customer what moved the date", "Tell the customer why the date moved: {matter}",
        LEAD, "S", "The customer knows the new date, its cause and what follows from it",
    ),
    "low_velocity": Play(
        "Re-plan the work that is left against the end date",
        "Re-plan the work that is left: {matter}",
        MANAGER, "M", "Every open task has an owner and a date that fits the end date",
    ),
    "waiting_customer": Play(
        "Get a named owner and a date from the customer",
        "Get an owner and a date from the customer for {matter}",
        LEAD, "S", "The customer has delivered it, or named a person and a date",
    ),
    "waiting_vendor": Play(
        "Chase the vendor for a committed date", "Chase the vendor for a date on {matter}",
        LEAD, "S", "The vendor has delivered it, or committed to a date",
    ),
    "access_missing": Play(
        "Escalate the missing access", "Escalate the missing access: {matter}",
        LEAD, "S", "Everybody who needs the access has signed in with it",
    ),
    "env_not_ready": Play(
        "Agree who makes the environment ready, and by when",
        "Agree who makes it ready, and by when: {matter}",
        ARCHITECT, "M", "A smoke test runs in the environment",
    ),
    "scope_creep": Play(
        "Take the growing scope through change control", "Take through change control: {matter}",
        LEAD, "M", "The addition is in a signed change request, or out of the plan",
    ),
    "unclear_requirement": Play(
        "Settle the unclear requirement in a short workshop",
        "Settle in a short workshop: {matter}",
        CONSULTANT, "S", "The requirement is written down and its owner has confirmed it",
    ),
    "change_request": Play(
        "Decide the open change request", "Decide the change request: {matter}",
        LEAD, "S", "The change request is signed or turned down",
    ),
    "key_person": Play(
        "Name a second person and hand the knowledge over",
        "Name a stand-in and hand the knowledge over: {matter}",
        MANAGER, "M", "A second person has done the work alongside",
    ),
    "capacity_conflict": Play(
        "Settle the capacity conflict for the coming sprint", "Settle the capacity for {matter}",
        MANAGER, "M", "The people the plan needs are booked in it",
    ),
    "handover_gap": Play(
        "Write down and walk through the handover", "Walk through the handover: {matter}",
        CONSULTANT, "M", "The receiving person has confirmed that nothing is missing",
    ),
    "data_quality": Play(
        "Agree with the data owner how the data is put right",
        "Agree with the data owner how to put right: {matter}",
        CONSULTANT, "M", "A check on the data passes and runs with each load",
    ),
    "performance": Play(
        "Profile the slow part and agree a target", "Profile and set a target for {matter}",
        ARCHITECT, "M", "A measured run meets the agreed target",
    ),
    "integration": Play(
        "Trace the integration problem with both sides in one call",
        "Trace with both sides in one call: {matter}",
        ARCHITECT, "M", "A message has gone through from end to end",
    ),
    "failed_runs": Play(
        "Find why the runs fail and add an alert", "Find the cause and add an alert: {matter}",
        CONSULTANT, "M", "The job has run clean for a week",
    ),
    "sponsor_absent": Play(
        "Get time with the sponsor, or a deputy", "Get time with the sponsor: {matter}",
        LEAD, "S", "A meeting with the sponsor or a named deputy is held",
    ),
    "low_engagement": Play(
        "Call the customer and write down how things stand",
        "Bring the customer back to the table: {matter}",
        LEAD, "S", "A new note says how things stand and what comes next",
    ),
    "sentiment_drop": Play(
        "Ask the customer what has gone wrong, and act on it",
        "Talk with the customer about {matter}",
        LEAD, "S", "The customer has named what must change and sees it changing",
    ),
    "escalation": Play(
        "Answer the escalation with a plan", "Answer the escalation with a plan: {matter}",
        MANAGER, "M", "Whoever escalated has accepted the plan",
    ),
    "usage_drop": Play(
        "Ask the users why notebook runs fell", "Ask the users why usage fell: {matter}",
        CONSULTANT, "S", "The cause is known and either fixed or planned",
    ),
    "no_champion": Play(
        "Find a champion among the users", "Find a champion for {matter}",
        LEAD, "M", "A named user speaks for the solution in their own team",
    ),
    "training_gap": Play(
        "Hold the training the users are missing", "Hold the training: {matter}",
        CONSULTANT, "M", "The users have done a task of their own without help",
    ),
    "budget_overrun": Play(
        "Review the hours used against the work done", "Review the budget: {matter}",
        MANAGER, "M", "The forecast to the end is agreed with the customer",
    ),
    "renewal_risk": Play(
        "Plan the renewal conversation with the account owner",
        "Plan the renewal conversation: {matter}",
        MANAGER, "M", "The customer has said what the renewal depends on",
    ),
    "payment_dispute": Play(
        "Settle the payment dispute with finance on both sides",
        "Settle with finance on both sides: {matter}",
        MANAGER, "S", "The invoice is paid or a credit is agreed",
    ),
    "compliance": Play(
        "Get the compliance question answered by its owner",
        "Get the compliance owner's answer: {matter}",
        LEAD, "M", "The compliance owner has answered in writing",
    ),
    "approval_pending": Play(
        "Ask who approves, and for a date", "Get the approval dated: {matter}",
        LEAD, "S", "The approval is given or refused in writing",
    ),
    "sec_review": Play(
        "Book the security review and send what it needs",
        "Move the security review: {matter}",
        ARCHITECT, "M", "The security review is passed or its findings have owners",
    ),
}  # fmt: skip


UNNAMED = Play(
    "Clear what stands in the way", "Clear what stands in the way: {matter}",
    LEAD, "M", "A later note says that it no longer stands in the way",
)  # fmt: skip
"""For trouble that a note lists without saying of which kind."""


def priority(exposure: float, *, capped: bool = False) -> str:
    """P1 from an exposure of 12 or where a cap holds the score down, P2 from 8, else P3."""
    if exposure >= CRITICAL_FROM or capped:
        return "P1"
    return "P2" if exposure >= HIGH_FROM else "P3"


def working_days_after(day: date, number: int) -> date:
    """The day so many working days later.

    >>> working_days_after(date(2026, 11, 20), 2)  # a Friday
    datetime.date(2026, 11, 24)
    """
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def due(level: str, as_of: date) -> tuple[date, str]:
    """When an action of a priority is due, and on what basis."""
    days = WORKING_DAYS[level]
    return working_days_after(as_of, days), f"{level}: within {days} working days"
