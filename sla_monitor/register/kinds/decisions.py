"""What people decide: relief, waivers, money, what is final, and what was a mistake."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sla_monitor.contract.fields import Identifier, Money, Strict, YesNo
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.parts import Month, Number, Text


class Decision(Strict):
    """The authority's decision on a booking, a claim, a correction or another entry that asks for one."""

    kind: Literal["decision"] = "decision"
    about: Number = Field(description="The number of the entry that is decided.")
    granted: YesNo = Field(description="false: refused.")
    start_ms: Instant | None = Field(None, alias="start", description="Granted only from here on.")
    end_ms: Instant | None = Field(None, alias="end", description="Granted only up to here.")


class Waiver(Strict):
    """The authority lets a failure pass."""

    kind: Literal["waiver"] = "waiver"
    month: Month = Field(description="The service period.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose; none: all.")
    what: Literal["points_and_money", "money"] = Field(description="money: the points stand.")


class EarnedBackEntry(Strict):
    """Money that the supplier earns back, or that is otherwise returned to it."""

    kind: Literal["earn_back"] = "earn_back"
    month: Month = Field(description="The service period whose invoice it is set against.")
    amount: Annotated[Money, Field(gt=Decimal(0))] = Field(description="In the contract's currency.")


class CreditClaim(Strict):
    """The authority claims a month's credit, where the contract says that there is none without a claim."""

    kind: Literal["credit_claim"] = "credit_claim"
    month: Month = Field(description="The service period.")
    claimed_ms: Instant = Field(alias="claimed", description="When.")


class SignOff(Strict):
    """A month's figures are final. A later sign-off of the same month is a restatement and says why."""

    kind: Literal["sign_off"] = "sign_off"
    month: Month = Field(description="The service period.")
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the month's assessment in JSON."
    )
    points: Level = Field(description="All service points.")
    credit: Annotated[Decimal, Field(max_digits=18, decimal_places=2)] = Field(description="What is deducted.")
    reason: Text = Field("", description="Why a final month was stated again.")


class Undo(Strict):
    """An earlier entry was a mistake; it stays, and no longer counts."""

    kind: Literal["undo"] = "undo"
    about: Number = Field(description="The number of the entry.")
