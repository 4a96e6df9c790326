"""Health: liveness and readiness of the daemon, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Health:
    """`reasons`: what is wrong, in words; being ready does not exclude any. `is_whole`: whether it is told to somebody
    who may see the monitor itself. `unverified`: how the record differs from what was recorded; nothing: it does
    not, as far as it was verified.

    `facts`: what else it tells of itself, such as {"Ledger": "1,204 rows"}. `notice`: what every page says at its
    head: that another collector speaks.
    """

    ready: bool
    reasons: list[str] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    unverified: str = ""
    is_whole: bool = True
