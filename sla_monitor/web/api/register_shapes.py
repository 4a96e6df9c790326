"""The shapes of what the desk's addresses answer with, beside `shapes`: entries, previews, months."""

from __future__ import annotations

from typing_extensions import TypedDict

from sla_monitor.document.entries import EntryDocument
from sla_monitor.web.api.shapes import ProblemJson, WithReasons


class EntryJson(EntryDocument, WithReasons):
    """One entry of the register, as whoever asks may read it."""

    url: str
    """This entry."""
    known_by: str | None
    """How the program knew who it is, in words."""
    undone_by: int | None
    """The entry that takes it back."""


class EntriesJson(WithReasons):
    """Entries of a contract, ascending."""

    contract: str
    """The contract's id."""
    last_number: int
    """The number of its last entry: what `If-Match` is given of whoever has read up to here; 0: there is none."""
    entries: list[EntryJson]
    """Those of this page."""
    next: str | None
    """The address of the page after it."""


class FigureChangeJson(TypedDict):
    """A figure of a month that is over, and what it would become."""

    month: str
    """The service period."""
    figure: str
    """The KPI's id, or the points, the credit or what is set off."""
    before: str
    """As it is now."""
    after: str
    """As it would be."""


class PreviewJson(TypedDict):
    """What an entry would change. Nothing was entered."""

    entry: EntryJson
    """The entry as it would stand."""
    last_number: int
    """What `If-Match` is given to enter it only as long as nobody else enters anything."""
    reaches_closed_months: bool
    """Whether it may change figures of months that are over: then `If-Match` is required."""
    changes: list[FigureChangeJson]
    """Every figure of a month that is over that would become another."""
    doubts: list[str]
    """What it does not do, though whoever enters it may think so."""


class EnteredJson(TypedDict):
    """What was entered."""

    entry: EntryJson
    """The entry."""
    last_number: int
    """The number of the contract's last entry now."""
    is_again: bool
    """Whether the same submission had come in before: nothing was entered a second time."""


class FieldProblemJson(TypedDict):
    """What is wrong with one field."""

    pointer: str
    """Where it is in the request's body (RFC 6901)."""
    detail: str
    """What is wrong with it."""
    remedy: str
    """What would be right; empty: what is wrong says it."""


class EntryProblemJson(ProblemJson):
    """Why an entry was refused."""

    errors: list[FieldProblemJson]
    """Everything that is wrong with it."""
