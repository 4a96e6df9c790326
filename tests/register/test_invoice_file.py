"""Invoices as CSV: whatever their headings and amounts look like, nothing is guessed, and mistakes have their rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sla_monitor.errors import RegisterError
from sla_monitor.register.invoice_file import InvoiceFile, parse_amount, read_invoice

from .contracts import contract


def read(text: str, **how: Any) -> Any:
    return read_invoice(InvoiceFile("i.csv", text.encode(), how.pop("columns", {}), **how), contract())


def test_headings_are_mapped_and_charges_left_out() -> None:
    heads = "Doc no;Line no;Invoice date;Service period;Net GBP\n"
    text = f"{heads}A-1;1;2026-11-10;;900\nA-1;2;2026-11-10;October 2026;-200.5\n"
    found = read(text, columns={"Doc no": "invoice", "Net GBP": "amount"})
    (line,), others = found.lines, found.charges
    assert (line.row, line.invoice, line.line, line.on) == (3, "A-1", "2", date(2026, 11, 10))
    assert (line.month, line.amount, others) == ("2026-10", Decimal("200.5"), 1)


def test_what_the_file_does_not_say_is_told() -> None:
    (line,) = read("amount,month\n30,2026-10\n", invoice="A-2", on=date(2026, 11, 1), sign="positive").lines
    assert (line.invoice, line.on, line.amount, line.line) == ("A-2", date(2026, 11, 1), Decimal(30), "")


@pytest.mark.parametrize("heading", ["contract", "Contract ID", "contract_id"])
def test_lines_of_another_contract_are_left_out_and_counted(heading: str) -> None:
    ours = contract(title="The Partnership")
    of = {ours.id: "-1", " the  PARTNERSHIP ": "-2", "another": "-3", f"{ours.id}-2": "no amount", "": "-5"}
    rows = "".join(f'"{name}",A,{place},2026-11-01,{amount}\n' for place, (name, amount) in enumerate(of.items()))
    text = f"{heading},invoice,line,date,amount\n{rows}"
    found = read_invoice(InvoiceFile("i.csv", text.encode(), {}), ours)
    assert [(line.line, line.amount) for line in found.lines] == [("0", Decimal(1)), ("1", Decimal(2))]
    assert (found.charges, found.elsewhere) == (0, 3)
    nameless = read_invoice(InvoiceFile("i.csv", text.encode(), {}), contract(title=""))
    assert (len(nameless.lines), nameless.elsewhere) == (1, 4)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("-1,500.00", "-1500"), ("(20)", "-20"), ("−3.5", "-3.5"), ("£1,234,567.89", "1234567.89"), ("-£5", "-5"),
     ("GBP 7", "7")],
)  # fmt: skip
def test_amounts(text: str, amount: str) -> None:
    assert parse_amount(text, "GBP") == Decimal(amount)


@pytest.mark.parametrize("text", ["1.500,00", "1,50", "12,34.00", "1e3", "(5", "", "=1+1", "٣", "1.234"])
def test_what_may_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        parse_amount(text, "GBP")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("amount\n-5\nx\n", ["i.csv:2: invoice: is missing (add a column, or say the invoice's number)",
                            "i.csv:3: amount: 'x' is no amount (write -1500.00 or -1,500.00)"]),
        ("invoice,Betrag\nA,-5\nB,-6\n",
         ["i.csv:1: has no column for amount (say which column is which; its columns: invoice, Betrag)"]),
        ("invoice,amount\nA,-5\n", ["i.csv:2: date: is missing (add a column, or say the invoice's day)"]),
        ("invoice,amount,currency\nA,-5,EUR\n",
         ["i.csv:2: currency: is 'EUR', and the contract's is GBP (check the file)"]),
        ("invoice,line,date,amount\nA,1,2026-11-01,-5\nA,1,2026-11-01,-6\n",
         ["i.csv:3: line: the same line of the invoice is in row 2 (keep one of them)"]),
    ],
)  # fmt: skip
def test_all_mistakes_are_told_with_their_rows(text: str, problems: list[str]) -> None:
    with pytest.raises(RegisterError) as refused:
        read(text)
    assert refused.value.problems == problems
