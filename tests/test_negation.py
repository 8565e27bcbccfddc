"""What the words around a problem do to it: deny it, doubt it, or say that it is over."""

from __future__ import annotations

from datetime import datetime

import pytest

from engagements.records import FindingStatus, NoteRecord
from insights.engine.reader import is_risk, read_notes
from insights.engine.scope import negated


def statuses(text: str) -> set[FindingStatus]:
    note = NoteRecord(
        note_id="N1", engagement_id="E1", created_at=datetime(2026, 5, 4, 9), content=text
    )
    return {finding.status for finding in read_notes([note])}


@pytest.mark.parametrize(
    "text",
    [
        "No blockers this week.",
        "We are not blocked by anything.",
        "There are no open issues, problems or concerns.",
        "No issues to report!",
        "We haven't had any problems with the pipeline.",
        "The migration ran without errors.",
        "None of the integrations failed.",
        "We do not think this is a problem.",
        "The delay is no longer a concern.",
        "I did not get stuck.",
        "Neither the vendor nor the client raised any concerns.",
        "There isn't a risk to the go-live.",
        "Security review: no findings, nothing is blocked.",
    ],
)
def test_a_denied_problem_is_no_risk(text: str) -> None:
    assert not is_risk(text)


@pytest.mark.parametrize(
    "text",
    [
        "Not without problems: the import failed twice.",
        "We can't say there are no issues with the connector.",
        "No one denies that there is a problem with the data quality.",
        "The vendor is not only late but the API is broken.",
        "No update from the client, waiting on access to the workspace.",
        "There is no doubt that the cutover will slip.",
        "No blockers from us, but the vendor is delayed.",
        "We have no access to the staging environment.",
        "The environment is not ready yet.",
        "It is not clear who signs off the design.",
        "We do not have enough capacity for the second stream.",
        "Not finishing the tests in time is a risk.",
        "The team cannot proceed until the firewall is open.",
        "The credentials issue is still not resolved.",
        "The outage was not fixed last night.",
        "Nobody from the client attended, the sponsor is absent from every call.",
        "A bug was found in the export.",
    ],
)
def test_a_denial_beside_a_problem_does_not_hide_it(text: str) -> None:
    assert is_risk(text)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The cutover slipped by two weeks.", FindingStatus.OPEN),
        ("The cutover could slip by two weeks.", FindingStatus.POTENTIAL),
        ("There is a risk that the vendor is late.", FindingStatus.POTENTIAL),
        ("The access issue has been resolved.", FindingStatus.RESOLVED),
        ("We fixed the failing pipeline yesterday.", FindingStatus.RESOLVED),
        ("We are no longer blocked by the firewall.", FindingStatus.RESOLVED),
        ("The pipeline is not broken.", FindingStatus.NEGATED),
    ],
)
def test_a_problem_has_the_status_its_sentence_gives_it(text: str, status: FindingStatus) -> None:
    assert status in statuses(text)


def test_what_is_fixed_does_not_hide_what_is_broken() -> None:
    assert statuses("The login bug was fixed but the export is broken.") == {FindingStatus.OPEN}


@pytest.mark.parametrize(
    ("likely", "text"),
    [
        (0.25, "The release may be delayed, though that is unlikely."),
        (0.5, "The release might be delayed."),
        (0.75, "The release will probably be delayed."),
        (1.0, "The release is delayed."),
    ],
)
def test_likelihood_follows_the_words(likely: float, text: str) -> None:
    note = NoteRecord(
        note_id="N1", engagement_id="E1", created_at=datetime(2026, 5, 4), content=text
    )
    assert [f.likelihood for f in read_notes([note]) if f.reason == "low_velocity"] == [likely]


@pytest.mark.parametrize(
    ("text", "concept", "denied"),
    [
        ("She denies fever, chills, or other symptoms.", "chills", True),
        ("No fever but a persistent cough.", "cough", False),
        ("Cough without fever.", "Cough", False),
        ("Cough without fever.", "fever", True),
        ("His nausea resolved.", "nausea", True),
        ("Not only fever, also chills.", "fever", False),
        ("There was no evidence of infection or bleeding.", "bleeding", True),
    ],
)
def test_denial_reaches_to_the_next_turn_of_the_sentence(
    text: str, concept: str, denied: bool
) -> None:
    start = text.index(concept)
    assert negated(text, start, start + len(concept)) is denied
