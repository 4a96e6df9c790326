"""A contract's obligations: what is late, due and to come, and the forms that say what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from sla_monitor.assess.due_obligations import DueObligation, Obligations
from sla_monitor.assess.obligations import obligations_at
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_of
from sla_monitor.register.entries import ObligationExcused, ObligationMet
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.obligations import ObligationState
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import DeskRegister, may_speak_for
from sla_monitor.web.identity.person import Person
from sla_monitor.web.page.obligation_rows import ObligationRow, obligation_row
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.text import format_list

SECTIONS: tuple[tuple[str, str, tuple[ObligationState, ...]], ...] = (
    ("late", "Late", ("late",)),
    ("due", "Due, or due soon", ("due", "due_soon")),
    ("upcoming", "To come", ("upcoming",)),
    ("done", "Done, or excused", ("met", "met_late", "excused")),
)
"""The parts of the page: the most urgent first."""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A duty on one of its days, and the forms about it: words and addresses."""

    row: ObligationRow
    forms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DutySection:
    """Duties that stand alike."""

    id: str
    title: str
    rows: tuple[DutyRow, ...]


def duty_sections(contract: Contract, found: Obligations, person: Person) -> Iterator[DutySection]:
    """The parts that have something. Of what is merely ahead there is the next day of each duty alone."""
    for name, title, states in SECTIONS:
        several = [one for one in found.near if one.state in states]
        if several:
            rows = tuple(
                DutyRow(obligation_row(one, contract.time_zone), _forms(contract, one, person)) for one in several
            )
            yield DutySection(name, title, rows)


def _forms(contract: Contract, one: DueObligation, person: Person) -> tuple[tuple[str, str], ...]:
    if not one.is_open or not may_speak_for(person, contract.id, one.terms.party):
        return ()
    about = urlencode({"obligation": one.terms.id, "due": f"{one.due_on}"})
    several: list[tuple[str, type[EntryKind]]] = [("It is done", ObligationMet)]
    several += [] if one.asked_by else [("Ask to excuse it", ObligationExcused)]
    return tuple(
        (words, f"/desk/contracts/{contract.id}/enter/{kind.model_fields['kind'].default}?{about}")
        for words, kind in several
        if person.may(kind.action, contract.id)
    )


def standing_obligations(desk: DeskRegister, contract: Contract) -> Obligations:
    """A contract's duties as they stand now, by all that was entered; called from the register's thread. Raises
    LedgerError and its kinds."""
    now_ms, effective = desk.clock.now_ms(), desk.standing(contract.id)
    return obligations_at(desk.days(contract), effective, month_of(now_ms, contract.time_zone), now_ms)


class ObligationsPage(DeskHandler):
    """`GET /desk/contracts/<contract>/obligations`."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        terms = self.contract(contract)
        found = await self.site.entering.run(standing_obligations, self.desk, terms)
        strays = f"Entry {format_list([str(n) for n in found.stray])}" if found.stray else ""
        self.show_page(
            "desk_obligations.html", contract=terms, sections=tuple(duty_sections(terms, found, self.person)),
            strays=strays, as_of=format_instant(self.site.clock.now_ms(), terms.time_zone),
        )  # fmt: skip

    head = get
