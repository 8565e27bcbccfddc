"""Sample data: the same arguments give the same bytes, and every row is a plausible record."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from connectors.sources.sample import (
    BAD,
    GOOD,
    MANIFEST,
    Bundle,
    Course,
    courses,
    generate,
    write_sample,
)
from connectors.sources.sample.courses import course_of
from connectors.sources.sample.phrases import WORDINGS
from engagements import records
from engagements.health import Facts, history
from engagements.parse import parse
from insights.engine.reader import read_notes
from tests.sample_parts import (
    AS_OF,
    FIXTURES,
    RECORDS,
    REPOSITORY,
    bundles,
    contents,
    rows,
    written,
)

# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("sample")


@pytest.fixture(scope="module", params=[(60, 7), (500, 11)], ids=["60", "500"])
def portfolio(request: pytest.FixtureRequest) -> list[Bundle]:
    engagements, seed = request.param
    return bundles(engagements, seed)


# Repeatable


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_another_process_with_another_hash_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys, faker, random; faker.Faker.seed(99); random.seed(99); "
        "from datetime import date; from pathlib import Path; "
        "from connectors.sources.sample import write_sample; "
        "write_sample(Path(sys.argv[1]), engagements=8, seed=7, as_of=date(2026, 10, 15))"
    )
    environment = {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", script, str(tmp_path / "other")]
    subprocess.run(command, check=True, cwd=REPOSITORY, env=environment, timeout=60)
    assert contents(tmp_path / "other") == written(tmp_path / "here")


@pytest.mark.parametrize(
    "other", [{"seed": 8}, {"as_of": AS_OF - timedelta(days=1)}, {"weeks": 20}, {"engagements": 9}]
)
def test_another_seed_day_length_or_size_gives_other_bytes(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    first, second = written(tmp_path / "one"), written(tmp_path / "two", **other)
    assert first["delivery_notes.json"] != second["delivery_notes.json"]


def test_the_committed_fixtures_are_a_fresh_generation(tmp_path: Path) -> None:
    manifest = json.loads((FIXTURES / MANIFEST).read_text())
    fresh = written(
        tmp_path,
        engagements=manifest["engagements"],
        seed=manifest["seed"],
        as_of=date.fromisoformat(manifest["as_of"]),
        weeks=manifest["weeks"],
        frozen=manifest["frozen"],
    )
    assert manifest["as_of"] == "2026-10-15"
    assert manifest["frozen"] is True
    assert contents(FIXTURES) == fresh


def test_the_fixtures_stay_small() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*.json")) < 1_000_000


# Rows that load


@pytest.mark.parametrize("directory", [FIXTURES, FIXTURES / "hard"], ids=["portfolio", "hard"])
@pytest.mark.parametrize("table", RECORDS)
def test_every_committed_row_is_a_valid_record(directory: Path, table: str) -> None:
    found = rows(directory, table)
    assert found
    for row in found:
        parsed = parse(RECORDS[table], row)
        assert not isinstance(parsed, tuple), (row, parsed)


@pytest.mark.parametrize("table", ["tasks", "delivery_notes", "notebook_usage"])
def test_no_hard_case_is_an_orphan_or_a_double(table: str) -> None:
    known = {row["engagement_id"] for row in rows(FIXTURES / "hard", "engagements")}
    found = rows(FIXTURES / "hard", table)
    key = next(iter(found[0]))
    assert {row["engagement_id"] for row in found} <= known
    assert len({row[key] for row in found}) == len(found)


def test_every_row_is_a_valid_record(portfolio: list[Bundle]) -> None:
    for bundle in portfolio:
        for kind, found in (
            (records.EngagementRecord, [bundle.engagement]),
            (records.TaskRecord, bundle.tasks),
            (records.NoteRecord, bundle.notes),
            (records.UsageRecord, bundle.usage),
        ):
            for row in found:
                parsed = parse(kind, row)
                assert not isinstance(parsed, tuple), (row, parsed)


# Coherent


def test_ids_are_unique_and_name_their_engagement(portfolio: list[Bundle]) -> None:
    seen: Counter[str] = Counter()
    for bundle in portfolio:
        number = bundle.engagement["engagement_id"].removeprefix("ENG-")
        seen[bundle.engagement["engagement_id"]] += 1
        for key, found in (
            ("task_id", bundle.tasks),
            ("note_id", bundle.notes),
            ("usage_id", bundle.usage),
        ):
            seen.update(row[key] for row in found)
            assert all(row[key].split("-")[1] == number for row in found)
            assert all(row["engagement_id"] == f"ENG-{number}" for row in found)
    assert max(seen.values()) == 1


def test_everybody_named_is_in_the_list_of_people(tmp_path: Path) -> None:
    write_sample(tmp_path, engagements=60, seed=7, as_of=AS_OF)
    people = {row["id"]: row["name"] for row in rows(tmp_path, "team_members")}
    engagements = rows(tmp_path, "engagements")
    for row in engagements:
        assert people[row["owner_id"]] == row["owner_name"]
        assert all(people[member["id"]] == member["name"] for member in row["team_members"])
    for table, key in (
        ("tasks", "owner_id"),
        ("delivery_notes", "author_id"),
        ("notebook_usage", "user_id"),
    ):
        named = {row[key] for row in rows(tmp_path, table)} - {None}
        assert named <= people.keys()
    assert 6 <= len({row["owner_id"] for row in engagements}) <= 15


def test_nothing_happened_on_the_as_of_day_or_later(portfolio: list[Bundle]) -> None:
    today = AS_OF.isoformat()
    for bundle in portfolio:
        moments = [bundle.engagement["created_at"], bundle.engagement["updated_at"]]
        for task in bundle.tasks:
            moments += [task["updated_at"], task["completed_at"] or ""]
        moments += [note["created_at"] for note in bundle.notes]
        moments += [run["execution_date"] for run in bundle.usage]
        assert max(moments) < today


def test_dates_are_in_order(portfolio: list[Bundle]) -> None:
    for bundle in portfolio:
        engagement = bundle.engagement
        assert engagement["created_at"] <= engagement["updated_at"]
        assert engagement["start_date"] < engagement["end_date"]
        for task in bundle.tasks:
            assert engagement["start_date"] <= task["start_date"] <= task["end_date"]
            assert task["start_date"] <= task.get("baseline_end_date", task["end_date"])
            assert task["start_date"] <= (task["completed_at"] or "9999")[:10]
        written_at = [note["created_at"] for note in bundle.notes]
        assert written_at == sorted(written_at)
        assert all(engagement["start_date"] <= moment for moment in written_at)


def test_a_task_stands_where_its_progress_says(portfolio: list[Bundle]) -> None:
    for task in (task for bundle in portfolio for task in bundle.tasks):
        done = task["status"] == "Completed"
        assert done == (task["completed_at"] is not None) == (task["progress_percent"] == 100)
        assert (task["status"] == "Not Started") == (task["progress_percent"] == 0)


def test_an_engagement_stands_where_its_tasks_say(portfolio: list[Bundle]) -> None:
    for bundle in portfolio:
        standing = Counter(task["status"] for task in bundle.tasks)
        status = bundle.engagement["status"]
        assert 8 <= len(bundle.tasks) <= 25
        assert (status == "Completed") == (standing["Completed"] == len(bundle.tasks))
        assert (status == "Not Started") == (standing["Not Started"] == len(bundle.tasks))
        if status == "Not Started":
            assert not bundle.notes
            assert not bundle.usage


def test_optional_columns_are_sometimes_missing(portfolio: list[Bundle]) -> None:
    def share_missing(found: Iterator[dict[str, Any]], column: str) -> float:
        return mean(row.get(column) is None for row in found)

    for column in ("planned_hours", "consumed_hours", "contract_value"):
        assert 0 < share_missing((b.engagement for b in portfolio), column) < 0.2
    assert 0 < share_missing((t for b in portfolio for t in b.tasks), "phase") < 0.1
    assert 0.2 < share_missing((n for b in portfolio for n in b.notes), "sentiment") < 0.4


# Hidden courses


@pytest.mark.parametrize("seed", [1, 7, 24])
def test_every_course_is_there_from_24_engagements_on(seed: int) -> None:
    dealt = Counter(courses(24, seed, AS_OF).values())
    assert dealt.keys() == set(Course)


def test_two_in_three_engagements_under_way_are_good() -> None:
    dealt = Counter(courses(480, 7, AS_OF).values())
    good, bad = sum(dealt[c] for c in GOOD), sum(dealt[c] for c in BAD)
    assert 0.6 <= good / (good + bad) <= 0.7


def test_courses_can_be_recomputed_and_stand_in_no_row(tmp_path: Path) -> None:
    found = bundles(60)
    assert courses(60, 7, AS_OF) == {b.engagement["engagement_id"]: b.course for b in found}
    columns = {key for b in found for row in (b.engagement, *b.tasks, *b.notes) for key in row}
    known = {name for kind in RECORDS.values() for name in kind.__struct_fields__}
    assert columns <= known


def test_a_larger_portfolio_keeps_the_courses_of_a_smaller_one() -> None:
    small, large = courses(30, 7, AS_OF), courses(300, 7, AS_OF)
    assert small.items() <= large.items()
    assert course_of(29, 7) is large["ENG-0030"]


def test_a_watermelon_is_reported_green() -> None:
    green = [b.engagement for b in bundles(120) if b.course is Course.WATERMELON]
    assert all(row["status"] == "Active" for row in green)
    assert all((row["health_score"] or 100) >= 80 for row in green)


def test_a_quiet_decline_loses_its_runs() -> None:
    def kept(course: Course) -> float:
        """Runs of the last four weeks for each of the four weeks before."""
        runs = [u for b in found if b.course is course for u in b.usage]
        return runs_between(runs, 4, 0) / runs_between(runs, 8, 4)

    found = bundles(120)
    assert kept(Course.QUIET_DECLINE) < 0.7 < 0.9 < kept(Course.STEADY)


def runs_between(runs: list[dict[str, Any]], first: int, last: int) -> int:
    """Notebook runs from so many weeks ago to so many weeks ago."""
    since, until = (AS_OF - timedelta(weeks=weeks) for weeks in (first, last))
    inside = (u for u in runs if since.isoformat() <= u["execution_date"] < until.isoformat())
    return sum(u["execution_count"] for u in inside)


def test_health_tells_good_courses_from_bad_ones_today_and_over_12_weeks() -> None:
    today: dict[bool, list[int]] = defaultdict(list)
    past: dict[bool, list[int]] = defaultdict(list)
    for bundle in bundles(120):
        if bundle.course not in GOOD | BAD:
            continue
        scores = weekly_scores(bundle)
        today[bundle.course in GOOD].append(scores[-1])
        past[bundle.course in GOOD] += scores
    assert mean(today[True]) - mean(today[False]) >= 30
    assert mean(past[True]) - mean(past[False]) >= 20
    # Real portfolios overlap: some bad course still looks better than some good one.
    assert max(today[False]) > min(today[True])


def weekly_scores(bundle: Bundle) -> list[int]:
    """The computed health of the last twelve weeks and of today, where there is one."""
    facts = facts_of(bundle)
    days = [AS_OF - timedelta(weeks=back) for back in range(12, -1, -1)]
    return [reading.score for reading in history(facts, days) if reading.score is not None]


def facts_of(bundle: Bundle) -> Facts:
    notes = [parse(records.NoteRecord, row) for row in bundle.notes]
    return Facts(
        engagement=parse(records.EngagementRecord, bundle.engagement),
        tasks=[parse(records.TaskRecord, row) for row in bundle.tasks],
        notes=notes,
        findings=read_notes(notes),
        usage=[parse(records.UsageRecord, row) for row in bundle.usage],
        as_of=AS_OF,
    )


# Notes


def test_ten_thousand_notes_are_mostly_different() -> None:
    texts: list[str] = []
    for bundle in generate(engagements=900, seed=3, as_of=AS_OF, weeks=12):
        texts += [note["content"] for note in bundle.notes]
        if len(texts) >= 10_000:
            break
    assert len(texts) >= 10_000
    assert len(set(texts[:10_000])) >= 9_000


def test_notes_read_like_text(portfolio: list[Bundle]) -> None:
    for text in (note["content"] for bundle in portfolio for note in bundle.notes):
        assert text.strip() == text != ""
        assert not re.search(r"[{}\[\]|]|  | [.,;]|\.\.|\bNone\b\w", text), text
        assert len(text) < 1500


def test_notes_deny_resolve_hedge_and_use_headings(portfolio: list[Bundle]) -> None:
    texts = [note["content"] for bundle in portfolio for note in bundle.notes]
    for kind in (
        r"\b[Nn]o (open |new )?(blockers|issues|risks)",
        r"unblocked|no longer|resolved|came through",
        r"\bmay\b|might|could",
        r"^(Blockers|Issues|Problems|Risks)|^\*\*Risks|^## Blockers",
    ):
        assert 0.02 < mean(bool(re.search(kind, text, re.M)) for text in texts) < 0.6, kind


def test_a_blocker_of_a_recovering_engagement_is_told_and_later_solved() -> None:
    told = [read_notes_of(b) for b in bundles(120) if b.course is Course.BLOCKED_THEN_RECOVERING]
    solved = [any(f.resolved_on and f.resolved_on > f.noted_on for f in found) for found in told]
    assert mean(solved) > 0.5


def read_notes_of(bundle: Bundle) -> tuple[records.NoteFinding, ...]:
    return read_notes([parse(records.NoteRecord, row) for row in bundle.notes])


def test_there_are_words_for_every_reason_code() -> None:
    from insights.engine.lexicon import CATEGORY

    assert WORDINGS.keys() == CATEGORY.keys()


def test_notes_cover_the_weeks_asked_for_and_little_more(portfolio: list[Bundle]) -> None:
    first = min(note["created_at"][:10] for bundle in portfolio for note in bundle.notes)
    assert AS_OF - timedelta(weeks=14) <= date.fromisoformat(first) <= AS_OF - timedelta(weeks=12)


def test_there_is_no_address_or_number_of_a_person(portfolio: list[Bundle]) -> None:
    text = json.dumps([[b.engagement, b.tasks, b.notes] for b in portfolio])
    assert not re.search(r"\w@\w|https?://|\+\d{6,}|\(\d{3}\)", text)
