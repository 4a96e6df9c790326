"""A form for each kind of entry, made from its model as the commands are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.attachments import TYPES, Papers, attached_file, shown_name
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement, parties_of
from sla_monitor.web.desk.entry_fields import TEXTS, Filled, fields_of, form_model, words_of
from sla_monitor.web.desk.entry_files import ACCEPTED, papers_that_fit
from sla_monitor.web.desk.forms import FILES, NEXT, PostedForm, Upload, desk_path, packed
from sla_monitor.web.desk.two_steps import NO_PAPERS, ProposingForm, problems_by_field
from sla_monitor.wording.numbers import format_bytes

LARGER = "enter it without them, and attach larger files on the page of the entry"
FILES_BYTES = 4 * 1024 * 1024
"""Of the files of a form together: the page between carries them, which is no way for more."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was chosen before, as the form hands it back."""

    name: str
    size: str
    packed: str

    @classmethod
    def of(cls, upload: Upload) -> Self:
        name, content = upload
        return cls(shown_name(name), f"{len(content):,} bytes", packed(upload))


class EntryForm(ProposingForm):
    """`GET /desk/contracts/<contract>/enter/<kind>`, filled in with what the address says, and `POST` to enter it."""

    body_bytes, files_bytes = 2 * FILES_BYTES, FILES_BYTES

    def action_here(self) -> Action | None:
        model = form_model(self.path_args[1])
        return None if model is None else model.action

    async def get(self, contract: str, kind: str) -> None:
        self._show(self.contract(contract), kind, Filled(self.arguments_given()))

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, kind = names
        contract = self.contract(name)

        taken, papers, wrong = await self.site.entering.run(self._papers, form.uploads)

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, kind, Filled.of(form, problems), taken)

        try:
            said = body_of(kind, words_of(KINDS[kind], form), contract.time_zone)
            if wrong:
                raise RegisterError(wrong)
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(RegisterError(list(dict.fromkeys([*error.problems, *wrong])))))
            return
        statement = Statement(said, **{text: form.text(text) for text in TEXTS})
        await self.propose(form, contract, [statement], again, papers=papers)

    def _papers(self, uploads: Sequence[Upload]) -> tuple[list[Upload], Papers, list[str]]:
        """The files of a form that are kept, those that are taken as they are, and what is wrong with the others; from
        a thread. Raises LedgerError and its kinds."""
        room = self.site.attachments
        if not uploads:
            return [], NO_PAPERS, []
        good, wrong, free = list[Upload](), list[str](), FILES_BYTES
        for one in uploads:  # what was taken before comes first, and stays
            free -= len(one[1])
            if free < 0:
                wrong.append(f"{FILES}: all of them have more than {format_bytes(FILES_BYTES)} together ({LARGER})")
                break
            try:
                attached_file(*one, room.file)
            except RegisterError as error:
                wrong += error.problems
            else:
                good.append(one)
        try:
            return good, papers_that_fit(self.desk.ledger, good, room), wrong
        except RegisterError as error:
            return good, NO_PAPERS, [*wrong, *error.problems]

    def _show(self, contract: Contract, kind: str, filled: Filled, taken: Sequence[Upload] = ()) -> None:
        model, parties = KINDS[kind], parties_of(self.person, contract.id)
        fields = [
            one for one in fields_of(model, contract, filled, parties) if one.name not in self._not_theirs(contract)
        ]
        known = {*(one.name for one in fields), FILES}
        others = [f"{name}: {text}" for name, text in filled.problems.items() if name not in known]
        self.show_page(
            "entry_form.html", contract=contract, kind=kind.replace("_", " "), fields=fields, problems=others,
            told=" ".join((model.__doc__ or "").split()), is_refused=bool(filled.problems),
            is_shown_first=model.changes_figures, files_problem=filled.problems.get(FILES, ""),
            taken=[KeptFile.of(one) for one in taken],
            accepted=ACCEPTED, takes_files=self.site.attachments.total > 0, types=", ".join(TYPES),
            most=format_bytes(min(FILES_BYTES, self.site.attachments.file)),
            back=desk_path(next(iter(filled.values.get(NEXT, ())), "")),
        )  # fmt: skip

    def _not_theirs(self, contract: Contract) -> Collection[str]:
        """Fields that are the authority's alone."""
        return () if self.person.may(Action.SEE_NOTES, contract.id) else ("internal",)
