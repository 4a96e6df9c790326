"""A pair of collectors: two that record the same, and one of them speaks at a time."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Misplaced, Strict
from sla_monitor.settings.address import Address
from sla_monitor.settings.sites import SiteId


class Collectors(Strict):
    """Two collectors that record the same. Both have these settings, but for their `name`."""

    name: SiteId = Field(description="Which of the pair this one is.")
    pair: Annotated[tuple[SiteId, ...], Field(min_length=2, max_length=2)] = Field(
        description="The names of both. One of them speaks, and the other one follows."
    )
    scraped: Annotated[tuple[Address, ...], Field(max_length=2)] = Field(
        (),
        description="Host and port of both, as Prometheus reaches them, in the order of `pair`. Left out: `listen`"
        " alone is scraped.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.pair[0] == self.pair[1]:
            raise Misplaced([(("pair", 1), f"{self.pair[1]!r} is there twice (name two collectors)")])
        if self.name not in self.pair:
            raise Misplaced([(("name",), f"must be one of the pair ({' or '.join(self.pair)})")])
        if self.scraped and len(set(self.scraped)) != len(self.pair):
            raise Misplaced([(("scraped",), "names an address for each of the pair (add the other one)")])
        return self

    @property
    def other(self) -> str:
        return next(name for name in self.pair if name != self.name)
