"""Several places: from which sites an endpoint is probed, and how many of them must see it down.

One place cannot tell the supplier's outage from one of the path between them. A contract that says nothing is measured
from one place, the collector's own.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Percent, Strict, Whole

MAIN = "main"
"""The site that belongs to the collector itself: the only one, unless terms name others."""


class ShareOfPlaces(Strict):
    """So large a share of the places must see it down."""

    percent: Annotated[Percent, Field(gt=0)] = Field(description="The least share that makes it down.")
    of: Literal["places", "active"] = Field(
        "places",
        description="places: of all sites, so that one that is cut off never tips the balance. active: of those that"
        " saw anything (ICANN).",
    )
    min_active: Annotated[Whole, Field(ge=1)] = Field(
        1, description="Where fewer sites saw anything, nobody knows (ICANN: inconclusive)."
    )


def _quorum(value: Any) -> str:
    """How a quorum is written, so that mistakes in it are told in its own terms."""
    if isinstance(value, dict | ShareOfPlaces):
        return "share"
    return "count" if isinstance(value, int) else "name"


QuorumOfPlaces = Annotated[
    Annotated[Literal["any", "all"], Tag("name")]
    | Annotated[Whole, Field(ge=1), Tag("count")]
    | Annotated[ShareOfPlaces, Tag("share")],
    Discriminator(_quorum),
]


class Places(Strict):
    """The sites that probe an endpoint, and how many of them must see it down."""

    sites: tuple[Identifier, ...] = Field(
        min_length=1, max_length=50, description="Names of sites; `main` is the collector's own."
    )
    quorum: QuorumOfPlaces = Field(
        description="How many must see it down: any, all, at least so many, or a share. A site that saw nothing has no"
        " say."
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str]] = [
            (("sites", i), f"site {name!r} is given twice (leave one of them out)")
            for i, name in enumerate(self.sites)
            if name in self.sites[:i]
        ]
        count = len(self.sites)
        if isinstance(self.quorum, int) and self.quorum > count:
            problems.append((("quorum",), f"is {self.quorum}, more than the sites ({count}): nothing is ever down"))
        if isinstance(self.quorum, ShareOfPlaces) and self.quorum.min_active > count:
            message = f"is {self.quorum.min_active}, more than the sites ({count}): nothing is ever known"
            problems.append((("quorum", "min_active"), message))
        if problems:
            raise Misplaced(problems)
        return self

    def needed(self, active: int) -> int:
        """How many sites must see it down where so many saw anything; 1 or more."""
        if isinstance(self.quorum, ShareOfPlaces):
            whole = active if self.quorum.of == "active" else len(self.sites)
            return max(1, ceil(Fraction(self.quorum.percent) * whole / 100))
        return {"any": 1, "all": len(self.sites)}[self.quorum] if isinstance(self.quorum, str) else self.quorum

    def short_by(self, active: int) -> int:
        """How many sites more would have to see anything before they could make an outage; 0: enough do."""
        return max(0, max(self.needed(active), self.min_active) - active)

    @property
    def min_active(self) -> int:
        """Where fewer sites saw anything, nobody knows."""
        return self.quorum.min_active if isinstance(self.quorum, ShareOfPlaces) else 1
