"""A supplier's invoice as a CSV file against the credits that should stand on it: compared, kept, taken back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import parse_day
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import BILLED
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.foreign_instant import Dates
from sla_monitor.register.invoice_file import InvoiceFile, ReadInvoice, read_invoice
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.money.invoice_check import Checked, check_invoice
from sla_monitor.web.desk.credits_page import CreditPages
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.recovery import VERDICT_WORDS, describe_nothing_to_enter, describe_rows_left_out
from sla_monitor.wording.text import plain

FILE_BYTES = 1_000_000
"""Of an invoice at most: some ten thousand lines."""

SIGNS = ("negative", "positive")
TONES = {"matched": "up", "entered": "up", "wrong_amount": "degraded", "unknown": "degraded", "missing": "down"}


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A line of the invoice, or a credit that is missing on it. `entry`: by which it is entered already."""

    row: str
    month: str
    invoice: str
    amount: str
    due: str
    verdict: str
    tone: str
    entry: int | None


def checked_row(one: Checked, currency: str) -> CheckedRow:
    line = one.line
    return CheckedRow(
        f"{line.row}" if line else "",
        format_month(one.month) if one.month else "",
        plain(" ".join(filter(None, (line.invoice, line.line)))) if line else "",
        format_money(one.amount, currency) if line else "",
        format_money(one.due, currency) if one.due else "",
        VERDICT_WORDS[one.verdict].capitalize(),
        TONES[one.verdict],
        one.entry,
    )


class InvoiceForm(CreditPages):
    """`GET /desk/contracts/<contract>/credits/invoice`, and `POST` twice: with a file to compare it, and with what was
    read, which the page hands back, to keep its lines. Nothing is kept between the two."""

    methods = ("GET", "HEAD", "POST")
    action = Action.TRACK_CREDITS
    body_bytes, files_bytes = 2 * FILE_BYTES, FILE_BYTES
    typed_letters = body_bytes  # it hands its file back as text

    async def get(self, contract: str) -> None:
        self._show(self.contract(contract), {}, [])

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        contract = self.contract(names[0])
        values = {field: form.text(field) for field in form.values}
        try:
            source = _source(form, values)
            read = await self.site.entering.run(read_invoice, source, contract)
        except RegisterError as error:
            self.set_status(422)
            self._show(contract, values, error.problems)
            return
        last = await self.site.entering.run(self.desk.last_number, contract.id)
        account, _ = await self.account(contract)
        found, keep = check_invoice(read.lines, account), values.get("keep", "")
        if not keep:
            self._preview(contract, source, values, found, read, [])
            return
        once = form.once(self.person.name, self.request.path)
        try:
            numbers = await self._keep(contract, source, found, form, last)
        except RegisterError as error:
            # Sent again, maybe at the same time: the lines are entered already, and there is nothing left to enter.
            numbers = await self.site.entering.run(self.desk.submitted, once)
            if not numbers:
                self.set_status(422)
                self._preview(contract, source, values, found, read, error.problems)
                return
        self.go(f"/desk/contracts/{contract.id}/entries/{numbers[0]}/file")

    async def _keep(
        self, contract: Contract, source: InvoiceFile, found: Sequence[Checked], form: PostedForm, last: int
    ) -> tuple[int, ...]:
        """Enter lines, all or none. `last`: the entry up to which they were compared. Raises RegisterError and
        Overtaken."""
        once = form.once(self.person.name, self.request.path)
        drafts = billed_statements(contract, source, found, form.text("keep"), form.text("note"))
        entered = await self.site.entering.run(self.desk.enter, self.person, contract, drafts, once=once, read_to=last)
        return entered.numbers

    def _preview(
        self,
        contract: Contract,
        source: InvoiceFile,
        values: dict[str, str],
        found: Sequence[Checked],
        read: ReadInvoice,
        problems: Sequence[str],
    ) -> None:
        content = urlsafe_b64encode(source.content).decode()
        kept = {name: text for name, text in values.items() if name[:1] != "_" and name not in {"keep", "note"}}
        verdicts = [one.verdict for one in found]
        self.show_page(
            "invoice_preview.html", contract=contract, rows=[checked_row(one, contract.currency) for one in found],
            left_out=describe_rows_left_out(read.charges, read.elsewhere, source.sign),
            ignored=", ".join(plain(name) for name in source.sheet.ignored), name=plain(source.name),
            hidden=kept | {"name": source.name, "content": content}, note=values.get("note", ""), problems=problems,
            matched=verdicts.count("matched"), wrong=verdicts.count("wrong_amount"),
        )  # fmt: skip

    def _show(self, contract: Contract, values: dict[str, str], problems: Sequence[str]) -> None:
        self.show_page(
            "invoice_form.html", contract=contract, values=values, problems=[plain(line) for line in problems],
            fields=BILLED, dates=get_args(Dates), signs=SIGNS, most=f"{FILE_BYTES:,}",
        )  # fmt: skip


def billed_statements(
    contract: Contract, source: InvoiceFile, found: Sequence[Checked], keep: str, note: str
) -> list[Statement]:
    """What is said of the lines that are kept: `matched`, or `all`, with those of a wrong amount. Raises
    RegisterError."""
    if keep == "all" and not note:
        raise RegisterError(["note: is missing (say why lines with a wrong amount are entered)"])
    wanted = {"matched", "wrong_amount"} if keep == "all" else {"matched"}
    drafts = []
    for one in found:
        if one.line is None or one.verdict not in wanted:
            continue
        words = {"month": one.line.month, "amount": one.line.amount, "on": f"{one.line.on}"}
        words |= {"invoice": one.line.invoice, **({"line": one.line.line} if one.line.line else {})}
        said = body_of("credit_invoiced", words, contract.time_zone)
        drafts.append(Statement(said, note=note, evidence=source.evidence))
    if not drafts:
        raise RegisterError([f"file: {describe_nothing_to_enter(found)}"])
    return drafts


def _source(form: PostedForm, values: dict[str, str]) -> InvoiceFile:
    """The file that came in, or was handed back, and how to read it. Raises RegisterError."""
    files = form.files.get("file", ())
    if files and files[0].body:
        name, content = files[0].filename, files[0].body
    elif values.get("content"):
        name = values.get("name", "")
        try:
            content = urlsafe_b64decode(values["content"].encode())
        except (NoBase64, ValueError):
            raise RegisterError(["file: was not handed back as it was (choose it again)"]) from None
    else:
        raise RegisterError(["file: is missing (choose a CSV file)"])
    if len(content) > FILE_BYTES:
        raise RegisterError([f"file: is larger than {FILE_BYTES:,} bytes (split it)"])
    if values.get("dates", "iso") not in get_args(Dates) or values.get("sign", "negative") not in SIGNS:
        raise RegisterError(["file: choose how to read it from what the page offers"])
    columns = {values[f"column_{field}"]: field for field in BILLED if values.get(f"column_{field}")}
    try:
        on = parse_day(values["date"]) if values.get("date") else None
    except ValueError as error:
        raise RegisterError([f"date: {error}"]) from None
    dates, sign = cast("Dates", values.get("dates", "iso")), cast("Any", values.get("sign", "negative"))
    name, invoice = plain(name)[:120] or "invoice.csv", values.get("invoice", "")
    return InvoiceFile(name, content, columns, dates, invoice, on, sign)
