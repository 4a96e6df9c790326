"""What came from one file: shown, and taken back as a whole."""

from __future__ import annotations

from sla_monitor.register.entries import Entry
from sla_monitor.register.from_file import from_one_file
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.undo_form import UndoForm
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain

SHOWN = 100
"""Entries of a file that are told; the others are counted."""


class EnteredFile(DeskHandler):
    """`GET /desk/contracts/<contract>/entries/<number>/file`: what was entered from a file together with this entry."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str, number: str) -> None:
        terms, several = self.contract(contract), await of_one_file(self, contract, number)
        self.show_page(
            "entered_file.html", contract=terms, count=format_count(len(several), "entry", "entries"), number=number,
            several=[(one.number, describe_entry(one, terms)) for one in several[:SHOWN]],
            more=len(several) - SHOWN, source=plain(several[0].evidence),
            may_undo=self.person.may(Action.UNDO, terms.id), is_billed=several[0].body.kind == "credit_invoiced",
        )  # fmt: skip

    head = get


class UndoFile(UndoForm):
    """`GET /desk/contracts/<contract>/entries/<number>/undo-file`, and `POST` to take all of it back, or nothing."""

    async def about(self, contract: str, number: str) -> list[Entry]:
        return await of_one_file(self, contract, number)


async def of_one_file(handler: DeskHandler, contract: str, number: str) -> list[Entry]:
    """The entries that came from the same file as one, as somebody may read them: whoever may not read where an entry
    is from finds no others by it. Raises Refusal where there are none."""
    entries, standing = await handler.entries(contract), await handler.standing(contract)
    found = from_one_file(entries, standing.undone, int(number))
    if not found:
        raise Refusal(404, "no such entry that stands and came from a file")
    return found
