"""Sign-offs, which make a month's figures final."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from sla_monitor import remedies
from sla_monitor.contract.fields import YesNo
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Wording
from sla_monitor.register.kinds.parts import Month, Text
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class SignOff(EntryKind):
    """A month's figures are final. A later sign-off of the same month is a restatement and says why."""

    action = Action.SIGN_OFF
    example = Example({"month": "2026-10", "digest": "0" * 64, "points": "3", "credit": "1500.00"})
    command = "register sign-off"
    is_of_the_past = True
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["sign_off"] = "sign_off"
    month: Month = Field(description="The service period.")
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the month's assessment in JSON."
    )
    points: Level = Field(description="All service points.")
    credit: Annotated[Decimal, Field(max_digits=18, decimal_places=2)] = Field(description="What is deducted.")
    reason: Text = Field("", description="Why a final month was stated again.")
    measured: YesNo | None = Field(
        None, description="false: no KPI had a figure, and no money was due: points and credit are no figures."
    )
    acknowledged: tuple[Text, ...] | None = Field(
        None, min_length=1, description="What was still open: the sentences that were shown to whoever signed."
    )

    @property
    def no_figures(self) -> frozenset[str]:
        return frozenset({"points", "credit"} if self.measured is False else ())

    def words(self, say: Wording) -> str:
        points = "1 point" if self.points == 1 else f"{self.points:f} points"
        worth = "nothing was measured" if self.no_figures else f"{points}, {say.money(self.credit)}"
        said = f"Sign-off of {say.month(self.month)}: {worth}"
        if self.acknowledged:
            count = len(self.acknowledged)
            said += f", with {count} open {'point' if count == 1 else 'points'} acknowledged"
        return f"{said}; stated again: {self.reason}" if self.reason else said

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        before = context.effective.sign_off(self.month)
        if before is not None and not self.reason.strip():
            why = f"entry {before[0].number} made {self.month} final already ({remedies.WHY_AGAIN})"
            yield EntryProblem("reason", f"is missing: {why}")
