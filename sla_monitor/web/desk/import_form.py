"""Tickets and figures from a file: how it is read, what it changes, and then all of it is entered, or nothing.

Nothing is kept between the steps: the page between carries the file, packed, and what was chosen. A store of uploads
would need a bound, an owner, an end for each and an answer after a restart or from the other collector of a pair; a
page needs none of it, and a service desk's export packs to a tenth.
"""

from __future__ import annotations

import logging
import zlib
from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError, SlaMonitorError
from sla_monitor.register.entries import KINDS
from sla_monitor.register.import_options import CHOICES, KINDS_IN_FILES, OPTIONS, fields_of, import_source, options_of
from sla_monitor.register.importing import ImportSource
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.entering import parties_of
from sla_monitor.web.desk.entry_files import attach_papers, papers_that_fit
from sla_monitor.web.desk.forms import BACK, CONFIRMED, SEE, PostedForm
from sla_monitor.web.desk.import_reading import FILE_BYTES, ROWS, ReadFile, read_file, statements_of
from sla_monitor.web.desk.last_import import NAME, LastImport, as_text, last_import
from sla_monitor.web.desk.two_steps import ProposingForm
from sla_monitor.wording.text import plain

log = logging.getLogger(__name__)

AFRESH = "afresh"
"""In the address: the file is not read as the last one was."""
_READ_AS = "_read_as"
"""The preset by which the page was made: another one knows other columns."""


class ImportForm(ProposingForm):
    """`GET /desk/contracts/<contract>/import?kind=ticket`, and `POST`: with a file, or with what the page hands back,
    to see how it is read; then what it changes; then to enter it. `kind=figure`: the same of figures."""

    action = Action.IMPORT_TICKETS
    body_bytes, files_bytes = FILE_BYTES * 4 // 3 + 262_144, FILE_BYTES
    typed_letters = body_bytes  # it hands its file back as text
    confirmation = "import_preview.html"
    _seen: ReadFile | None = None

    @property
    def kind(self) -> str:
        return next(iter(self.arguments_given().get("kind", ())), KINDS_IN_FILES[0])

    def action_here(self) -> Action | None:
        return KINDS[self.kind].action if self.kind in KINDS_IN_FILES else None

    async def get(self, contract: str) -> None:
        given, terms = self.arguments_given(), self.contract(contract)
        chosen = [(name, value) for name in OPTIONS for value in given.get(name, ())]
        last = None if chosen or AFRESH in given else await self._last(terms)
        self._begin(terms, chosen if last is None else last.chosen, [], 0 if last is None else last.entry)

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract = self.contract(names[0])
        is_asked = bool(form.text(SEE) or form.text(CONFIRMED)) and not form.text(BACK)
        if is_asked and await self.is_again(form, contract):
            return
        try:
            source = self._source(form, contract)
        except RegisterError as error:
            self.set_status(422)
            chosen = [(name, value) for name, value in form.own() if name in OPTIONS]
            self._begin(contract, chosen, error.problems)
            return
        said = await self.site.entering.run(self.desk.entries, contract.id)
        args = (source, contract, said, self.person.name, self.site.clock.now_ms())
        self._seen = seen = await self.site.previewing.run(read_file, *args)
        if not source.sheet.columns:  # it is no table: there is nothing to choose
            self.set_status(422)
            told = [f"{source.name}, line {line}: {text}" for line, text in seen.compared.wrong]
            self._begin(contract, options_of(source), told)
            return
        if not is_asked or not seen.may_enter:
            # Nothing of it is new where the other one of two clicks has entered it meanwhile.
            if is_asked and await self.is_again(form, contract):
                return
            self.set_status(422 if is_asked else 200)
            self._show(contract, seen)
            return

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, seen, [f"{name}: {text}" for name, text in problems.items()])

        await self.propose(form, contract, statements_of(seen.compared.fresh), again)

    def show_entered(
        self, contract: Contract, numbers: Sequence[int], form: PostedForm, *, is_again: bool = False
    ) -> None:
        self.go(f"/desk/contracts/{contract.id}/entries/{numbers[0]}/file")

    async def was_entered(self, contract: Contract, numbers: Sequence[int]) -> None:
        """Keep how the file was read with its last entry."""
        seen = self._seen
        try:
            if seen is not None and options_of(seen.source):
                await self.site.entering.run(self._keep, contract, numbers[-1], as_text(seen.source))
        except SlaMonitorError as error:  # the next file is only read without it
            log.warning("how a file was read could not be kept", extra={"error": f"{error}"})

    def _keep(self, contract: Contract, number: int, text: bytes) -> None:
        """From the register's thread. Raises RegisterError, LedgerError and its kinds."""
        given = papers_that_fit(self.desk.ledger, [(NAME, text)], self.site.attachments)
        entry = next(one for one in reversed(self.desk.entries(contract.id)) if one.number == number)
        attach_papers(self.desk.ledger, entry, given, self.site.clock.now_ms(), self.person.name)

    async def _last(self, contract: Contract) -> LastImport | None:
        """How this person's last file was read. Raises LedgerError and its kinds."""
        said, standing = await self.entries(contract.id), await self.standing(contract.id)
        name = self.person.name
        return await self.site.fetching.run(last_import, self.desk.ledger, said, standing.undone, self.kind, name)

    def besides(self) -> dict[str, object]:
        return {"seen": self._seen, "kind": self.kind, "address": self._address()}

    def _address(self) -> str:
        return f"{self.request.path}?{urlencode({'kind': self.kind})}"

    def _source(self, form: PostedForm, contract: Contract) -> ImportSource:
        """The file that came in, or was handed back, and how to read it. Raises RegisterError."""
        name, content = _file_of(form)
        given = {option: form.texts(option) for option in OPTIONS}
        if _READ_AS in form.values and form.text(_READ_AS) != form.text("preset"):
            given |= {"map": [], "only_map": []}
        return import_source(name, content, self.kind, given, parties_of(self.person, contract.id))

    def _begin(
        self, contract: Contract, chosen: Sequence[tuple[str, str]], problems: Sequence[str], last: int = 0
    ) -> None:
        """Show the form that takes a file. `chosen`: how to read it, as a link or the file before had it; `last`: the
        entry of that file, where it is an earlier import's."""
        own = {"preset"} if self.kind == "ticket" else {"party"}
        self.show_page(
            "import_form.html", contract=contract, kind=self.kind, address=self._address(), rows=f"{ROWS:,}",
            most=f"{FILE_BYTES // 2**20} MiB", problems=[plain(line) for line in problems],
            hidden=[pair for pair in chosen if pair[0] not in own], values=dict(chosen), fields=fields_of(self.kind),
            remembered=", ".join(plain(f"{name} {value}") for name, value in chosen if name != "only_map"),
            choices=self._choices(contract), others=self._others(contract), read_as=_READ_AS, last=last,
            afresh=f"{self._address()}&{AFRESH}=yes",
        )  # fmt: skip

    def _show(self, contract: Contract, seen: ReadFile, problems: Sequence[str] = ()) -> None:
        """Show how a file is read."""
        self.show_page(
            "import_reading.html", contract=contract, kind=self.kind, address=self._address(), seen=seen,
            problems=[plain(line) for line in problems], choices=self._choices(contract), read_as=_READ_AS,
        )  # fmt: skip

    def _choices(self, contract: Contract) -> dict[str, Sequence[str]]:
        return {**CHOICES, "party": ("", *parties_of(self.person, contract.id))}

    def _others(self, contract: Contract) -> list[tuple[str, str]]:
        """What else may be imported here: names and addresses."""
        may = [one for one in KINDS_IN_FILES if one != self.kind and self.person.may(KINDS[one].action, contract.id)]
        return [(one, f"{self.request.path}?{urlencode({'kind': one})}") for one in may]


def _file_of(form: PostedForm) -> tuple[str, bytes]:
    """The name and the content of the file that came in, or was handed back. Raises RegisterError."""
    files = form.files.get("file", ())
    if files and files[0].body:
        name, content = files[0].filename, files[0].body
    elif form.text("content"):
        name, content = form.text("name"), _unpacked(form.text("content"))
    else:
        raise RegisterError(["file: is missing or empty (choose a CSV file)"])
    if len(content) > FILE_BYTES:
        raise RegisterError([f"file: is larger than {FILE_BYTES // 2**20} MiB (split it)"])
    return plain(name)[:120] or "import.csv", content


def _unpacked(text: str) -> bytes:
    """What the page handed back, as far as it may be large. Raises RegisterError."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(urlsafe_b64decode(text.encode()), FILE_BYTES + 1)
    except (NoBase64, ValueError, zlib.error):
        content = b""
    if not unpacking.eof and len(content) <= FILE_BYTES:  # a part of a file is another file
        raise RegisterError(["file: was not handed back as it was (choose it again)"])
    return content
