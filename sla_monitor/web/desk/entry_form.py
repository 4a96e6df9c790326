"""A form for each kind of entry, made from its model as the commands are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement, parties_of
from sla_monitor.web.desk.entry_fields import TEXTS, Filled, fields_of, form_model, words_of
from sla_monitor.web.desk.form_files import NO_FILES, FormWithFiles, TakenFiles
from sla_monitor.web.desk.forms import FILES, NEXT, PostedForm, desk_path
from sla_monitor.web.desk.two_steps import problems_by_field


class EntryForm(FormWithFiles):
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

        taken = await self.take_files(form.uploads)

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, kind, Filled.of(form, problems), taken)

        try:
            said = body_of(kind, words_of(KINDS[kind], form), contract.time_zone)
            if taken.wrong:
                raise RegisterError(list(taken.wrong))
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(RegisterError(list(dict.fromkeys([*error.problems, *taken.wrong])))))
            return
        statement = Statement(said, **{text: form.text(text) for text in TEXTS})
        await self.propose(form, contract, [statement], again, papers=taken.papers)

    def _show(self, contract: Contract, kind: str, filled: Filled, taken: TakenFiles = NO_FILES) -> None:
        model, parties = KINDS[kind], parties_of(self.person, contract.id)
        fields = [
            one for one in fields_of(model, contract, filled, parties) if one.name not in self._not_theirs(contract)
        ]
        known = {*(one.name for one in fields), FILES}
        others = [f"{name}: {text}" for name, text in filled.problems.items() if name not in known]
        self.show_page(
            "entry_form.html", contract=contract, kind=kind.replace("_", " "), fields=fields, problems=others,
            told=" ".join((model.__doc__ or "").split()), is_refused=bool(filled.problems),
            is_shown_first=model.changes_figures,
            attaching=self.files_field(taken, filled.problems.get(FILES, "")),
            back=desk_path(next(iter(filled.values.get(NEXT, ())), "")),
        )  # fmt: skip

    def _not_theirs(self, contract: Contract) -> Collection[str]:
        """Fields that are the authority's alone."""
        return () if self.person.may(Action.SEE_NOTES, contract.id) else ("internal",)
