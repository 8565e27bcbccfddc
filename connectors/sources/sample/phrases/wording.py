"""How one kind of trouble is put into words through its life."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wording:
    """``topic`` names it ("access to the CRM feed"), ``short`` is a bullet, the rest sentences."""

    topic: str
    short: tuple[str, ...]
    raised: tuple[str, ...]
    ongoing: tuple[str, ...]
    resolved: tuple[str, ...]
    denied: tuple[str, ...]
