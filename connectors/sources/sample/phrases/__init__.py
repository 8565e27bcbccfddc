"""What people write: fragments by reason code, by kind of news and by voice.

In a fragment ``[one|other]`` is drawn and ``{slot}`` is filled in. The slots of a trouble keep
their values for its whole life, so that the note which solves it names the same system and people.
"""

from connectors.sources.sample.phrases.delivery import DELIVERY
from connectors.sources.sample.phrases.people import PEOPLE
from connectors.sources.sample.phrases.technical import TECHNICAL
from connectors.sources.sample.phrases.wording import Wording

WORDINGS: dict[str, Wording] = {**DELIVERY, **TECHNICAL, **PEOPLE}

__all__ = ["WORDINGS", "Wording"]
