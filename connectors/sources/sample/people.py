"""The delivery organisation: invented names, their roles and the way they write."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache

from connectors.sources.sample.chance import stream, weighted

_LOCALES = ("en_GB", "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "sv_SE", "en_IN")
_ROLES = {
    "Data Engineer": 5.0,
    "Solutions Architect": 3.0,
    "Delivery Consultant": 3.0,
    "ML Engineer": 2.0,
    "Platform Engineer": 2.0,
    "Data Analyst": 1.0,
}


class Voice(enum.StrEnum):
    """How a person writes notes."""

    TERSE = "terse"
    LOG = "log"
    CHATTY = "chatty"
    FORMAL = "formal"


_VOICES_OF_OWNERS = {Voice.FORMAL: 4.0, Voice.CHATTY: 3.0, Voice.TERSE: 2.0, Voice.LOG: 1.0}
_VOICES_OF_TEAM = {Voice.TERSE: 4.0, Voice.LOG: 3.0, Voice.CHATTY: 3.0}


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of the delivery organisation."""

    id: str
    name: str
    role: str
    voice: Voice

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def row(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "role": self.role}


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Everybody: who owns engagements and who works on them; ``contacts`` are customers' people."""

    owners: tuple[Person, ...]
    team: tuple[Person, ...]
    contacts: tuple[str, ...]

    def rows(self) -> list[dict[str, str]]:
        return [person.row() for person in (*self.owners, *self.team)]


@lru_cache(maxsize=4)
def roster_for(engagements: int, seed: int) -> Roster:
    """Six owners for a small portfolio, one more per ten engagements, fifteen up to 150."""
    owners = 6 + min(9, engagements // 10) + max(0, engagements - 150) // 15
    team = 12 + engagements // 3
    names = _names(owners + team, seed)
    return Roster(
        owners=tuple(_owner(n, names[n], seed) for n in range(owners)),
        team=tuple(_member(n, names[n], seed) for n in range(owners, owners + team)),
        contacts=tuple(name.split()[0] for name in _names(80, seed + 1)),
    )


def _owner(number: int, name: str, seed: int) -> Person:
    rng = stream(seed, "owner", number)
    role = weighted(rng, {"Delivery Manager": 3.0, "Engagement Manager": 2.0})
    voice = weighted(rng, _VOICES_OF_OWNERS)
    return Person(id=f"P-{number + 1:03d}", name=name, role=role, voice=voice)


def _member(number: int, name: str, seed: int) -> Person:
    rng = stream(seed, "member", number)
    role, voice = weighted(rng, _ROLES), weighted(rng, _VOICES_OF_TEAM)
    return Person(id=f"P-{number + 1:03d}", name=name, role=role, voice=voice)


def _names(count: int, seed: int) -> list[str]:
    """Distinct first and last names, from generators of our own: Faker's shared state is unused."""
    from faker import Faker

    fakers = [Faker(locale, use_weighting=False) for locale in _LOCALES]
    for place, faker in enumerate(fakers):
        faker.seed_instance(f"{seed}/names/{place}")
    rng = stream(seed, "names")
    found: dict[str, None] = {}
    while len(found) < count:
        faker = rng.choice(fakers)
        name = f"{faker.first_name()} {faker.last_name()}"
        # "Hans-H." and the like cannot stand alone in a sentence.
        if "." not in name:
            found.setdefault(name)
    return list(found)
