"""Nothing personal or secret leaves: every shape, our own names in any spelling, and back again."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.redaction import Redactor
from insights.redaction_patterns import FINDERS

CORPUS = Path(__file__).parent / "data" / "redaction.jsonl"
NAMES = (
    "Ingrid Solheim",
    "Tomasz Zieliński",
    "Zoë Müller",
    "Siobhan O'Brien",
    "Jean-Luc Okafor",
    "Anna van der Berg",
    "Mark Stone",
    "Łukasz Renée",
    "王小明",
    "Northwind Traders",
)
_ALNUM = string.ascii_letters + string.digits


def _secrets(seed: int) -> dict[str, str]:
    """Made-up secrets, put together here so that no file holds one in a piece."""
    dice = random.Random(seed)

    def made(length: int, alphabet: str = _ALNUM) -> str:
        return "".join(dice.choice(alphabet) for _ in range(length))

    def encoded(words: str) -> str:
        return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")

    head, body = encoded('{"alg":"HS256"}'), encoded('{"sub":"' + made(9) + '"}')
    key = "\n".join(made(64) for _ in range(3))
    begin, end = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
    upper = string.ascii_uppercase + string.digits
    return {
        "hf": "hf" + "_" + made(34),
        "hforg": "api_org" + "_" + made(34),
        "dapi": "da" + "pi" + made(32, "0123456789abcdef"),
        "akia": "AK" + "IA" + made(16, upper),
        "asia": "AS" + "IA" + made(16, upper),
        "jwt": f"{head}.{body}.{made(43)}",
        "ghp": "gh" + "p_" + made(36),
        "ghpat": "github" + "_pat_" + made(60),
        "slack": "xo" + "xb-" + made(11, string.digits) + "-" + made(24),
        "sk": "s" + "k-" + made(40),
        "glpat": "gl" + "pat-" + made(20),
        "aiza": "AI" + "za" + made(35),
        "pem": f"{begin}\n{key}\n{end}",
        "pemcut": f"{begin}\n{key}",
        "opaque": made(3, string.digits) + made(37),
        "basic": base64.b64encode(f"svc:{made(16)}".encode()).decode(),
        "user": "svc" + made(4, string.ascii_lowercase),
        "pw": made(4, string.ascii_uppercase)
        + made(5, string.ascii_lowercase)
        + made(3, "1234567"),
    }


def _corpus() -> list[tuple[str, list[tuple[str, str]]]]:
    rows = []
    for seed, line in enumerate(CORPUS.read_text(encoding="utf-8").splitlines()):
        row, secrets = json.loads(line), _secrets(seed)

        def filled(text: str, secrets: dict[str, str] = secrets) -> str:
            return re.sub(r"\{(\w+)\}", lambda m: secrets.get(m[1], m[0]), text)

        hidden = [(kind, filled(words)) for kind, words in row["hidden"]]
        rows.append((filled(row["text"]), hidden))
    return rows


def _spans(text: str, hidden: list[tuple[str, str]]) -> list[tuple[str, int, int]]:
    spans, position = [], 0
    for kind, words in hidden:
        start = text.index(words, position)
        position = start + len(words)
        spans.append((kind, start, position))
    return spans


def _measured() -> dict[str, list]:
    """Per corpus row what was missed, what was found without need, and what was right."""
    result: dict[str, list] = {"found": [], "missed": [], "needless": [], "names_missed": []}
    for text, hidden in _corpus():
        wanted, got = _spans(text, hidden), Redactor(NAMES).find(text)
        for kind, start, end in wanted:
            covered = all(
                any(s.start <= i < s.end for s in got)
                for i in range(start, end)
                if text[i].isalnum()
            )
            result["found" if covered else "missed"].append((kind, text[start:end], text))
            if kind == "NAME" and not covered:
                result["names_missed"].append(text)
        needless = [s for s in got if not any(s.start < e and b < s.end for _, b, e in wanted)]
        result["needless"] += [(s.kind, text[s.start : s.end], text) for s in needless]
    return result


@pytest.fixture(scope="module")
def measured() -> dict[str, list]:
    return _measured()


def test_the_corpus_is_large_and_holds_no_secret_in_a_piece() -> None:
    raw = CORPUS.read_text(encoding="utf-8")
    assert len(raw.splitlines()) >= 200
    assert not re.search(
        r"hf_[A-Za-z0-9]{20}|dapi[0-9a-f]{30}|AKIA[A-Z0-9]{16}|BEGIN [A-Z ]*PRIVATE", raw
    )


def test_what_is_personal_or_secret_is_found(measured: dict[str, list]) -> None:
    found, missed = measured["found"], measured["missed"]
    assert len(found) / (len(found) + len(missed)) >= 0.99, missed


def test_what_is_neither_stays(measured: dict[str, list]) -> None:
    found, needless = measured["found"], measured["needless"]
    assert len(found) / (len(found) + len(needless)) >= 0.95, needless


def test_every_spelling_of_our_own_names_is_found(measured: dict[str, list]) -> None:
    assert measured["names_missed"] == []


def test_every_text_of_the_corpus_comes_back_as_it_was_but_for_the_case_of_names() -> None:
    for text, _ in _corpus():
        redactor = Redactor(NAMES)
        assert redactor.restore(redactor.redact(text)).casefold() == text.casefold()


def test_a_placeholder_stands_for_the_same_words_in_every_text() -> None:
    redactor = Redactor(["Ingrid Solheim"])
    first = redactor.redact("Ingrid Solheim called +1 (415) 555-0199.")
    second = redactor.redact("+1 (415) 555-0199 again, for INGRID SOLHEIM.")
    assert first == "[PERSON_1] called [PHONE_1]."
    assert second == "[PHONE_1] again, for [PERSON_1]."
    assert redactor.counts == {"PERSON": 1, "PHONE": 1}


def test_a_placeholder_that_stands_in_the_text_itself_is_no_way_to_a_name() -> None:
    redactor = Redactor(["Ingrid Solheim"])
    shown = redactor.redact("Ingrid Solheim is [PERSON_1], says the note.")
    assert shown == "[PERSON_1] is [LITERAL_1], says the note."
    assert redactor.restore(shown) == "Ingrid Solheim is [PERSON_1], says the note."


def test_a_placeholder_nobody_gave_stays() -> None:
    assert Redactor([]).restore("[PERSON_9] and [EMAIL_1]") == "[PERSON_9] and [EMAIL_1]"


def test_a_model_may_mangle_a_placeholder() -> None:
    redactor = Redactor(["Ingrid Solheim"])
    redactor.redact("Ingrid Solheim")
    for mangled in ("Person_1", "[person 1]", "[PERSON-1]", "[PERSON_01]"):
        assert redactor.restore(f"{mangled} is late") == "Ingrid Solheim is late"
    assert redactor.restore("Person 1 is late") == "Person 1 is late"


def test_an_address_split_by_invisible_characters_is_found_once_they_are_gone() -> None:
    redactor = Redactor(["Ingrid Solheim"])
    assert redactor.redact("Ing\u200brid Sol\u00adheim") == "[PERSON_1]"


def test_letters_with_accents_apart_are_the_same_name() -> None:
    assert Redactor(["Zoë Müller"]).redact("Zoe\u0308 Mu\u0308ller is in") == "[PERSON_1] is in"


def test_a_whole_name_of_plain_words_goes_and_its_plain_words_stay() -> None:
    redactor = Redactor(["Global Data Services Ltd", "Northwind Traders"])
    assert (
        redactor.redact("Global Data Services Ltd runs data services")
        == "[PERSON_1] runs data services"
    )


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
    st.sampled_from([str.lower, str.upper, str.title, str]),
    st.sampled_from(["{}", "{}'s", "({})", "{},", "x_{}_y", "{}-prod", "the {} team", "{}2"]),
)
def test_a_name_is_found_in_any_case_and_company(
    names: list[str], case: object, frame: str
) -> None:
    text = " then ".join(frame.format(case(name)) for name in names)  # type: ignore[operator]
    shown = Redactor(NAMES).redact(text)
    for name in names:
        for part in (p for p in re.split(r"[\s'-]+", name) if len(p) > 3):
            assert part.casefold() not in shown.casefold()


@given(st.text(max_size=300))
def test_any_text_comes_back_as_it_was_but_for_the_case_of_names(text: str) -> None:
    redactor = Redactor(["Ingrid Solheim"])
    assert redactor.restore(redactor.redact(text)).casefold() == text.casefold()


@given(st.text(alphabet="a1.@:-+( )/_=Z", max_size=200))
def test_what_was_redacted_holds_nothing_more_to_redact(text: str) -> None:
    shown = Redactor([]).redact(text)
    rest = re.sub(r"\[[A-Z]+_\d+\]", " ", shown)
    kinds = {span.kind for span in Redactor([]).find(rest)}
    assert not kinds & {"EMAIL", "IBAN", "CARD", "TOKEN", "KEY"}


@pytest.mark.parametrize(
    "piece", ["a@", "1-", "-----BEGIN PRIVATE KEY-----", "(0", "+1 ", "password=", "::1:"]
)
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    """Counted in matches, not seconds: every pattern has an upper bound on what it may look at."""
    texts = [(piece * 20_000)[:size] for size in (2_000, 20_000)]
    for find in FINDERS:
        small, large = (sum(1 for _ in find(text)) for text in texts)
        assert large <= 10 * small + 20
