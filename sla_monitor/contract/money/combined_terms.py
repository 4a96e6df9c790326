"""One of several: credits of which not all are paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Money, Strict
from sla_monitor.contract.money.credit_tables import PercentUp


class Combined(Strict):
    """Rules for credits that are not simply added up: the greatest of them, the first that applies, or their sum up to
    a limit. Caps come after it."""

    example: ClassVar[Mapping[str, str]] = {"credits": "[outage, slow]", "pays": "greatest"}

    id: Identifier = Field(description="The name in reports.")
    clause: str = Field("", description="Where the contract says so.")
    credits: tuple[Identifier, ...] = Field(min_length=1, description="The rules, in the order of the clause.")
    pays: Literal["greatest", "first", "sum"] = Field(
        description="greatest: the largest alone, of equals the first; first: the first that gives anything; sum: all,"
        " up to the limit."
    )
    among: Literal["rules", "lines"] = Field(
        "rules", description="What is chosen from: all that a rule gives, or each line of it (each KPI, each outage)."
    )
    scope: Literal["contract", "service"] = Field("contract", description="service: for each service by itself.")
    max_percent: PercentUp | None = Field(None, description="The limit, of the month's charges.")
    max_amount: Money | None = Field(None, description="The limit, in place of a percentage.")
    service: Identifier | None = Field(
        None, description="Whose charges max_percent is of; none: all charges, or with scope: service its own."
    )

    @property
    def has_limit(self) -> bool:
        return self.max_percent is not None or self.max_amount is not None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str]] = []
        if self.pays == "sum" and not self.has_limit:
            problems.append((("pays",), "sum needs a limit (write max_percent or max_amount)"))
        if self.max_percent is not None and self.max_amount is not None:
            problems.append((("max_percent",), "or max_amount: write one of the two"))
        if self.service is not None and (self.max_percent is None or self.scope == "service"):
            problems.append((("service",), "belongs to max_percent with scope: contract (leave it out)"))
        for position, name in enumerate(self.credits):
            if name in self.credits[:position]:
                problems.append((("credits", position), f"{name} is given twice (leave it out)"))
        if problems:
            raise Misplaced(problems)
        return self
