"""Invoicing: until when a month's credit is notified, on which invoice it stands, and until when it is paid."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sla_monitor.contract.fields import Strict, Whole

_WorkingDays = Annotated[Whole, Field(ge=0, le=250)]


class Invoicing(Strict):
    """How credits come to money. All amounts are without VAT and in the contract's currency, as charges are."""

    notify_working_days: _WorkingDays | None = Field(
        None,
        description="A month's credit is notified to the supplier within so many Working Days of the month's end; none:"
        " there is no deadline.",
    )
    invoice_months: Annotated[Whole, Field(ge=0, le=12)] = Field(
        1, description="It is due on the invoice for so many months later; 0: for the month itself."
    )
    invoice_working_days: _WorkingDays = Field(
        10, description="That invoice is due so many Working Days after the end of its month."
    )
    payment_days: Annotated[Whole, Field(ge=0, le=366)] = Field(
        30, description="What stands on an invoice is due so many days after it; what is open then is overdue."
    )
