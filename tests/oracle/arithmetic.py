"""Sums that several rules share: coins, blocks, edges and roundings."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

COIN = Fraction(1, 100)


def coin(amount: Fraction) -> Fraction:
    """Half up, away from nothing."""
    return floor(abs(amount) / COIN + Fraction(1, 2)) * COIN * (1 if amount >= 0 else -1)


def over_limit(condition: dict[str, Any], number: Fraction) -> bool:
    if "at_least" in condition:
        return number >= Fraction(condition["at_least"])
    return number > Fraction(condition["more_than"])


def blocks(length: Fraction | int, block: int, kind: str) -> Fraction:
    several = Fraction(length) / block
    return {"full": Fraction(floor(several)), "begun": Fraction(ceil(several)), "prorata": several}[kind]


def factor_of(rule: dict[str, Any], number: int) -> Fraction:
    factor = Fraction(1)
    for row in rule.get("repeats", ()):
        if number >= row["at_least"] if "at_least" in row else number > row["more_than"]:
            factor = Fraction(row["factor"])
    return factor


def holds(row: dict[str, Any], key: str, value: Fraction) -> bool:
    if key not in row:
        return True
    edge = Fraction(row[key])
    return {"at_least": value >= edge, "above": value > edge, "below": value < edge, "at_most": value <= edge}[key]


def passed(row: dict[str, Any], value: Fraction) -> bool:
    return all(holds(row, key, value) for key in ("at_least", "above", "below", "at_most"))


def rounded(value: Fraction, kpi: dict[str, Any]) -> Fraction:
    """As it is compared."""
    rounding = kpi.get("rounding", {"mode": "none"})
    if rounding["mode"] == "none" or rounding.get("when") == "after":
        return value
    unit = Fraction(1, 10 ** rounding["places"])
    whole = value / unit
    under = floor(whole)
    if rounding["mode"] == "down":
        return under * unit
    if rounding["mode"] == "up":
        return ceil(whole) * unit
    rest = whole - under
    is_up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (rounding["mode"] == "half_up" or under % 2 == 1))
    return (under + is_up) * unit


def shared(limit: Fraction, parts: list[Fraction]) -> list[Fraction]:
    """In proportion, to the coin; odd coins to those who lost most by rounding down."""
    exact = [limit * part / sum(parts) for part in parts]
    floors = [floor(one / COIN) * COIN for one in exact]
    order = sorted(range(len(parts)), key=lambda n: exact[n] - floors[n], reverse=True)
    for n in order[: int((limit - sum(floors)) / COIN)]:
        floors[n] += COIN
    return floors
