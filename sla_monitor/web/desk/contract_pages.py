"""The desk's pages about one contract, for the lists that lead to them."""

from __future__ import annotations

from urllib.parse import quote

from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_at, run_of
from sla_monitor.periods.months import shifted
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


def pages_of(person: Person, contract: Contract, now_ms: int) -> tuple[tuple[str, str], ...]:
    """What somebody is led to: names and addresses. Of months, the outages of the last that has begun, and the meeting
    about the last that is over."""
    here = f"/desk/contracts/{quote(contract.id, safe='')}"
    pages = [(words, f"{here}/{end}") for words, end, action in PAGES if person.may(action, contract.id)]
    if not person.may(Action.SEE_SERVICE, contract.id):
        return tuple(pages)
    run, this = run_of(contract), month_at(now_ms, contract.time_zone)
    last = min(this, run.last or this)
    over = last if last < this else shifted(last, -1)
    if over >= run.first:
        pages.insert(0, ("Review meeting", f"{here}/months/{over}/meeting"))
    if last >= run.first:
        pages.insert(0, ("Outages", f"{here}/months/{last}/outages"))
    return tuple(pages)
