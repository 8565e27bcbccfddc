"""Whether a problem that a note speaks of still stands: one rule for lists and for insights. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from engagements.records import FindingStatus, NoteFinding

SPOKEN_OF_DAYS = 90
"""A problem nobody has named for so long is no longer listed, unless it blocks."""
FEARED_DAYS = 30
"""What may come and nobody has named again for so long is no longer listed either."""


def is_resolved(finding: NoteFinding, as_of: date) -> bool:
    """Whether a finding is over as of a day."""
    if finding.resolved_on is not None:
        return finding.resolved_on <= as_of
    return finding.status is FindingStatus.RESOLVED


def is_open(finding: NoteFinding, as_of: date) -> bool:
    """Whether a finding stands or threatens as of a day, and was spoken of lately or blocks."""
    if finding.noted_on > as_of or finding.status is FindingStatus.NEGATED:
        return False
    feared = finding.status is FindingStatus.POTENTIAL
    recent = as_of - finding.noted_on <= timedelta(days=FEARED_DAYS if feared else SPOKEN_OF_DAYS)
    return not is_resolved(finding, as_of) and (recent or finding.is_blocker)
