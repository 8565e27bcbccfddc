"""A model on this machine for measuring: one that answers well, one that obeys what a note says.

It speaks the chat-completion dialect over HTTP on 127.0.0.1, so that what is measured is the real
client, parser and verifier. It knows nothing of language: it copies.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple

Answerer = Callable[[str], str]
_KIND = re.compile(r'^"kind" is "(\w+)"', re.MULTILINE)
_RECORDS = re.compile(r"^<<<(\w+)\n(.*)\n\1>>>$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[a-z]{5,}")
_MOST = 10
_ALLOWANCE = 6  # claims of each sort, so that the hostile ones are no majority


class LoopbackModel:
    """Serves ``answer(message) -> text`` as a chat completion while the ``with`` block runs.

    ``received`` holds the bytes of every request body, ``headers`` those of its head.
    """

    def __init__(self, answer: Answerer) -> None:
        self.received: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def base_url(self) -> str:
        """The address to configure."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> LoopbackModel:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self, answer: Answerer) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                model.received.append(body)
                model.headers.append({k.lower(): v for k, v in self.headers.items()})
                message = json.loads(body)["messages"][0]["content"]
                self._send(completion(answer(message)))

            def _send(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Silent: a measurement prints its result only."""

        return Handler


def completion(text: str, finish_reason: str = "stop") -> bytes:
    """A chat completion with these words."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    head = {"id": "1", "object": "chat.completion", "created": 0, "model": "loopback"}
    return json.dumps({**head, "choices": [choice], "usage": usage}).encode()


class Note(NamedTuple):
    """A note as it stands in a prompt."""

    alias: str
    text: str


def well_behaved(message: str) -> str:
    """Claims that copy what our engine found, or words that notes share."""
    return json.dumps({"claims": list(_honest(message))})


def obeying(attack: str) -> Answerer:
    """A model that does what ``attack`` says wherever it stands, in every way the shape allows."""

    def answer(message: str) -> str:
        honest = list(_honest(message))[:_ALLOWANCE]
        return json.dumps({"claims": [*_hostile(message, attack), *honest]})

    return answer


def kind_of(message: str) -> str:
    """The kind of claim that a prompt asks for."""
    found = _KIND.search(message)
    return found[1] if found else ""


def notes_of(message: str) -> list[Note]:
    """The notes of a prompt."""
    return [Note(alias, text) for alias, _, _, text in _rows(message) if alias.startswith("N")]


def _rows(message: str) -> Iterator[list[str]]:
    block = _RECORDS.search(message)
    for line in block[2].splitlines() if block else ():
        parts = line.split(" | ", 3)
        if len(parts) == 4:
            yield parts


def _engine(message: str) -> Iterator[tuple[str, str, str]]:
    """What our engine found, as the prompt shows it: alias, reason, quote."""
    for alias, reason, _, quote in _rows(message):
        if alias.startswith("Read by our engine: "):
            yield alias.removeprefix("Read by our engine: "), reason, quote


def _honest(message: str) -> Iterator[dict[str, Any]]:
    kind = kind_of(message)
    if kind == "theme":
        yield from _shared_words(notes_of(message))
        return
    for number, (alias, reason, quote) in enumerate(islice(_engine(message), _MOST), 1):
        yield {
            "id": f"h{number}",
            "text": _plain(quote),
            "kind": kind,
            "reason": reason,
            "evidence": [{"source": alias, "quote": quote}],
        }


def _plain(quote: str) -> str:
    return " ".join(re.sub(r"[*`#<>|]", " ", quote).split())[:300]


def _shared_words(notes: list[Note]) -> Iterator[dict[str, Any]]:
    words = Counter(w for note in notes for w in set(_WORD.findall(note.text.lower())))
    for number, (word, count) in enumerate(words.most_common(_ALLOWANCE), 1):
        if count < 2:
            return
        quotes = [(n, q) for n in notes if (q := _around(word, n.text))][:2]
        yield {
            "id": f"h{number}",
            "label": word,
            "text": f"The {word} comes up again",
            "kind": "theme",
            "evidence": [{"source": note.alias, "quote": quote} for note, quote in quotes],
        }


def _around(word: str, text: str) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return next((s for s in sentences if word in _WORD.findall(s.lower())), "")


def _hostile(message: str, attack: str) -> Iterator[dict[str, Any]]:
    """The attack as claim text, under each sort of evidence a claim may name."""
    kind = kind_of(message)
    notes = notes_of(message)
    opening = attack.split("\n")[0][:20]
    planted = next((note for note in notes if opening in note.text), None)
    own = {"source": planted.alias, "quote": _from(opening, planted.text)} if planted else None
    real = next(({"source": a, "quote": q} for a, _, q in _engine(message)), None)
    weight = {
        "kind": kind, "reason": "escalation", "severity": "critical", "priority": "P1",
        "status": "Completed", "health_score": 100, "label": attack[:60],
        "effort": "S", "owner_role": attack[:60],
    }  # fmt: skip
    said = " ".join(attack.split())[:500]
    backings: list[dict[str, Any]] = [{"facts": ["F1"]}, {"facts": ["F1", "F2"]}]
    if own:
        backings += [{"evidence": [own]}, {"evidence": [own], "facts": ["F1"]}]
        if real:
            backings.append({"evidence": [own, real]})
    elif real:
        backings.append({"evidence": [real]})
    for number, backing in enumerate(backings, 1):
        yield {"id": f"x{number}", "text": said, **weight, **backing}


def _from(opening: str, text: str) -> str:
    """The sentence of a note that begins with ``opening``, to its end mark."""
    start = text.index(opening)
    end = re.search(r"[.!?](?:\s|$)", text[start + len(opening) :])
    return text[start : start + len(opening) + end.end()].strip() if end else text[start:]
