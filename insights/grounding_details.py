"""What a claim carries beside its text: a risk's weight, an action's terms, a theme's counts."""

from __future__ import annotations

import re
from datetime import date

from insights import grounding_language as language
from insights.reasons import CATEGORY_OF, level_of
from insights.schema import ActionDetail, Certainty, Claim, RiskDetail, ThemeDetail

PRIORITIES = frozenset(("P1", "P2", "P3"))
EFFORTS = frozenset(("S", "M", "L"))
TRENDS = frozenset(("rising", "steady", "fading"))
LIKELIHOODS = frozenset((0.25, 0.5, 0.75, 1.0))
_TOKEN = re.compile(r"[\w-]+(?:[./][\w-]+)*")


class Refused(ValueError):
    """A claim that does not check: ``code`` is stable, ``detail`` says what."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = str(detail)[:200]


def tokens(text: str) -> set[str]:
    """The words of a text as record ids would stand in it."""
    return set(_TOKEN.findall(text))


def all_texts(claim: Claim) -> list[str]:
    """Every text of a claim that people read."""
    action, theme = claim.action, claim.theme
    texts = [claim.text]
    if action:
        texts += [action.why, action.owner_role, action.due_basis, action.done_when, action.rule]
    if theme:
        texts.append(theme.label)
    return texts


def stated_texts(claim: Claim) -> list[str]:
    """The texts whose numbers, dates and names must stand; a due date's basis is computed."""
    texts = [claim.text]
    if claim.action:
        texts += [claim.action.why, claim.action.owner_role, claim.action.done_when]
    if claim.theme:
        texts.append(claim.theme.label)
    return texts


def asserted_texts(claim: Claim) -> list[str]:
    """The texts that say something is so: what an action asks for is not there yet."""
    if claim.kind != "action" or language.asserts(claim.text):
        return [claim.text]
    return [claim.action.why] if claim.action and claim.action.why else []


def check(claim: Claim, as_of: date | None, records: int) -> None:
    """The details fit the claim's kind, each other and the day; raises :class:`Refused`."""
    wanted = {"risk": claim.risk, "action": claim.action, "theme": claim.theme}
    if claim.kind in wanted and wanted[claim.kind] is None:
        raise Refused("detail_missing", claim.kind)
    _check_severity(claim)
    if claim.risk:
        _check_risk(claim.risk, claim.certainty)
    if claim.action:
        _check_action(claim.action, as_of)
    if claim.theme:
        _check_theme(claim.theme, as_of, records)


def _check_severity(claim: Claim) -> None:
    if claim.severity is None:
        return
    if claim.risk is None or level_of(claim.risk.exposure) is not claim.severity:
        raise Refused("severity_not_backed", claim.severity)


def _check_risk(risk: RiskDetail, certainty: Certainty) -> None:
    if CATEGORY_OF.get(risk.reason) != risk.category:
        raise Refused("unknown_reason", f"{risk.category}/{risk.reason}")
    if risk.severity not in range(1, 5) or risk.likelihood not in LIKELIHOODS:
        raise Refused("bad_weight", f"{risk.severity} x {risk.likelihood}")
    if certainty is Certainty.POSSIBLE and risk.likelihood == 1:
        raise Refused("possible_but_certain", risk.reason)


def _check_action(action: ActionDetail, as_of: date | None) -> None:
    if action.priority not in PRIORITIES or action.effort not in EFFORTS:
        raise Refused("bad_action", f"{action.priority} {action.effort}")
    if not action.why.strip() or not action.done_when.strip() or not action.owner_role.strip():
        raise Refused("bad_action", "why, owner role and done-when are needed")
    if as_of and action.due_on < as_of:
        raise Refused("bad_action", f"due {action.due_on} is in the past")
    if action.answers is not None and action.answers not in CATEGORY_OF:
        raise Refused("unknown_reason", action.answers)
    if action.expected_points is not None and not 0 < action.expected_points <= 100:
        raise Refused("bad_action", f"{action.expected_points} points")


def _check_theme(theme: ThemeDetail, as_of: date | None, records: int) -> None:
    if not theme.label.strip() or theme.trend not in TRENDS:
        raise Refused("bad_theme", theme.trend)
    if not 2 <= theme.notes <= records:
        raise Refused("bad_theme", f"{theme.notes} notes")
    if theme.first_on > theme.last_on or (as_of and theme.last_on > as_of):
        raise Refused("bad_theme", f"{theme.first_on} to {theme.last_on}")
