"""What one rule for credits gives in one month, by the maths of its method.

Lines are rounded once, at the end. A line's working ends with the amount; the same numbers on a calculator give the
same penny.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from sla_monitor.contract.money import credit_methods
from sla_monitor.contract.money.credit_methods import Credit
from sla_monitor.sla.money import methods
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine

Maths = Callable[[Any, CreditInput], Iterator[CreditLine]]
"""Gives the lines of a rule; nothing where nothing failed."""


def _maths(method: str) -> Maths:
    maths: Maths = import_module(f"{methods.__name__}.{method}").lines
    return maths


METHODS = {method: _maths(method) for method in credit_methods.METHODS}
"""The maths of every method that a contract may name, by its name: without its module nothing starts."""


def credit_lines(rule: Credit, case: CreditInput) -> tuple[CreditLine, ...]:
    """What one rule gives in one month; nothing where nothing failed."""
    return tuple(METHODS[rule.method](rule, case))
