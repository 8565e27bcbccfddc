"""Health summary: the verdict first, at most five concerns, what goes well, what is not covered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from engagements.health import Band, Signal
from engagements.open_findings import is_open
from engagements.records import InsightType, NoteFinding
from insights.engine.compose_risks import POINTS_OF_EXPOSURE, risk_claims
from insights.engine.desk import Desk, certainty_of, fitting, numbered, quoted
from insights.engine.gaps import gaps
from insights.engine.merging import resolved
from insights.engine.passages import good_news, passages, representative, request, stating
from insights.engine.sections import Heading
from insights.engine.words import capitalised, clause, count, headline, lowered
from insights.grounding_language import hedged, terms
from insights.schema import Claim, Draft, Evidence, Fact, Level

MOST_CONCERNS, MOST_WHEN_HEALTHY = 5, 2
HIGH = 8  # exposure below which a healthy engagement's risk is left to the risk list
MOST_PROGRESS, MOST_RESOLVED = 2, 2
MOST_COMPARED = 40  # newest sentences among which the representative one is sought
_SIGNAL_OF = {
    "overdue_task": "overdue",
    "milestone_slip": "overdue",
    "low_velocity": "schedule",
    "usage_drop": "usage",
    "budget_overrun": "effort",
    "low_engagement": "contact",
}
_THRESHOLDS = re.compile(r"; full points|, the heaviest|, \d[\d.]* [^,;]*(?:over|short)")
_AGE = re.compile(r"\b(?:open for|older than) \d+ days?\b")
_SAID_BY = {
    "schedule": "work_done_percent",
    "overdue": "worst_overdue_days",
    "contact": "days_since_last_note",
    "usage": "usage_change_percent",
    "effort": "effort_gap",
}


def compose_summary(desk: Desk) -> Draft:
    """The state of an engagement in a handful of claims."""
    risks = risk_claims(desk)
    contradiction = list(_contradiction(desk))
    verdict = list(_verdict(desk))
    told = {name for claim in verdict for name in claim.facts}
    unsaid = [claim for claim in risks if not told.issuperset(claim.facts)]
    concerns = _concerns(desk, unsaid, taken=len(contradiction))
    claims = [
        *verdict,
        *contradiction,
        *concerns,
        *_progress(desk),
        *_resolved(desk),
    ]
    claims += _representative(desk, claims, short=_is_short(desk, concerns))
    left = len(unsaid) - len(concerns)
    more = [f"{count(left, 'further risk')} in the risk list."] if left > 0 else []
    return Draft(
        kind=InsightType.HEALTH_SUMMARY,
        claims=numbered("s", claims),
        left_out=(*more, *_confidence(desk), *gaps(desk)),
    )


def _is_short(desk: Desk, concerns: list[Claim]) -> bool:
    return desk.dossier.health.band is Band.HEALTHY and not concerns


def _said(desk: Desk, kind: str, text: str, *facts: Fact | None) -> Claim | None:
    """A claim that rests on facts alone, where it checks."""
    given = [fact for fact in facts if fact]
    claim = Claim(id=kind, text=text, kind=kind, facts=tuple(fact.name for fact in given))
    return desk.first_sound([claim]) if given else None


def _verdict(desk: Desk) -> Iterator[Claim]:
    """The band in the page's words, the score and the main reason."""
    health = desk.dossier.health
    band, score = desk.fact("band"), desk.fact("score")
    if health.score is None:
        reason = lowered(band.sentence) if band else "there is too little data"
        reason = reason.removesuffix(", so it is not scored")
        claim = _said(desk, "verdict", f"{health.band.words}: {reason}", band)
        yield from [claim] if claim else []
        return
    verdict = f"{health.band.words}, {health.score} of 100"
    if blocked := desk.first_sound(_blocked(desk, verdict)):
        yield blocked
        return
    offered = (
        _said(desk, "verdict", f"{verdict}{reason}", band, score, *facts)
        for reason, facts in (*_reasons(desk), ("", ()))
    )
    yield from islice((claim for claim in offered if claim), 1)


def _blocked(desk: Desk, verdict: str) -> Iterator[Claim]:
    """The verdict with what the note says that the reason rests on, rather than the note's number."""
    for fact in _about_a_blocker(desk):
        score, age = desk.fact("score"), _AGE.search(fact.sentence)
        spoken = [
            f
            for f in desk.dossier.findings
            if f.note_id in fact.sources and f.is_blocker and is_open(f, desk.as_of)
        ]
        if score and spoken and age:
            said = lowered(headline(spoken[0].quote))
            how = f"a blocker {age[0]}" if age[0].startswith("older") else age[0]
            yield Claim(
                id="v",
                text=f"{verdict}. Main reason: {said} ({how})",
                kind="verdict",
                certainty=certainty_of(spoken[0].quote),
                evidence=(quoted(spoken[0]),),
                facts=("band", score.name, fact.name),
            )


def _about_a_blocker(desk: Desk) -> Iterator[Fact]:
    """The fact that gives the main reason, where it may be a blocker of a note."""
    caps = [desk.fact(f"cap_{cap.key}") for cap in desk.dossier.health.caps[:1]]
    worst = _worst(desk)
    if not caps and worst:
        caps = [_lost(desk, worst)]
    yield from (fact for fact in caps if fact)


def _reasons(desk: Desk) -> Iterator[tuple[str, tuple[Fact, ...]]]:
    """What a verdict may add: the cap that holds it, the costliest signal, or the work done."""
    health, done = desk.dossier.health, desk.fact("completed_tasks")
    for cap in health.caps[:1]:
        fact = desk.fact(f"cap_{cap.key}")
        if fact:
            yield f". {fact.sentence.rstrip('.')}", (fact,)
    worst = _worst(desk)
    if worst:
        fact, reason = _reason(desk, worst)
        yield f". Main reason: {reason}", (fact,)
    if done:
        yield f", with {done.sentence}", (done,)


def _worst(desk: Desk) -> Signal | None:
    """The signal that costs most points, if it costs any worth naming."""
    least = 4 if desk.dossier.health.band is Band.HEALTHY else 1
    lost = [s for s in desk.dossier.health.signals if s.lost >= least and _lost(desk, s)]
    return max(lost, key=lambda s: s.lost, default=None)


def _lost(desk: Desk, signal: Signal) -> Fact | None:
    return desk.fact(f"lost_{signal.key}")


def _reason(desk: Desk, signal: Signal) -> tuple[Fact, str]:
    """A signal in words, and the fact they rest on: our own sentence, or its bare statement."""
    own = desk.fact(_SAID_BY.get(signal.key, ""))
    if own:
        return own, lowered(own.sentence.rstrip("."))
    statement = _THRESHOLDS.split(signal.sentence)[0]
    return desk.dossier.facts[f"lost_{signal.key}"], lowered(statement.rstrip("."))


def _contradiction(desk: Desk) -> Iterator[Claim]:
    """Reported one way and computed another: a finding of its own, with both sides."""
    told = desk.fact("contradiction")
    if told:
        sides = desk.fact("reported_status"), desk.fact("reported_score"), desk.fact("score")
        claim = _said(desk, "concern", told.sentence.rstrip("."), told, *sides)
        yield from [claim] if claim else []


def _concerns(desk: Desk, risks: list[Claim], taken: int) -> list[Claim]:
    """The gravest risks as concerns, by points lost or exposure, whichever weighs more."""
    healthy = desk.dossier.health.band is Band.HEALTHY
    grave = [r for r in risks if not healthy or (r.risk and r.risk.exposure >= HIGH)]
    ranked = sorted(grave, key=lambda claim: -_weight(desk, claim))
    most = (MOST_WHEN_HEALTHY if healthy else MOST_CONCERNS) - taken
    chosen = sorted(ranked[:most], key=_level)  # of one level the weightier stays first
    concerns = [msgspec.structs.replace(claim, kind="concern") for claim in chosen]
    room = most - len(concerns)
    return concerns + ([] if healthy else list(islice(_bare_signals(desk, concerns), room)))


def _level(claim: Claim) -> int:
    return list(Level).index(claim.severity) if claim.severity else len(Level)


def _weight(desk: Desk, claim: Claim) -> float:
    if claim.risk is None:
        return 0.0
    spoken = any(name.startswith("risk_") for name in claim.facts)  # a note moved no signal alone
    lost = 0.0 if spoken else desk.number(f"lost_{_SIGNAL_OF.get(claim.risk.reason, '')}")
    return max(claim.risk.exposure * POINTS_OF_EXPOSURE, lost)


def _bare_signals(desk: Desk, concerns: list[Claim]) -> Iterator[Claim]:
    """Signals that cost much and that no concern speaks of yet."""
    spoken = {_SIGNAL_OF.get(c.risk.reason, "notes") for c in concerns if c.risk}
    if spoken:
        spoken |= {"notes", "blockers", "flow"}
    for signal in sorted(desk.dossier.health.signals, key=lambda s: -s.lost):
        if signal.lost >= 3 and signal.key not in spoken and _lost(desk, signal):
            fact, reason = _reason(desk, signal)
            claim = _said(desk, "concern", capitalised(reason), fact)
            yield from [claim] if claim else []


def _progress(desk: Desk) -> Iterator[Claim]:
    """What goes well: a sentence of a note, and what was completed lately."""
    found = stating(passages(desk.notes))
    ends = {f.resolved_quote for f in desk.dossier.findings}
    told = good_news(found, desk.dossier.findings, desk.as_of)
    late = [terms(name) for name in _late_names(desk)]
    told = [
        p for p in told if p.text not in ends and not any(name <= terms(p.text) for name in late)
    ]
    sounds = (desk.first_sound(_quoted("progress", p.text, p.evidence())) for p in told)
    said = list(islice((claim for claim in sounds if claim), MOST_PROGRESS))
    done = desk.fact("latest_completed")
    if (
        done
        and len(said) < MOST_PROGRESS
        and not any(_repeats(c.text, [terms(done.sentence)]) for c in said)
    ):
        claim = _said(desk, "progress", done.sentence, done)
        said += [claim] if claim else []
    yield from said


def _late_names(desk: Desk) -> Iterator[str]:
    """Names of the tasks that are overdue or blocked: no good news, whatever a note says."""
    for task_id, task in desk.tasks.items():
        if desk.fact(f"overdue_days_{task_id}") or desk.fact(f"blocked_{task_id}"):
            yield task.name


def _quoted(kind: str, text: str, *evidence: Evidence, lead: str = "") -> Iterator[Claim]:
    """A note's own words as a claim: its clause, or quoted whole."""
    said = clause(text, 160)
    whole = " ".join(text.split())
    for wording in (f"{lead}{lowered(said) if lead else capitalised(said)}", f"{lead}“{whole}”"):
        yield Claim(
            id=kind,
            text=wording,
            kind=kind,
            certainty=certainty_of(evidence[0].quote),
            evidence=fitting(wording, evidence),
        )


def _resolved(desk: Desk) -> Iterator[Claim]:
    """Problems of earlier notes that a later one says are over, with both quotes."""
    over = (_resolution(desk, f) for f in resolved(desk.dossier.findings, desk.as_of))
    yield from islice((claim for claim in over if claim), MOST_RESOLVED)


def _resolution(desk: Desk, finding: NoteFinding) -> Claim | None:
    problem = Evidence(
        source=finding.note_id, quote=finding.quote, start=finding.start, end=finding.end
    )
    if not finding.resolved_by or not finding.resolved_quote:
        return desk.first_sound(_quoted("progress", finding.quote, problem, lead="Resolved: "))
    answer = Evidence(
        source=finding.resolved_by,
        quote=finding.resolved_quote,
        start=finding.resolved_start or 0,
        end=finding.resolved_end or 0,
    )
    wordings = _quoted("progress", finding.resolved_quote, answer, problem, lead="Resolved: ")
    return desk.first_sound(wordings)


def _representative(desk: Desk, said: Sequence[Claim], *, short: bool) -> Iterator[Claim]:
    """The sentence nearest to what the notes say; it is called a quote, for it is no summary."""
    if short:
        return
    stated = [
        p for p in stating(passages(desk.notes)) if p.heading is not Heading.PLAN and not p.ahead
    ]
    past = [f for f in desk.dossier.findings if not is_open(f, desk.as_of)]
    stated = [p for p in stated if not (hedged(p.text) or request(p.text) or p.touches(past))]
    known = [terms(claim.text) for claim in said]
    stated = [p for p in stated if _is_sentence(p.text) and not _repeats(p.text, known)]
    stated = stated[:MOST_COMPARED]
    for passage in representative(stated):
        text = f"Representative quote: “{' '.join(passage.text.split())}”"
        claim = Claim(id="q", text=text, kind="coverage", evidence=(passage.evidence(),))
        sound = desk.first_sound([claim])
        yield from [sound] if sound else []


def _is_sentence(text: str) -> bool:
    return text[:1].isupper() and text.rstrip().endswith((".", "!", "?"))


def _repeats(text: str, known: Sequence[frozenset[str]]) -> bool:
    """Whether half of its words stand in one claim already."""
    own = terms(text)
    return any(2 * len(own & words) > len(own) for words in known)


def _confidence(desk: Desk) -> Iterator[str]:
    health = desk.dossier.health
    if health.score is not None and health.state == "low_confidence":
        percent = round(100 * health.coverage)
        yield f"Low confidence: the data covers {percent}% of the health model."
