"""An invoice against credits as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.contract.contract import Contract
from sla_monitor.document.values import money
from sla_monitor.register.invoice_file import InvoiceFile, ReadInvoice
from sla_monitor.sla.money.invoice_check import Checked
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_shapes import InvoiceCheckJson, InvoiceLineJson
from sla_monitor.wording.text import plain


def invoice_json(
    contract: Contract, source: InvoiceFile, found: Sequence[Checked], read: ReadInvoice
) -> InvoiceCheckJson:
    return {
        "contract": contract.id,
        "lines": [_line(one, contract.currency) for one in found],
        "others": read.charges,
        "elsewhere": read.elsewhere,
        "ignored": [plain(name) for name in source.sheet.ignored],
    }


def _line(one: Checked, currency: str) -> InvoiceLineJson:
    nulls, line = Nulls(), one.line
    return {
        "row": nulls.told("row", line.row if line else None, "the credit stands on no line"),
        "month": nulls.text("month", one.month, "the line names no month"),
        "invoice": plain(line.invoice) if line else "",
        "line": plain(line.line) if line else "",
        "amount": money(one.amount, currency),
        "due": money(one.due, currency),
        "verdict": one.verdict,
        "why_null": nulls.why,
    }
