"""Taking an entry back, or several at once, once what that changes was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import Entry, Undo
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.form_files import NO_FILES, FormWithFiles, TakenFiles
from sla_monitor.web.desk.forms import FILES, PostedForm
from sla_monitor.web.desk.shown_entry import shown_entry
from sla_monitor.web.desk.two_steps import SHOWN, problems_by_field
from sla_monitor.web.serving.handler import Refusal

NO_REASON = "why: The reason is missing."


class UndoForm(FormWithFiles):
    """`GET /desk/contracts/<contract>/entries/<number>/undo`, and `POST` to take it back."""

    action = Action.UNDO

    async def get(self, contract: str, number: str) -> None:
        self._show(self.contract(contract), await self.about(contract, number), "", {})

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        (name, number), why = names, form.text("why")
        contract = self.contract(name)
        try:
            several = await self.about(name, number)
        except Refusal:  # what is taken back already may be so by the first of two clicks
            if await self.is_again(form, contract):
                return
            raise

        taken = await self.take_files(form.uploads)

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, several, why, problems, taken)

        wrong = problems_by_field(RegisterError([*taken.wrong, *([] if why else [NO_REASON])]))
        if wrong:
            self.set_status(422)
            await again(wrong)
            return
        statements = [Statement(Undo(about=one.number), note=why) for one in several]
        await self.propose(form, contract, statements, again, papers=taken.papers)

    async def about(self, contract: str, number: str) -> list[Entry]:
        """What is to be taken back. Raises Refusal where there is no such entry."""
        found = next((one for one in await self.entries(contract) if one.number == int(number)), None)
        if found is None or found.body.no_undo:
            raise Refusal(404, "there is no such entry that is taken back here")
        return [found]

    def _show(
        self,
        contract: Contract,
        several: Sequence[Entry],
        why: str,
        problems: Mapping[str, str],
        taken: TakenFiles = NO_FILES,
    ) -> None:
        others = [text if field == "why" else f"{field}: {text}" for field, text in problems.items() if field != FILES]
        self.show_page(
            "undo_form.html", contract=contract, entries=[shown_entry(contract, one) for one in several[:SHOWN]],
            count=len(several), more=len(several) - SHOWN, why=why, problems=others,
            is_refused=bool(problems), attaching=self.files_field(taken, problems.get(FILES, "")),
        )  # fmt: skip
