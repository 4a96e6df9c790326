"""A supplier's invoice as a CSV file: the lines that credit something, each with its row; mistakes by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from sla_monitor import remedies
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import parse_day
from sla_monitor.errors import RegisterError
from sla_monitor.periods.months import is_month
from sla_monitor.register.csv_sheet import Sheet, read_sheet
from sla_monitor.register.foreign_instant import Dates, iso_spelling
from sla_monitor.register.from_file import named_file
from sla_monitor.register.importing import abridged

_AMOUNT = re.compile(r"(\()?([-−+]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?(\))?", re.ASCII)
_NAMED = re.compile(r"([A-Za-z]{3,9})[ -](\d{4})", re.ASCII)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A row of the file that credits something: `amount` is above nothing; `month` empty: it names none."""

    row: int
    invoice: str
    line: str
    on: date
    month: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReadInvoice:
    """What an invoice says to a contract: the lines that credit something, how many rows charge, and how many are of
    another contract, or of none where the file has a column for it."""

    lines: tuple[BilledLine, ...]
    charges: int
    elsewhere: int


@dataclass(frozen=True)
class InvoiceFile:
    """A file and how to read it. `columns`: fields by heading. `invoice`, `on`: for rows without one of their own.
    `sign`: whether credits stand on the invoice as negative amounts, or as positive ones."""

    name: str
    content: bytes
    columns: Mapping[str, str]
    dates: Dates = "iso"
    invoice: str = ""
    on: date | None = None
    sign: Literal["negative", "positive"] = "negative"

    @cached_property
    def sheet(self) -> Sheet:
        return read_sheet(self.content, "invoice", self.columns)

    @property
    def evidence(self) -> str:
        """By which the file can be known again."""
        return named_file(self.name, self.content)


def read_invoice(file: InvoiceFile, contract: Contract) -> ReadInvoice:
    """Raises RegisterError with every mistake. Of rows of another contract nothing else is read."""
    sheet = file.sheet
    problems = list(sheet.problems) or list(_without_amounts(sheet))
    lines: list[BilledLine] = []
    charges = elsewhere = 0
    for row, words in sheet.rows if not problems else ():
        if "contract" in sheet.fields and not _is_of(contract, words.get("contract", "")):
            elsewhere += 1
            continue
        try:
            line = _line(file, row, words, contract.currency)
        except ValueError as error:
            problems.append((row, str(error)))
            continue
        charges += line is None
        lines += [] if line is None else [line]
    seen: dict[tuple[str, str, str], int] = {}
    for line in lines:
        before = seen.setdefault((line.invoice, line.line, line.month), line.row)
        if before != line.row:
            problems.append((line.row, f"line: the same line of the invoice is in row {before} (keep one of them)"))
    if problems:
        raise RegisterError(abridged([f"{file.name}:{row}: {why}" for row, why in sorted(problems)]))
    return ReadInvoice(tuple(lines), charges, elsewhere)


def _is_of(contract: Contract, named: str) -> bool:
    """Whether it is named by its id, or as it is or was called."""
    called = contract.id, *(version.terms.title for version in contract.versions)
    own = {" ".join(text.split()).casefold() for text in called if text}
    return " ".join(named.split()).casefold() in own


def _without_amounts(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Without its column every row would seem to have an empty amount."""
    if "amount" not in sheet.fields:
        names = ", ".join(column.heading for column in sheet.columns)
        yield sheet.heading_line, f"has no column for amount ({remedies.COLUMNS}; its columns: {names})"


def _line(file: InvoiceFile, row: int, words: Mapping[str, str], currency: str) -> BilledLine | None:
    if words.get("currency", currency) != currency:
        raise ValueError(f"currency: is {words['currency'][:20]!r}, and the contract's is {currency} (check the file)")
    amount = parse_amount(words.get("amount", ""), currency)
    amount = -amount if file.sign == "negative" else amount
    if amount <= 0:
        return None
    invoice = words.get("invoice", file.invoice)
    if not invoice:
        raise ValueError(f"invoice: is missing (add a column, or {remedies.INVOICE_NUMBER})")
    on = _day(file, words["date"]) if "date" in words else file.on
    if on is None:
        raise ValueError(f"date: is missing (add a column, or {remedies.INVOICE_DAY})")
    return BilledLine(row, invoice, words.get("line", ""), on, _month(words.get("month", "")), amount)


def parse_amount(text: str, currency: str) -> Decimal:
    """`-1,500.00`, `(1500)` or `£1,500.00`; what a comma might mean otherwise is refused. Raises ValueError."""
    bare = re.sub(rf"^([-−+(]*)\s*(?:{re.escape(currency)}|[£€$])\s*", r"\1", text.strip())
    found = _AMOUNT.fullmatch(bare.replace(" ", ""))
    if found is None or bool(found[1]) != bool(found[5]):
        raise ValueError(f"amount: {text[:40]!r} is no amount (write -1500.00 or -1,500.00)")
    amount = Decimal(found[3].replace(",", "") + (found[4] or ""))
    if amount >= Decimal(10) ** 15:
        raise ValueError("amount: has too many digits (check the file)")
    return -amount if found[1] or found[2] in {"-", "−"} else amount


def _day(file: InvoiceFile, text: str) -> date:
    try:
        return parse_day(iso_spelling(text, file.dates)[:10])
    except ValueError as error:
        raise ValueError(f"date: {error}") from None


def _month(text: str) -> str:
    """`2026-10` or `October 2026`; empty where it is neither: the line is then of no month that is known."""
    if is_month(text):
        return text
    named = _NAMED.fullmatch(text)
    name = named[1][:3].casefold() if named else ""
    return f"{named[2]}-{_NAMES.index(name) + 1:02d}" if named and name in _NAMES else ""
