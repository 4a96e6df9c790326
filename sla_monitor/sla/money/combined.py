"""One of several: what is left of credits that are not simply added up, before the caps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.sla.money.apportionment import shared
from sla_monitor.sla.money.charges import of_service
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import minor_units, money, shown
from sla_monitor.sla.working import step

NOTHING = Decimal(0)


def combined(
    groups: Iterable[Combined], lines: Sequence[CreditLine], charges: Mapping[str, Decimal], currency: str
) -> tuple[CreditLine, ...]:
    """A month's lines after every group of rules. A line that is not paid stays, with nothing; money that is earned
    back is no credit, and takes no part."""
    left = list(lines)
    for group in groups:
        for scope, positions in _scopes(group, left).items():
            limit = _limit(group, scope, charges, currency)
            for position, line in _paid(group, {n: left[n] for n in positions}, limit, currency).items():
                left[position] = line
    return tuple(left)


def _scopes(group: Combined, lines: Sequence[CreditLine]) -> dict[str, list[int]]:
    """Where the group's lines are, in the order of its rules, by what it is taken for: a service, or the contract."""
    found: dict[str, list[int]] = {}
    for rule in group.credits:
        for position, line in enumerate(lines):
            if line.rule == rule and line.amount > 0:
                found.setdefault(line.service if group.scope == "service" else "", []).append(position)
    return found


def _paid(
    group: Combined, lines: Mapping[int, CreditLine], limit: tuple[Decimal, str] | None, currency: str
) -> dict[int, CreditLine]:
    """The lines with what is left of them."""
    sums: dict[str, Decimal] = {}
    for position, line in lines.items():
        name = _name(group, position, line)
        sums[name] = sums.get(name, NOTHING) + line.amount
    taken = _taken(group, sums)
    amounts = {n: line.amount if _name(group, n, line) in taken else line.amount * 0 for n, line in lines.items()}
    whole = sum(amounts.values(), NOTHING)
    formula = " + ".join(f"{amount}" for amount in sums.values())
    if group.pays != "sum":
        formula = f"{group.pays} of {', '.join(f'{amount}' for amount in sums.values())}"
    if limit is not None and whole > limit[0]:
        formula += f", no more than {limit[1]}"
        shares = {f"{n}": Fraction(amount) for n, amount in amounts.items()}
        amounts = {int(n): amount for n, amount in shared(limit[0], shares, minor_units(currency)).items()}
    return {n: _after(group, line, amounts[n], formula) for n, line in lines.items()}


def _name(group: Combined, position: int, line: CreditLine) -> str:
    """What is chosen from: a rule, or a line."""
    return line.rule if group.among == "rules" else f"{position}"


def _taken(group: Combined, sums: Mapping[str, Decimal]) -> frozenset[str]:
    """The names of what is paid."""
    if group.pays == "sum":
        return frozenset(sums)
    if group.pays == "first":
        return frozenset(list(sums)[:1])
    return frozenset([max(sums, key=lambda name: sums[name])])


def _after(group: Combined, line: CreditLine, amount: Decimal, formula: str) -> CreditLine:
    said = step(f"combined, {group.id}", formula, amount, group.clause)
    return replace(line, amount=amount, before_combining=line.amount, working=(*line.working, said))


def _limit(group: Combined, scope: str, charges: Mapping[str, Decimal], currency: str) -> tuple[Decimal, str] | None:
    """The most that the group pays for one scope, and how it is written."""
    if group.max_amount is not None:
        amount = money(Fraction(group.max_amount), currency, "down")
        return amount, f"{amount}"
    if group.max_percent is None:
        return None
    base = of_service(charges, scope or group.service)
    amount = money(Fraction(group.max_percent) / 100 * Fraction(base), currency)
    return amount, f"{shown(group.max_percent)} % × {base} = {amount}"
