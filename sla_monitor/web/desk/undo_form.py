"""Taking an entry back that changed no figure."""

from __future__ import annotations

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import Entry, Undo
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.text import plain


class UndoForm(DeskHandler):
    """`GET /desk/contracts/<contract>/entries/<number>/undo`, and `POST` to take it back."""

    methods = ("GET", "HEAD", "POST")
    action = Action.UNDO

    async def get(self, contract: str, number: str) -> None:
        self._show(self.contract(contract), await self._entry(contract, number), "", [])

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, number = names
        contract, entry, why = self.contract(name), await self._entry(name, number), form.text("why")
        if not why:
            self.set_status(422)
            self._show(contract, entry, why, ["The reason is missing."])
            return
        draft, once = Statement(Undo(about=entry.number), note=why), form.once(self.person.name, self.request.path)
        try:
            entered = await self.site.entering.run(self.desk.enter, self.person, contract, [draft], once=once)
        except RegisterError as error:
            self.set_status(422)
            self._show(contract, entry, why, error.problems)
            return
        again = "&again=1" if entered.is_again else ""
        self.go(f"/desk/contracts/{contract.id}/entered?number={entered.numbers[0]}{again}")

    def _show(self, contract: Contract, entry: Entry, why: str, problems: list[str]) -> None:
        words = plain(entry.body.words(EntryWording(contract.time_zone, contract.currency)))
        self.show_page("undo_form.html", contract=contract, entry=entry, words=words, why=why, problems=problems)

    async def _entry(self, contract: str, number: str) -> Entry:
        """Raises Refusal where there is no such entry, or it changes figures: what it changes has to be shown first."""
        found = next((one for one in await self.entries(contract) if one.number == int(number)), None)
        if found is None or found.body.changes_figures:
            raise Refusal(404, "there is no such entry that is taken back here")
        return found
