"""Customers that do not exist: a name, an industry, a region and the systems they run."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sources.sample.chance import stream, weighted

_HEADS = (
    "Al", "Ar", "Bel", "Bram", "Cal", "Cor", "Dal", "Del", "El", "Fal", "Fen", "Gal", "Hal", "Har",
    "Hol", "Is", "Jas", "Kel", "Kes", "Lan", "Lor", "Mar", "Mer", "Nor", "Ol", "Or", "Pel", "Quel",
    "Ren", "Ros", "Sal", "Sel", "Tam", "Tor", "Ul", "Val", "Ver", "Wen", "Yar", "Zel",
)  # fmt: skip
_TAILS = (
    "bourne", "cask", "combe", "croft", "dale", "denne", "fell", "firth", "garth", "gate", "haven",
    "holt", "hurst", "lund", "mere", "mont", "moor", "niq", "onde", "pike", "quay", "ridge", "ross",
    "stead", "strand", "thwaite", "vane", "vik", "wick", "wold",
)  # fmt: skip

# Industry: the second half of its names, and the systems its people speak of.
_INDUSTRIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Retail": (
        ("Stores", "Retail Group", "Markets", "Outfitters"),
        ("POS stream", "loyalty feed", "store master", "basket history", "pricing API"),
    ),
    "Insurance": (
        ("Mutual", "Insurance", "Assurance", "Re"),
        ("claims mart", "policy extract", "broker portal feed", "actuarial tables", "FNOL queue"),
    ),
    "Manufacturing": (
        ("Industries", "Works", "Components", "Foundry"),
        ("MES historian", "SCADA bridge", "quality log", "BOM export", "line sensor stream"),
    ),
    "Banking": (
        ("Bank", "Savings", "Capital", "Trust"),
        ("core ledger replica", "card events topic", "KYC store", "payments hub", "risk cube"),
    ),
    "Healthcare": (
        ("Health", "Clinics", "Care Network", "Diagnostics"),
        ("HL7 bridge", "lab results feed", "bed census", "imaging index", "EHR replica"),
    ),
    "Energy": (
        ("Energy", "Power", "Grid", "Renewables"),
        (
            "meter reads",
            "grid events feed",
            "turbine telemetry",
            "SAP IS-U extract",
            "forecast API",
        ),
    ),
    "Logistics": (
        ("Logistics", "Freight", "Shipping", "Parcels"),
        ("track-and-trace feed", "WMS export", "customs messages", "route planner", "yard log"),
    ),
    "Telecommunications": (
        ("Telecom", "Mobile", "Networks", "Fibre"),
        ("CDR pipeline", "churn mart", "probe data", "billing API", "tower inventory"),
    ),
    "Public Sector": (
        ("Council", "Transport Authority", "Housing Agency", "Water Board"),
        ("case register", "permits export", "address master", "grants ledger", "smart card feed"),
    ),
    "Media": (
        ("Media", "Broadcasting", "Press", "Studios"),
        ("playout log", "ad server feed", "clickstream", "rights register", "subscriber base"),
    ),
}
_COMMON_SYSTEMS = (
    "SAP extract", "Kafka ingest", "CRM feed", "Oracle replica", "Salesforce connector",
    "MDM hub", "ERP export", "finance cube", "SFTP drop", "identity sync", "Power BI model",
    "Teradata archive", "event hub", "Informatica jobs", "HR extract", "legacy warehouse",
)  # fmt: skip
_REGIONS = {"EMEA": 5.0, "Americas": 4.0, "APAC": 2.0}


@dataclass(frozen=True, kw_only=True)
class Customer:
    """An invented organisation; ``systems`` are nouns that take "the"."""

    name: str
    industry: str
    region: str
    systems: tuple[str, ...]


def customer_of(number: int, seed: int) -> Customer:
    """Whose engagement this is: about one in ten belongs to the customer of an earlier one."""
    rng = stream(seed, "customer of", number)
    if number >= 8 and rng.random() < 0.1:
        number -= rng.randrange(1, 8)
    return _customer(number, seed)


def _customer(number: int, seed: int) -> Customer:
    rng = stream(seed, "customer", number)
    industry = rng.choice(list(_INDUSTRIES))
    surnames, own = _INDUSTRIES[industry]
    return Customer(
        name=f"{_root(number, seed)} {rng.choice(surnames)}",
        industry=industry,
        region=weighted(rng, _REGIONS),
        systems=(*rng.sample(own, 3), *rng.sample(_COMMON_SYSTEMS, 2)),
    )


def _root(number: int, seed: int) -> str:
    """The first word of a name: no two alike within 1,200 customers (7 divides it not)."""
    size = len(_HEADS) * len(_TAILS)
    place = (number * 7 + seed * 131) % size
    # Heads advance with every step of the place, so that neighbours do not sound alike.
    head = place % len(_HEADS)
    tail = (place // len(_HEADS) + place) % len(_TAILS)
    return _HEADS[head] + _TAILS[tail]
