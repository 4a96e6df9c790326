"""Evidence of several contracts in one assessment: what is read of all endpoints for one is there for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from sla_monitor.sla.evidence import Evidence, Forwarding
from sla_monitor.sla.spans import Span

SpansByContract = Mapping[str, Mapping[str, Sequence[Span]]]


class Together(Forwarding):
    """To read each contract's part by itself would verify the record's names once for each: a hundred contracts of a
    thousand endpoints would take ten thousand times as long as one of them, and not a hundred times."""

    def __init__(self, evidence: Evidence, contracts: Sequence[str]) -> None:
        self._evidence, self._contracts = evidence, contracts
        self._read: dict[tuple[int, int], SpansByContract] = {}

    def behind(self) -> Evidence:
        return self._evidence

    def contract_spans(self, contract: str, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        asked = start_ms, end_ms
        if asked not in self._read:
            found: dict[str, dict[str, Sequence[Span]]] = {}
            for key, several in self._evidence.spans(start_ms, end_ms).items():
                found.setdefault(key.partition("/")[0], {})[key] = several
            self._read[asked] = found
        return self._read[asked].get(contract, {})

    @cached_property
    def _firsts(self) -> Mapping[str, int | None]:
        return self._evidence.firsts_ms(self._contracts)

    def first_ms(self, contract: str) -> int | None:
        return self._firsts[contract]
