"""Faults of a model's service: each a typed error, within the deadline."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback

import pytest

from insights.evaluation_model import LoopbackModel, completion, well_behaved
from insights.providers import (
    BadAnswer,
    ProviderError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider
from tests.fault_parts import CANARY, RISKS, SHORT, generate
from tests.llm.dossiers import make_dossier
from tests.llm.raw import Connection, RawServer, Script, always, http


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
