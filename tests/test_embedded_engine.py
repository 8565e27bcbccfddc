"""The embedded engine: summaries, and that every claim of it checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagements.records import (
    EngagementRecord,
    EngagementStatus,
    InsightType,
    NoteRecord,
    Sentiment,
    TaskRecord,
    TaskStatus,
    UsageRecord,
)
from insights.engine.playbook import PLAYBOOK
from insights.providers import Provider, ProviderError, RateLimited
from insights.providers.embedded import EmbeddedProvider
from insights.reasons import REASONS, WORDS
from insights.render import plain_text
from insights.schema import Dossier
from tests.dossiers import (
    TODAY,
    ago,
    make_dossier,
    make_note,
    make_task,
    make_usage,
    troubled,
)
from tests.engine_parts import (
    ACTIONS,
    FIXTURES,
    RISKS,
    SUMMARY,
    content,
    draft,
    refused,
    texts,
    trouble,
    verified,
)

__all__ = ["trouble"]
# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("engine")


def test_the_engine_is_a_provider() -> None:
    assert isinstance(EmbeddedProvider(), Provider)
    assert issubclass(RateLimited, ProviderError)
    assert RateLimited(retry_after=3).retryable
    assert "slow down" in str(RateLimited())


def test_the_same_dossier_gives_the_same_drafts(trouble: Dossier) -> None:
    for kind in InsightType:
        assert draft(trouble, kind) == draft(troubled(), kind)


def test_everything_it_says_of_a_troubled_engagement_checks(trouble: Dossier) -> None:
    assert refused(trouble) == []


def test_a_summary_gives_the_verdict_first_with_its_main_reason(trouble: Dossier) -> None:
    first = draft(trouble, SUMMARY).claims[0]
    assert first.kind == "verdict"
    assert first.text.startswith(f"Watch, {trouble.health.score} of 100. Main reason: ")
    assert "T-3 Pilot cut-over by 13 days" in first.text


def test_a_summary_has_at_most_five_concerns_each_with_its_evidence(trouble: Dossier) -> None:
    concerns = [c for c in draft(trouble, SUMMARY).claims if c.kind == "concern"]
    assert 3 <= len(concerns) <= 5
    assert all(c.evidence or c.facts for c in concerns)


def test_a_status_that_the_numbers_contradict_is_a_concern_of_its_own(trouble: Dossier) -> None:
    told = [c for c in draft(trouble, SUMMARY).claims if "contradiction" in c.facts]
    assert len(told) == 1
    assert "82" in told[0].text
    assert str(trouble.health.score) in told[0].text


def test_good_news_is_quoted_and_a_resolved_problem_shows_both_quotes(trouble: Dossier) -> None:
    progress = [c for c in draft(trouble, SUMMARY).claims if c.kind == "progress"]
    assert any("very happy" in c.text for c in progress)
    closed = next(c for c in progress if c.text.startswith("Resolved: "))
    assert {e.source for e in closed.evidence} == {"N-7", "N-8"}


def test_a_representative_quote_is_called_one(trouble: Dossier) -> None:
    quotes = [c for c in draft(trouble, SUMMARY).claims if c.kind == "coverage"]
    assert [c.text[:22] for c in quotes] == ["Representative quote: "]
    assert quotes[0].evidence[0].quote.rstrip(".") in quotes[0].text


def test_a_healthy_engagement_gets_a_short_summary() -> None:
    tasks = [
        make_task(n, name, "Completed", start_date=ago(90 - n), end_date=ago(60 - n),
                  completed_at=datetime.combine(ago(60 - n), time(), UTC))
        for n, name in enumerate(["Set up the workspace", "Ingest orders", "Build the model"])
    ]  # fmt: skip
    tasks.append(
        make_task(9, "Hand over", start_date=ago(2), end_date=ago(-50), progress_percent=10)
    )
    notes = [make_note(1, 2, "Demo went well and the customer signed off the design.", "positive")]
    made = draft(make_dossier(notes, tasks), SUMMARY)
    assert made.claims[0].text.startswith("On track, ")
    assert texts(made, "concern") == []
    assert len(made.claims) <= 4


def test_with_no_data_it_says_what_is_missing_instead_of_guessing() -> None:
    made = draft(make_dossier(), SUMMARY)
    assert texts(made) == ["Not scored: there is too little data to score this engagement"]
    assert "No delivery notes, so nothing is known but the plan and the numbers." in made.left_out
    assert any("there are no tasks" in sentence for sentence in made.left_out)


def test_a_summary_says_how_much_it_read(trouble: Dossier) -> None:
    assert "All 9 notes read." in draft(trouble, SUMMARY).left_out
    early = draft(msgspec.structs.replace(trouble, as_of=ago(9)), SUMMARY)
    assert any(s.startswith("7 of 9 notes read") for s in early.left_out)


def test_the_text_of_an_insight_names_its_sources_and_what_it_leaves_out(trouble: Dossier) -> None:
    said = content(trouble, RISKS)
    assert said.startswith("Risks\n- [critical] Milestone T-3")
    assert "Waiting on the customer for network access (2 notes since 3 Nov). [N-12, N-10]" in said
    assert "\nNot covered\n" in said
    assert "Done when: " in content(trouble, ACTIONS)
    assert content(make_dossier(), ACTIONS).startswith("Recommended actions\nNo actions proposed.")


WORDING = st.sampled_from(
    [
        "We are waiting on the customer for network access.", "Access was not granted yet, 3 people wait.",
        "The nightly load failed twice; it may slip by 2 weeks.", "Budget is 15% over plan, says Acme Corp.",
        "Demo went well and users are happy.", "The access issue is resolved.", "No blockers.", "Blockers: none",
        "Priya Nair left, knowledge was not handed over.", "Action: send the **plan** to bob@x.example by 3 Dec",
        "Next steps:\n- review T-1 with GDPR officer\n- escalate", "Scope grew: <b>two</b> more reports.",
        "If the vendor does not deliver, go-live will definitely fail.", "the the the", "“Quote” — dash … `code`",
        "Sponsor missed the last two steering meetings.", "Sécurité: la revue n’est pas faite.", "\u200bhidden\u202e",
        "100% of everything is always done and nobody will ever complain.", "Risks - data quality of orders.daily is poor",
    ]
)  # fmt: skip
NOTES = st.builds(
    lambda number, days, parts, mood: make_note(number, days, " ".join(parts), mood),
    st.integers(1, 99), st.integers(-5, 120),
    st.lists(WORDING | st.text(max_size=30), min_size=1, max_size=4),
    st.none() | st.sampled_from(["positive", "neutral", "risk"]),
)  # fmt: skip
TASKS = st.builds(
    lambda number, name, status, start, length, milestone, progress: make_task(
        number, name, status, start_date=ago(start), end_date=ago(start - length),
        is_milestone=milestone, progress_percent=progress, baseline_end_date=ago(start),
    ),
    st.integers(1, 30), st.sampled_from(["UAT", "Migrate 40 reports", "Cut-over <b>now</b>", "Kafka “hub”", "* x", "設計"])
    | st.text(min_size=1, max_size=12),
    st.sampled_from([*TaskStatus]), st.integers(-20, 90), st.integers(0, 60), st.booleans(), st.integers(0, 100),
)  # fmt: skip
DOSSIERS = st.builds(
    make_dossier,
    notes=st.lists(NOTES, max_size=7, unique_by=lambda n: n.note_id),
    tasks=st.lists(TASKS, max_size=5, unique_by=lambda t: t.task_id),
    usage=st.lists(st.builds(make_usage, st.integers(1, 99), st.integers(-3, 40), st.integers(0, 60)), max_size=4, unique_by=lambda u: u.usage_id),
    engagement=st.fixed_dictionaries(
        {"status": st.sampled_from([*EngagementStatus])},
        optional={"health_score": st.integers(0, 100), "consumed_hours": st.floats(0, 900), "planned_hours": st.floats(1, 900), "end_date": st.just(ago(3))},
    ),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOSSIERS)
def test_whatever_the_records_hold_every_claim_checks(dossier: Dossier) -> None:
    assert refused(dossier) == []
    known = {*dossier.texts(), *(u.usage_id for u in dossier.usage)}
    for kind in InsightType:
        made = draft(dossier, kind)
        assert set(made.used) <= known
        assert all(s.endswith(".") for s in made.left_out)
        assert plain_text(kind, made.claims, made.left_out)


def _rows(name: str, kind: type, extra: dict[str, Any] | None = None) -> Iterator[Any]:
    """The fixture rows of a table that are well-formed; the hard ones are for the loader's tests."""
    for row in json.loads((FIXTURES / f"{name}.json").read_text("utf-8")):
        given = {k: v for k, v in row.items() if v is not None}
        try:
            yield msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError:
            continue


def _by_engagement(rows: Iterator[Any]) -> dict[str, list[Any]]:
    ordered = sorted(rows, key=lambda row: row.engagement_id)
    return {k: list(v) for k, v in groupby(ordered, key=lambda row: row.engagement_id)}


def test_every_claim_about_every_fixture_engagement_checks() -> None:
    tasks, notes, usage = (
        _by_engagement(_rows(name, kind))
        for name, kind in (
            ("tasks", TaskRecord),
            ("delivery_notes", NoteRecord),
            ("notebook_usage", UsageRecord),
        )
    )
    newest = max(n.created_at.date() for found in notes.values() for n in found)
    claims = 0
    for record in _rows("engagements", EngagementRecord):
        key = record.engagement_id
        dossier = make_dossier(
            notes.get(key, ()), tasks.get(key, ()), usage.get(key, ()), newest,
            {name: getattr(record, name) for name in record.__struct_fields__},
        )  # fmt: skip
        rejected, kept = verified(dossier)
        assert rejected == []
        claims += kept
    assert claims > 100


def test_times_of_notes_in_other_zones_and_moods_do_not_matter() -> None:
    note = make_note(1, 2, "We are waiting on the customer for the VPN.")
    west = msgspec.structs.replace(
        note, created_at=note.created_at + timedelta(hours=3), sentiment=Sentiment.POSITIVE
    )
    assert texts(draft(make_dossier([note]), RISKS)) == texts(draft(make_dossier([west]), RISKS))
    assert make_dossier([note]).as_of == TODAY


def test_the_docs_hold_the_whole_playbook() -> None:
    told = (FIXTURES.parent / "docs" / "insights.md").read_text("utf-8")
    for category, reasons in REASONS.items():
        for reason in reasons:
            play = PLAYBOOK[reason]
            assert (
                f"| {category} | `{reason}` | {WORDS[reason]} | {play.title} | {play.owner_role} | {play.effort} |"
                in told
            )
