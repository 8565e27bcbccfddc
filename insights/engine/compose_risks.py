"""Risk detection: what the notes and the numbers say threatens the engagement, gravest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from engagements.open_findings import is_open, is_resolved
from engagements.records import FindingStatus, InsightType, NoteFinding
from insights.engine.desk import Desk, fitting, numbered, quoted
from insights.engine.fact_risks import fact_risks
from insights.engine.gaps import gaps
from insights.engine.merging import Risk
from insights.engine.words import capitalised, count, day, headline, lowered, word_set
from insights.grounding_language import hedged, terms
from insights.reasons import WORDS, level_of
from insights.schema import Certainty, Claim, Draft, Evidence, RiskDetail

MOST_RISKS = 12
FRESH_DAYS = 21
POINTS_OF_EXPOSURE = 0.75  # an exposure of 16 weighs as much as 12 points of health
_MATTER_STOP = (
    r"(?= (?:from|by|since|until|till|for|to|and|but|so|which|that|who|is|are|was|were|has|have|had"
    r"|because|before|after|on|in|at|with|as|will|would|yet|this|next|last|again|if|or|we|they|it"
    r"|still|despite|due|now)\b|[ ]?[,.;:()!?\"–—]|$)"
)
_X = rf"(?:the |a |an |our |their |any |its )?(?P<x>[\w'/&-]+(?: [\w'/&-]+){{0,4}}?){_MATTER_STOP}"
_PARTY = r"(?:the |our |their |its )?[\w'-]+(?: (?:team|side|it|security|department|office))?"
_MATTERS = (
    re.compile(
        rf"\b(?:waiting|wait|waits) (?:on|for) {_PARTY} (?:to (?:provide|send|confirm|approve|share"
        rf"|grant|deliver|sign off(?: on)?|give us|open|supply|finish|complete) |for ){_X}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:has|have|had)(?: not|n't)(?: yet)? (?:provided|sent|confirmed|approved"
               rf"|shared|granted|delivered|signed(?: off)?(?: on)?|given us|opened|supplied) {_X}",
               re.IGNORECASE),
    re.compile(rf"\b(?:awaiting|waiting (?:on|for)|pending) {_X}", re.IGNORECASE),
)  # fmt: skip
_WITH_MATTER = {
    "waiting_customer": "Waiting on the customer for {x}",
    "waiting_vendor": "Waiting on the vendor for {x}",
    "approval_pending": "Approval pending: {x}",
    "access_missing": "Access missing: {x}",
}
# A party that is waited for, and for what: "waiting for the network team to send the mappings".
_PARTY_NAMED = (
    r"(?P<party>(?:the )?[\w'&-]+(?: [\w'&-]+){0,2}? (?:team|department|office|group|board|side)"
    r"|the \w+|central \w+)"
)
_AWAITED = (
    re.compile(
        rf"\b(?:waiting|wait|waits) (?:on|for) {_PARTY_NAMED} (?:to \w+ |for ){_X}", re.IGNORECASE
    ),
    re.compile(rf"^{_PARTY_NAMED} (?:still )?(?:owes?) us {_X}", re.IGNORECASE),
    re.compile(
        rf"^{_PARTY_NAMED} (?:has|have) not (?:come back|answered|replied|responded) (?:on|to) {_X}",
        re.IGNORECASE,
    ),
)
_ON = (
    re.compile(r"^it is \d+ \w+ now, and (?P<x>.+?) (?:is|are) (?:not|still)\b", re.IGNORECASE),
    re.compile(
        r"^(?:still )?(?:nothing new|no progress|no movement) on (?P<x>.+?)(?: since .+)?\.?$",
        re.IGNORECASE,
    ),
    re.compile(r"^(?P<x>.+?) (?:remains?|still costs us)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:chased|reminded) \S+ about (?P<x>.+?)(?: on \w+)?(?:,.*)?\.?$", re.IGNORECASE
    ),
    re.compile(r"\bspoke about (?P<x>.+?) again\b", re.IGNORECASE),
    re.compile(r"\bdo(?: not|n't) see (?P<x>.+?) solved\b", re.IGNORECASE),
)
# Says only that a matter goes on, so another note says better what it is.
_GOES_ON = re.compile(
    r"^\W*(?:still:? |no (?:progress|movement|change|news|update|decision)|nothing new|it is \d+"
    r"|i do not see|i don't see|chased|reminded|need )|\b(?:remains?|spoke about|still costs"
    r"|is (?:not solved|still open|still (?:pending|unsolved))|unchanged|no update)\b",
    re.IGNORECASE,
)
_NEEDS_NO_LEAD = frozenset(("low_velocity",))  # what a note lists as trouble without saying which
_COUNTED = frozenset(("budget_overrun", "usage_drop"))  # a number says it better than a note
_NO_MATTER = word_set(
    "customer client them him her vendor it this that these approval access confirmation feedback "
    "response answer reply update us me you"
)


def compose_risks(desk: Desk) -> Draft:
    """The open risks as claims, with what is not listed."""
    claims = risk_claims(desk)
    listed = claims[:MOST_RISKS]
    return Draft(
        kind=InsightType.RISK_DETECTION,
        claims=numbered("r", listed),
        left_out=(*_not_listed(desk, len(claims) - len(listed)), *gaps(desk)),
    )


def risk_claims(desk: Desk) -> list[Claim]:
    """Every open risk as a claim that checks, gravest first, each saying something of its own."""
    return desk.once("risks", _risk_claims)


def _risk_claims(desk: Desk) -> list[Claim]:
    spoken = [claim for risk in desk.risks if (claim := _risk_claim(desk, risk))]
    counted = [claim for claim in fact_risks(desk) if not _already_said(claim, spoken)]
    counted, spoken = _one_of_each(counted, spoken)
    fresh = {risk.fact for risk in desk.risks if (desk.as_of - risk.last_on).days <= FRESH_DAYS}
    claims = sorted(spoken + counted, key=lambda claim: _gravity(claim, fresh))
    return list(_once(claims))


def _one_of_each(counted: list[Claim], spoken: list[Claim]) -> tuple[list[Claim], list[Claim]]:
    """Numbers and notes that say the same of the budget or the usage, as one risk with both."""
    joined: list[Claim] = []
    for claim in counted:
        reason = claim.risk.reason if claim.risk else ""
        told = [s for s in spoken if reason in _COUNTED and s.risk and s.risk.reason == reason]
        spoken = [s for s in spoken if s not in told]
        joined.append(_joined(claim, told[0]) if told else claim)
    return joined, spoken


def _joined(counted: Claim, told: Claim) -> Claim:
    graver = max(counted, told, key=lambda c: c.risk.exposure if c.risk else 0)
    return msgspec.structs.replace(
        counted,
        evidence=fitting(counted.text, told.evidence),
        facts=(*counted.facts, *told.facts),
        risk=graver.risk,
        severity=graver.severity,
    )


def _gravity(claim: Claim, fresh: set[str]) -> tuple[float, int]:
    """Gravest first; of the same gravity what notes say now, then the numbers, then older words."""
    exposure = claim.risk.exposure if claim.risk else 0
    spoken = any(name.startswith("risk_") for name in claim.facts)
    return -exposure, (0 if fresh.intersection(claim.facts) else 2) if spoken else 1


def _already_said(claim: Claim, spoken: Iterable[Claim]) -> bool:
    """Whether a note's risk of the same reason speaks of the same record."""
    reason = claim.risk.reason if claim.risk else ""
    about = set().union(*(terms(e.quote) for e in claim.evidence)) if claim.evidence else set()
    return any(
        other.risk and other.risk.reason == reason and about and len(about & terms(other.text)) >= 2
        for other in spoken
    )


def _once(claims: Iterable[Claim]) -> Iterator[Claim]:
    """The claims whose first quote no graver claim has: one sentence makes one risk."""
    seen: set[tuple[str, int]] = set()
    for claim in claims:
        first = [(e.source, e.start) for e in claim.evidence[:1]]
        if not seen.intersection(first):
            seen.update((e.source, e.start) for e in claim.evidence)
            yield claim


def _speaker(risk: Risk) -> NoteFinding:
    """The finding whose words say the risk best: stated, what it is, graver, newer."""
    return max(
        risk.findings,
        key=lambda f: (
            f.status is FindingStatus.OPEN and not hedged(f.quote),
            not _GOES_ON.search(f.quote),
            f.severity * f.likelihood,
            f.noted_on,
            f.note_id,
        ),
    )


def _risk_claim(desk: Desk, risk: Risk) -> Claim | None:
    speaker = _speaker(risk)
    others = [f for f in risk.findings if f is not speaker]
    evidence = [quoted(f) for f in (speaker, *others)]
    return desk.first_sound(
        _worded(risk, speaker, text, evidence) for text in _texts(desk, risk, speaker)
    )


def _worded(risk: Risk, speaker: NoteFinding, text: str, evidence: list[Evidence]) -> Claim:
    feared = speaker.status is FindingStatus.POTENTIAL or hedged(speaker.quote)
    likelihood = min(risk.likelihood, 0.75) if feared else risk.likelihood
    detail = RiskDetail(
        category=risk.category, reason=risk.reason, severity=risk.severity, likelihood=likelihood
    )
    return Claim(
        id=risk.key,
        text=text,
        kind="risk",
        certainty=Certainty.POSSIBLE if feared else Certainty.OBSERVED,
        severity=level_of(detail.exposure),
        evidence=fitting(text, evidence),
        facts=(risk.fact,),
        risk=detail,
    )


def _texts(desk: Desk, risk: Risk, speaker: NoteFinding) -> Iterator[str]:
    """Wordings of a risk, the best first: what is awaited, what the note says, the bare reason."""
    when = _when(desk, risk)
    lead = WORDS[risk.reason]
    pattern = _WITH_MATTER.get(risk.reason)
    about = matter(speaker.quote)
    if awaited := _awaited(speaker.quote):
        yield f"Waiting on {awaited} {when}"
    if pattern and about:
        yield f"{pattern.format(x=about)} {when}"
    said = headline(speaker.quote)
    if topic := _topic(speaker.quote):
        yield f"{lead}: {lowered(topic)} {when}"
    plain = risk.reason in _NEEDS_NO_LEAD or len(terms(lead) & terms(said)) * 2 >= len(terms(lead))
    if said and plain:
        yield f"{capitalised(said)} {when}"
    if said:
        yield f"{lead}: {lowered(said)} {when}"
        yield f"{capitalised(said)} {when}"
    yield f"{lead} {when}"


def _topic(quote: str) -> str:
    """The matter of a sentence that says only that it goes on; empty for any other."""
    text = " ".join(quote.split())
    if not _GOES_ON.search(text):
        return ""
    return next((found["x"] for pattern in _ON if (found := pattern.search(text))), "")


def _when(desk: Desk, risk: Risk) -> str:
    first = day(risk.first_on, desk.as_of)
    return f"({count(risk.notes, 'note')} since {first})" if risk.notes > 1 else f"(noted {first})"


def _awaited(quote: str) -> str:
    """Who is waited for and for what, in the note's words; empty where the sentence does not say."""
    text = " ".join(quote.split())
    for pattern in _AWAITED:
        found = pattern.search(text)
        if found and found["x"].lower() not in _NO_MATTER:
            party = found["party"]
            known = party if party[0].isupper() and " " not in party else lowered(party)
            return f"{known} for {found['x']}"
    return ""


def matter(quote: str) -> str:
    """What is being waited for, in the note's words; empty where the sentence does not say."""
    text = " ".join(quote.split())
    for pattern in _MATTERS:
        found = pattern.search(text)
        if found and found["x"].lower() not in _NO_MATTER and len(found["x"]) > 3:
            return found["x"]
    return ""


def _not_listed(desk: Desk, more: int) -> Iterator[str]:
    findings, as_of = desk.dossier.findings, desk.as_of
    over = sum(1 for f in findings if f.noted_on <= as_of and is_resolved(f, as_of))
    faded = sum(
        1
        for f in findings
        if f.noted_on <= as_of
        and f.status in (FindingStatus.OPEN, FindingStatus.POTENTIAL)
        and not is_resolved(f, as_of)
        and not is_open(f, as_of)
    )
    if more > 0:
        yield f"{count(more, 'lesser risk')} not listed."
    if over:
        yield f"{count(over, 'problem')} of earlier notes resolved, so not listed as open."
    if faded:
        yield f"{count(faded, 'problem')} not spoken of lately, so not listed."
