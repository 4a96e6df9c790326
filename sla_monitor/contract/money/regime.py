"""The regime: the part of the terms that the engine of points and money reads."""

from __future__ import annotations

from typing import Protocol

from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.money.charges_and_caps import Cap, Charges, Claims
from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.contract.money.credit_methods import Credit
from sla_monitor.contract.money.trigger_terms import Trigger


class Regime(Protocol):
    """The performance regime in force at an instant. `Terms` is one."""

    @property
    def kpis(self) -> tuple[Kpi, ...]: ...

    @property
    def charges(self) -> Charges: ...

    @property
    def credits(self) -> tuple[Credit, ...]: ...

    @property
    def combined(self) -> tuple[Combined, ...]: ...

    @property
    def caps(self) -> tuple[Cap, ...]: ...

    @property
    def triggers(self) -> tuple[Trigger, ...]: ...

    @property
    def claims(self) -> Claims: ...
