"""Files of tickets and figures for other programs: entered as a whole or not at all, and taken back as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from sla_monitor import remedies
from sla_monitor.assess.figure_changes import reaches_closed_months
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.periods.edges import month_at
from sla_monitor.register.entries import KINDS, Undo
from sla_monitor.register.from_file import file_digest, from_one_file
from sla_monitor.register.import_options import KINDS_IN_FILES, OPTIONS, PAIRS, import_source
from sla_monitor.register.importing import TOLD_AT_MOST, Compared, ImportSource
from sla_monitor.register.request_bodies import UndoRequest
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.preview_json import effect_json
from sla_monitor.web.api.register_json import line_problems
from sla_monitor.web.api.register_shapes import ImportPreviewJson, SeveralEnteredJson, SeveralPreviewJson
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.effect import effect_of
from sla_monitor.web.desk.entering import CheckedStatements, Statement, last_known_to, parties_of
from sla_monitor.web.desk.import_reading import FILE_BYTES, compared_file, statements_of
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.register_routes import ENTRY_ADDRESS, Entering, EntryRefused, ProblemRefused
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain

CSV = "text/csv"
WAYS = {
    remedies.COLUMNS: "map=HEADING=FIELD",
    remedies.PRIORITIES: "priority=THEIRS=OURS",
    remedies.SERVICES: "service=THEIRS=OURS",
    remedies.OPEN_TICKETS: "open_without_end=true",
    remedies.ORDER_OF_DATES: "dates=day-first or dates=month-first",
    remedies.YEARS: "two_digit_years=true",
    remedies.NOTE: "note=WHY",
}
"""What of the address gives a remedy."""


class EnteringSeveral(Entering):
    """Base of what adds several entries at once."""

    methods = ("POST",)

    async def preview_all(self, contract: Contract, drafts: Sequence[Statement]) -> SeveralPreviewJson:
        """What they would change. Raises RegisterError."""
        checked = await self.site.entering.run(self.desk.checked, self.person, contract, drafts)
        return await self.site.previewing.run(self._changes, contract, checked)

    def _changes(self, contract: Contract, checked: CheckedStatements) -> SeveralPreviewJson:
        now_ms, said, new = self.site.clock.now_ms(), checked.said, checked.entries
        effect = effect_of(self.site.previews, contract, checked, now_ms)
        found = effect_json(effect, month_at(now_ms, contract.time_zone))
        return {
            "entered": len(new),
            "last_number": checked.last,
            "reaches_closed_months": reaches_closed_months(contract, said, new, now_ms),
            "changes": found["changes"],
            "running": found["running"],
            "remarks": found["remarks"],
        }

    async def add_all(self, contract: Contract, drafts: Callable[[], Sequence[Statement]], once: str) -> None:
        """Enter them once, and answer. Raises RegisterError."""
        answer = await self.site.entering.run(self._added, contract, drafts, once, self.read_to())
        self.set_status(200 if answer["is_again"] or not answer["entered"] else 201)
        if answer["first"] is not None:
            self.set_header("Location", f"{API}/contracts/{contract.id}/entries/{answer['first']}")
        self.send_json(answer)

    def _added(
        self, contract: Contract, drafts: Callable[[], Sequence[Statement]], once: str, read_to: int | None
    ) -> SeveralEnteredJson:
        """Called from the register's thread."""
        numbers: tuple[int, ...] = ()
        before = self.desk.submitted(once)
        if not before and (several := drafts()):
            if read_to is None:
                self.refuse_unseen(contract, several)
            numbers = self.desk.enter(self.person, contract, several, once=once, read_to=read_to).numbers
        return self._answer(contract, before or numbers, is_again=bool(before))

    def _answer(self, contract: Contract, numbers: Sequence[int], *, is_again: bool) -> SeveralEnteredJson:
        nulls, everything = Nulls(), self.desk.entries(contract.id)
        why = "nothing of it was new"
        return {
            "contract": contract.id,
            "entered": len(numbers),
            "first": nulls.told("first", numbers[0] if numbers else None, why),
            "last": nulls.told("last", numbers[-1] if numbers else None, why),
            "last_number": last_known_to(self.person, contract.id, everything),
            "is_again": is_again,
            "why_null": nulls.why,
        }


class ImportsResource(EnteringSeveral):
    """`POST /api/v1/contracts/<contract>/imports?kind=ticket`: the rows of a CSV file, all of them or none."""

    action = Action.IMPORT_TICKETS
    names = ("kind", "name", "dry_run", *OPTIONS)
    repeated = tuple(PAIRS)
    body_bytes: ClassVar[int] = FILE_BYTES

    def action_here(self) -> Action | None:
        kind = next(iter(self.arguments_given().get("kind", ())), "")
        return KINDS[kind].action if kind in KINDS_IN_FILES else Action.SEE_SERVICE

    async def post(self, name: str) -> None:
        given, contract = self.given(), self.contract(name)
        if self.argument("kind") not in KINDS_IN_FILES:
            raise Refusal(400, "it does not say what each row is", remedy="?kind=ticket, or kind=figure")
        content, is_dry = self.content(CSV), self.is_dry_run()
        once = "" if is_dry else self.once()
        try:
            source = import_source(
                plain(self.argument("name"))[:120] or "import.csv", content, self.argument("kind"), given,
                parties_of(self.person, contract.id),
            )  # fmt: skip
        except RegisterError as error:
            raise Refusal(400, "; ".join(error.problems), remedy="see docs/how-to/wire-a-service-desk.md") from None
        before = () if is_dry else await self.site.entering.run(self._before, contract, source, once)
        found = None if before else await self._found(contract, source)
        try:
            if is_dry and found is not None:
                self.send_json(await self._previewed_file(contract, source, found))
                return
            drafts = statements_of(found.fresh) if found else []
            await self.add_all(contract, lambda: drafts, once)
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=True) from None

    async def _found(self, contract: Contract, source: ImportSource) -> Compared:
        said = await self.site.entering.run(self.desk.entries, contract.id)
        now_ms = self.site.clock.now_ms()
        found = await self.site.previewing.run(compared_file, source, contract, said, self.person.name, now_ms)
        if found.wrong:
            raise FileRefused(found)
        return found

    async def _previewed_file(self, contract: Contract, source: ImportSource, found: Compared) -> ImportPreviewJson:
        told = await self.preview_all(contract, statements_of(found.fresh))
        ignored = [plain(heading) for heading in source.sheet.ignored]
        rows = len(source.sheet.rows)
        return {**told, "rows": rows, "changed": found.changed, "same": found.same, "ignored": ignored}

    def _before(self, contract: Contract, source: ImportSource, once: str) -> tuple[int, ...]:
        """What was entered with this key; called from the register's thread. Raises Refusal for another file."""
        numbers = self.desk.submitted(once)
        made = next((one for one in self.desk.entries(contract.id) if one.number in numbers[:1]), None)
        if made is not None and file_digest(made.evidence) != file_digest(source.evidence):
            raise Refusal(
                422,
                f"this Idempotency-Key has made entry {made.number}, which is from another file",
                remedy="give each file a key of its own",
            )
        return numbers


class UndoFileResource(EnteringSeveral):
    """`POST /api/v1/contracts/<contract>/entries/<number>/undo-file`: all that came from the same file as an entry."""

    action = Action.UNDO
    names = ("dry_run",)

    async def post(self, name: str, number: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: UndoRequest = self.read(UndoRequest, contract)
        self.refuse_unproven(Action.UNDO)

        def drafts() -> list[Statement]:
            """Called from the register's thread. Raises Refusal."""
            undone = self.desk.standing(contract.id).undone
            several = from_one_file(self.desk.entries(contract.id), undone, int(number))
            if not several:
                raise Refusal(404, "no such entry that stands and came from a file", remedy="see its entries")
            return [Statement(Undo(about=one.number), asked.note, asked.reference, asked.evidence) for one in several]

        try:
            if self.is_dry_run():
                self.send_json(await self.preview_all(contract, await self.site.entering.run(drafts)))
            else:
                await self.add_all(contract, drafts, self.once())
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=True) from None


class FileRefused(ProblemRefused):
    """What is wrong with a file, line by line."""

    def __init__(self, found: Compared) -> None:
        wrong = found.wrong
        told = f"nothing was entered: {format_count(len(wrong), 'mistake')} in the file"
        told += f", of which the first {TOLD_AT_MOST} are told" if len(wrong) > TOLD_AT_MOST else ""
        errors = line_problems(wrong[:TOLD_AT_MOST], WAYS)
        super().__init__(422, told, remedy="put right what `errors` names", errors=errors)


IMPORT_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{API}/contracts/([^/]+)/imports", ImportsResource),
    (rf"{ENTRY_ADDRESS}/undo-file", UndoFileResource),
)
