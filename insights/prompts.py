"""The one message that a model is sent: built from a dossier, redacted, within a budget.

The words live in ``templates/insights/prompts/*.v1.txt``. A record is named by an alias (N1, T1),
so that no id of a source leaves the house; :class:`Prompt` holds the way back. Facts are F1, F2.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Template

import msgspec

from engagements.records import FindingStatus, InsightType, NoteFinding, TaskRecord, TaskStatus
from insights.prompts_sanitise import capped, sanitise
from insights.prompts_selection import Line, choose, in_groups, tokens, within
from insights.reasons import CATEGORY_OF
from insights.redaction import Redactor
from insights.schema import Dossier

VERSION = "v1"
MOST_TASKS, MOST_FINDINGS, MOST_FACTS = 30, 20, 60
MAP_WHEN_LEFT_OUT = 1 / 3  # share of notes without room from which they are read in groups instead
_RECORD_ID = re.compile(r"[\w.-]{1,200}(?<![.-])")
_TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "insights" / "prompts"


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A message and what stands behind it."""

    text: str
    aliases: Mapping[str, str]  # N1 to the id of the note, F1 to the name of the fact
    used: tuple[str, ...]
    left_out: tuple[str, ...]  # sentences


def version(kind: InsightType) -> str:
    """The name under which the words of this prompt are kept: ``health_summary.v1``."""
    return f"{kind}.{VERSION}"


def names_of(dossier: Dossier) -> tuple[str, ...]:
    """Every name of our own data that stands in a dossier."""
    engagement = dossier.engagement
    people = [member.name for member in engagement.team_members]
    return tuple(
        name for name in (engagement.customer_name, engagement.owner_name, *people) if name
    )


@lru_cache(maxsize=16)
def _template(name: str) -> Template:
    return Template((_TEMPLATES / f"{name}.{VERSION}.txt").read_text(encoding="utf-8").rstrip("\n"))


class Composer:
    """Builds the prompts of one generation with one redactor."""

    def __init__(
        self, dossier: Dossier, kind: InsightType, redactor: Redactor, budget: int
    ) -> None:
        self._dossier, self._kind, self._redactor = dossier, kind, redactor
        self._notes = [self._note_line(n) for n in range(len(dossier.notes))]
        tasks = _by_urgency(dossier)
        self._alias = {line.record: line.alias for line in self._notes}
        self._alias |= {task.task_id: f"T{n}" for n, task in enumerate(tasks, 1)}
        live = [task for task in tasks if task.status is not TaskStatus.COMPLETED]
        self._tasks = choose([self._task_line(task) for task in live[:MOST_TASKS]], budget // 8)
        once = {fact.sentence: name for name, fact in reversed(dossier.facts.items())}
        named = [name for name in dossier.facts if name in once.values()][:MOST_FACTS]
        self._fact_names = {f"F{n}": name for n, name in enumerate(named, 1)}
        self._facts = "\n".join(within(self._fact_lines(), budget // 4)) or "none"
        self._findings = within(self._finding_lines(), budget // 8)
        self.room = max(200, budget - tokens(self._compose([], "0" * 16)))

    def whole(self) -> Prompt:
        """One prompt with the notes there is room for."""
        return self._prompt(choose(self._notes, self.room))

    def needs_groups(self) -> bool:
        """Whether so many notes have no room that they are read in groups first."""
        chosen = len(choose(self._notes, self.room))
        return len(self._notes) - chosen > MAP_WHEN_LEFT_OUT * len(self._notes)

    def groups(self) -> list[Prompt]:
        """Prompts over at most 25 notes each, newest first."""
        return [self._prompt(group) for group in in_groups(self._notes, self.room)]

    def over(self, quotes: Mapping[str, Sequence[str]], read: Sequence[str]) -> Prompt:
        """One prompt over what was found in groups: record id to the verified words of it.

        ``read`` are the notes that the groups had.
        """
        lines = []
        for line in self._notes:
            if line.record in quotes:
                head = " | ".join(line.text.split(" | ", 3)[:3])
                said = " … ".join(self._clean(quote) for quote in quotes[line.record])
                lines.append(msgspec.structs.replace(line, text=f"{head} | {capped(said)}"))
        return self._prompt(choose(lines, self.room), read)

    def _prompt(self, notes: Sequence[Line], read: Sequence[str] | None = None) -> Prompt:
        had = [line.record for line in notes] if read is None else list(read)
        return Prompt(
            text=self._compose(notes, self._nonce()),
            aliases={alias: r for r, alias in self._alias.items()} | self._fact_names,
            used=(*had, *(line.record for line in self._tasks)),
            left_out=_left_out(self._dossier, had),
        )

    def _compose(self, notes: Sequence[Line], nonce: str) -> str:
        records = [line.text for line in self._tasks]
        records += [f"Read by our engine: {line}" for line in self._findings]
        records += [line.text for line in notes]
        return _template("frame").substitute(
            task=_template(self._kind).safe_substitute(reasons=", ".join(CATEGORY_OF)),
            rules=_template("rules").template,
            facts=self._facts,
            as_of=self._dossier.as_of,
            records="\n".join(records),
            nonce=nonce,
        )

    def _nonce(self) -> str:
        """A marker that no record can know beforehand, nor happens to hold."""
        everything = self._compose(self._notes, "")
        while (nonce := secrets.token_hex(8)) in everything:
            continue
        return nonce

    def _clean(self, text: str) -> str:
        # Sanitised first: an invisible character within an address would hide it from redaction.
        return self._redactor.redact(sanitise(text))

    def _note_line(self, position: int) -> Line:
        note = self._dossier.notes[position]
        alias = f"N{position + 1}"
        head = f"{alias} | {note.created_at:%Y-%m-%d} | {note.sentiment or '-'}"
        return Line(
            record=note.note_id, alias=alias, text=f"{head} | {capped(self._clean(note.content))}"
        )

    def _task_line(self, task: TaskRecord) -> Line:
        due = f"due {task.end_date}" if task.end_date else "no date"
        alias, name = self._alias[task.task_id], capped(self._clean(task.name), 200)
        return Line(
            record=task.task_id, alias=alias, text=f"{alias} | {task.status} | {due} | {name}"
        )

    def _fact_lines(self) -> list[str]:
        return [
            f"{alias}: {capped(self._named(self._dossier.facts[name].sentence), 300)}"
            for alias, name in self._fact_names.items()
        ]

    def _named(self, text: str) -> str:
        """Cleaned text with record ids as the aliases under which the model sees them."""
        aliased = _RECORD_ID.sub(lambda m: self._alias.get(m[0], m[0]), text)
        return self._clean(aliased)

    def _finding_lines(self) -> list[str]:
        said: dict[tuple[str, int], str] = {}
        for f in open_findings(self._dossier):
            if f.note_id in self._alias:
                line = f"{self._alias[f.note_id]} | {f.reason} | {f.status}"
                quote = capped(self._clean(f.quote), 300)
                said.setdefault((f.note_id, f.start), f"{line} | {quote}")
        return list(said.values())[:MOST_FINDINGS]


def open_findings(dossier: Dossier) -> list[NoteFinding]:
    """What our engine found in the notes and is not over, the heaviest first."""
    live = (FindingStatus.OPEN, FindingStatus.POTENTIAL)
    found = [f for f in dossier.findings if f.status in live and f.resolved_on is None]
    return sorted(
        found, key=lambda f: (-f.severity * f.likelihood, -f.noted_on.toordinal(), f.note_id)
    )


def _by_urgency(dossier: Dossier) -> list[TaskRecord]:
    """Blocked tasks first, then by date; completed ones last."""
    ranks = {TaskStatus.BLOCKED: 0, TaskStatus.COMPLETED: 2}
    return sorted(
        dossier.tasks,
        key=lambda t: (ranks.get(t.status, 1), t.end_date or dossier.as_of, t.task_id),
    )


def _left_out(dossier: Dossier, read: Sequence[str]) -> tuple[str, ...]:
    missing = [note.note_id for note in dossier.notes if note.note_id not in set(read)]
    if not missing:
        return ()
    named = ", ".join(missing[:20]) + (
        f" and {len(missing) - 20} more" if len(missing) > 20 else ""
    )
    count = len(dossier.notes)
    return (f"{count - len(missing)} of {count} notes read; no room for {named}.",)


def repair(answer: str, failures: Sequence[tuple[str, str]]) -> str:
    """What is added to a prompt to have failing claims put right: claim id and code of each.

    ``answer`` is the model's own, so still redacted.
    """
    return _template("repair").substitute(
        answer=capped(sanitise(answer), 4_000),
        failures="; ".join(f"{claim}: {code}" for claim, code in failures[:20]),
    )
