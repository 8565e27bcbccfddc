"""Whatever a model or its service does, the end is a typed error in time or claims that check."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import threading
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagements.records import InsightType
from insights.evaluation_model import LoopbackModel, completion, well_behaved
from insights.grounding import verify
from insights.prompts import Composer, names_of
from insights.providers import (
    BadAnswer,
    ProviderError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from insights.providers.answer import Reader
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider
from insights.redaction import Redactor
from insights.schema import Claim, Draft
from tests.llm.dossiers import BLOCKED, SLOW, WAITING, make_dossier
from tests.llm.raw import Connection, RawServer, Script, always, http

RISKS = InsightType.RISK_DETECTION
CANARY = "canary-words-of-the-other-side"
SHORT = 0.3  # seconds; how long a silent service is waited for here


def generate(base_url: str, *, timeout: float = 120.0, kind: InsightType = RISKS) -> Draft:
    config = HuggingFaceConfig(base_url=base_url, timeout_seconds=timeout)
    provider = HuggingFaceProvider(config, pause=lambda seconds: None)
    return provider.generate(make_dossier(), kind)


def _chat(**given: object) -> bytes:
    message = {"role": "assistant", "content": '{"claims": []}'}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps({"choices": [{**choice, **given}]}).encode()


def _cut(connection: Connection) -> None:
    body = completion(well_behaved(""))
    connection.send(http(200, body)[: -len(body) // 2])


def _cut_chunks(connection: Connection) -> None:
    connection.send(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"cho\r\n')


def _ten_megabytes(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n")
    for _ in range(100):
        connection.send(b" " * 100_000)


def _drip_body(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    connection.drip(b" ")


def _drip_head(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
    connection.drip(b"a")


def _drip_error(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 500 Oh\r\ncontent-length: 900000\r\n\r\n")
    connection.drip(b"x")


SILENT: dict[str, Script] = {
    "no answer": Connection.hang,
    "a byte at a time in the body": _drip_body,
    "a byte at a time in the head": _drip_head,
}
STREAM = b'data: {"choices":[{"delta":{"content":"{"},"finish_reason":null}]}\n\n'
SERVICE: dict[str, tuple[Script, type[ProviderError]]] = {
    "400": (always(http(400, b'{"error":"Model not supported by any provider"}')), Refused),
    "401": (always(http(401, b'{"error":"Invalid credentials"}')), Refused),
    "402": (always(http(402, b'{"error":"exceeded your monthly credits"}')), Refused),
    "403": (always(http(403)), Refused),
    "404": (always(http(404, b"<html>not here</html>", content_type="text/html")), Refused),
    "408": (always(http(408)), Unavailable),
    "410": (always(http(410)), Refused),
    "413": (always(http(413)), Refused),
    "418": (always(http(418)), Refused),
    "422": (always(http(422, b'{"error":"bad","error_type":"validation"}')), Refused),
    "429": (always(http(429)), RateLimited),
    "429 for long": (always(http(429, retry_after="4000")), RateLimited),
    "500": (always(http(500)), Unavailable),
    "501": (always(http(501)), Unavailable),
    "502": (always(http(502, b"<html>Bad gateway</html>")), Unavailable),
    "503": (always(http(503, b'{"error":"loading","estimated_time":20.0}')), Unavailable),
    "504": (always(http(504)), Unavailable),
    "599": (always(http(599)), Unavailable),
    "an error whose body is a list": (always(http(503, b"[1]")), Unavailable),
    "an error whose body is no text": (always(http(500, b"\xff\xfe\x00")), Unavailable),
    "an error that drips": (_drip_error, Unavailable),
    "an error with an endless body": (always(http(500, b"x" * 10_000_000)), Unavailable),
    "a redirect": (always(http(307, location="http://127.0.0.1:9/v1")), Refused),
    "204": (always(http(204)), BadAnswer),
    "an empty answer": (always(http(200)), BadAnswer),
    "HTML": (always(http(200, b"<html>Sign in</html>", content_type="text/html")), BadAnswer),
    "{}": (always(http(200, b"{}")), BadAnswer),
    "[]": (always(http(200, b"[]")), BadAnswer),
    "null": (always(http(200, b"null")), BadAnswer),
    "a string": (always(http(200, b'"fine"')), BadAnswer),
    "a number": (always(http(200, b"12")), BadAnswer),
    "half an object": (always(http(200, b'{"choices": [{"mess')), BadAnswer),
    "no choices": (always(http(200, b'{"choices": []}')), BadAnswer),
    "choices of null": (always(http(200, b'{"choices": null}')), BadAnswer),
    "a choice of null": (always(http(200, b'{"choices": [null]}')), BadAnswer),
    "choices as text": (always(http(200, b'{"choices": "many"}')), BadAnswer),
    "choices as object": (always(http(200, b'{"choices": {"0": 1}}')), BadAnswer),
    "an error in a good status": (always(http(200, b'{"error": {"message": "no"}}')), BadAnswer),
    "no message": (always(http(200, _chat(message=None))), BadAnswer),
    "a message as text": (always(http(200, _chat(message="hello"))), BadAnswer),
    "content of null": (always(http(200, _chat(message={"content": None}))), BadAnswer),
    "content as a list": (always(http(200, _chat(message={"content": [1]}))), BadAnswer),
    "blank content": (always(http(200, _chat(message={"content": "  "}))), BadAnswer),
    "tool calls": (always(http(200, _chat(message={"tool_calls": [{}]}))), BadAnswer),
    "cut for length": (always(http(200, _chat(finish_reason="length"))), BadAnswer),
    "filtered": (always(http(200, _chat(finish_reason="content_filter"))), BadAnswer),
    "no finish reason": (always(http(200, _chat(finish_reason=None))), BadAnswer),
    "a stream without an end": (
        always(http(200, STREAM, content_type="text/event-stream")),
        BadAnswer,
    ),
    "bad UTF-8": (always(http(200, b'{"choices": "\xff\xfe\xfa"}')), BadAnswer),
    "UTF-16": (always(http(200, _chat().decode().encode("utf-16"))), BadAnswer),
    "deep nesting": (always(http(200, b"[" * 60_000)), BadAnswer),
    "a field named like a method": (
        always(http(200, b'{"__class__": 1, "choices": 2}')),
        BadAnswer,
    ),
    "compressed": (always(http(200, b"\x1f\x8b junk", content_encoding="gzip")), BadAnswer),
    "ten megabytes": (_ten_megabytes, BadAnswer),
    "a cut answer": (_cut, Unavailable),
    "a cut chunk": (_cut_chunks, Unavailable),
    "no HTTP": (always(b"SSH-2.0-OpenSSH\r\n"), Unavailable),
    "a closed connection": (lambda connection: None, Unavailable),
    "a reset connection": (Connection.reset, Unavailable),
}


@pytest.mark.parametrize("fault", SERVICE)
def test_a_fault_of_the_service_is_one_typed_error(fault: str) -> None:
    script, expected = SERVICE[fault]
    with RawServer(script) as server, pytest.raises(ProviderError) as raised:
        generate(server.base_url)
    assert type(raised.value) is expected
    assert raised.value.sentence.endswith(".")


def test_nobody_listening_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable):
        generate(f"http://127.0.0.1:{port}/v1")


@pytest.mark.parametrize("fault", SILENT)
def test_a_slow_service_is_cut_off_at_the_deadline(fault: str) -> None:
    with RawServer(SILENT[fault]) as server:
        with pytest.raises(TimedOut):
            generate(server.base_url, timeout=SHORT)
        assert server.left.wait(10), "the connection is closed, not left behind"
    for thread in threading.enumerate():
        if thread.name == "model-call":
            thread.join(10)
            assert not thread.is_alive()


def test_the_deadline_holds_for_all_tries_together() -> None:
    asked: list[float] = []
    with RawServer(always(http(503, retry_after="16"))) as server:
        config = HuggingFaceConfig(base_url=server.base_url, timeout_seconds=15)
        with pytest.raises(Unavailable):
            HuggingFaceProvider(config, pause=asked.append).generate(make_dossier(), RISKS)
    assert asked == []


def test_a_redirect_takes_nothing_elsewhere() -> None:
    with LoopbackModel(well_behaved) as other:
        moved = http(307, location=other.base_url + "/chat/completions")
        with RawServer(always(moved)) as server, pytest.raises(Refused):
            generate(server.base_url)
        assert other.received == []


@pytest.mark.parametrize("status", [200, 400, 402, 500])
def test_no_word_of_the_other_side_reaches_a_log_or_an_error(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"error": CANARY, "choices": CANARY}).encode()
    headers = {
        "x_error_message": CANARY,
        "x_hf_warning": f"topic; {CANARY}",
        "x_request_id": CANARY,
    }
    caplog.set_level(logging.DEBUG, logger="insights")
    caplog.set_level(logging.DEBUG, logger="huggingface_hub")
    answered = always(http(status, body, **headers))
    with RawServer(answered) as server, pytest.raises(ProviderError) as raised:
        generate(server.base_url)
    shown = "".join(traceback.format_exception(raised.value)) + raised.value.sentence
    assert CANARY not in caplog.text + shown


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
