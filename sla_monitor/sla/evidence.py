"""Evidence, from a ledger or from a file: everything that a contract's months are calculated from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.attachments import EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample, Samples
from sla_monitor.sla.spans import Fingerprint, Span, fingerprint_of

EndpointSamples = Iterator[tuple[str, Samples]]
"""An endpoint's key and probes of it: an hour of them, say, and the later ones later."""


class Evidence(ABC):
    """The questions. Instants are UTC milliseconds, ranges `[start_ms, end_ms)`, answers ascending by time or number.

    The same evidence gives the same assessment, whoever holds it. What is not abstract has the answer of evidence that
    is a file of spans and probes: nothing was brought in, and nothing is kept.
    """

    @abstractmethod
    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        """The whole spans that overlap a range, by endpoint key."""

    @abstractmethod
    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterable[Sample]:
        """The probes of one endpoint that began in a range. Asked for response times, error rates and slow answers
        alone: everything else is in the spans."""

    @abstractmethod
    def entries(self, contract: str) -> Sequence[Entry]:
        """All that the register says of a contract, undone entries included."""

    @abstractmethod
    def first_ms(self, contract: str) -> int | None:
        """Since when anything of a contract was seen; None: nothing was."""

    def entry_files(self, contract: str) -> Sequence[EntryFile]:
        """The files that go with entries of a contract, by name and digest, in the order in which they were attached.
        No figure is made of them."""
        return ()

    def contract_spans(self, contract: str, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        """Those of one contract's endpoints."""
        ours = f"{contract}/"
        return {key: several for key, several in self.spans(start_ms, end_ms).items() if key.startswith(ours)}

    def firsts_ms(self, contracts: Sequence[str]) -> Mapping[str, int | None]:
        """`first_ms` of several contracts."""
        return {contract: self.first_ms(contract) for contract in contracts}

    @property
    def reads_together(self) -> bool:
        """Whether the probes of many endpoints cost little more than those of one."""
        return False

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        """The probes of these endpoints that began in a range, in pieces of a day at most; each endpoint's ascend."""
        for key in keys:
            for piece in Samples.of(self.samples(key, start_ms, end_ms)).by_day():
                yield key, piece

    def clock_moves(self, start_ms: int, end_ms: int) -> Sequence[ClockMove]:
        """When the clock was set or the host slept, as far as that concerns a range and is known; in the order in which
        it was noticed."""
        return ()

    def imports(self, contract: str) -> Sequence[Import]:
        """What was brought in of a contract from elsewhere and is in force, ascending."""
        return ()

    def imported(self, contract: str, start_ms: int, end_ms: int) -> Mapping[int, Mapping[str, Intervals]]:
        """By the import's number and by endpoint key, when what is known in a range was brought in."""
        return {}

    def imports_in(self, contract: str, start_ms: int, end_ms: int) -> list[tuple[Import, Mapping[str, Intervals]]]:
        """What was brought in and counts anywhere in a range, with when, by endpoint key."""
        if not (several := self.imports(contract)):
            return []
        found = self.imported(contract, start_ms, end_ms)
        return [(one, found[one.number]) for one in several if one.number in found]

    def fingerprint(self, contract: str, range_ms: tuple[int, int], within_ms: tuple[int, int]) -> Fingerprint:
        """Of a contract's spans that overlap a range: of outages as they are, of UP as far as it lies within the range,
        and of anything else within a wider one. A ledger has it for less than it takes to read the spans."""
        ours = {key: several for key, several in self.spans(*range_ms).items() if key.startswith(f"{contract}/")}
        return fingerprint_of(ours, range_ms, within_ms)

    def held_since_ms(self) -> int | None:
        """Of which instant the oldest probe tells that was taken and cannot be read yet; None: there is none."""
        return None

    def keep_samples(self, keys: Sequence[str], since_ms: int, until_ms: int) -> None:
        """The probes of these endpoints will be asked for, from then on until then: keep them where they are read
        quickly, for the next start."""
        return

    def worked_out(self, digest: str) -> str | None:
        """The answer that was kept for a question; None: there is none."""
        return None

    def keep(self, digest: str, body: str) -> None:
        """Keep an answer, where that is possible."""
        return


class Forwarding(Evidence):
    """Evidence that is another's in all that it does not answer itself: nothing is lost because nobody thought of it.

    Whoever changes the spans answers `fingerprint` from them too, by `own_fingerprint`.
    """

    own_fingerprint = Evidence.fingerprint

    @abstractmethod
    def behind(self) -> Evidence:
        """The other one."""

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        return self.behind().spans(start_ms, end_ms)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterable[Sample]:
        return self.behind().samples(key, start_ms, end_ms)

    def entries(self, contract: str) -> Sequence[Entry]:
        return self.behind().entries(contract)

    def first_ms(self, contract: str) -> int | None:
        return self.behind().first_ms(contract)

    @property
    def reads_together(self) -> bool:
        return self.behind().reads_together

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        return self.behind().columns(keys, start_ms, end_ms)

    def clock_moves(self, start_ms: int, end_ms: int) -> Sequence[ClockMove]:
        return self.behind().clock_moves(start_ms, end_ms)

    def imports(self, contract: str) -> Sequence[Import]:
        return self.behind().imports(contract)

    def imported(self, contract: str, start_ms: int, end_ms: int) -> Mapping[int, Mapping[str, Intervals]]:
        return self.behind().imported(contract, start_ms, end_ms)

    def fingerprint(self, contract: str, range_ms: tuple[int, int], within_ms: tuple[int, int]) -> Fingerprint:
        return self.behind().fingerprint(contract, range_ms, within_ms)

    def entry_files(self, contract: str) -> Sequence[EntryFile]:
        return self.behind().entry_files(contract)

    def held_since_ms(self) -> int | None:
        return self.behind().held_since_ms()

    def keep_samples(self, keys: Sequence[str], since_ms: int, until_ms: int) -> None:
        self.behind().keep_samples(keys, since_ms, until_ms)

    def worked_out(self, digest: str) -> str | None:
        return self.behind().worked_out(digest)

    def keep(self, digest: str, body: str) -> None:
        self.behind().keep(digest, body)
