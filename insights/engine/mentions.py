"""What one sentence says of problems: which, how grave, how sure, and whether they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engagements.records import FindingStatus
from insights.engine import questions, world
from insights.engine.lexicon import Hit, Hits, lexicon
from insights.engine.scope import Turns, status, tokens, turns
from insights.engine.sections import Heading, Sentence

UNLIKELY, POSSIBLE, LIKELY, HAPPENED = 0.25, 0.5, 0.75, 1.0
GRAVEST = 4
_PROGRESS = "low_velocity"
_REACH = 6  # words between a verb and the trouble it handles: "fix the two last bugs"
_BLOCKING = frozenset({"access_missing", "env_not_ready"})
_PROBABLE = frozenset({"likely", "probably", "expect", "expected", "expecting"})
_DEFAULT = {Heading.BLOCKER: "waiting_customer"}
_QUIET = (Heading.PROGRESS, Heading.PLAN, Heading.LEARNED, Heading.OVER)

STANDING = (FindingStatus.OPEN, FindingStatus.POTENTIAL)
_Found = list[tuple[Hit, FindingStatus]]


class Reading(NamedTuple):
    """A sentence, its tokens, and the phrases of the lexicon in it."""

    content: str
    sentence: Sentence
    words: list[str]
    hits: Hits

    @property
    def text(self) -> str:
        return self.content[self.sentence.start : self.sentence.end]

    @property
    def troubled(self) -> bool:
        return self.sentence.heading is not None and self.sentence.heading.troubled

    def around(self) -> Turns:
        return turns(self.words, self.hits)


class Mention(NamedTuple):
    """A problem as one sentence speaks of it: ``content[start:end]``."""

    reason: str
    severity: int
    likelihood: float
    status: FindingStatus
    is_blocker: bool
    start: int
    end: int


def read(content: str, sentence: Sentence) -> Reading:
    words = tokens(content[sentence.start : sentence.end])
    return Reading(content, sentence, words, lexicon().find(words))


def mentions(reading: Reading) -> Iterable[Mention]:
    """Every problem that the sentence speaks of, standing or not."""
    cues = _cues(reading)
    if not cues and (reason := _left_open(reading)):
        return [_mention(reason, 1, HAPPENED, FindingStatus.OPEN, reading)]
    if not cues and not reading.troubled:
        return ()
    around = reading.around()
    found = _most_telling([(cue, status(cue, around)) for cue in cues], reading.hits)
    if reading.sentence.heading is Heading.OVER:
        found = [(cue, FindingStatus.RESOLVED) for cue, _ in found]
    if reading.troubled:
        return _under_trouble(found, reading, around)
    return [_of_cue(cue, how, reading) for cue, how in _foremost(found)]


def _foremost(found: _Found) -> _Found:
    """Without what may follow from a problem that stands: "strained, and worse if the date moves".

    That the work is slower is what any other problem does to it.
    """
    if any(how is FindingStatus.OPEN for _, how in found):
        found = [(cue, how) for cue, how in found if how is not FindingStatus.POTENTIAL]
    other = [(cue, how) for cue, how in found if cue.meaning.reason != _PROGRESS]
    return other if any(how in STANDING for _, how in other) else found


def _cues(reading: Reading) -> list[Hit]:
    """The problem phrases that count: the longest of overlapping ones, none about the world."""
    found = _longest(reading.hits)
    if found and not reading.troubled:
        found = [h for h in found if not _is_handled(h, reading.hits)]
        found = [h for h in found if not world.is_elsewhere(h, reading.hits)]
        found = _outside_trouble(found, reading.sentence.heading)
    if any(not hit.meaning.weak for hit in found):
        found = [h for h in found if not h.meaning.weak]
    return sorted(found or _lingering(reading.hits), key=lambda h: h.first)


def _lingering(hits: Hits) -> list[Hit]:
    """What says that a matter goes on ("still nothing new on …"): a problem if one is named."""
    return hits.get("lingering", []) if "matter" in hits else []


def _longest(hits: Hits) -> list[Hit]:
    if "problem" not in hits:
        return []
    found = hits["problem"] + hits.get("benign", [])
    found.sort(key=lambda h: (h.first - h.last, h.meaning.weak, -h.meaning.severity, h.first))
    kept: list[Hit] = []
    for hit in found:
        if not any(k.first < hit.last and hit.first < k.last for k in kept):
            kept.append(hit)
    return [hit for hit in kept if hit.meaning.kind == "problem"]


def _is_handled(cue: Hit, hits: Hits) -> bool:
    """Whether the trouble is the object of work or talk: "fix bugs", "discussed the issues"."""
    if not any(cue.first <= h.first < cue.last for h in hits.get("thing", ())):
        return False
    barred = hits.get("terminator", []) + hits.get("unresolved", [])
    return any(
        h.last <= cue.first <= h.last + _REACH
        and not any(b.first < cue.first and h.first < b.last for b in barred)
        for h in hits.get("remedy", []) + hits.get("talk", [])
    )


def _outside_trouble(cues: list[Hit], heading: Heading | None) -> list[Hit]:
    """Under "Done" and "Next" only words that leave no doubt count."""
    if heading in _QUIET:
        return [h for h in cues if not h.meaning.weak and h.last - h.first > 1]
    return cues


def _most_telling(found: _Found, hits: Hits) -> _Found:
    """The cues that count, with the reasons they stand for.

    A cue that names its matter ("invoice disputed") goes before those that only say how something
    stands ("blocked", "failed", "not clear"); of these one counts, and it takes the matter that the
    sentence is about.
    """
    telling = [pair for pair in found if not _is_vague(pair[0])]
    if any(how in STANDING for _, how in telling):
        return telling
    vague = min((pair for pair in found if _is_vague(pair[0])), key=_clearness, default=None)
    if vague is None or (telling and vague[1] not in STANDING):
        return telling
    cue, how = vague
    return [*telling, (_typed(cue, matter(hits) or _default(cue, hits)), how)]


def _is_vague(cue: Hit) -> bool:
    return cue.meaning.weak or cue.meaning.generic


def _clearness(pair: tuple[Hit, FindingStatus]) -> tuple[bool, bool, int, int]:
    """Standing before denied, and the longer phrase; the first of equals."""
    cue, how = pair
    return (how not in STANDING, cue.meaning.weak, cue.first - cue.last, cue.first)


def _typed(cue: Hit, reason: str) -> Hit:
    return cue._replace(meaning=cue.meaning._replace(reason=reason))


def _default(cue: Hit, hits: Hits) -> str:
    return (_topic(hits) if cue.meaning.weak else None) or cue.meaning.reason


def matter(hits: Hits) -> str | None:
    """The reason of what the sentence is about in so many words."""
    named = named_matter(hits)
    return named.meaning.reason if named else None


def named_matter(hits: Hits) -> Hit | None:
    """Where the sentence names its matter: the first named, the longer of equals.

    Progress is what any matter may lack, so it counts when nothing else is named.
    """
    return min(
        hits.get("matter", ()),
        key=lambda h: (h.meaning.weak, h.first, -h.last),
        default=None,
    )


def _left_open(reading: Reading) -> str | None:
    """The reason of a line that is a decision or a need left open, if it is one."""
    if reading.sentence.heading in _QUIET:
        return None
    if questions.is_open(reading.text):
        return "unclear_requirement"
    if questions.is_need(reading.text):
        return matter(reading.hits) or _topic(reading.hits) or "waiting_customer"
    return None


def _under_trouble(
    found: Sequence[tuple[Hit, FindingStatus]], reading: Reading, around: Turns
) -> Iterable[Mention]:
    """Under "Blockers" a line is a problem unless it denies one or says that it is over."""
    if questions.is_denial(reading.words):
        return ()
    if found:
        return [_of_cue(cue, how, reading) for cue, how in found]
    if not reading.sentence.opening:
        return ()
    heading = reading.sentence.heading or Heading.ISSUE
    reason = matter(reading.hits) or _topic(reading.hits) or _DEFAULT.get(heading, "low_velocity")
    over = bool(around.resolved) or any(h.first == 0 for h in reading.hits.get("done", ()))
    how = FindingStatus.RESOLVED if over else FindingStatus.OPEN
    return [_mention(reason, 2, HAPPENED, how, reading)]


def _topic(hits: Hits) -> str | None:
    """What most of the words of the sentence are about, the first of equals."""
    counts: dict[str, int] = {}
    for hit in hits.get("topic", ()):
        counts[hit.meaning.reason] = counts.get(hit.meaning.reason, 0) + 1
    return max(counts, key=lambda reason: counts[reason]) if counts else None


def _of_cue(cue: Hit, how: FindingStatus, reading: Reading) -> Mention:
    meaning = cue.meaning
    blocking = meaning.reason in _BLOCKING and not meaning.weak
    return _mention(
        meaning.reason, meaning.severity, meaning.likelihood, how, reading, blocking=blocking
    )


def _mention(
    reason: str,
    severity: int,
    likelihood: float,
    how: FindingStatus,
    reading: Reading,
    *,
    blocking: bool = False,
) -> Mention:
    heading = reading.sentence.heading
    if heading is Heading.RISK and how is FindingStatus.OPEN:
        how, likelihood = FindingStatus.POTENTIAL, min(likelihood, POSSIBLE)
    if how is FindingStatus.POTENTIAL:
        likelihood = min(likelihood, _chance(reading.words))
    if "grave" in reading.hits:
        severity = min(GRAVEST, severity + 1)
    blocking = how is FindingStatus.OPEN and (
        heading is Heading.BLOCKER or blocking or _says_blocked(reading)
    )
    start, end = reading.sentence.start, reading.sentence.end
    return Mention(reason, severity, likelihood, how, blocking, start, end)


def _says_blocked(reading: Reading) -> bool:
    said = reading.hits.get("blocker")
    if not said:
        return False
    around = reading.around()
    return any(status(hit, around) is FindingStatus.OPEN for hit in said)


def _chance(words: Sequence[str]) -> float:
    if "unlikely" in words:
        return UNLIKELY
    return LIKELY if _PROBABLE.intersection(words) else POSSIBLE
