"""The page of one entry: what it says, its files, what came of it, what was said about it, and what one may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.ledger.recording.audit import EntryProof, proved_entry
from sla_monitor.periods.edges import month_at
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.attachments import TYPES
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry
from sla_monitor.register.from_file import is_from_file
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import as_read_by, visible_to
from sla_monitor.web.desk.entry_files import (
    ACCEPTED,
    attach_papers,
    may_attach,
    may_read_files,
    papers_that_fit,
    shown_files,
)
from sla_monitor.web.desk.forms import ENTERED, IS_AGAIN, NEXT, PostedForm
from sla_monitor.web.desk.shown_entry import SaidEntry, ShownEntry, said_entry, shown_entry
from sla_monitor.web.desk.waiting_list import waiting_list
from sla_monitor.web.identity.person import Person
from sla_monitor.web.page.layout import with_entries
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.numbers import format_bytes
from sla_monitor.wording.rulings import describe_verdict

FORM_BYTES = 65_536
"""What a form has beside its files."""


@dataclass(frozen=True, slots=True)
class EntryFate:
    """What came of an entry: the entries that took it back, that stand in its place, that decided on it. `decided`:
    granted, in part, or refused; `waits`: for a decision."""

    undone: int | None
    replaced: int | None
    decided_by: int | None
    decided: str
    waits: bool


def fate_of(entry: Entry, standing: EffectiveEntries, contract: Contract) -> EntryFate:
    """By the whole register: what decides an entry is no secret of either side."""
    number, last = entry.number, standing.decision_on(entry.number)
    stands = standing.entry(number) is not None
    return EntryFate(
        standing.undone.get(number),
        standing.replaced.get(number),
        None if last is None else last[0].number,
        "" if last is None else describe_verdict(entry, last[1]),
        stands and last is None and entry.body.is_decidable and entry.body.asks_for_decision(contract),
    )


@dataclass(frozen=True, slots=True)
class EntryView:
    """All that the page shows of an entry. `about`: the entry that it is about; `months`: each with its name and the
    address of its page, empty: it goes on; `to_do`: what somebody may do, with its address, the first of all first."""

    shown: ShownEntry
    kind: str
    about: ShownEntry | None
    months: tuple[tuple[str, str], ...]
    fate: EntryFate
    said: tuple[SaidEntry, ...]
    to_do: tuple[tuple[str, str], ...]
    earlier: int | None
    later: int | None


def entry_view(
    contract: Contract, number: int, entries: Sequence[Entry], standing: EffectiveEntries, person: Person, now_ms: int
) -> EntryView | None:
    """None: there is no such entry. `entries`: those that somebody may know of."""
    by_number = {one.number: one for one in entries}
    entry = by_number.get(number)
    if entry is None:
        return None
    about = by_number.get(entry.body.subject() or 0)
    numbers = list(by_number)
    place = numbers.index(number)
    running = month_at(now_ms, contract.time_zone)
    return EntryView(
        shown=shown_entry(contract, as_read_by(person, entry)),
        kind=entry.body.kind.replace("_", " "),
        about=None if about is None else shown_entry(contract, as_read_by(person, about)),
        months=tuple(
            (format_month(month), f"/desk/contracts/{contract.id}/months/{month}" if month < running else "")
            for month in months_of(entry.body, contract.time_zone, by_number)
        ),
        fate=fate_of(entry, standing, contract),
        said=tuple(
            said_entry(as_read_by(person, one), contract, standing) for one in entries if one.body.subject() == number
        ),
        to_do=tuple(_to_do(entry, contract, standing, person)),
        earlier=numbers[place - 1] if place else None,
        later=numbers[place + 1] if place + 1 < len(numbers) else None,
    )


def _to_do(entry: Entry, contract: Contract, standing: EffectiveEntries, person: Person) -> Sequence[tuple[str, str]]:
    """Beside what waits: to decide it anew, to comment on it, to take it back."""
    here, number = f"/desk/contracts/{contract.id}", entry.number
    stands = number not in standing.undone
    is_decided = standing.decision_on(number) is not None
    several = [
        ("Decide it anew", f"{here}/entries/{number}/decide", Action.DECIDE, is_decided and stands),
        (
            "Comment on it",
            f"{here}/enter/comment?{urlencode({'about': number, NEXT: f'{here}/entries/{number}'})}",
            Action.COMMENT,
            True,
        ),
        (
            "See all from its file",
            f"{here}/entries/{number}/file",
            Action.SEE_SERVICE,
            stands and is_from_file(as_read_by(person, entry)),
        ),
        ("Take it back", f"{here}/entries/{number}/undo", Action.UNDO, stands and not entry.body.no_undo),
    ]
    return [(words, address) for words, address, action, is_so in several if is_so and person.may(action, contract.id)]


class EntryPage(DeskHandler):
    """`GET /desk/contracts/<contract>/entries/<number>`, and `POST` to attach files to it."""

    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    action = Action.SEE_SERVICE

    def initialize(self, site: WebParts) -> None:
        super().initialize(site)
        self.files_bytes = site.attachments.file
        self.body_bytes = self.files_bytes + FORM_BYTES

    async def get(self, contract: str, number: str) -> None:
        given = self.arguments_given()
        entered = next(iter(given.get(ENTERED, ())), "")
        done = "The files are attached." if "attached" in given else ""
        if entered and entered in await self.own_numbers(contract):  # they come back from a form about this entry
            told = "It was entered already, as entry {}." if IS_AGAIN in given else "Entry {} is entered."
            done = with_entries(told.format(entered), contract)
        await self.show_entry(self.contract(contract), int(number), done=done)

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract, number = self.contract(names[0]), int(names[1])
        said = visible_to(self.person, contract.id, await self.site.entering.run(self.desk.entries, contract.id))
        entry = next((one for one in said if one.number == number), None)
        if entry is None:
            raise Refusal(404, "there is no such entry")
        if not may_attach(self.person, entry):
            raise Refusal(403, "you may not attach files to this entry")
        given = form.uploads
        try:
            if not given:
                raise RegisterError(["attach: no file was chosen"])
            await self.site.entering.run(self._attach, entry, given)
        except RegisterError as error:
            self.set_status(422)
            problems = [line.removeprefix("attach: ") for line in error.problems]
            await self.show_entry(contract, number, problems=problems)
            return
        self.go(f"/desk/contracts/{contract.id}/entries/{number}?attached=1")

    def _attach(self, entry: Entry, given: Sequence[tuple[str, bytes]]) -> None:
        """From the register's thread. Raises EnoughToday, RegisterError, LedgerError and its kinds."""
        self.desk.refuse_more(self.person, entry.contract)
        papers = papers_that_fit(self.desk.ledger, given, self.site.attachments)
        attach_papers(self.desk.ledger, entry, papers, self.site.clock.now_ms(), self.person.name)

    async def show_entry(
        self, contract: Contract, number: int, *, done: str = "", problems: Sequence[str] = (), last: int = 0
    ) -> None:
        """Answer with the page. `done`: what was entered just now; `problems`: why no file was attached; `last`: of
        several that were entered together, the last. Raises Refusal where there is no such entry."""
        said = visible_to(self.person, contract.id, await self.site.entering.run(self.desk.entries, contract.id))
        standing = await self.standing(contract.id)
        view = entry_view(contract, number, said, standing, self.person, self.site.clock.now_ms())
        if view is None:
            raise Refusal(404, "there is no such entry")
        entry = next(one for one in said if one.number == number)
        self.show_page(
            "entry.html",
            contract=contract,
            view=view,
            done=done,
            problems=problems,
            last=last,
            waits=await self._waits(contract.id, number),
            **await self._files(contract, entry),
            proof=await self._proof(number),
        )

    async def _files(self, contract: Contract, entry: Entry) -> Mapping[str, Any]:
        room = self.site.attachments
        return {
            "files": await self.site.fetching.run(shown_files, self.person, self.desk.ledger, contract, entry),
            "may_read": may_read_files(self.person, entry),
            "may_attach": may_attach(self.person, entry) and room.total > 0,
            "accepted": ACCEPTED,
            "kept": ", ".join(TYPES),
            "most": format_bytes(room.file),
        }

    async def _waits(self, contract: str, number: int) -> list[tuple[str, str]]:
        """What of this entry waits for this person, with where it is done."""
        now_ms, several = self.site.clock.now_ms(), self.board.assessment.contracts
        found = await self.site.entering.run(waiting_list, self.desk, several, self.person, now_ms, contract)
        return [(row.button, row.address) for row in found.mine if row.matter.entry == number and row.address]

    async def _proof(self, number: int) -> EntryProof | None:
        """For the auditor."""
        if not self.person.may(Action.SEE_AUDIT):
            return None
        return await self.site.fetching.run(proved_entry, self.desk.ledger, number)


class EnteredPage(EntryPage):
    """`GET /desk/contracts/<contract>/entered?number=12`: what was entered; `&through=19`: as far as there."""

    methods = ("GET", "HEAD")

    async def get(self, contract: str, number: str = "") -> None:
        given = self.arguments_given()
        number = next(iter(given.get("number", ())), "")
        through = next(iter(given.get("through", ())), number)
        own = await self.own_numbers(contract)
        if number not in own or through not in own:
            raise Refusal(404, "no such entry of yours")
        again = f"This was entered already, as entry {number}. Nothing was entered twice."
        done = again if "again" in given else f"It is entered, as entry {number}."
        await self.show_entry(self.contract(contract), int(number), done=done, last=int(through))

    head = get
