"""What parts of one thing have in common: participants share the charges, endpoints the weight of a service.

Like `consistency`, on plain values.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sla_monitor.contract.rules.plain_values import Found, entries, listed

SHARE_REMEDY = "write for example share: 60, all of them together 100"


def sharing_problems(contract: dict[str, Any]) -> Iterator[Found]:
    """What is wrong with the shares and weights of one resolved contract."""
    yield from _shares(contract)
    for i, service in entries(contract, "services"):
        yield from _weights(service, ("services", i))


def _shares(contract: dict[str, Any]) -> Iterator[Found]:
    """Every participant in force has a share, or none has; and the shares make a whole."""
    participants = entries(contract, "participants")
    given = [_number(one.get("share")) for _, one in participants if one.get("share") is not None]
    if not given or None in given:
        return
    for i, participant in participants:
        if participant.get("share") is None:
            yield ("participants", i, "share"), f"is missing, and others have one ({SHARE_REMEDY})"
    total = sum((share for share in given if share is not None), Decimal(0))
    if len(given) == len(listed(contract, "participants")) and total != 100:
        yield ("participants",), f"shares add up to {total:f} per cent, not to 100 ({SHARE_REMEDY})"


def _weights(service: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Found]:
    if service.get("available_when") == "weighted":
        return
    for j, endpoint in entries(service, "endpoints"):
        if _number(endpoint.get("weight", 1)) not in {Decimal(1), None}:
            yield (*path, "endpoints", j, "weight"), "belongs to a service that is available_when: weighted"


def _number(value: Any) -> Decimal | None:
    """An exact number as a file may write it; None for junk, of which the models speak."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
