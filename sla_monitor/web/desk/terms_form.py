"""New terms of a contract from a file: read, shown as a difference in words and money, proposed."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from dataclasses import dataclass
from typing import ClassVar

from sla_monitor.assess.terms_drafts import draft_in_place, own_holidays, proposal_words
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import parse_day
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.errors import ConfigError, RegisterError
from sla_monitor.ledger import HistoryReader
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.desk.terms_page import EffectView, TermsPages, known_terms, named_in_place
from sla_monitor.wording.text import plain

FILES_BYTES = 2_000_000
"""Of all files of a proposal together, at most."""

TEXTS = ("start", "note", "reference", "evidence")


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """What came in, or was handed back. `holidays`: files of bank holidays by name."""

    name: str
    content: bytes
    holidays: dict[str, bytes]

    @property
    def handed_back(self) -> list[tuple[str, str]]:
        """The same as hidden fields."""
        several = [("name", self.name), ("content", _spelled(self.content))]
        for name, content in self.holidays.items():
            several += [("holiday_name", name), ("holiday_content", _spelled(content))]
        return several


class TermsForm(TermsPages):
    """`GET /desk/contracts/<contract>/terms/propose`, and `POST` twice: with files, to read what they change, and with
    what was read, which the page hands back, to propose it."""

    methods = ("GET", "HEAD", "POST")
    action: ClassVar[Action] = Action.PROPOSE_TERMS
    body_bytes, files_bytes = 2 * FILES_BYTES, FILES_BYTES
    typed_letters = body_bytes  # it hands its file back as text

    async def get(self, contract: str) -> None:
        terms = self.contract(contract)
        today = local_date(self.site.clock.now_ms(), terms.time_zone)
        self._show(terms, {"start": f"{today}"}, [])

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract, values = self.contract(names[0]), {name: form.text(name) for name in TEXTS}
        entries = await self.entries(contract.id)
        try:
            files, start_ms = draft_files(form), begin_ms(values["start"], contract)
            # A draft is read in a thread that no entry waits for: a long file takes its time.
            draft = await self.site.fetching.run(read_draft, files, contract)
            base = await self.reading(lambda reader: known_terms(reader, contract, entries).base())
        except RegisterError as error:
            self.set_status(422)
            self._show(contract, values, error.problems)
            return
        problems = []
        if form.text("propose"):
            try:
                number = await self._propose(form, contract, draft, base, start_ms)
            except RegisterError as error:
                problems = error.problems
            else:
                self.go(f"/desk/contracts/{contract.id}/terms/{number}")
                return
        self.set_status(422 if problems else 200)

        def effect(reader: HistoryReader) -> EffectView:
            return self.effect_of(base, draft, entries)(reader)

        told = await self.site.working_out(contract.id, effect)
        self.show_page(
            "terms_preview.html", contract=contract, effect=told, values=values,
            digest=draft.read_files.digest, hidden=files.handed_back, problems=[plain(line) for line in problems],
        )  # fmt: skip

    async def _propose(
        self, form: PostedForm, contract: Contract, draft: Contract, base: Contract, start_ms: int
    ) -> int:
        """Raises RegisterError."""
        said = body_of("terms_proposed", proposal_words(draft, base, start_ms), contract.time_zone)
        texts = {name: form.text(name) for name in ("note", "reference", "evidence")}
        entered = await self.site.entering.run(
            self.desk.enter, self.person, contract, [Statement(said, **texts)],
            once=form.once(self.person.name, self.request.path), files=draft.read_files.by_digest,
        )  # fmt: skip
        return entered.numbers[0]

    def _show(self, contract: Contract, values: dict[str, str], problems: list[str]) -> None:
        self.show_page(
            "terms_form.html", contract=contract, values={name: values.get(name, "") for name in TEXTS},
            problems=[plain(line) for line in problems], most=f"{FILES_BYTES:,}",
            holidays=[plain(name) for name in own_holidays(contract)],
        )  # fmt: skip


def draft_files(form: PostedForm) -> DraftFiles:
    """The files of a proposal. Raises RegisterError."""
    given = [one for one in form.files.get("file", ()) if one.body]
    if given:
        holidays = {one.filename: one.body for one in form.files.get("holidays", ()) if one.body}
        files = DraftFiles(plain(given[0].filename)[:120], given[0].body, holidays)
    elif form.text("content"):
        names, contents = form.texts("holiday_name"), form.texts("holiday_content")
        try:
            holidays = {name: _read(text) for name, text in zip(names, contents, strict=True)}
            files = DraftFiles(plain(form.text("name"))[:120], _read(form.text("content")), holidays)
        except (NoBase64, ValueError):
            raise RegisterError(["file: was not handed back as it was (choose it again)"]) from None
    else:
        raise RegisterError(["file: is missing (choose the contract's file)"])
    return files


def read_draft(files: DraftFiles, ours: Contract) -> Contract:
    """The files as a draft of a contract; bank holidays that did not come in are as they are now. Raises
    RegisterError."""
    if len(files.content) + sum(map(len, files.holidays.values())) > FILES_BYTES:
        raise RegisterError([f"file: the files have more than {FILES_BYTES:,} bytes together"])
    try:
        draft = draft_in_place(files.content, {**own_holidays(ours), **files.holidays}, ours)
    except ConfigError as error:
        named = named_in_place(error.problems, ours, files.name)
        raise RegisterError([f"file: {line}" for line in named]) from None
    if draft.id != ours.id:
        raise RegisterError([f"file: is of contract {draft.id!r} (choose the file of {ours.id})"])
    if draft.currency != ours.currency:
        raise RegisterError([f"file: is in {draft.currency} (write {ours.currency})"])
    return draft


def begin_ms(start: str, contract: Contract) -> int:
    """When a day begins in the contract's zone. Raises RegisterError."""
    try:
        return midnight_ms(parse_day(start), contract.time_zone)
    except (ValueError, OverflowError) as error:
        raise RegisterError([f"start: {error}"]) from None


def _spelled(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()


def _read(text: str) -> bytes:
    return urlsafe_b64decode(text.encode())
