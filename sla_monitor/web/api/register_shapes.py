"""The shapes of what the desk's addresses answer with, beside `shapes`: entries, previews, months."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sla_monitor.assess.maintenance_month import BookingState
from sla_monitor.document.entries import EntryDocument
from sla_monitor.document.recovery import CreditAccountJson
from sla_monitor.document.terms import EffectDocument
from sla_monitor.document.values import Money, Number
from sla_monitor.sla.money.invoice_check import Verdict
from sla_monitor.web.api.shapes import ObligationRowJson, OutageRowJson, PackJson, ProblemJson, WithReasons


class EntryJson(EntryDocument, WithReasons):
    """One entry of the register, as whoever asks may read it."""

    url: str
    """This entry."""
    known_by: str | None
    """How the program knew who it is, in words."""
    undone_by: int | None
    """The entry that takes it back."""


class EntriesJson(WithReasons):
    """Entries of a contract, ascending."""

    contract: str
    """The contract's id."""
    last_number: int
    """The number of the last entry that whoever asks may read, which `If-Match` is given; 0: there is none."""
    entries: list[EntryJson]
    """Those of this page."""
    next: str | None
    """The address of the page after it."""


class FigureChangeJson(TypedDict):
    """A figure of a month that is over, and what it would become."""

    month: str
    """The service period."""
    figure: str
    """The KPI’s id, or the points, the credit or the triggers."""
    before: str
    """As it is now."""
    after: str
    """As it would be."""


class IfGrantedJson(TypedDict):
    """What an entry that asks for a decision would change once it is granted."""

    changes: list[FigureChangeJson]
    """Every figure of a month that is over that would become another."""
    running: list[FigureChangeJson]
    """Every figure of the running month so far that would become another."""
    remarks: list[str]
    """What whoever enters it may not expect."""
    booked: list[str]
    """What becomes of each stretch of a booking, in words."""


class PreviewJson(WithReasons):
    """What an entry would change. Nothing was entered."""

    entry: EntryJson
    """The entry as it would stand."""
    last_number: int
    """What `If-Match` is given to enter it only as long as nobody else enters anything."""
    reaches_closed_months: bool
    """Whether it may change figures of months that are over: then `If-Match` is required."""
    changes: list[FigureChangeJson]
    """Every figure of a month that is over that would become another."""
    doubts: list[str]
    """What it does not do, though whoever enters it may think so."""
    running: list[FigureChangeJson]
    """Every figure of the running month so far that would become another."""
    remarks: list[str]
    """What whoever enters it may not expect: what the contract refuses, and signed months that change."""
    booked: list[str]
    """What becomes of each stretch of a booking, in words: what is left out of the figures, and why the rest is not."""
    if_granted: IfGrantedJson | None
    """What it would change once it is granted."""


class EnteredJson(TypedDict):
    """What was entered."""

    entry: EntryJson
    """The entry."""
    last_number: int
    """The number of the last entry now that whoever asks may read."""
    is_again: bool
    """Whether the same submission had come in before: nothing was entered a second time."""


class SeveralPreviewJson(TypedDict):
    """What several entries would change that are entered at once. Nothing was entered."""

    entered: int
    """How many would be."""
    last_number: int
    """What `If-Match` is given to enter them only as long as nobody else enters anything."""
    reaches_closed_months: bool
    """Whether they may change figures of months that are over: then `If-Match` is required."""
    changes: list[FigureChangeJson]
    """Every figure of a month that is over that would become another."""
    running: list[FigureChangeJson]
    """Every figure of the running month so far that would become another."""
    remarks: list[str]
    """What whoever enters them may not expect: what no figure takes from them, and signed months that change."""


class ImportPreviewJson(SeveralPreviewJson):
    """What a file would change."""

    rows: int
    """How many rows it has."""
    changed: int
    """How many of what would be entered stand in place of an earlier entry."""
    same: int
    """How many rows say what stands already."""
    ignored: list[str]
    """Headings of the columns that mean nothing here."""


class SeveralEnteredJson(WithReasons):
    """Several entries that were entered at once."""

    contract: str
    """The contract's id."""
    entered: int
    """How many."""
    first: int | None
    """The number of the first one."""
    last: int | None
    """The number of the last one: theirs are all numbers between."""
    last_number: int
    """The number of the contract's last entry now."""
    is_again: bool
    """Whether the same submission had come in before: nothing was entered a second time."""


class FieldProblemJson(TypedDict):
    """What is wrong with one field."""

    pointer: str
    """Where it is in the request's body (RFC 6901); of a file: `/LINE/FIELD`, or `/LINE` of a whole line."""
    detail: str
    """What is wrong with it."""
    remedy: str
    """What would be right; empty: what is wrong says it."""


class EntryProblemJson(ProblemJson):
    """Why an entry was refused."""

    errors: list[FieldProblemJson]
    """Everything that is wrong with it."""


class MonthStateJson(WithReasons):
    """A service period, and how far it is."""

    url: str
    """This month."""
    contract: str
    """The contract's id."""
    month: str
    """Its name."""
    state: Literal["running", "open", "signed"]
    """Whether it goes on, has ended, or is signed off by the authority."""
    sign_off: int | None
    """The entry that signs it off."""
    signed_by: str | None
    """Who did."""
    signed_at: str | None
    """When."""
    digest: str | None
    """The digest of the figures that were signed."""
    countersignature: int | None
    """The entry with which the supplier signs the same."""
    countersigned_by: str | None
    """Who did."""
    countersigned_at: str | None
    """When."""
    measured: bool | None
    """Whether any KPI had a figure, as it was last told."""
    points: Number | None
    """Service points, as they were last told."""
    credit: Money | None
    """What is deducted, as it was last told."""
    missed: list[str] | None
    """The ids of the KPIs that were missed, as they were last told."""
    told_at: str | None
    """When these figures were told first."""


class MonthsJson(TypedDict):
    """The months of a contract that have begun, ascending."""

    contract: str
    """The contract's id."""
    months: list[MonthStateJson]
    """All of them."""


class KpiStandingJson(TypedDict):
    """A KPI in the figures of a month as they stand now."""

    kpi: str
    """Its id."""
    title: str
    """Its name."""
    result: str
    """What it came to, or why it was not assessed, in words."""


class StandingFiguresJson(TypedDict):
    """The figures of a month that is over, as they stand now: what is signed."""

    digest: str
    """Whoever signs names it."""
    is_signed: bool
    """Whether the authority has signed these figures: not the case where they have become others since."""
    words: str
    """Points, and what is deducted, in words."""
    kpis: list[KpiStandingJson]
    """Every KPI."""
    open_points: list[str]
    """What is open: the authority acknowledges it by its signature."""


class MonthJsonWhole(MonthStateJson):
    """A service period with its figures as they stand now."""

    standing: StandingFiguresJson | None
    """They are worked out for each request."""
    packs: list[PackJson]
    """Its review packs that whoever asks may have. The final ones are made after the signature."""


class SignedJson(EnteredJson):
    """What was signed."""

    month: MonthJsonWhole
    """The month with both signatures."""


class SignatureProblemJson(ProblemJson):
    """Why nothing was signed: the figures that were read, or what was open, are not those that stand."""

    digest: str
    """What is to be signed; empty: the authority signs first."""
    open_points: list[str]
    """What is to be acknowledged by the authority."""


class CauseJson(TypedDict):
    """Root cause and owner of a failure, as people have said."""

    entry: int
    """The entry that says so."""
    root_cause: str
    """What went wrong."""
    owner: str
    """Who answers for it."""


class CountedJson(WithReasons):
    """An outage by a KPI's own way of counting."""

    kpi: str
    """The KPI's id."""
    counted_ms: int
    """What it adds to the downtime, agreed view."""
    gross_ms: int
    """The same with nothing excluded."""
    claimed_ms: int
    """The same as if every claim and booking were granted."""
    missed: bool | None
    """Whether the KPI misses its target, as it stands."""


class ExcludedTimeJson(TypedDict):
    """Time that a booking or a claim asks to be left out."""

    entry: int
    """The entry that asks for it."""
    kind: Literal["maintenance", "claim"]
    """What it is."""
    start: str
    """From then on."""
    end: str
    """End, exclusive."""
    granted: bool
    """Whether it is left out of the figures."""
    pending: bool
    """Whether it awaits a decision."""
    why: str
    """Why it is, or is not."""


class SaidJson(TypedDict):
    """An entry about an outage."""

    number: int
    """Its number."""
    kind: str
    """Its kind."""
    url: str
    """All of it."""
    state: str
    """What became of it, in words."""


class MonthOutageJson(OutageRowJson):
    """An outage with what was said about it."""

    kpis: list[CountedJson]
    """The KPIs that count some of it."""
    excluded: list[ExcludedTimeJson]
    """What becomes of the time that bookings and claims ask for."""
    entries: list[SaidJson]
    """Bookings, claims, disputes, corrections and impacts that touch it, and what explains the KPIs' miss."""
    acknowledged_by: list[int]
    """The entries by which somebody has it in hand."""
    cause: CauseJson | None
    """Root cause and owner."""
    claim_by: str | None
    """The last day to claim relief."""


class MissedKpiJson(WithReasons):
    """A KPI that missed its target without an outage."""

    kpi: str
    """Its id."""
    title: str
    """What it is called."""
    result: str
    """Its figure, band and points, in words."""
    cause: CauseJson | None
    """Root cause and owner."""
    entries: list[SaidJson]
    """Claims that name it or its tickets, and what explains it."""
    waived_by: list[int]
    """The entries that let it pass."""


class MonthFailuresJson(WithReasons):
    """What failed in a month that has begun: outages, the latest first, and KPIs that were missed without one."""

    contract: str
    """The contract's id."""
    month: str
    """The service period."""
    status: Literal["running", "provisional", "final"]
    """Whether it goes on, has ended, or is signed off."""
    assessed_at: str
    """When its figures were worked out. What was entered is of the moment of the answer."""
    total: int
    """Outages of the month."""
    without_cause: int
    """Outages that count, and KPIs missed without one, of which nobody has said the cause."""
    outages: list[MonthOutageJson]
    """Those of this page."""
    missed_without_outages: list[MissedKpiJson]
    """All of them, on every page."""
    next: str | None
    """The address of the page after it."""


class RecalculationJson(TypedDict):
    """A month that is over, and came out otherwise than it was told."""

    at: str
    """When."""
    month: str
    """The service period."""
    is_signed: bool
    """Whether it was signed off by then."""
    kpis: list[str]
    """The ids of the KPIs whose results became others."""
    points_before: Number
    """Service points before."""
    points_after: Number
    """Service points from then on."""
    credit_before: Money
    """What was deducted before."""
    credit_after: Money
    """What is deducted from then on."""
    entries: list[int]
    """Entries of the register that changed it."""
    because: str
    """Why, in words."""


class RecalculationsJson(TypedDict):
    """Every one of a contract, oldest first."""

    contract: str
    """The contract's id."""
    recalculations: list[RecalculationJson]
    """All of them."""


class CreditsJson(WithReasons):
    """What became of a contract's credits."""

    contract: str
    """The contract's id."""
    recovery: CreditAccountJson | None
    """All of them, by month."""


class WindowJson(TypedDict):
    """A stretch of time."""

    start: str
    """Its beginning."""
    end: str
    """Its end."""


class BookedDayJson(WindowJson):
    """The part of a booking on one day."""

    entry: int
    """The entry that books it."""
    services: list[str]
    """The ids of its services."""
    state: BookingState
    """What of it the figures leave out: permitted (all), in_part, pending (a decision), counted (nothing)."""
    why: str
    """Why not, or by what."""


class MaintenanceDayJson(TypedDict):
    """A day by the contract's time zone."""

    on: str
    """Its date."""
    windows: list[WindowJson]
    """When the contract permits maintenance of every service that is meant."""
    bookings: list[BookedDayJson]
    """What is booked."""


class MaintenanceAllowanceJson(TypedDict):
    """An allowance of maintenance."""

    services: list[str]
    """The ids of the services that share it."""
    allowance_ms: int
    """How much there is."""
    used_ms: int
    """How much of it is taken by what is booked and permitted."""
    words: str
    """What is left, in words."""


class MaintenanceMonthJson(TypedDict):
    """A month of maintenance."""

    contract: str
    """The contract's id."""
    month: str
    """Its name."""
    services: list[str]
    """The ids of the services that are meant."""
    rules: list[str]
    """When maintenance is permitted, in words."""
    has_windows: bool
    """Whether any hours are set; where none are, every day is permitted as a whole."""
    allowances: list[MaintenanceAllowanceJson]
    """Those that bookings use up."""
    days: list[MaintenanceDayJson]
    """Every day of it."""


class InvoiceLineJson(WithReasons):
    """A line of an invoice, or a credit that is missing on it."""

    row: int | None
    """Its row in the file."""
    month: str | None
    """The service period whose credit it is."""
    invoice: str
    """The invoice's number; empty: the credit is missing."""
    line: str
    """The line of the invoice; empty: it has none."""
    amount: Money
    """What it credits."""
    due: Money
    """What should stand there."""
    verdict: Verdict
    """matched, entered (before), wrong_amount, unknown (no such credit), or missing."""


class InvoiceCheckJson(TypedDict):
    """An invoice against the credits that should stand on it. Nothing was entered."""

    contract: str
    """The contract's id."""
    lines: list[InvoiceLineJson]
    """Every line that credits something, then what is missing."""
    others: int
    """Rows that credit nothing."""
    elsewhere: int
    """Rows of another contract, or of none, where the file has a column for it: nothing of them is read."""
    ignored: list[str]
    """Headings of columns that are not read."""


class InvoiceEnteredJson(TypedDict):
    """The lines of an invoice that were entered, all or none."""

    entries: list[EntryJson]
    """One for each line."""
    last_number: int
    """The number of the contract's last entry now."""
    is_again: bool
    """Whether the same submission had come in before: nothing was entered a second time."""


class ObligationsJson(TypedDict):
    """Duties of a contract."""

    contract: str
    """The contract's id."""
    obligations: list[ObligationRowJson]
    """Those of the month, late ones, and the next of each, by their day."""


class TermsProposalJson(WithReasons):
    """Terms that somebody proposed."""

    entry: EntryJson
    """The proposal."""
    state: str
    """open, approved, rejected or withdrawn."""
    closed_by: EntryJson | None
    """The entry that says so."""


class KeptFileJson(TypedDict):
    """A file that terms are made of."""

    name: str
    """`contract`, or the name of a file of bank holidays."""
    sha256: str
    """Its digest."""


class TermsInForceJson(WithReasons):
    """Terms that were put in force."""

    at: str
    """When."""
    digest: str | None
    """Their digest."""
    files: list[KeptFileJson]
    """What they are made of."""
    approval: int | None
    """The entry that approved them."""


class TermsProposalsJson(TypedDict):
    """Every proposal of a contract, ascending, and which terms were in force when."""

    contract: str
    """The contract's id."""
    digest: str
    """The digest of the terms in force."""
    proposals: list[TermsProposalJson]
    """All of them."""
    in_force: list[TermsInForceJson]
    """Every change of what was in force, ascending."""


class TermsEffectJson(EffectDocument):
    """What proposed terms change, in words and in money."""

    signed: list[str]
    """Those of the restated months that are signed off."""


class TermsProposalJsonWhole(TermsProposalJson):
    """A proposal, and what it changes: one that is decided on, against the terms that it was made against."""

    effect: TermsEffectJson
    """What it changes."""


class TermsPreviewJson(TypedDict):
    """What terms would change that somebody is about to propose. Nothing was entered."""

    entry: EntryJson
    """The proposal as it would stand."""
    last_number: int
    """The number of the contract's last entry."""
    effect: TermsEffectJson
    """What it changes."""


class AttachmentJson(TypedDict):
    """A file that was attached to an entry."""

    url: str
    """Its content, to be saved."""
    name: str
    """The name that it had."""
    media_type: str
    """What it is, by what it holds."""
    sha256: str
    """The digest of its content."""
    size: int
    """Its bytes."""
    at: str
    """When it was attached."""
    actor: str
    """By whom."""
    is_here: bool
    """Whether its content is here; in a pair, it may still be on its way from the other collector."""


class AttachmentsJson(TypedDict):
    """The files of an entry."""

    contract: str
    """The contract's id."""
    entry: int
    """The entry's number."""
    attachments: list[AttachmentJson]
    """All of them."""


class DeedJson(WithReasons):
    """What somebody did, as the chain of the record proves it."""

    at: str
    """When it was done first."""
    until: str
    """When it was done last: alike deeds within minutes are one."""
    count: int
    """How often."""
    event: str
    """What was done."""
    actor: str
    """By whom; empty: by nobody who is known."""
    known_by: str | None
    """How the program knew who it is, in words."""
    contract: str
    """The contract's id; empty: it is about none."""
    subject: str
    """To what."""
    addresses: str
    """From where."""
    entry: int | None
    """The number of the entry of the register that it is."""
    digest: str | None
    """That entry's digest."""
    link: int
    """The link of the chain that covers it."""


class AuditJson(WithReasons):
    """The newest of the deeds that are asked for, ascending."""

    deeds: list[DeedJson]
    """Those of this page."""
    head: str | None
    """A line by which the chain is verified up to here, now and later: `sla-monitor ledger check --anchor`."""
    next: str | None
    """The address of the page with those before."""


class ShareJson(WithReasons):
    """What a contract comes to for a participant, in the running month so far."""

    title: str
    """The contract's name."""
    month: str
    """The month's name."""
    services: list[str]
    """The names of the services that it takes."""
    share: Money | None
    """Its part of the credit."""


class SharesJson(TypedDict):
    """What all contracts come to for a participant, and nothing of another one."""

    participant: str
    """Its id."""
    shares: list[ShareJson]
    """Of every contract that serves it."""
