"""One contract and its evidence at one instant: what all its months have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sla_monitor.assess.result_cache import recalled
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, month_at, run_of
from sla_monitor.periods.months import TermMonths, shifted
from sla_monitor.periods.terms_slices import ServiceHours, margin_ms
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import TicketRecord
from sla_monitor.register.entries_by_time import EntriesByTime
from sla_monitor.sla.evidence import EndpointSamples, Evidence
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.spans import Span


@dataclass(frozen=True)
class ContractContext:
    """A contract and its evidence at one instant; the same for all months.

    `seen`: the only spans that there are, in place of the evidence's. `known`: answers that were given a moment ago.
    `together`: the endpoints whose observations are read at once and held. `imports`: what was brought in from
    elsewhere.
    """

    contract: Contract
    evidence: Evidence
    effective: EffectiveEntries
    now_ms: int
    hours: ServiceHours = field(default_factory=ServiceHours)
    seen: Mapping[str, Sequence[Span]] | None = None
    known: dict[str, str] = field(default_factory=dict)
    digests: dict[int, tuple[Terms, str]] = field(default_factory=dict)
    together: frozenset[str] = frozenset()
    imports: tuple[Import, ...] = ()
    read_samples: dict[tuple[int, int], dict[str, list[Samples]]] = field(default_factory=dict)

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        """The whole spans of the contract's endpoints that overlap a range, by endpoint key."""
        if self.seen is None:
            return self.evidence.contract_spans(self.contract.id, start_ms, end_ms)
        return {
            key: [span for span in several if span.start_ms < end_ms and span.end_ms > start_ms]
            for key, several in self.seen.items()
        }

    def samples(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        """The observations of these endpoints that began in a range. Of those that are asked for `together`, all are
        read with the first: a record is read through for any of them."""
        if not self.together.issuperset(keys):
            return self.evidence.columns(keys, start_ms, end_ms)
        if (start_ms, end_ms) not in self.read_samples:
            found = self.read_samples[start_ms, end_ms] = {key: [] for key in sorted(self.together)}
            for key, piece in self.evidence.columns(tuple(found), start_ms, end_ms):
                found[key].append(piece)
        read = self.read_samples[start_ms, end_ms]
        return ((key, piece) for key in keys for piece in read[key])

    def recall(self, question: object, answer: Callable[[], str]) -> str:
        """The answer to a question about time of which everything is in: given once, and kept where it can be."""
        return recalled(self.evidence, self.known, question, answer)

    def imports_in(self, start_ms: int, end_ms: int) -> tuple[Import, ...]:
        """What was brought in of a range: whatever is made of its single observations is made again when others came
        in."""
        return tuple(one for one in self.imports if one.start_ms < end_ms and one.until_ms > start_ms)

    @cached_property
    def entries_by_time(self) -> EntriesByTime:
        return EntriesByTime(self.effective)

    @cached_property
    def run(self) -> TermMonths:
        return run_of(self.contract)

    @cached_property
    def this_month(self) -> str:
        return month_at(self.now_ms, self.contract.time_zone)

    @cached_property
    def has_ended(self) -> bool:
        """Whether the contract's term is over."""
        return self.contract.has_ended(self.now_ms)

    def months(self, until_month: str) -> Iterator[str]:
        """The months of the term before one, as far as they have ended; a last part month ends with the term."""
        month, last = self.run.first, self.run.last or until_month
        while month < until_month and month <= last and (month < self.this_month or self.has_ended):
            yield month
            month = shifted(month, 1)

    @cached_property
    def first_ms(self) -> int | None:
        """Since when anything of the contract was seen."""
        return self.evidence.first_ms(self.contract.id)

    @cached_property
    def recorded_ms(self) -> int | None:
        """Since when anything of it was seen, or a ticket recorded: before that, no ticket does not mean none."""
        opened = (said.opened_ms for _, said in self.effective.of(TicketRecord))
        return min((at_ms for at_ms in (self.first_ms, *opened) if at_ms is not None), default=None)

    @cached_property
    def margin_ms(self) -> int:
        """How long after a month's end everything that was seen of it is in."""
        return margin_ms(self.contract)

    @cached_property
    def open_tickets(self) -> list[int]:
        """When those that are still open were opened."""
        return [said.opened_ms for _, said in self.effective.of(TicketRecord) if said.ended_ms is None]

    @property
    def case(self) -> RequestContext:
        return RequestContext(self.contract, self.effective)


def is_over(contract_context: ContractContext, period: Period) -> bool:
    """Whether everything that was seen of a period is in: observations may be late, and outages go on over its end."""
    return period.end_ms + contract_context.margin_ms <= contract_context.now_ms
