"""What the daemon says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Health:
    """`reasons`: why it is not ready, in words; `facts`: what else it tells, such as {"Ledger": "1,204 rows"}."""

    ready: bool
    reasons: list[str] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)
