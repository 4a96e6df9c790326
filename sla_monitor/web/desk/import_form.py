"""Tickets and figures from a file: how it is read, what it changes, and then all of it is entered, or nothing.

Nothing is kept between the steps: the page between carries the file, packed, and what was chosen. A store of uploads
would need a bound, an owner, an end for each and an answer after a restart or from the other collector of a pair; a
page needs none of it, and a service desk's export packs to a tenth.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from sla_monitor import remedies
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import Column, heading
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.import_options import CHOICES, KINDS_IN_FILES, OPTIONS, fields_of, import_source, options_of
from sla_monitor.register.importing import (
    OTHERS,
    TOLD_AT_MOST,
    Compared,
    Drafts,
    ImportSource,
    compared,
    drafts,
    our_priority,
    our_service,
)
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.register_json import with_remedy
from sla_monitor.web.desk.entering import Statement, parties_of
from sla_monitor.web.desk.entry_fields import TEXTS, label_of
from sla_monitor.web.desk.forms import BACK, CONFIRMED, SEE, PostedForm
from sla_monitor.web.desk.two_steps import ProposingForm
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import abridged, plain

FILE_BYTES, ROWS = 5 * 2**20, 20_000
"""Of a file at most: some 15 seconds until 20,000 rows are entered, in which nobody else waits for more than five."""

READ_ROWS, NAMES, NAME = 5, 40, 200
"""Rows that are shown as they are read, names of priorities and services that are offered, and characters of one."""

WAYS = {
    remedies.COLUMNS: "“Columns”",
    remedies.PRIORITIES: "“Priorities”",
    remedies.SERVICES: "“Services”",
    remedies.OPEN_TICKETS: "the tick below",
    remedies.ORDER_OF_DATES: "“Dates in the file”",
    remedies.YEARS: "“Years of two digits”",
    remedies.NOTE: "“Note”",
}
"""What of this page gives a remedy."""

_READ_AS = "_read_as"
"""The preset by which the page was made: another one knows other columns."""


class ImportForm(ProposingForm):
    """`GET /desk/contracts/<contract>/import?kind=ticket`, and `POST`: with a file, or with what the page hands back,
    to see how it is read; then what it changes; then to enter it. `kind=figure`: the same of figures."""

    body_bytes = FILE_BYTES * 4 // 3 + 262_144
    confirmation = "import_preview.html"
    _seen: ReadFile | None = None

    @property
    def kind(self) -> str:
        return next(iter(self.arguments_given().get("kind", ())), KINDS_IN_FILES[0])

    def action_here(self) -> Action | None:
        return KINDS[self.kind].action if self.kind in KINDS_IN_FILES else None

    async def get(self, contract: str) -> None:
        given = self.arguments_given()
        chosen = [(name, value) for name in OPTIONS for value in given.get(name, ())]
        self._begin(self.contract(contract), chosen, [])

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract = self.contract(names[0])
        is_asked = bool(form.text(SEE) or form.text(CONFIRMED)) and not form.text(BACK)
        if is_asked and await self.is_entered(form, contract):
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
            self.set_status(422 if is_asked else 200)
            self._show(contract, seen)
            return

        async def again(problems: Mapping[str, str]) -> None:
            self._show(contract, seen, [f"{name}: {text}" for name, text in problems.items()])

        await self.propose(form, contract, statements_of(seen.compared.fresh), again)

    def show_entered(self, contract: Contract, numbers: Sequence[int], *, is_again: bool = False) -> None:
        self.go(f"/desk/contracts/{contract.id}/entries/{numbers[0]}/file")

    def besides(self) -> dict[str, object]:
        return {"seen": self._seen, "kind": self.kind, "address": self._address()}

    def _address(self) -> str:
        return f"{self.request.path}?{urlencode({'kind': self.kind})}"

    def _source(self, form: PostedForm, contract: Contract) -> ImportSource:
        """The file that came in, or was handed back, and how to read it. Raises RegisterError."""
        name, content = _file_of(form)
        given = {option: form.texts(option) for option in OPTIONS}
        if form.text(_READ_AS) != form.text("preset") and form.text("content"):
            given |= {"map": [], "only_map": []}
        return import_source(name, content, self.kind, given, parties_of(self.person, contract.id))

    def _begin(self, contract: Contract, chosen: Sequence[tuple[str, str]], problems: Sequence[str]) -> None:
        """Show the form that takes a file. `chosen`: how to read it, as a link or the file before had it."""
        own = {"preset"} if self.kind == "ticket" else {"party"}
        self.show_page(
            "import_form.html", contract=contract, kind=self.kind, address=self._address(), rows=f"{ROWS:,}",
            most=f"{FILE_BYTES // 2**20} MiB", problems=[plain(line) for line in problems],
            hidden=[pair for pair in chosen if pair[0] not in own], values=dict(chosen), fields=fields_of(self.kind),
            remembered=", ".join(plain(f"{name} {value}") for name, value in chosen if name != "only_map"),
            choices=self._choices(contract), others=self._others(contract),
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


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One of our fields, and the column that it is read from: `value` as the form sends it, of `options` with their
    texts; `like`: the first values."""

    field: str
    label: str
    help: str
    value: str
    options: tuple[tuple[str, str], ...]
    like: str


@dataclass(frozen=True, slots=True)
class NameChoice:
    """What a priority or a service of the file is of ours. `times`: so many rows have it, and none: it is every other
    name; `as_is`: what comes of it where nothing is chosen."""

    theirs: str
    times: str
    as_is: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ToldMistake:
    line: int
    field: str
    what: str
    remedy: str


@dataclass(frozen=True)
class ReadFile:
    """A file as it was read, for the pages. `rows`: how many; `first`: how the first ones are read, by line."""

    source: ImportSource
    rows: int
    compared: Compared
    columns: tuple[ColumnChoice, ...]
    ignored: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, tuple[NameChoice, ...]], ...]
    first: tuple[tuple[int, str], ...]
    content: str = field(repr=False)

    @property
    def name(self) -> str:
        return plain(self.source.name)

    @property
    def may_enter(self) -> bool:
        return bool(self.compared.fresh) and not self.compared.wrong

    @property
    def told_rows(self) -> str:
        return format_count(self.rows, "row")

    @property
    def wrong_rows(self) -> int:
        return len({line for line, _ in self.compared.wrong})

    @property
    def counts(self) -> tuple[tuple[str, str], ...]:
        """How many rows are what."""
        found = self.compared
        told = (("New", found.new), ("Changed", found.changed), ("As before", found.same), ("Wrong", self.wrong_rows))
        return tuple((word, f"{count:,}") for word, count in told)

    @property
    def mistakes(self) -> tuple[ToldMistake, ...]:
        return tuple(_told(line, text) for line, text in self.compared.wrong[:TOLD_AT_MOST])

    @property
    def more_mistakes(self) -> str:
        more = len(self.compared.wrong) - TOLD_AT_MOST
        return f"and {more:,} more" if more > 0 else ""

    @property
    def link(self) -> str:
        """The address that reads the next file in the same way; empty: it would be too long for an address."""
        query = urlencode([("kind", self.source.kind), *options_of(self.source)])
        return f"?{query}" if len(query) <= 6000 else ""


def read_file(source: ImportSource, contract: Contract, said: Sequence[Entry], actor: str, now_ms: int) -> ReadFile:
    """A file held against the contract and the register; for a thread, as it takes seconds."""
    sheet = source.sheet
    several = drafts(source, contract, actor, now_ms)
    if len(sheet.rows) > ROWS:
        told = f"the file has {len(sheet.rows):,} rows (split it: at most {ROWS:,} are read here)"
        several = Drafts((), ((1, told),))
    return ReadFile(
        source,
        len(sheet.rows),
        compared(several, contract, said),
        tuple(_columns(source)),
        tuple((plain(one.heading), _like(one)) for one in sheet.columns if one.field is None),
        tuple(_names(source, contract)),
        tuple((one.line, describe_entry(one.entry, contract)) for one in several.made[:READ_ROWS]),
        urlsafe_b64encode(zlib.compress(source.content)).decode(),
    )


def statements_of(fresh: Sequence[Entry]) -> list[Statement]:
    """What a file has that is not in the register, to be entered by whoever sends it."""
    return [Statement(one.body, one.note, one.reference, one.evidence) for one in fresh]


def _columns(source: ImportSource) -> Iterator[ColumnChoice]:
    columns, model = source.sheet.columns, KINDS[source.kind]
    described = {one.alias or name: one.description or "" for name, one in model.model_fields.items()}
    told = {**described, **TEXTS, "state": "Not kept. It tells whether a ticket without an end can be open."}
    headings = list(dict.fromkeys(column.heading for column in columns))
    for name in fields_of(source.kind):
        chosen = next((column for column in columns if column.field == name), None)
        options = (("", "no column"), *((f"{one}={name}", abridged(plain(one), 60)) for one in headings))
        value, like = (f"{chosen.heading}={name}", _like(chosen)) if chosen else ("", "")
        yield ColumnChoice(name, label_of(name), told.get(name, ""), value, options, like)


def _like(column: Column) -> str:
    return " · ".join(abridged(plain(value), 40) for value in column.like)


def _names(source: ImportSource, contract: Contract) -> Iterator[tuple[str, tuple[NameChoice, ...]]]:
    """The priorities and the services of a file of tickets, the most frequent first, and every other one."""
    if source.kind != "ticket":
        return
    terms = [version.terms for version in contract.versions]
    kpis = [kpi.ticket_terms for one in terms for kpi in one.kpis if kpi.ticket_terms is not None]
    priorities = sorted({priority for kpi in kpis for priority in kpi.priorities})
    services = list(dict.fromkeys(service.id for one in terms for service in one.services))
    others = {name: ours for name, ours in source.services.items() if name == OTHERS}
    unchosen = replace(source, priorities={}, services=others)
    for option, known, chosen in (("priority", priorities, source.priorities), ("service", services, source.services)):
        words = (words.get(option, "") for _, words in source.sheet.rows)
        found = Counter(word for word in words if word and len(word) <= NAME)
        own = dict.fromkeys([*known, *filter(None, chosen.values())])
        options = [*((one, plain(one)) for one in own), *([("", "none of ours")] if option == "service" else [])]
        rows = []
        for theirs, times in [*found.most_common(NAMES), (OTHERS, 0)] if found else ():
            given = next((ours for name, ours in chosen.items() if heading(name) == heading(theirs)), None)
            as_is = _as_is(unchosen, contract, option, theirs, known)
            value = "" if given is None else f"{theirs}={given}"
            several = tuple((f"{theirs}={one}", text) for one, text in options)
            rows.append(NameChoice(theirs, format_count(times, "row") if times else "", as_is, value, several))
        if rows:
            yield option, tuple(rows)


def _as_is(source: ImportSource, contract: Contract, option: str, theirs: str, known: Sequence[str]) -> str:
    """What comes of a name of theirs where nothing is chosen."""
    if theirs == OTHERS:
        return "as it is named"
    is_priority = option == "priority"
    ours = our_priority(source, theirs) if is_priority else our_service(source, theirs, contract)
    told = abridged(plain(ours), 60)
    if ours in known or not ours:
        return told or "none of ours"
    return f"{told}, which no KPI counts" if is_priority else "choose: it is none of ours"


def _told(line: int, text: str) -> ToldMistake:
    """`field: what is wrong (what would be right)`, in its parts."""
    name, colon, what = text.partition(": ")
    is_field = bool(colon) and name in {*fields_of("ticket"), *fields_of("figure"), "actor"}
    told, remedy = with_remedy(remedies.with_ways(what if is_field else text, WAYS))
    return ToldMistake(line, label_of(name) if is_field else "", plain(told), plain(remedy))


def _file_of(form: PostedForm) -> tuple[str, bytes]:
    """The name and the content of the file that came in, or was handed back. Raises RegisterError."""
    files = form.files.get("file", ())
    if files and files[0].body:
        name, content = files[0].filename, files[0].body
    elif form.text("content"):
        name = form.text("name")
        try:
            unpacking = zlib.decompressobj()
            content = unpacking.decompress(urlsafe_b64decode(form.text("content").encode()), FILE_BYTES + 1)
        except (NoBase64, ValueError, zlib.error):
            raise RegisterError(["file: was not handed back as it was (choose it again)"]) from None
    else:
        raise RegisterError(["file: is missing or empty (choose a CSV file)"])
    if len(content) > FILE_BYTES:
        raise RegisterError([f"file: is larger than {FILE_BYTES // 2**20} MiB (split it)"])
    return plain(name)[:120] or "import.csv", content
