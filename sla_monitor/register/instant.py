"""Instants as people write them, held as UTC milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

FIRST_MS, LAST_MS = 0, 7_258_118_400_000  # 1970 to 2199: others are typing mistakes
_SHAPE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?"
_is_shaped = re.compile(_SHAPE, re.ASCII).fullmatch
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
SKEW_MS = 300_000
"""Other people's clocks may be this much ahead of ours."""
_is_too_exact = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\.\d{4,}.*", re.ASCII).fullmatch
TOO_EXACT = "has more than three decimals of a second (write milliseconds: 2026-10-05T14:00:00.123Z)"
WRONG = "must be an instant (write 2026-10-05T14:00:00Z, or 2026-10-05 14:00 in the contract's zone)"


class Milliseconds(int):
    """UTC milliseconds that the program itself puts into a model. A plain number in a file or an entry is no instant:
    nobody can know whether it counts seconds or milliseconds, and either is taken for the other in silence."""


def format_utc(at_ms: int) -> str:
    """`2026-10-05T14:00:00Z`, with milliseconds only where there are any."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(tzinfo=None)
    rest = f".{at_ms % 1000:03d}" if at_ms % 1000 else ""
    return f"{at.isoformat()}{rest}Z"


def format_wall_time(at_ms: int, zone: ZoneInfo) -> str:
    """`2026-10-05 14:00+01:00`, which can be typed again."""
    at = datetime.fromtimestamp(at_ms // 1000, zone)
    return at.isoformat(sep=" ", timespec="seconds" if at.second else "minutes")


def parse_instant(text: str, zone: ZoneInfo | None = None) -> int:
    """UTC milliseconds. Without an offset the time is on the wall in `zone`; a time that the clocks leave out or tell
    twice is refused, because nobody can know which was meant; so is a part of a millisecond, because nobody says how it
    is to be rounded. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text) if _is_shaped(text) else None
    except ValueError:
        at = None
    if at is None or (at.tzinfo is None and zone is None):
        raise ValueError(TOO_EXACT if _is_too_exact(text) else WRONG)
    at_ms = _exact_ms(at if at.tzinfo else _on_the_wall(at, zone or ZoneInfo("UTC")))
    if not FIRST_MS <= at_ms < LAST_MS:
        raise ValueError("must lie between 1970 and 2199")
    return at_ms


def _on_the_wall(at: datetime, zone: ZoneInfo) -> datetime:
    both = [at.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    if both[0].utcoffset() != both[1].utcoffset():
        raise ValueError(f"{at} occurs twice or not at all in {zone.key}, where the clocks change (add Z or +01:00)")
    return both[0]


def _exact_ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _instant(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, Milliseconds) and FIRST_MS <= value < LAST_MS:
        return int(value)
    if isinstance(value, str):
        return parse_instant(value, (info.context or {}).get("zone"))
    raise ValueError(WRONG)


Instant = Annotated[
    int,
    BeforeValidator(_instant),
    PlainSerializer(format_utc, return_type=str, when_used="json"),
    WithJsonSchema({"$comment": "instant", "type": "string", "examples": ["2026-10-05T14:00:00Z"]}),
]
"""UTC milliseconds inside; ISO 8601 with Z in JSON. The validation context may give a `zone` for local times."""
