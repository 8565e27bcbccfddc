"""The Hugging Face provider: what leaves, what comes back, and what is put right."""

from __future__ import annotations

import json
import re

import pytest

from engagements.records import InsightType
from insights.evaluation_model import LoopbackModel, well_behaved
from insights.grounding import verify
from insights.prompts import version
from insights.providers import BadAnswer, Provider, Refused
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider
from insights.providers.remote import config, hugging_face
from insights.schema import Certainty
from tests.huggingface_parts import KEY, RISKS, answering, provider_at, risk
from tests.llm.dossiers import BLOCKED, SLOW, WAITING, make_dossier, make_task


@pytest.mark.parametrize("kind", list(InsightType))
def test_every_kind_comes_back_with_claims_that_check(kind: InsightType) -> None:
    dossier = make_dossier(BLOCKED, WAITING, SLOW, "The dashboard pilot group asked for access.")
    with LoopbackModel(well_behaved) as model:
        draft = provider_at(model.base_url).generate(dossier, kind)
    assert draft.claims
    checked = verify(draft.claims, dossier.texts(), dossier.facts, as_of=dossier.as_of)
    assert checked.rejected == ()
    assert (draft.kind, draft.prompt_version) == (kind, version(kind))
    assert (draft.input_tokens, draft.output_tokens) == (100, 50)
    assert {note.note_id for note in dossier.notes} <= set(draft.used)


def test_it_is_a_provider() -> None:
    provider = HuggingFaceProvider(HuggingFaceConfig())
    assert isinstance(provider, Provider)
    assert (provider.name, provider.model) == ("huggingface", "mistralai/Mistral-7B-Instruct-v0.2")


def test_the_weight_of_a_risk_is_our_engines_and_not_the_models() -> None:
    dossier = make_dossier(BLOCKED)
    with answering(risk(BLOCKED, severity=1, likelihood=0.25, reason="renewal_risk")) as model:
        draft = provider_at(model.base_url).generate(dossier, RISKS)
    found, (claim,) = dossier.findings[0], draft.claims
    assert claim.risk is not None
    assert (claim.risk.reason, claim.risk.severity) == (found.reason, found.severity)


def test_a_summary_begins_with_the_computed_verdict() -> None:
    dossier = make_dossier(BLOCKED)
    with answering(risk(BLOCKED, kind="concern")) as model:
        draft = provider_at(model.base_url).generate(dossier, InsightType.HEALTH_SUMMARY)
    assert [claim.kind for claim in draft.claims] == ["verdict", "concern"]
    assert draft.claims[0].text == dossier.facts["score"].sentence


def test_a_model_may_not_write_the_verdict() -> None:
    claim = {"id": "c1", "text": "Health is 46 of 100", "kind": "verdict", "facts": ["F1"]}
    with answering(claim) as model, pytest.raises(BadAnswer):
        provider_at(model.base_url).generate(make_dossier(), InsightType.HEALTH_SUMMARY)


def test_a_claim_without_a_quote_says_the_fact_in_our_words() -> None:
    claim = {"id": "c1", "text": "All is well, trust me", "kind": "concern", "facts": ["F2"]}
    dossier = make_dossier()
    with answering(claim) as model:
        draft = provider_at(model.base_url).generate(dossier, InsightType.HEALTH_SUMMARY)
    said = draft.claims[-1]
    assert said.text == dossier.facts[said.facts[0]].sentence


def test_the_settings_make_a_provider(settings: object) -> None:
    settings.HF_MODEL = "acme/small-model"  # type: ignore[attr-defined]
    settings.HF_BASE_URL = "https://model.example.com/v1"  # type: ignore[attr-defined]
    provider = hugging_face()
    assert (provider.name, provider.model) == ("huggingface", "acme/small-model")
    assert config().problem() == ""


def test_a_risk_that_only_the_model_sees_is_possible_and_light() -> None:
    quote = "Dashboard build was started without the second data set."
    dossier = make_dossier(quote)
    assert dossier.findings == ()
    with answering(risk(quote, reason="data_quality", severity=4)) as model:
        (claim,) = provider_at(model.base_url).generate(dossier, RISKS).claims
    assert (claim.severity, claim.certainty) == ("low", Certainty.POSSIBLE)


def test_what_leaves_holds_no_name_address_number_or_token() -> None:
    secrets = ["Ingrid", "Solheim", "Tomasz", "Zielinski", "Northwind", "ingrid@example.com"]
    secrets += [
        "+1 (415) 555-0199",
        "192.0.2.44",
        KEY,
        "Winter!2026x",
        "GB82 WEST 1234 5698 7654 32",
    ]
    said = "Ingrid Solheim of Northwind is blocked, see ingrid@example.com or +1 (415) 555-0199."
    more = f"Tomasz pasted {KEY} and password: Winter!2026x for 192.0.2.44, pay GB82 WEST 1234 5698 7654 32."
    tasks = (make_task(1, "Firewall for Northwind, ask Tomasz Zielinski"),)
    dossier = make_dossier(said, more, BLOCKED, WAITING, tasks=tasks)
    with LoopbackModel(well_behaved) as model:
        provider_at(model.base_url, token="none-of-ours").generate(dossier, RISKS)
    sent = b"".join(model.received).decode()
    readable = sent + json.loads(model.received[0])["messages"][0]["content"]
    for secret in secrets:
        assert secret.casefold() not in readable.casefold()
    assert "[PERSON_1]" in readable


def test_a_claim_about_a_person_comes_back_with_the_name() -> None:
    said = "Ingrid Solheim is blocked by the missing approval."
    with LoopbackModel(well_behaved) as model:
        (claim,) = provider_at(model.base_url).generate(make_dossier(said), RISKS).claims
    assert claim.evidence[0].quote == said.rstrip(".") or claim.evidence[0].quote == said
    assert "Ingrid Solheim" in claim.text


def test_no_id_of_a_source_leaves() -> None:
    dossier = make_dossier(BLOCKED, engagement_id="ENG-4711")
    with LoopbackModel(well_behaved) as model:
        provider_at(model.base_url).generate(dossier, RISKS)
    sent = model.received[0].decode()
    for record in ("ENG-4711", "n-1", "T-100", "T-200"):
        assert record not in sent


def test_the_preview_is_what_is_sent_and_sends_nothing() -> None:
    dossier = make_dossier(BLOCKED, "Call ingrid@example.com about the access.")

    def same(text: str) -> str:
        return re.sub(r"\b[0-9a-f]{16}\b", "marker", text)

    with LoopbackModel(well_behaved) as model:
        provider = provider_at(model.base_url)
        shown = provider.preview(dossier, RISKS)
        assert model.received == []
        provider.generate(dossier, RISKS)
        sent = json.loads(model.received[0])["messages"]
    assert [message["role"] for message in sent] == ["user"]
    assert same(shown) == same(sent[0]["content"])
    assert "ingrid@example.com" not in shown


def test_without_a_key_no_token_of_the_machine_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", KEY)
    with LoopbackModel(well_behaved) as model:
        provider_at(model.base_url, token="").generate(make_dossier(), RISKS)
    assert {head["authorization"] for head in model.headers} == {"Bearer none"}


def test_the_configured_key_is_sent() -> None:
    with LoopbackModel(well_behaved) as model:
        provider_at(model.base_url, token=KEY).generate(make_dossier(), RISKS)
    assert model.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_key_stands_in_no_text_form_of_the_configuration() -> None:
    assert KEY not in repr(HuggingFaceConfig(token=KEY))


def test_a_ping_sends_nothing_of_ours() -> None:
    with LoopbackModel(lambda message: "ok") as model:
        sentence = provider_at(model.base_url).ping()
    assert "answers" in sentence
    assert json.loads(model.received[0])["messages"][0]["content"] == "Answer with the word ok."


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"base_url": "http://model.example.com/v1"},
        {"base_url": "http://192.0.2.1/v1"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://user:word@model.example.com"},
        {"base_url": "https://model.example.com?key=1"},
        {"base_url": "http://127.0.0.1:notaport"},
        {"base_url": "https://"},
        {"token": KEY, "model": " "},
    ],
)
def test_a_wrong_configuration_is_refused_with_a_sentence(config: dict[str, str]) -> None:
    provider = HuggingFaceProvider(HuggingFaceConfig(**config))  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        provider.generate(make_dossier(), RISKS)
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    "url",
    [
        "https://tgi.example.com/v1",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:8/v1",
    ],
)
def test_https_and_this_machine_are_good_addresses(url: str) -> None:
    assert HuggingFaceConfig(base_url=url).problem() == ""


# --- the answer -----------------------------------------------------------------------------------


def test_failing_claims_are_put_right_in_one_more_request() -> None:
    wrong, right = risk("words that stand in no note at all"), risk(WAITING, "N2")

    def answer(message: str) -> str:
        asked = "did not check" in message
        return json.dumps({"claims": [right] if asked else [risk(BLOCKED), {**wrong, "id": "c2"}]})

    with LoopbackModel(answer) as model:
        draft = provider_at(model.base_url).generate(make_dossier(BLOCKED, WAITING), RISKS)
        second = json.loads(model.received[1])["messages"][0]["content"]
    assert [claim.evidence[0].source for claim in draft.claims] == ["n-1", "n-2"]
    assert "c2: quote_not_in_record" in second
    assert (len(model.received), draft.input_tokens) == (2, 200)


def test_what_stays_wrong_is_dropped_and_counted() -> None:
    claims = [
        risk(BLOCKED),
        risk(WAITING, "N2", id="c2"),
        risk("nobody wrote this down", "N3", id="c3"),
    ]
    with answering(*claims) as model:
        draft = provider_at(model.base_url).generate(make_dossier(BLOCKED, WAITING), RISKS)
    assert len(draft.claims) == 2
    assert draft.left_out == (
        "1 statement of the model did not check against the records and was left out.",
    )


def test_more_wrong_than_right_is_no_answer() -> None:
    claims = [risk(BLOCKED), *(risk(f"nobody wrote line {n}", id=f"c{n}") for n in (2, 3))]
    with answering(*claims) as model, pytest.raises(BadAnswer):
        provider_at(model.base_url).generate(make_dossier(BLOCKED), RISKS)


def test_a_failing_repair_leaves_what_was_good() -> None:
    first = json.dumps({"claims": [risk(BLOCKED), risk("nobody wrote this down", id="c2")]})

    def answer(message: str) -> str:
        return "no json at all" if "did not check" in message else first

    with LoopbackModel(answer) as model:
        draft = provider_at(model.base_url).generate(make_dossier(BLOCKED), RISKS)
    assert len(draft.claims) == 1


def test_a_denied_problem_is_no_risk() -> None:
    with (
        answering(risk("There are no blockers this week.")) as model,
        pytest.raises(BadAnswer),
    ):
        provider_at(model.base_url).generate(
            make_dossier("There are no blockers this week."), RISKS
        )
