"""EntryKind: the properties and defaults of every kind of entry.

A kind is one class: its fields, its rules at entry, the months that it is about, whether it awaits a decision, its
words and its example. `register/entries.py` lists them. Nobody else asks which kind an entry is of to know these.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from sla_monitor.contract.fields import Strict
from sla_monitor.contract.kpis.counting import ExcludedKind
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import span
from sla_monitor.register.kinds.parts import Timed
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.affected_months import Others
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """The field that is wrong, and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Example:
    """An entry that is accepted where the contract has what it names: shown in the help, and run in a test.

    `words`: by field, as a file has them.
    """

    words: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class Topic(StrEnum):
    """What people come for who enter something, in words and in the order in which the desk lists it."""

    OUTAGES = "Outages and relief"
    FIGURES = "Figures and tickets"
    CREDITS = "Credits"
    MEETING = "Meeting and comments"
    DUTIES = "Obligations"


class Wording(Protocol):
    """How a screen writes what a sentence about an entry is made of."""

    def names(self, names: Sequence[str]) -> str:
        """`a, b and c`; none: `everything`."""

    def label(self, name: str) -> str:
        """`authority cause` for `authority_cause`."""

    def month(self, month: str) -> str: ...
    def money(self, amount: Decimal) -> str: ...
    def at(self, at_ms: int) -> str: ...
    def duration(self, duration_ms: int) -> str: ...


class EntryKind(Strict):
    """Base of every kind. A field `month` is the service period that the entry is about.

    The fields of a kind stand in the order in which the ledger writes them: `kind` is declared by each kind itself.
    """

    example: ClassVar[Example]
    action: ClassVar[Action]
    """What somebody does who enters it, by the access table."""
    topic: ClassVar[Topic | None] = None
    """Under what the desk lists its form; None: it has none there."""
    command: ClassVar[str] = ""
    """The command under `sla-monitor` that enters it, where that is not `register add`."""
    past: ClassVar[tuple[str, ...]] = ()
    """Instants that cannot lie in the future, by their names in files: nobody can have asked yet."""
    is_of_the_past: ClassVar[bool] = False
    """Whether all of its time, or its month, must be over when it is entered."""
    no_undo: ClassVar[str] = ""
    """What is done in place of undoing it, where that would take back what two people agreed on."""
    may_repeat: ClassVar[bool] = False
    """Whether the same words again are no mistake. Elsewhere they would count twice, or say nothing."""
    changes_figures: ClassVar[bool] = True
    """Whether a figure, a point or money may be made of it."""
    explains_final_month: ClassVar[bool] = True
    """Whether it needs a note once a month that it changes is final."""
    is_decidable: ClassVar[bool] = False
    """Whether a decision may be about it."""
    is_in_pack: ClassVar[bool] = True
    """Whether the pack's register lists it; else the pack tells it elsewhere, or not at all."""

    @abstractmethod
    def words(self, say: Wording) -> str:
        """What it says, in one sentence without a full stop and without the time that it is about, which stands
        beside it in lists and the pack."""

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        """What is wrong with it, beyond the rules of every kind (`register/rules.py`)."""
        yield from ()

    def doubts(self, context: EntryContext) -> Iterator[str]:
        """What it does not do, though whoever enters it may think so: a sentence each. No reason to refuse it."""
        yield from ()

    def subject(self) -> int | None:
        """The number of the entry that it is about."""
        return None

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        """The months that it is about, ascending; of what has a subject, its subject's are meant."""
        month = getattr(self, "month", None)
        return () if month is None else (str(month),)

    def reached_months(self, zone: ZoneInfo, others: Others, reach_ms: int) -> Iterable[str]:
        """Months beyond its own whose figures it may change. `reach_ms`: how far an outage reaches over a month's
        end."""
        return ()

    def asks_for_decision(self, contract: Contract) -> bool:
        """Whether it waits for a decision, by the terms in force when what it speaks of began."""
        return False

    @property
    def is_meant_to_change(self) -> bool:
        """Whether it is entered because a figure should become another."""
        return False

    def begins_ms(self, month: str, context: EntryContext) -> int:
        """When it may be entered at the earliest, where it is about a month."""
        return context.whole_month(month).start_ms

    def spoken_for(self, contract: Contract) -> str | None:
        """The party in whose name it is said, which the other one does not say; None: whoever enters it says it."""
        party = getattr(self, "party", None)
        return None if party is None else str(party)

    @property
    def is_internal(self) -> bool:
        """Whether the supplier learns nothing of it (`register/redaction.py`)."""
        return False

    @property
    def no_figures(self) -> frozenset[str]:
        """Its fields whose numbers stand for nothing that anybody measured: no screen shows them."""
        return frozenset()

    def last_word_on(self) -> Hashable | None:
        """What it has the last word on, so that it replaces the entry of its kind that had it before; None: it stands
        beside others of its kind."""
        return None

    def notices(self) -> dict[str, int | None]:
        """When somebody knew, asked or told, by verb, in UTC milliseconds."""
        return {}


class TimedKind(Timed, EntryKind):
    """A kind that is about a stretch of time."""

    excludes: ClassVar[ExcludedKind | None] = None
    """As what its time is left out of figures, where it is."""

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        return span(month_at(self.start_ms, zone), month_at(self.end_ms - 1, zone))
