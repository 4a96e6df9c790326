"""The desk's pages about one contract, for the lists that lead to them."""

from __future__ import annotations

from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.identity.person import Person

PAGES = (
    ("Register", "entries", Action.SEE_SERVICE),
    ("Maintenance", "maintenance", Action.SEE_SERVICE),
    ("Credits", "credits", Action.SEE_SERVICE),
    ("Obligations", "obligations", Action.SEE_SERVICE),
    ("Terms", "terms", Action.SEE_NOTES),
)
"""Each with what it is called, the end of its address, and what one must be allowed to do to see it."""


def pages_of(person: Person, contract: str) -> tuple[tuple[str, str], ...]:
    """What somebody is led to: names and addresses."""
    return tuple(
        (words, f"/desk/contracts/{contract}/{end}") for words, end, action in PAGES if person.may(action, contract)
    )
