"""Money that goes back to the supplier."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from sla_monitor.contract.fields import Money
from sla_monitor.register.kinds.kind import EntryKind, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month
from sla_monitor.settings.desk.access_table import Action


class EarnedBackEntry(EntryKind):
    """Money that the supplier earns back, or that is otherwise returned to it."""

    action = Action.WAIVE
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "amount": "5000.00"})

    kind: Literal["earn_back"] = "earn_back"
    month: Month = Field(description="The service period whose invoice it is set against.")
    amount: Annotated[Money, Field(gt=Decimal(0))] = Field(description="In the contract's currency.")

    def words(self, say: Wording) -> str:
        return f"Earn-back of {say.money(self.amount)}, {say.month(self.month)}"
