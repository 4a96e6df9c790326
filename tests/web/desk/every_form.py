"""Every form of the desk, found from its routes and from the kinds of entry, and a house in which each can be sent.

A kind that is added has its form here at once, filled in with its own example. A route that takes a form needs a line
in `PAGES`: what it is about, and the least that is filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sla_monitor.assess import assess
from sla_monitor.assess.terms_drafts import draft_in_place, proposal_words
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.ledger import HistoryReader
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import KINDS, TermsApproved, TicketRecord
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.register.terms_history import terms_history
from sla_monitor.web import Limits
from sla_monitor.web.desk.decide_form import DecideForm
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entered_file import UndoFile
from sla_monitor.web.desk.entry_fields import TEXTS, form_model
from sla_monitor.web.desk.entry_form import EntryForm
from sla_monitor.web.desk.entry_page import EntryPage
from sla_monitor.web.desk.import_form import ImportForm
from sla_monitor.web.desk.invoice_form import InvoiceForm
from sla_monitor.web.desk.month_page import CountersignForm, SignOffForm
from sla_monitor.web.desk.routes import DESK_ROUTES
from sla_monitor.web.desk.sign_in import SignIn, SignOut
from sla_monitor.web.desk.terms_form import TermsForm
from sla_monitor.web.desk.terms_page import TermsDecision
from sla_monitor.web.desk.undo_form import UndoForm
from tests.fakes.clock import FakeClock
from tests.register.contracts import PARTS
from tests.support.terms import HEAD
from tests.web.desk.house import PASSWORD, House, furnished
from tests.web.desk.html_forms import Words

NOW_MS = int(datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()) * 1000
DAY_MS = 86_400_000
CONTRACT = "/desk/contracts/small"
EVERYTHING = [{"role": role} for role in ("operator", "contract_manager", "approver", "finance", "auditor")]
TERMS: dict[str, Any] = {
    **HEAD,
    **PARTS,
    "term": {"start": "2026-04-01", "end": "2040-12-31"},
    "services": [
        {"id": "custody", "endpoints": [{"id": "custody-health", "kind": "tcp", "host": "127.0.0.1", "port": 1}]},
        {"id": "desk"},
    ],
    "kpis": [*PARTS["kpis"], {"id": "KPI11", "indicator": "submitted", "target": 80}],
    "credits": [
        {"id": "unavailability", "method": "unit_rate", "rate": "10.00", "block": "4h", "weights": {"ward": 2}},
        {
            "id": "misreporting", "method": "misreporting", "deliberate_percent": 100, "otherwise_percent": 50,
            "none_if_corrected": True,
        },
    ],
    "obligations": [{"id": "insurance", "title": "Insurance", "rrule": "FREQ=YEARLY"}],
    "charges": {"monthly": [{"amount": "10000.00"}]},
    "invoicing": {"notify_working_days": 10},
    "participants": [{"id": "kent", "name": "Kent police", "share": "100"}],
}  # fmt: skip
"""A contract that has all that the kinds' examples name."""

CLERK = "bob"
"""Who has entered what the forms are about."""

_numbers = count(1)


@dataclass(frozen=True)
class DeskForm:
    """A form. `open`: enters what it is about, and gives the page that it is on; `values`: the least that is filled in;
    `free`: its fields that take any text; `where`: the end of the address that it is posted to, where that is not the
    page's; `adds`: how many entries it makes."""

    name: str
    open: Callable[[House], str]
    values: Words = field(default_factory=dict)
    free: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    who: str = "max"
    where: str = ""
    adds: int = 1

    def posted_to(self, address: str) -> str:
        """Where the form of a page is posted to."""
        return (
            self.where if self.where.startswith(("/sign-out", CONTRACT)) else f"{address.partition('?')[0]}{self.where}"
        )

    def said(self, text: str) -> dict[str, str | list[str]]:
        """Its fields, with a text in each that takes one."""
        whole = {name: value if isinstance(value, str) else list(value) for name, value in self.values.items()}
        return {**whole, **dict.fromkeys(self.free, text)}


def say(house: House, kind: str, words: Mapping[str, Any], *, actor: str = CLERK, note: str = "", **more: str) -> int:
    """Enter something as a command does; its number."""
    body = body_of(kind, words, house.parts.contracts[0].time_zone)
    at_ms = house.parts.clock.now_ms()
    entry = entry_of(body, at_ms=at_ms, contract="small", actor=actor, known_by="command", note=note, **more)
    return Register.open(house.ledger, house.parts.clock).add([entry])[0]


def example(house: House, kind: str, **more: str) -> int:
    """Enter the example of a kind, each time with another reference."""
    shown = KINDS[kind].example
    return say(house, kind, shown.words, note=shown.note, **{"reference": f"earlier {next(_numbers)}", **more})


def undo_all(house: House, kind: type[EntryKind]) -> None:
    """Take back what forms have made of a kind: of some, one stands at a time."""
    for entry, _ in effective_entries(house.entries()).of(kind):
        if entry.actor != CLERK:
            say(house, "undo", {"about": entry.number}, note="For the next one.")


def _at(address: str) -> Callable[[House], str]:
    return lambda _: address


def _about(kind: str, address: str) -> Callable[[House], str]:
    """A page about an entry of a kind, each time another one."""
    return lambda house: f"{CONTRACT}{address.format(number=example(house, kind))}"


def _signed(house: House) -> str:
    """A month that somebody has signed with figures that are others now."""
    words = {**KINDS["sign_off"].example.words, "digest": f"{next(_numbers):064x}"}
    say(house, "sign_off", words, actor="max", note="", reference="")
    return f"{CONTRACT}/months/{words['month']}"


def _no_proposal(house: House) -> str:
    for one in terms_history(effective_entries(house.entries()).entries).proposals:
        if one.closed_by is None:
            say(house, "terms_withdrawn", {"about": one.entry.number}, actor=one.entry.actor, note="For the next one.")
    return f"{CONTRACT}/terms/propose"


def _no_ticket(house: House) -> str:
    undo_all(house, TicketRecord)
    return f"{CONTRACT}/import?kind=ticket"


def _draft(number: int) -> bytes:
    """Terms that are others each time."""
    return json.dumps({**TERMS, "id": "small", "charges": {"monthly": [{"amount": f"{20_000 + number}.00"}]}}).encode()


def _proposed_by(actor: str) -> Callable[[House], str]:
    """A draft that waits for a second person."""

    def proposed(house: House) -> str:
        ours = house.parts.contracts[0]
        draft = draft_in_place(_draft(next(_numbers)), {}, ours)
        approved = [one.body.digest for one in house.entries() if isinstance(one.body, TermsApproved)]
        now_ms = house.parts.clock.now_ms()
        words = proposal_words(draft, ours, now_ms + DAY_MS) | ({"instead_of": approved[-1]} if approved else {})
        said = body_of("terms_proposed", words, ours.time_zone)
        entry = entry_of(said, at_ms=now_ms, contract="small", actor=actor, known_by="command", note="-")
        (number,) = Register.open(house.ledger, house.parts.clock).add([entry], files=draft.read_files.by_digest)
        return f"{CONTRACT}/terms/{number}"

    return proposed


def _from_a_file(house: House) -> str:
    evidence, number = f"i.csv, SHA-256 {next(_numbers):064x}", 0
    for line in ("1", "2"):
        number = example(house, "credit_invoiced", evidence=evidence, reference=line)
    return f"{CONTRACT}/entries/{number}/undo-file"


OWED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("figure", {"kpi": "KPI11", "month": "2026-09", "party": "agreed", "value": "70"}),
    ("credit_notified", {"month": "2026-09", "amount": "1000000.00", "on": "2026-10-10"}),
)
"""A month whose credit is to stand on an invoice."""

INVOICE = b"date,month,amount\n2026-11-15,2026-09,-1.00\n"
TICKETS = b"id,priority,opened,ended\nINC-7,P1,2026-10-05 09:00,2026-10-05 10:15\n"
PAGES: dict[type[DeskHandler], tuple[DeskForm, ...]] = {
    SignIn: (DeskForm("sign in", _at("/sign-in"), {"name": "max", "password": PASSWORD}, who="", adds=0),),
    SignOut: (DeskForm("sign out", _at("/desk"), who="leaver", where="/sign-out", adds=0),),
    SignOffForm: (DeskForm("sign off", _signed, free=("reason",), where="/sign-off"),),
    CountersignForm: (DeskForm("countersign", _signed, who="sue", where="/countersign"),),
    EntryPage: (
        DeskForm("attach", _about("minute", "/entries/{number}"), files={"attach": ("a.txt", b"Seen.")}, adds=0),
    ),
    DecideForm: (
        DeskForm(
            "decide", _about("claim", "/entries/{number}/decide"), {"decision": "grant"}, ("note", "reference"),
        ),
    ),
    UndoForm: (DeskForm("undo", _about("minute", "/entries/{number}/undo"), free=("why",)),),
    UndoFile: (DeskForm("undo a file", _from_a_file, free=("why",), adds=2),),
    InvoiceForm: (
        DeskForm(
            "compare an invoice", _at(f"{CONTRACT}/credits/invoice"), {}, ("invoice", "note"),
            {"file": ("i.csv", INVOICE)},
        ),
    ),
    ImportForm: (
        DeskForm(
            "import", _no_ticket, {}, ("note",), {"file": ("t.csv", TICKETS)},
            where=f"{CONTRACT}/import?kind=ticket",
        ),
    ),
    TermsForm: (
        DeskForm(
            "propose terms", _no_proposal, {"start": "2027-01-01"},
            ("note", "reference", "evidence"), {"file": ("small.yaml", _draft(0))},
        ),
    ),
    TermsDecision: tuple(
        DeskForm(f"{what} terms", _proposed_by(actor), free=("note",), where=f"/{what}")
        for what, actor in (("approve", CLERK), ("reject", CLERK), ("withdraw", "max"))
    ),
}  # fmt: skip
"""The forms of each page that is posted to, except those of the kinds of entry."""

SUBJECTS = {"done": "action"}
"""What an entry is about that has a field for its number, by kind."""

_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})")


def _of_kind(name: str, model: type[EntryKind]) -> DeskForm:
    """The form of a kind, filled in with its example."""
    told = model.model_json_schema()["properties"]
    values: dict[str, str | list[str]] = {"note": model.example.note}
    for key, value in model.example.words.items():
        comments = {one.get("$comment") for one in (told[key], *told[key].get("anyOf", ()))}
        values[key] = _typed(key, value, is_instant="instant" in comments)
    free = [key for key, one in told.items() if one.get("type") == "string" and one.get("maxLength")]

    def opened(house: House) -> str:
        address = f"{CONTRACT}/enter/{name}"
        if not model.may_repeat:
            undo_all(house, model)
        if name in {"credit_invoiced", "credit_settled"}:
            example(house, "credit_notified")
        if "about" not in model.example.words:
            return address
        assert name in SUBJECTS, f"no address for {name}: say in SUBJECTS what it is about"
        return f"{address}?about={example(house, SUBJECTS[name])}"

    del values["about" if "about" in values else "note"]
    return DeskForm(name, opened, values, (*free, *TEXTS))


def _typed(name: str, value: Any, *, is_instant: bool) -> str | list[str]:
    """A word of a file as it is typed into a form."""
    if isinstance(value, list):
        return value
    if isinstance(value, bool):
        return "yes" if value else ""
    if name.endswith("_ms"):
        return f"{value // 60_000}m"
    text = _INSTANT.sub(r"\1T\2", f"{value}")
    return f"{text}T00:00" if is_instant and "T" not in text else text


def every_form() -> list[DeskForm]:
    """All forms of the desk."""
    posted = dict.fromkeys(page for _, page in DESK_ROUTES if "POST" in page.methods and page is not EntryForm)
    missing = [page.__name__ for page in posted if page not in PAGES]
    assert not missing, f"no address for {', '.join(missing)}: add it to PAGES in {__file__}"
    kinds = [_of_kind(name, model) for name in KINDS if (model := form_model(name))]
    return [*kinds, *(form for page in posted for form in PAGES[page])]


def contract_in(folder: Path, **terms: Any) -> Contract:
    path = folder / "small.yaml"
    path.write_text(json.dumps({**TERMS, **terms, "id": "small"}))
    return next(iter(load_contract_files([path])))


def people(folder: Path) -> list[dict[str, Any]]:
    """`max`, `moritz` and `leaver`, who may do everything for the authority, and `sue` and `steve` of the supplier, as
    the settings have them."""
    password = f"${{file:{folder / 'password'}}}"
    supplier = [{"role": "supplier", "contracts": ["small"]}]
    roles = {**dict.fromkeys(("max", "moritz", "leaver"), EVERYTHING), **dict.fromkeys(("sue", "steve"), supplier)}
    return [{"name": name, "password": password, "roles": own} for name, own in roles.items()]


def stock(house: House) -> None:
    """Enter what the forms need beside what each enters for itself."""
    example(house, "credit_notified")
    for kind, words in OWED:
        say(house, kind, words)


@contextmanager
def forms_house(folder: Path, terms: Mapping[str, Any] = MappingProxyType({})) -> Iterator[House]:
    """A house with these people."""
    limits = Limits(writes_per_minute=10_000)
    with furnished(
        folder, clock=FakeClock(NOW_MS), contracts=[contract_in(folder, **terms)], limits=limits, users=people(folder)
    ) as house:
        if not house.entries():
            stock(house)
        with HistoryReader(house.ledger) as reader:
            house.parts.board.assessment = assess(house.parts.contracts, reader, NOW_MS)
        yield house
