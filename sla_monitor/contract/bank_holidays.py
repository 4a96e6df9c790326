"""Bank holidays as a reviewed file, and the one place that asks the `holidays` library for them.

The library is asked once, by `sla-monitor calendar freeze`; contracts read the file. So an update of the library,
or a correction in it, never changes the credit of a month that is past.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from sla_monitor.contract.fields import Day, Misplaced, Name, Strict, Whole
from sla_monitor.contract.model_file import Elsewhere, read_model
from sla_monitor.contract.nodes import Problem

Year = Annotated[Whole, Field(ge=1970, le=2199)]


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{1,6}", value, re.ASCII):
        raise ValueError("must be a code in capital letters (write for example GB, and ENG for its region)")
    return value


Code = Annotated[str, AfterValidator(_code)]


class HolidayFile(Strict):
    """The days of one country or region, as they were known when they were frozen."""

    country: Code = Field(description="ISO 3166: GB.")
    region: Code | None = Field(None, description="ISO 3166-2 without the country: ENG.")
    first_year: Year = Field(description="The first year that the file speaks of.")
    last_year: Year = Field(description="The last one.")
    made_with: str = Field("", description="What the days were taken from.")
    days: dict[Day, Name] = Field(description="Date: name.")

    @model_validator(mode="after")
    def _within_its_years(self) -> Self:
        if self.first_year > self.last_year:
            raise Misplaced([(("last_year",), "must not be before first_year")])
        outside = [day for day in self.days if not self.first_year <= day.year <= self.last_year]
        if outside:
            span = f"{self.first_year} to {self.last_year}"
            raise Misplaced(
                [(("days", str(day)), f"is outside {span} (change first_year, last_year)") for day in outside]
            )
        return self


Known = dict[Path, HolidayFile | tuple[Problem, ...]]
"""Files that have been read already, good ones and bad ones: a contract is read once for every date it changes on."""


def read_holidays(path: Path, known: Known | None = None) -> HolidayFile:
    """The file of days at a path. Raises Elsewhere with the problems of that file."""
    known = {} if known is None else known
    if path not in known:
        known[path] = read_model(path, HolidayFile)
    found = known[path]
    if isinstance(found, HolidayFile):
        return found
    raise Elsewhere("is not a good file of bank holidays (see its own lines)", found)
