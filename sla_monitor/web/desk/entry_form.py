"""A form for each kind of entry, made from its model as the commands are; and what was entered."""

from __future__ import annotations

from collections.abc import Mapping

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import Statement, side_of
from sla_monitor.web.desk.entry_fields import TEXTS, Filled, fields_of, form_model, words_of
from sla_monitor.web.desk.forms import NEXT, PostedForm, desk_path
from sla_monitor.web.desk.two_steps import ProposingForm, problems_by_field
from sla_monitor.web.serving.handler import Refusal


class EntryForm(ProposingForm):
    """`GET /desk/contracts/<contract>/enter/<kind>`, filled in with what the address says, and `POST` to enter it."""

    def action_here(self) -> Action | None:
        model = form_model(self.path_args[1])
        return None if model is None else model.action

    async def get(self, contract: str, kind: str) -> None:
        self._show(self.contract(contract), kind, Filled(self.arguments_given()))

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, kind = names
        contract = self.contract(name)

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, kind, Filled.of(form, problems))

        try:
            said = body_of(kind, words_of(KINDS[kind], form), contract.time_zone)
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(error))
            return
        await self.propose(form, contract, [Statement(said, **{text: form.text(text) for text in TEXTS})], again)

    def _show(self, contract: Contract, kind: str, filled: Filled) -> None:
        model, is_supplier = KINDS[kind], side_of(self.person, contract.id) == "supplier"
        parties = ("supplier",) if is_supplier else ("supplier", "authority", "agreed")
        fields = fields_of(model, contract, filled, parties)
        known = {one.name for one in fields}
        others = [f"{name}: {text}" for name, text in filled.problems.items() if name not in known]
        self.show_page(
            "entry_form.html", contract=contract, kind=kind.replace("_", " "), fields=fields, problems=others,
            told=" ".join((model.__doc__ or "").split()), is_refused=bool(filled.problems),
            is_shown_first=model.changes_figures, back=desk_path(next(iter(filled.values.get(NEXT, ())), "")),
        )  # fmt: skip


class EnteredPage(DeskHandler):
    """`GET /desk/contracts/<contract>/entered?number=12`: what was entered; `&through=19`: as far as there."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        given = self.arguments_given()
        number = next(iter(given.get("number", ())), "")
        through = next(iter(given.get("through", ())), number)
        entries = await self.entries(contract)
        own = {f"{one.number}": one for one in entries if one.actor == self.person.name}
        if number not in own or through not in own:
            raise Refusal(404, "no such entry of yours")
        found = own[number]
        may_undo = number == through and self.person.may(Action.UNDO, contract)
        undo = f"/desk/contracts/{contract}/entries/{found.number}/undo" if may_undo else ""
        self.show_page(
            "entered.html", contract=self.contract(contract), entry=found, last=int(through),
            is_again="again" in given, undo=undo,
        )  # fmt: skip

    head = get
