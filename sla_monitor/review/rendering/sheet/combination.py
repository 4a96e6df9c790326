"""One of several credits in formulas: the greatest, the first, or a sum up to a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid, literal, rounded
from sla_monitor.sla.rounding import round_to
from sla_monitor.wording.vocabulary import describe_id


@dataclass(frozen=True, slots=True)
class LineCell:
    """A line of credit: its cell, or an expression, and what that comes to. `is_credit`: and no money that is earned
    back, which takes no part."""

    cell: str
    service: str
    value: Fraction
    is_credit: bool = True


@dataclass(frozen=True, slots=True)
class LimitFrame:
    """What a limit is worked out from: the cells with the charges, the charges, and the digits of a coin."""

    cells: Mapping[str | None, str]
    charges: Mapping[str, Decimal]
    places: int


def combine(
    grid: Grid, group: Combined, lines: Mapping[str, Sequence[LineCell]], frame: LimitFrame
) -> dict[str, list[LineCell]]:
    """What is left of the lines of the group's rules, by rule."""
    grid.title(f"One of several: {describe_id(group.id)}{f' [{group.clause}]' if group.clause else ''}")
    left = {rule: [line for line in lines.get(rule, ()) if not line.is_credit] for rule in group.credits}
    scopes: dict[str, list[tuple[str, LineCell]]] = {}
    for rule, item in _items(group, lines):
        scopes.setdefault(item.service if group.scope == "service" else "", []).append((rule, item))
    for scope, items in scopes.items():
        for (rule, _), paid in zip(items, _paid(grid, group, items, scope, frame), strict=True):
            left[rule].append(paid)
    return left


def _items(group: Combined, lines: Mapping[str, Sequence[LineCell]]) -> Iterator[tuple[str, LineCell]]:
    """What is chosen from."""
    for rule in group.credits:
        several = [line for line in lines.get(rule, ()) if line.is_credit]
        if group.among == "lines":
            yield from ((rule, line) for line in several)
        elif several:
            whole = sum((line.value for line in several), Fraction(0))
            yield rule, LineCell(f"({'+'.join(line.cell for line in several)})", several[0].service, whole)


def _paid(
    grid: Grid, group: Combined, items: Sequence[tuple[str, LineCell]], scope: str, frame: LimitFrame
) -> list[LineCell]:
    chosen = [_chosen(grid, group, items, position) for position in range(len(items))]
    limit = _limit(grid, group, scope, frame)
    if limit is None:
        return chosen
    limit_cell, most = limit
    cells, whole = "+".join(one.cell for one in chosen), sum((one.value for one in chosen), Fraction(0))
    share = min(Fraction(most) / whole, Fraction(1)) if whole else Fraction(1)
    formula = f"=IF({cells}>{limit_cell},{limit_cell}/({cells}),1)"
    factor = grid.line("Part that the limit leaves", CellEntry(share, formula, "number"))
    return [LineCell(f"({one.cell}*{factor})", one.service, one.value * share) for one in chosen]


def _chosen(grid: Grid, group: Combined, items: Sequence[tuple[str, LineCell]], position: int) -> LineCell:
    rule, item = items[position]
    earlier = [one for _, one in items[:position]]
    everything = [one for _, one in items]
    conditions: list[str] = []
    is_chosen = True
    if group.pays == "greatest":
        conditions.append(f"{item.cell}=MAX({_list(everything)})")
        conditions += [f"{item.cell}>MAX({_list(earlier)})"] if earlier else []
        is_chosen = item.value == max(one.value for one in everything)
        is_chosen &= all(item.value > one.value for one in earlier)
    elif group.pays == "first" and earlier:
        conditions.append(f"SUM({_list(earlier)})=0")
        is_chosen = not any(one.value for one in earlier)
    formula = f"=IF(AND({','.join(conditions)}),{item.cell},0)" if conditions else f"={item.cell}"
    value = item.value if is_chosen else Fraction(0)
    cell = grid.line(f"Chosen: {describe_id(rule)}", CellEntry(value, formula, "money"))
    return LineCell(cell, item.service, value)


def _list(several: Sequence[LineCell]) -> str:
    return ",".join(one.cell for one in several)


def _limit(grid: Grid, group: Combined, scope: str, frame: LimitFrame) -> tuple[str, Fraction] | None:
    if group.max_amount is not None:
        cell = grid.line("Limit", CellEntry(group.max_amount, style="amount"))
        return cell, Fraction(group.max_amount)
    if group.max_percent is None:
        return None
    service = scope or group.service
    charges = frame.charges.get(service, Decimal(0)) if service else sum(frame.charges.values(), Decimal(0))
    expression = f"{literal(group.max_percent)}/100*{frame.cells.get(service, '0')}"
    most = round_to(Fraction(group.max_percent) / 100 * Fraction(charges), frame.places, "half_up")
    return grid.line("Limit", CellEntry(most, f"={rounded(expression, frame.places, 'half_up')}", "money")), most
