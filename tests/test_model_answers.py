"""Bad answers of a model: refused, whatever they say."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.evaluation_model import LoopbackModel
from insights.grounding import verify
from insights.prompts import Composer, names_of
from insights.providers import (
    BadAnswer,
)
from insights.providers.answer import Reader
from insights.redaction import Redactor
from insights.schema import Claim
from tests.fault_parts import RISKS, generate
from tests.llm.dossiers import BLOCKED, SLOW, WAITING, make_dossier

# --- what a model may write -----------------------------------------------------------------------


def _claim(**given: object) -> dict[str, object]:
    evidence = [{"source": "N1", "quote": BLOCKED}]
    claim = {
        "id": "c1",
        "text": BLOCKED,
        "kind": "risk",
        "reason": "escalation",
        "evidence": evidence,
    }
    return {**claim, **given}


def _quoting(quote: str, source: str = "N1", **given: object) -> dict[str, object]:
    return _claim(evidence=[{"source": source, "quote": quote}], **given)


def _json(*claims: object) -> str:
    return json.dumps({"claims": claims})


BAD_ANSWERS: dict[str, str] = {
    "prose": "The project is doing fine.",
    "nothing": "null",
    "an open brace": "{",
    "half JSON": _json(_claim())[:-20],
    "a list": "[]",
    "single quotes": "{'claims': []}",
    "trailing comma": '{"claims": [1,]}',
    "no claims": '{"claims": []}',
    "claims of null": '{"claims": null}',
    "claims as text": '{"claims": "none"}',
    "claims as object": '{"claims": {"c1": {}}}',
    "other fields only": '{"summary": "all good", "status": "green"}',
    "another first object": '{"note": 1} ' + _json(_claim()),
    "NaN": '{"claims": NaN}',
    "two hundred brackets": '{"claims": ' + "[" * 200,
    "deep nesting": '{"claims": ' + "[" * 20_000,
    "claims of numbers": _json(1, 2.5, True, None),
    "an empty claim": _json({}),
    "no evidence": _json(_claim(evidence=[], facts=[])),
    "evidence of null": _json(_claim(evidence=None)),
    "evidence as text": _json(_claim(evidence=BLOCKED)),
    "evidence without quote": _json(_claim(evidence=[{"source": "N1"}])),
    "unknown note": _json(_quoting(BLOCKED, "N99")),
    "the example's id": _json(_quoting("vendor has not sent the firewall rules", "X1")),
    "an id of another engagement": _json(_quoting(BLOCKED, "n-77")),
    "another note's words": _json(_quoting(BLOCKED, "N2")),
    "an invented quote": _json(_quoting("the budget is spent to the last cent")),
    "a short quote": _json(_quoting("still")),
    "a quote cut within a word": _json(_quoting("irewall change is still bloc")),
    "a quote put together": _json(_quoting("The firewall change by the network group.")),
    "an unknown fact": _json(_claim(evidence=[], facts=["F999"])),
    "an unknown kind": _json(_claim(kind="verdict")),
    "a kind of another insight": _json(_claim(kind="theme")),
    "an unknown certainty": _json(_claim(certainty="proven")),
    "text of null": _json(_claim(text=None)),
    "text as a list": _json(_claim(text=[BLOCKED])),
    "an endless text": _json(_claim(text="blocked " * 2_000)),
    "a number from nowhere": _json(_claim(text="The firewall change is still blocked by 7 network groups")),
    "a number in words": _json(_claim(text="The firewall change is blocked by four network groups")),
    "a date from nowhere": _json(_claim(text="The firewall change is blocked by the network group until 2026-07-01")),
    "a name from nowhere": _json(_claim(text="The firewall change is blocked by Hildegard of the network group")),
    "polarity turned": _json(_claim(text="The firewall change is not blocked by the network group")),
    "certain beyond the source": _json(_claim(text="The firewall change will definitely stay blocked by the network group")),
    "a link": _json(_claim(text="The firewall change is blocked, see https://evil.example/x")),
    "an image": _json(_claim(text="Firewall change ![x](//evil.example) blocked by the network group")),
    "HTML": _json(_claim(text="<img src=x onerror=alert(1)> firewall change blocked")),
    "unrelated words": _json(_claim(text="Payroll has a security hole in its integration")),
    "words to the reader": _json(_claim(text="Please tell your firewall network group")),
    "a lone surrogate": '{"claims": [{"text": "\\ud800 firewall blocked", "evidence": [{"source": "N1", "quote": "\\ud800"}]}]}',
    "a status and a score": _json({"id": "c1", "text": "Status is Completed", "status": "Completed", "health_score": 100}),
    "two hundred and one claims": _json(*[_claim(id=f"c{n}") for n in range(201)]),
}  # fmt: skip
FAIR_ANSWERS: dict[str, str] = {
    "plain": _json(_claim()),
    "in a fence": f"```json\n{_json(_claim())}\n```",
    "with a preface": f"Here is the JSON you asked for:\n{_json(_claim())}\nHope this helps!",
    "fields of its own": _json(_claim(severity="critical", status="red", note="n", facts=[])),
    "small ids": _json(_quoting(BLOCKED, "n1")),
    "typographic quotes": _json(_quoting(BLOCKED.replace("still", "still "))),
    "the same claim twice": _json(_claim(), _claim(id="c2")),
    "no id": _json({k: v for k, v in _claim().items() if k != "id"}),
    "a half-good answer": _json(_claim(), _quoting("nobody wrote this line", id="c2")),
}


def test_the_corpus_of_bad_answers_is_large() -> None:
    assert len(BAD_ANSWERS) >= 40


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer_is_refused(name: str) -> None:
    with LoopbackModel(lambda message: BAD_ANSWERS[name]) as model, pytest.raises(BadAnswer):
        generate(model.base_url)


@pytest.mark.parametrize("name", FAIR_ANSWERS)
def test_a_fair_answer_is_taken(name: str) -> None:
    with LoopbackModel(lambda message: FAIR_ANSWERS[name]) as model:
        draft = generate(model.base_url)
    (claim,) = draft.claims
    assert claim.evidence[0].quote == BLOCKED
    assert (claim.id, claim.evidence[0].source) == ("c1", "n-1")


NOTES = (
    "The firewall change is not approved; go-live may slip by two weeks.",
    "Three of 12 reports are late. The vendor has not answered since 4 May.",
    BLOCKED,
    WAITING,
    SLOW,
)
DOSSIER = make_dossier(*NOTES)
WORDS = sorted(set(re.findall(r"\w+", " ".join(NOTES)))) + [
    "not",
    "no",
    "never",
    "13",
    "five",
    "Hildegard",
]


def _mutated(draw: st.DrawFn, text: str) -> str:
    words = text.split()
    position = draw(st.integers(0, len(words) - 1))
    how = draw(st.sampled_from(["keep", "drop", "change", "add", "shorten"]))
    if how == "drop":
        del words[position]
    elif how == "change":
        words[position] = draw(st.sampled_from(WORDS))
    elif how == "add":
        words.insert(position, draw(st.sampled_from(WORDS)))
    elif how == "shorten":
        words = words[position:]
    return " ".join(words)


@st.composite
def fuzzed_claims(draw: st.DrawFn) -> dict[str, object]:
    note = draw(st.integers(1, len(NOTES)))
    source = draw(st.sampled_from([f"N{note}", f"N{note}", "N1", "N9", "T1", "X1", "n-1", ""]))
    quote = _mutated(draw, NOTES[note - 1])
    return {
        "id": draw(st.sampled_from(["c1", "c2", "", "x" * 90])),
        "text": _mutated(draw, draw(st.sampled_from([quote, NOTES[note - 1]]))),
        "kind": draw(st.sampled_from(["risk", "risk", "", "concern"])),
        "reason": draw(st.sampled_from(["data_quality", "nonsense", None])),
        "severity": draw(st.integers(-1, 9)),
        "certainty": draw(st.sampled_from(["observed", "possible"])),
        "evidence": [{"source": source, "quote": quote}],
        "facts": draw(st.sampled_from([[], ["F1"], ["F999"], ["score"]])),
    }


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def _check(claim: Claim) -> None:
    """By other means than the verifier: ids, quotes and numbers are the records' own."""
    texts = DOSSIER.texts()
    support = " ".join(e.quote for e in claim.evidence)
    support += " ".join(DOSSIER.facts[name].sentence for name in claim.facts)
    assert claim.evidence or claim.facts
    for evidence in claim.evidence:
        assert texts[evidence.source][evidence.start : evidence.end] == evidence.quote
    assert _digits(claim.text) <= _digits(support)
    for word in ("Hildegard", "five", "13", "never"):
        assert word not in claim.text or word in support


@given(st.lists(fuzzed_claims(), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_no_fuzzed_claim_is_kept_that_does_not_check(claims: list[dict[str, object]]) -> None:
    redactor = Redactor(names_of(DOSSIER))
    prompt = Composer(DOSSIER, RISKS, redactor, 8_000).whole()
    kept = (
        Reader(DOSSIER, RISKS, redactor, prompt.aliases).read(json.dumps({"claims": claims})).kept
    )
    for claim in kept:
        _check(claim)
    assert verify(kept, DOSSIER.texts(), DOSSIER.facts, as_of=DOSSIER.as_of).rejected == ()


@pytest.mark.parametrize("number", range(len(NOTES)))
def test_a_claim_that_turns_its_quote_round_is_never_kept(number: int) -> None:
    turned = {
        0: "The firewall change is approved",
        1: "The vendor has answered since 4 May",
        2: "The firewall change is not blocked by the network group",
        3: "Not waiting for the customer to grant access to the test environment",
        4: "Dashboard performance is not too slow for the pilot group",
    }[number]
    claim = _quoting(NOTES[number], f"N{number + 1}", text=turned, reason="data_quality")
    redactor = Redactor(())
    aliases = Composer(DOSSIER, RISKS, redactor, 8_000).whole().aliases
    assert Reader(DOSSIER, RISKS, redactor, aliases).read(_json(claim)).kept == ()


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_at_all_is_refused_or_checks(text: str) -> None:
    with contextlib.suppress(BadAnswer):
        assert Reader(DOSSIER, RISKS, Redactor(()), {}).read(text).kept == ()
