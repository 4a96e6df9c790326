"""The register for other programs: read, entered into, with what an entry would change shown before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from sla_monitor.assess.figure_changes import reaches_closed_months
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.errors import RegisterError
from sla_monitor.periods.edges import month_at
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import body_of, made_of
from sla_monitor.register.request_bodies import (
    ENTERED,
    Beside,
    DecisionRequest,
    EntryRequest,
    UndoRequest,
)
from sla_monitor.register.rules import doubts
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.preview_json import preview_json
from sla_monitor.web.api.register_json import OUTSIDE, entries_json, entry_json, field_problems
from sla_monitor.web.api.register_shapes import EnteredJson, EntriesJson, EntryJson, PreviewJson
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.effect import effect_of
from sla_monitor.web.desk.entering import CheckedStatements, Statement, as_read_by, last_known_to, visible_to
from sla_monitor.web.serving.api_handler import JsonAnswering, json_text, problem_json
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.writing import Desk, Writing
from sla_monitor.wording.text import plain

MOST = 500
LAST_NUMBER = 9_999_999_999


class ProblemRefused(Refusal):
    """A refusal that tells more than its words. `more`: further keys of the answer."""

    def __init__(self, status: int, text: str, *, remedy: str, **more: object) -> None:
        super().__init__(status, text, remedy=remedy)
        self.more: Mapping[str, object] = more


class EntryRefused(ProblemRefused):
    """What is wrong with an entry, field by field. Where it is one thing, that is said at once, with its remedy."""

    def __init__(self, lines: Sequence[str], *, is_flat: bool) -> None:
        errors = field_problems(lines, is_flat=is_flat)
        why, remedy = "the entry is not right", ""
        if len(errors) == 1:
            name, _, _ = lines[0].partition(": ")
            why, remedy = f"{name} {errors[0]['detail']}".strip(), errors[0]["remedy"]
        text = f"nothing was entered: {plain(why)}"
        super().__init__(422, text, remedy=remedy or "put right what `errors` names", errors=errors)


def key_used(entry: Entry) -> Refusal:
    """The refusal of a key that has made another entry."""
    return Refusal(
        422,
        f"this Idempotency-Key has made entry {entry.number}, which says something else",
        remedy="give each entry a key of its own",
    )


class Entering(Writing):
    """Base of what adds an entry. `is_flat`: the body has the fields of the statement at its top."""

    is_flat = True

    async def enter(
        self,
        contract: Contract,
        draft: Statement,
        files: Mapping[str, bytes] = MappingProxyType({}),
        *,
        made_from: int | None = None,
    ) -> None:
        """Enter it, or show what would come of it, and answer. `files`: contents that it names, by digest; `made_from`:
        the last entry that it was made from, where a later one might make it another. Raises Overtaken."""
        action = draft.said.action
        if not self.person.may(action, contract.id):
            raise self.forbidden(action, contract.id)
        self.refuse_unproven(action)
        try:
            if self.is_dry_run():
                self.send_json(await self.preview(contract, draft))
            else:
                await self._enter(contract, draft, files, made_from)
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=self.is_flat) from None

    async def preview(self, contract: Contract, draft: Statement) -> Mapping[str, Any]:
        """What would come of it. Raises RegisterError, ForbiddenEntry, LedgerError."""
        site = self.site
        checked = await site.entering.run(self.desk.checked, self.person, contract, [draft])
        return await site.previewing.run(self._previewed, contract, checked)

    def _previewed(self, contract: Contract, checked: CheckedStatements) -> PreviewJson:
        now_ms, said, new = self.site.clock.now_ms(), checked.said, checked.entries
        effect = effect_of(self.site.previews, contract, checked, now_ms)
        next_one = new[0].model_copy(update={"number": checked.last + 1})
        return preview_json(
            entry_json(next_one, contract),
            effect,
            checked.last,
            running=month_at(now_ms, contract.time_zone),
            reaches_closed_months=reaches_closed_months(contract, said, new, now_ms),
            doubts=doubts(new[0], EntryContext.of(contract, [*said, *new])),
        )

    async def before(self, contract: Contract) -> Entry | None:
        """The entry that the same submission made before; None: it enters now, or enters nothing."""
        if self.is_dry_run():
            return None
        once = self.once()

        def find() -> Entry | None:
            numbers = self.desk.submitted(once)
            return next((one for one in self.desk.entries(contract.id) if one.number in numbers), None)

        return await self.site.entering.run(find)

    async def _enter(
        self, contract: Contract, draft: Statement, files: Mapping[str, bytes], made_from: int | None
    ) -> None:
        known = [number for number in (self.read_to(), made_from) if number is not None]
        once, read_to = self.once(), min(known, default=None)
        answer = await self.site.entering.run(self._entered, contract, draft, once, read_to, files)
        self.set_status(200 if answer["is_again"] else 201)
        self.set_header("Location", answer["entry"]["url"])
        self.send_json(await self.answered(contract, answer))

    async def answered(self, contract: Contract, entered: EnteredJson) -> EnteredJson:
        """The answer to what was entered: more than that, where there is more to tell."""
        return entered

    def _entered(
        self, contract: Contract, draft: Statement, once: str, read_to: int | None, files: Mapping[str, bytes]
    ) -> EnteredJson:
        """Called from the register's thread."""
        if read_to is None and not self.desk.submitted(once):
            self.refuse_unseen(contract, [draft])
        entered = self.desk.enter(self.person, contract, [draft], once=once, read_to=read_to, files=files)
        everything = self.desk.entries(contract.id)
        entry = next(one for one in everything if one.number == entered.numbers[0])
        if entered.is_again and not _says(entry, draft):
            raise key_used(entry)
        return {
            "entry": entry_json(entry, contract),
            "last_number": last_known_to(self.person, contract.id, everything),
            "is_again": entered.is_again,
        }

    def refuse_unseen(self, contract: Contract, drafts: Sequence[Statement]) -> None:
        """What changes months that are over has to be looked at before it is entered."""
        checked = self.desk.checked(self.person, contract, drafts)
        if reaches_closed_months(contract, checked.said, checked.entries, self.site.clock.now_ms()):
            raise Refusal(
                428,
                "this may change figures of months that are over",
                remedy="ask with dry_run=true what it changes, and send its last_number as If-Match",
            )

    def refuse(self, refusal: Refusal) -> None:
        if not isinstance(refusal, ProblemRefused):
            super().refuse(refusal)
            return
        self.set_status(refusal.status_code)
        self.set_header("Content-Type", "application/problem+json")
        self.finish(json_text({**problem_json(refusal), **refusal.more}))

    def read(self, model: type[Any], contract: Contract) -> Any:
        """The body by its model. Raises EntryRefused and Refusal."""
        try:
            return made_of(model, self.body(), contract.time_zone)
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=True) from None

    def statement(self, kind: str, words: dict[str, Any], beside: Beside, contract: Contract) -> Statement:
        """What is said, by the model of its kind. Raises EntryRefused."""
        try:
            said = body_of(kind, words, contract.time_zone)
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=self.is_flat) from None
        return Statement(said, beside.note, beside.reference, beside.evidence)


class EntriesResource(Entering):
    """`GET /api/v1/contracts/<contract>/entries`: so many at a time, ascending; `POST`: enter one of any kind."""

    methods = ("GET", "HEAD", "POST")
    action = Action.SEE_SERVICE
    is_flat = False

    async def get(self, name: str) -> None:
        self.names = ("after", "limit", "kind")
        self.given()
        contract, after = self.contract(name), self.number("after", 0, 0, LAST_NUMBER)
        limit, kind = self.number("limit", 100, 1, MOST), self.argument("kind")
        if kind and kind not in KINDS:
            raise Refusal(400, f"no kind is called {kind[:60]}", remedy=suggestion(kind, KINDS))
        answer = await self.site.entering.run(self._page, contract, after, limit, kind)
        self.send("application/json", json_text(answer))

    head = get

    def _page(self, contract: Contract, after: int, limit: int, kind: str) -> EntriesJson:
        """Called from the register's thread."""
        everything, undone = self.desk.entries(contract.id), self.desk.standing(contract.id).undone
        shown = visible_to(self.person, contract.id, everything)
        chosen = [one for one in shown if one.number > after and kind in {"", one.body.kind}]
        page = [as_read_by(self.person, one) for one in chosen[:limit]]
        more = {"after": page[-1].number, "limit": limit, **({"kind": kind} if kind else {})} if page else {}
        following = f"{API}/contracts/{contract.id}/entries?{urlencode(more)}" if len(chosen) > limit else None
        return entries_json(contract, last_known_to(self.person, contract.id, everything), page, undone, following)

    async def post(self, name: str) -> None:
        self.names = ("dry_run",)
        self.given()
        contract = self.contract(name)
        asked: EntryRequest = self.read(EntryRequest, contract)
        words = dict(asked.said)
        kind = words.get("kind")
        if not isinstance(kind, str) or kind not in ENTERED:
            raise EntryRefused([f"kind: {_no_kind(kind)}"], is_flat=False)
        # Who may not enter it learns nothing of what is wrong with it.
        if not self.person.may(ENTERED[kind].action, contract.id):
            raise self.forbidden(ENTERED[kind].action, contract.id)
        await self.enter(contract, self.statement(kind, words, asked, contract))


class EntryResource(Desk):
    """`GET /api/v1/contracts/<contract>/entries/<number>`: one of them."""

    action = Action.SEE_SERVICE

    async def get(self, name: str, number: str) -> None:
        self.given()
        contract = self.contract(name)
        self.send_json(await self.site.entering.run(self._one, contract, int(number)))

    head = get

    def _one(self, contract: Contract, number: int) -> EntryJson:
        """Called from the register's thread. Raises Refusal."""
        shown = visible_to(self.person, contract.id, self.desk.entries(contract.id))
        found = next((one for one in shown if one.number == number), None)
        if found is None:
            raise Refusal(404, f"no entry {number} in the register of this contract", remedy="see its entries")
        return entry_json(as_read_by(self.person, found), contract, self.desk.standing(contract.id).undone.get(number))


class UndoResource(Entering):
    """`POST /api/v1/contracts/<contract>/entries/<number>/undo`: take it back."""

    methods = ("POST",)
    action = Action.UNDO
    names = ("dry_run",)

    async def post(self, name: str, number: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: UndoRequest = self.read(UndoRequest, contract)
        await self.enter(contract, self.statement("undo", {"about": int(number)}, asked, contract))


class DecideResource(Entering):
    """`POST /api/v1/contracts/<contract>/entries/<number>/decide`: grant or refuse it."""

    methods = ("POST",)
    action = Action.DECIDE
    names = ("dry_run",)

    async def post(self, name: str, number: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: DecisionRequest = self.read(DecisionRequest, contract)
        words = {name: value for name, value in self.body().items() if name not in OUTSIDE}
        await self.enter(contract, self.statement("decision", {"about": int(number), **words}, asked, contract))


def _says(entry: Entry, draft: Statement) -> bool:
    """Whether an entry is what a draft would have become."""
    return (entry.body, entry.note, entry.reference, entry.evidence) == (
        draft.said,
        draft.note,
        draft.reference,
        draft.evidence,
    )


def _no_kind(kind: object) -> str:
    if kind is None:
        return f"is missing (one of {', '.join(ENTERED)})"
    if isinstance(kind, str) and kind in KINDS:
        return f"{kind} is not entered here (see /api/v1/openapi.json for its address, or use its command)"
    return f"there is no kind {plain(f'{kind}')[:60]!r} (one of {', '.join(ENTERED)})"


ENTRY_ADDRESS = rf"{API}/contracts/([^/]+)/entries/([1-9][0-9]{{0,9}})"

REGISTER_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{API}/contracts/([^/]+)/entries", EntriesResource),
    (ENTRY_ADDRESS, EntryResource),
    (rf"{ENTRY_ADDRESS}/undo", UndoResource),
    (rf"{ENTRY_ADDRESS}/decide", DecideResource),
)
