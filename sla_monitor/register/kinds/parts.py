"""Fields that several kinds of entry share: months, texts, counts, stretches of time."""

from __future__ import annotations

from typing import Annotated, Self
from unicodedata import normalize

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.fields import Misplaced, Strict, Whole
from sla_monitor.register.instant import Instant

Month = Annotated[str, StringConstraints(pattern=r"^(19[7-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])$")]
"""A service period: 2026-10."""

Text = Annotated[str, StringConstraints(max_length=4000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LARGEST = 2**53 - 1
"""What every reader of JSON, and the ledger, takes for the number that it is."""

Number = Annotated[Whole, Field(ge=1, le=LARGEST)]
Count = Annotated[Whole, Field(ge=0, le=LARGEST)]


class Timed(Strict):
    """Something that lasted: `[start, end)`."""

    start_ms: Instant = Field(alias="start", description="From this instant on.")
    end_ms: Instant = Field(alias="end", description="End, exclusive.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise Misplaced([(("end",), "must be after the start")])
        return self


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are those of one person, however they are typed: with other spaces, letters or capitals."""
    return _spelled(one) == _spelled(other)


def _spelled(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())
