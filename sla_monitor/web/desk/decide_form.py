"""Deciding about a booking, a claim, a dispute or another entry that asks for it: what it says, and what a grant and a
refusal would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import Decision, Entry, Timed
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.effect import Effect
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.entry_fields import Filled, FormField
from sla_monitor.web.desk.entry_files import shown_files
from sla_monitor.web.desk.form_files import NO_FILES, FormWithFiles, TakenFiles
from sla_monitor.web.desk.forms import FILES, PostedForm
from sla_monitor.web.desk.shown_entry import shown_entry
from sla_monitor.web.desk.two_steps import problems_by_field
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.rulings import describe_verdict

GRANTED = {"grant": True, "refuse": False}
_SHOWN = {"granted": "decision"}
"""Fields of the form, by those of the entry."""


class DecideForm(FormWithFiles):
    """`GET /desk/contracts/<contract>/entries/<number>/decide`, and `POST` to decide."""

    action = Action.DECIDE

    async def get(self, contract: str, number: str) -> None:
        found = self.contract(contract)
        await self._show(found, await self._entry(found, number), Filled())

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract = self.contract(names[0])
        entry = await self._entry(contract, names[1])
        taken = await self.take_files(form.uploads)

        async def again(problems: Mapping[str, str]) -> None:
            shown = {_SHOWN.get(name, name): text for name, text in problems.items()}
            await self._show(contract, entry, Filled.of(form, shown), taken)

        if form.text("decision") not in GRANTED:
            self.set_status(422)
            await again({"decision": "is missing (grant it, or refuse it)"})
            return
        words: dict[str, Any] = {"about": entry.number, "granted": GRANTED[form.text("decision")]}
        words |= {name: form.text(name) for name in ("start", "end") if form.text(name)}
        try:
            if taken.wrong:
                raise RegisterError(list(taken.wrong))
            said = body_of("decision", words, contract.time_zone)
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(error))
            return
        texts = {name: form.text(name) for name in ("note", "reference")}
        await self.propose(form, contract, [Statement(said, **texts)], again, papers=taken.papers)

    async def _entry(self, contract: Contract, number: str) -> Entry:
        """Raises Refusal where nobody decides about such an entry."""
        found = next((one for one in await self.entries(contract.id) if one.number == int(number)), None)
        if found is None or not found.body.is_decidable:
            raise Refusal(404, "there is no such entry that is decided")
        return found

    async def _show(self, contract: Contract, entry: Entry, filled: Filled, taken: TakenFiles = NO_FILES) -> None:
        standing = await self.site.entering.run(self.desk.standing, contract.id)
        last = standing.decision_on(entry.number)
        effects = {name: await self._would(contract, entry, is_granted) for name, is_granted in GRANTED.items()}
        self.show_page(
            "decide_form.html",
            contract=contract,
            entry=shown_entry(contract, entry),
            files=await self.site.fetching.run(shown_files, self.person, self.desk.ledger, contract, entry),
            decided="" if last is None else f"{describe_verdict(entry, last[1])} by entry {last[0].number}",
            is_dispute=entry.body.kind == "dispute",
            undone=standing.undone.get(entry.number),
            effects=effects,
            fields=_fields(entry, filled),
            decision=next(iter(filled.values.get("decision", ())), ""),
            problem=filled.problems.get("decision", ""),
            problems=[text for name, text in filled.problems.items() if name in {"about", "actor"}],
            attaching=self.files_field(taken, filled.problems.get(FILES, "")),
            is_refused=bool(filled.problems),
        )

    async def _would(self, contract: Contract, entry: Entry, is_granted: bool) -> Effect:
        supposed = [Statement(Decision(about=entry.number, granted=is_granted), note="-")]
        checked = await self.site.entering.run(self.desk.checked, self.person, contract, supposed, is_complete=False)
        return await self.effect(contract, checked)


def _fields(entry: Entry, filled: Filled) -> list[FormField]:
    parts = [
        FormField("start", "Only from", "Where a part is granted.", "datetime-local"),
        FormField("end", "Only up to", "Where a part is granted.", "datetime-local"),
    ]
    several = [
        *(parts if isinstance(entry.body, Timed) else ()),
        FormField("note", "Why", "Both sides read it.", "textarea", is_required=True),
        FormField("reference", "Reference", "The minutes’ item, or a number in somebody’s files."),
    ]
    return [one.with_filled(filled) for one in several]
