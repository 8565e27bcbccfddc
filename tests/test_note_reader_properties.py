"""Reading notes: any text, in any order, at a cost that follows its length."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.engine.reader import read_notes
from tests.reader_parts import note, standing


@pytest.mark.parametrize(
    "content",
    [
        "",
        "   \n\t\n",
        "🚀🔥",
        "<p>The nightly job <b>failed</b> again.</p><script>alert(1)</script>",
        "العميل غير راضٍ عن التأخير \u202eblocked\u202c",
        "- [ ] \n- [x] \n* \n1. ",
        "##\n**\n:::\n- -\n",
        "None",
        "The job failed\x00 again.",
    ],
)
def test_any_text_can_be_read(content: str) -> None:
    for finding in read_notes([note(content)]):
        assert finding.quote == content[finding.start : finding.end]


def test_tags_do_not_hide_a_problem() -> None:
    assert standing("<p>The nightly job <b>failed</b> again.</p>")


WORDS = st.sampled_from(
    ["blocked", "no", "not", "the", "job", "failed", "waiting", "for", "access", "risk", "resolved"]
    + ["but", "None", "Blockers:", "-", "##", "**", ".", ",", "\n", "client", "may", "fixed", "to"]
    + ["issues", "whether", "?", "<", ">", "é", "🚀", "overdue", "and", "was", "granted", "Done:"]
)
TEXTS = st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=200)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_quotes_are_the_notes_own_characters(contents: list[str]) -> None:
    notes = [note(content, day) for day, content in enumerate(contents)]
    by_id = {n.note_id: n.content for n in notes}
    for f in read_notes(notes):
        assert f.quote
        assert f.quote == by_id[f.note_id][f.start : f.end]
        if f.resolved_by:
            assert f.resolved_quote == by_id[f.resolved_by][f.resolved_start : f.resolved_end]


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_the_notes_is_no_matter(contents: list[str], chance: random.Random) -> None:
    notes = [note(content, day) for day, content in enumerate(contents)]
    shuffled = list(notes)
    chance.shuffle(shuffled)
    assert read_notes(shuffled) == read_notes(notes)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(2, 20))
def test_saying_it_often_does_not_pay(content: str, times: int) -> None:
    reasons = [f.reason for f in read_notes([note("\n".join([content] * times))])]
    assert len(reasons) == len(set(reasons))


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_severity_and_likelihood_stay_in_their_scales(content: str) -> None:
    for f in read_notes([note(content)]):
        assert f.severity in (1, 2, 3, 4)
        assert f.likelihood in (0.25, 0.5, 0.75, 1.0)


def calls(content: str) -> int:
    """How many calls reading this text takes: a measure of work that no busy machine changes."""
    count = 0

    def counting(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        read_notes([note(content)])
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "the job failed and we are blocked by the vendor ",
        "no not never without ",
        "waiting for the the the access ",
        "- Blockers:\n",
        "issue issue issue ",
        "resolved fixed granted, ",
    ],
)
def test_reading_grows_with_the_length_and_not_faster(unit: str) -> None:
    read_notes([note(unit * 50)])
    short, long = calls(unit * (10_000 // len(unit))), calls(unit * (40_000 // len(unit)))
    assert long < short * 4.6


@pytest.mark.parametrize(
    "unit",
    [
        "?",
        ".",
        " ",
        "a",
        "-",
        "- ",
        "**",
        "<",
        "<a ",
        "#",
        "a:",
        "(",
        "'",
        "\u202e",
        "is it ?",
        "a b",
        "\n",
        "1. ",
    ],
)
def test_no_text_of_100_kb_makes_it_drag(unit: str) -> None:
    # A regular expression that backtracks would take minutes here: the run itself is the check.
    read_notes([note(unit * (100_000 // len(unit)))])
