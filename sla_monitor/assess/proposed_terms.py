"""What new terms of a contract come to, before anybody approves them: in words, and in bands, points and money."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sla_monitor.assess.compare import Comparison, what_if
from sla_monitor.assess.history import Cache
from sla_monitor.assess.term_changes import TermChange, term_changes
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.edges import month_at
from sla_monitor.sla.evidence import Evidence

MONTHS = 12
"""Recorded months that are over, of which it is told: the last ones."""
HISTORIES_KEPT = 12
"""Of terms that somebody looks at: up to four a proposal, 1 MB each after ten years."""


@dataclass(frozen=True, slots=True)
class ChangedTerms:
    """What two contracts say differently in `[from_ms, until_ms)`; None: without a beginning, or an end."""

    from_ms: int | None
    until_ms: int | None
    changes: tuple[TermChange, ...]


@dataclass(frozen=True, slots=True)
class TermsEffect:
    """What a draft changes. `written`: the last recorded months as both files have them, so that a month that differs
    is one that the draft restates; `supposed`: the same months as if the last version of each had held in all of them.
    """

    words: tuple[ChangedTerms, ...]
    written: Comparison
    supposed: Comparison

    @property
    def restated(self) -> tuple[str, ...]:
        """The months that are over and would come out otherwise."""
        return tuple(month.month for month in self.written.months if month.is_different)


@dataclass
class KeptHistories:
    """What closed months came to by the terms of some files, those that were asked for last. Terms are told apart by
    their files' digest, holidays included; those that were read from no file are not kept."""

    _kept: OrderedDict[tuple[str, str, int | None], tuple[Contract, Cache]] = field(default_factory=OrderedDict)

    def of(self, contract: Contract, at_ms: int | None = None) -> tuple[Contract, Cache]:
        """A contract with what is known of it; as if the terms of one instant had held since it began, where one is
        given."""
        if len(contract.versions) == 1:
            at_ms = None  # they have
        key = None if contract.files is None else (contract.id, contract.files.digest, at_ms)
        found = self._kept.pop(key, None) if key is not None else None
        if found is None:
            found = contract if at_ms is None else _always(contract, at_ms), Cache()
        if key is not None:
            self._kept[key] = found
            while len(self._kept) > HISTORIES_KEPT:
                self._kept.popitem(last=False)
        return found


def terms_effect(
    ours: Contract, draft: Contract, evidence: Evidence, now_ms: int, kept: KeptHistories | None = None
) -> TermsEffect:
    """Both contracts have the same id and currency. `kept`: given again, it spares what is known."""
    known = kept or KeptHistories()
    until, first = month_at(now_ms, ours.time_zone), _first_month(ours, evidence)
    edge_ms = max(one.versions[-1].from_ms for one in (ours, draft))

    def compared(at_ms: int | None) -> Comparison:
        (one, mine), (other, theirs) = (known.of(contract, at_ms) for contract in (ours, draft))
        return _last(what_if(one, other, evidence, until, now_ms, (mine, theirs)), first)

    return TermsEffect(tuple(contract_changes(ours, draft)), compared(None), compared(edge_ms))


def contract_changes(ours: Contract, draft: Contract) -> Iterator[ChangedTerms]:
    """What two contracts say differently, by the time in which they do, oldest first. What stays as it is between two
    versions is told once."""
    edges = sorted({version.from_ms for one in (ours, draft) for version in one.versions[1:]})
    stretches: list[ChangedTerms] = []
    for start_ms, end_ms in zip([None, *edges], [*edges, None], strict=True):
        at_ms = start_ms if start_ms is not None else min(one.versions[0].from_ms for one in (ours, draft))
        found = tuple(term_changes(ours.version_at(at_ms).terms, draft.version_at(at_ms).terms, unsaid=frozenset()))
        if stretches and stretches[-1].changes == found:
            stretches[-1] = replace(stretches[-1], until_ms=end_ms)
        else:
            stretches.append(ChangedTerms(start_ms, end_ms, found))
    return (one for one in stretches if one.changes)


def changes_in(several: Iterable[ChangedTerms]) -> tuple[TermChange, ...]:
    """Each change once, whenever it holds."""
    return tuple(dict.fromkeys(change for one in several for change in one.changes))


def _always(contract: Contract, at_ms: int) -> Contract:
    """As if the terms of one instant had held since the contract began."""
    version = contract.version_at(at_ms)
    return Contract((TermsVersion(contract.versions[0].from_ms, version.terms, version.reference),), contract.file)


def _first_month(contract: Contract, evidence: Evidence) -> str:
    """The first of which anything was seen, or said."""
    zone, first_ms = contract.time_zone, evidence.first_ms(contract.id)
    said = (month for entry in evidence.entries(contract.id) for month in entry.body.months(zone)[:1])
    return min([*said, *([] if first_ms is None else [month_at(first_ms, zone)])], default="9999-12")


def _last(found: Comparison, first: str) -> Comparison:
    return replace(found, months=tuple(month for month in found.months if month.month >= first)[-MONTHS:])
