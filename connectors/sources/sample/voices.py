"""Four ways of writing the same news: terse bullets, a log line, a chat, a formal status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from connectors.sources.sample.chance import say, sentence, weekday
from connectors.sources.sample.courses import Course
from connectors.sources.sample.people import Voice
from connectors.sources.sample.phrases import WORDINGS, news
from connectors.sources.sample.plan import Work
from connectors.sources.sample.troubles import Trouble
from engagements.records import Phase

Slots = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class News:
    """What there is to tell on the day of a note.

    ``mood`` is a set of lines that the course colours (recovering, fading, paused); ``slots`` hold
    the words of the day, a trouble brings its own.
    """

    course: Course
    day: date
    raised: Sequence[Trouble]
    open: Sequence[Trouble]
    solved: Sequence[Trouble]
    finished: Sequence[Work]
    running: Sequence[Work]
    has_next: bool
    silent: bool  # something is open that the author leaves out: nobody then says that all is well
    mood: Sequence[str]
    slots: Slots

    @property
    def bad(self) -> bool:
        return bool(self.raised or self.open)

    @property
    def calm(self) -> bool:
        """Whether the author may say that nothing is wrong; in a watermelon they always may."""
        return not self.bad and (not self.silent or self.course is Course.WATERMELON)


def written(voice: Voice, told: News, rng: Random) -> str:
    """The text of a note; on a day without news some small thing or other."""
    return _WRITERS[voice](told, rng) or _line(news.ASIDES, told.slots, rng)


def _line(templates: Sequence[str], slots: Slots, rng: Random) -> str:
    return sentence(say(rng.choice(templates), slots, rng))


def _of_task(templates: Sequence[str], work: Work, told: News, rng: Random) -> str:
    slots = {**told.slots, "task": work.spoken_name, "mate": work.owner.first_name}
    if work.finished:
        slots["day"] = weekday(work.finished)
    return _line(templates, slots, rng)


def _of_trouble(trouble: Trouble, part: str, told: News, rng: Random) -> str:
    return _line(getattr(WORDINGS[trouble.reason], part), _words_of(trouble, told), rng)


def _still(trouble: Trouble, told: News, rng: Random) -> str:
    """That a trouble goes on, in its own words or in those of any trouble."""
    if rng.random() < 0.6:
        return _of_trouble(trouble, "ongoing", told, rng)
    slots = _words_of(trouble, told)
    topic = say(WORDINGS[trouble.reason].topic, slots, rng)
    return _line(news.STILL, {**slots, "topic": topic}, rng)


def _words_of(trouble: Trouble, told: News) -> dict[str, object]:
    """The words of a trouble on a day: what it is about stays, its next date and its age do not."""
    slots = {**told.slots, **trouble.slots, "age": (told.day - trouble.raised).days}
    if trouble in told.open:
        slots["due"] = told.slots["due"]
    if trouble.work and trouble.work.finished and trouble.work.finished <= told.day:
        slots["task"] = told.slots["task"]
    return slots


def _troubles(told: News, rng: Random) -> list[str]:
    """New troubles are always told; old ones as they come to mind."""
    lines = [_of_trouble(trouble, "raised", told, rng) for trouble in told.raised]
    lines += [_still(trouble, told, rng) for trouble in told.open]
    if told.course is Course.WATERMELON and lines and rng.random() < 0.5:
        lines = lines[:1] + [_line(news.SOFT, told.slots, rng)]
    return lines


def _solutions(told: News, rng: Random) -> list[str]:
    return [_of_trouble(trouble, "resolved", told, rng) for trouble in told.solved]


def _progress(told: News, rng: Random, most: int) -> list[str]:
    lines = [_of_task(news.DONE, work, told, rng) for work in told.finished]
    lines += [_of_task(_running_words(work), work, told, rng) for work in told.running]
    if told.mood and rng.random() < 0.7:
        lines.insert(0, _line(told.mood, told.slots, rng))
    return lines[:most]


def _running_words(work: Work) -> tuple[str, ...]:
    return news.BUILDING if work.phase is Phase.BUILD else news.RUNNING


def _denial(told: News, rng: Random) -> str:
    """That nothing is wrong: in general, or naming what is not."""
    if rng.random() < 0.45:
        wording = WORDINGS[rng.choice(_DENIED)]
        return _line(wording.denied, told.slots, rng)
    return _line(news.DENIALS, told.slots, rng)


_DENIED = tuple(WORDINGS)


def _body(told: News, rng: Random, most: int) -> list[str]:
    """The sentences that matter, most important news never left out."""
    lines = [*_solutions(told, rng), *_troubles(told, rng)]
    lines = _progress(told, rng, max(1, most - len(lines))) + lines
    if told.calm and rng.random() < 0.45:
        lines.append(_denial(told, rng))
    if told.bad and rng.random() < 0.35:
        lines.append(_line(news.ASKS, told.slots, rng))
    elif told.has_next and rng.random() < 0.25:
        lines.append(_line(news.HEDGES, told.slots, rng))
    if rng.random() < 0.2:
        lines.append(_line(news.ASIDES, told.slots, rng))
    return lines


def _chatty(told: News, rng: Random) -> str:
    lines = _body(told, rng, 3)
    if told.course is Course.WATERMELON and rng.random() < 0.5:
        lines.insert(0, _line(news.GREEN_OPENERS, told.slots, rng))
    elif rng.random() < 0.6:
        lines.insert(0, _line(news.OPENERS, told.slots, rng))
    if told.has_next and rng.random() < 0.3:
        lines.append(_line(news.NEXT, told.slots, rng))
    if rng.random() < 0.3:
        lines.append(_line(news.CLOSERS, told.slots, rng))
    return " ".join(lines)


def _formal(told: News, rng: Random) -> str:
    openers: tuple[str, ...] = news.FORMAL_OPENERS
    if told.course is Course.WATERMELON:
        openers = news.GREEN_OPENERS
    lines = [_line(openers, told.slots, rng), *_body(told, rng, 2)]
    if rng.random() < 0.35:
        lines.append(_line(news.FIGURES, told.slots, rng))
    if told.has_next and rng.random() < 0.45:
        lines.append(_line(news.NEXT, told.slots, rng))
    return " ".join(lines)


def _log(told: News, rng: Random) -> str:
    """One or two sentences; on a quiet day perhaps the same as everybody's."""
    lines = [*_troubles(told, rng), *_solutions(told, rng)] or _progress(told, rng, 1)
    if told.calm and not told.solved:
        if rng.random() < 0.06:
            return rng.choice(news.DULL)
        extra: tuple[str, ...] = news.FIGURES if rng.random() < 0.5 else news.ASIDES
        lines.append(_denial(told, rng) if rng.random() < 0.4 else _line(extra, told.slots, rng))
    return " ".join(lines[:3])


def _terse(told: News, rng: Random) -> str:
    """Three headings with bullets; a missing trouble is written as "None" or left out."""
    done, wrong, ahead = rng.choice(news.HEADINGS)
    parts = []
    progress = _bullets_done(told, rng)
    if progress:
        parts.append(_section(done, progress))
    problems = _bullets_wrong(told, rng)
    if problems:
        parts.append(_section(wrong, problems))
    elif told.calm and rng.random() < 0.7:
        nothing = rng.choice(news.NONES)
        inline = wrong.endswith(":") and rng.random() < 0.6
        parts.append(f"{wrong} {nothing}" if inline else _section(wrong, [nothing]))
    if told.has_next and rng.random() < 0.6:
        parts.append(_section(ahead, [say(rng.choice(news.NEXT_SHORT), told.slots, rng)]))
    return "\n".join(parts) or _log(told, rng)


def _section(heading: str, bullets: Sequence[str]) -> str:
    return "\n".join([heading, *(f"- {bullet}" for bullet in bullets)])


def _bullets_done(told: News, rng: Random) -> list[str]:
    bullets = []
    for trouble in told.solved:
        slots = _words_of(trouble, told)
        topic = say(WORDINGS[trouble.reason].topic, slots, rng)
        bullets.append(say(rng.choice(news.SOLVED_SHORT), {**slots, "topic": topic}, rng))
    for work in (*told.finished, *told.running):
        templates = news.RUNNING_SHORT if work in told.running else news.DONE_SHORT
        slots = {**told.slots, "task": work.spoken_name}
        bullets.append(say(rng.choice(templates), slots, rng))
    if rng.random() < 0.3:
        line = _line((*told.mood, *news.FIGURES), told.slots, rng)
        bullets.append(line.removesuffix("."))
    return bullets


def _bullets_wrong(told: News, rng: Random) -> list[str]:
    bullets = []
    for trouble in (*told.raised, *told.open):
        slots = _words_of(trouble, told)
        short = say(rng.choice(WORDINGS[trouble.reason].short), slots, rng)
        if trouble in told.open:
            short = say(rng.choice(news.STILL_SHORT), {"short": short}, rng)
        elif rng.random() < 0.4:
            short = _of_trouble(trouble, "raised", told, rng)
        bullets.append(short)
    return bullets


_WRITERS: dict[Voice, Callable[[News, Random], str]] = {
    Voice.TERSE: _terse,
    Voice.LOG: _log,
    Voice.CHATTY: _chatty,
    Voice.FORMAL: _formal,
}
