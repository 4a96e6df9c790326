"""Taking an entry back, once what that changes was shown."""

from __future__ import annotations

from collections.abc import Mapping

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import Entry, Undo
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.desk.shown_entry import shown_entry
from sla_monitor.web.desk.two_steps import ProposingForm
from sla_monitor.web.serving.handler import Refusal


class UndoForm(ProposingForm):
    """`GET /desk/contracts/<contract>/entries/<number>/undo`, and `POST` to take it back."""

    action = Action.UNDO

    async def get(self, contract: str, number: str) -> None:
        self._show(self.contract(contract), await self._entry(contract, number), "", [])

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, number = names
        contract, entry, why = self.contract(name), await self._entry(name, number), form.text("why")

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, entry, why, [f"{field}: {text}" for field, text in problems.items()])

        if not why:
            self.set_status(422)
            self._show(contract, entry, why, ["The reason is missing."])
            return
        await self.propose(form, contract, [Statement(Undo(about=entry.number), note=why)], again)

    def _show(self, contract: Contract, entry: Entry, why: str, problems: list[str]) -> None:
        self.show_page(
            "undo_form.html", contract=contract, entry=shown_entry(contract, entry), why=why, problems=problems
        )

    async def _entry(self, contract: str, number: str) -> Entry:
        """Raises Refusal where there is no such entry."""
        found = next((one for one in await self.entries(contract) if one.number == int(number)), None)
        if found is None or found.body.no_undo:
            raise Refusal(404, "there is no such entry that is taken back here")
        return found
