"""Bank holidays as a reviewed file, and the one place that asks the `holidays` library for them.

The library is asked once, by `sla-monitor calendar freeze`; contracts read the file. So an update of the library,
or a correction in it, never changes the credit of a month that is past.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from sla_monitor.contract.fields import Day, Misplaced, Name, Strict, Whole
from sla_monitor.contract.reading.model_file import Elsewhere, model_of
from sla_monitor.contract.reading.nodes import START, Document, Leaf, Problem
from sla_monitor.contract.reading.yaml_file import parse_document, read_content
from sla_monitor.contract.terms_files import KeptTerms
from sla_monitor.errors import CalendarError

HANDED = "holidays-"
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
    first_year: Year = Field(description="The first year that the file covers.")
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


@dataclass(slots=True)
class HolidayFiles:
    """The files of bank holidays of one contract, each read once, good ones and bad ones: a contract is read once for
    every date it changes on. `kept`: the contents that they had, where they are not to be read from where they are;
    `contents`: what was read, by path."""

    kept: KeptTerms | None = None
    contents: dict[Path, bytes] = field(default_factory=dict)
    _known: dict[Path, HolidayFile | tuple[Problem, ...]] = field(default_factory=dict)

    def read(self, path: Path, key: str) -> HolidayFile:
        """The file of days at a path, which a model names under a key. Raises Elsewhere with the problems of that
        file."""
        if path not in self._known:
            self._known[path] = self._model(path)
        found = self._known[path]
        if isinstance(found, HolidayFile):
            return found
        raise Elsewhere(key, found)

    def _model(self, path: Path) -> HolidayFile | tuple[Problem, ...]:
        found = read_content(path) if self.kept is None else self._kept(self.kept, path)
        if isinstance(found, bytes):
            self.contents[path] = found
            return model_of(parse_document(found, str(path)), HolidayFile)
        return model_of(found, HolidayFile)

    def _kept(self, kept: KeptTerms, path: Path) -> bytes | Document:
        """What is kept of it. Nothing is read from where a file was, or from where somebody's draft says."""
        content = kept.holidays(path)
        if content is not None:
            return content
        document = Document(path.name, Leaf(START, None))
        document.blame(START, "file", "is not among the files of these terms (give it with them)")
        return document


@dataclass(frozen=True, slots=True)
class HolidayPlace:
    """The folder that files of bank holidays were put in. `is_only`: each under its `handed_name`, and no other file is
    read; else each under its `bare_name`, and the contract's own path counts for a file that is not there. `own`: for
    each file that is read here, the path that the contract names."""

    folder: Path
    is_only: bool = True
    own: dict[Path, Path] = field(default_factory=dict)

    def path_of(self, path: Path) -> Path:
        """Where a file that a contract names is read."""
        put = self.folder / (handed_name(path) if self.is_only else bare_name(path))
        if not self.is_only and not put.exists():
            return path
        self.own[put] = path
        return put


def handed_name(path: Path) -> str:
    """What a file is called in the folder in which it is given to somebody, whatever its own name has in it."""
    return HANDED + bare_name(path)


def bare_name(path: Path) -> str:
    """The same without what says that it holds bank holidays: a file that is called so, is called so still."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", path.name, flags=re.ASCII)


def frozen(country: str, region: str | None, first_year: int, last_year: int) -> HolidayFile:
    """Ask the library for the public holidays of some years.

    Raises CalendarError where it is not installed, or does not know the place.
    """
    try:
        import holidays
    except ImportError:
        raise CalendarError("the holidays library is not installed (pip install 'sla-monitor[calendars]')") from None
    try:
        found = holidays.country_holidays(
            country, subdiv=region, years=range(first_year, last_year + 1), language="en_US"
        )
    except NotImplementedError as error:
        raise CalendarError(f"{' '.join(str(error).split())[:300]} (write for example GB ENG)") from None
    days = {day: name for day, name in sorted(found.items()) if first_year <= day.year <= last_year}
    if not days:
        raise CalendarError(f"no holiday of {country} is known from {first_year} to {last_year} (check the years)")
    return HolidayFile(
        country=country,
        region=region,
        first_year=first_year,
        last_year=last_year,
        made_with=f"holidays {version('holidays')}",
        days=days,
    )


def spelled_file(file: HolidayFile) -> str:
    """The file as YAML, one day a line, so that a change is seen in review."""
    region = [f"region: {file.region}"] if file.region else []
    place = " ".join(filter(None, (file.country, file.region)))
    made_by = f"sla-monitor calendar freeze {place} --from {file.first_year} --until {file.last_year}"
    return "\n".join(
        [
            "# Days on which a service may be closed, frozen: contracts read this file, and nothing else knows of it.",
            f"# Made by: {made_by}",
            f"country: {file.country}",
            *region,
            f"first_year: {file.first_year}",
            f"last_year: {file.last_year}",
            f"made_with: {json.dumps(file.made_with)}",
            "days:",
            *(f"  {day}: {json.dumps(name, ensure_ascii=False)}" for day, name in sorted(file.days.items())),
            "",
        ]
    )


def changed_days(old: HolidayFile, new: HolidayFile) -> Iterator[str]:
    """What is different, a line for each day: `+` added, `-` gone, `~` named otherwise."""
    for day in sorted(old.days.keys() | new.days.keys()):
        before, after = old.days.get(day), new.days.get(day)
        if before is None:
            yield f"+ {day} {after}"
        elif after is None:
            yield f"- {day} {before}"
        elif before != after:
            yield f"~ {day} {before} -> {after}"
