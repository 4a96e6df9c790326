"""The time of one service in one view, by class, month by month: what becomes `Seconds` in the end.

Months of a longer measurement period are joined: an outage over their edge is one outage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.periods.intervals import Intervals, intersect, length, subtract
from sla_monitor.sla.aggregation import WHOLE
from sla_monitor.sla.downtime import CountedOutage, Loss, Seconds, counted_ms, time_that_counts


class Lost(NamedTuple):
    """An outage: `[start_ms, end_ms)` as a whole, wherever that lies, and the milliseconds of it that count, by the
    share of the service that was lost. A tuple, as the next two are: hundreds are made at every assessment."""

    start_ms: int
    end_ms: int
    counted: tuple[tuple[Fraction, int], ...] = ()

    @property
    def weighted_ms(self) -> int:
        """The time that counts by its shares, to the nearest millisecond."""
        return sum([ms if share is WHOLE else round(share * ms) for share, ms in self.counted])


class TimeSlice(NamedTuple):
    """A part of an outage inside the hours, with the share of the service that was lost in it."""

    start_ms: int
    end_ms: int
    share: Fraction


class Spell(NamedTuple):
    """An outage with its pieces inside the hours of a period. `gross`: what counts of it where nothing is excluded."""

    start_ms: int
    end_ms: int
    pieces: Sequence[TimeSlice]
    gross: Lost

    def outside(self, excluded: Intervals) -> Lost:
        """What counts of it."""
        for start_ms, end_ms in excluded:
            if start_ms < self.end_ms and end_ms > self.start_ms:
                return lost_of(self.start_ms, self.end_ms, list(_left_of(self.pieces, excluded)))
        return self.gross


def spell_of(start_ms: int, end_ms: int, pieces: Sequence[TimeSlice]) -> Spell:
    """An outage that is made of these pieces."""
    return Spell(start_ms, end_ms, pieces, lost_of(start_ms, end_ms, pieces))


def lost_of(start_ms: int, end_ms: int, pieces: Sequence[TimeSlice]) -> Lost:
    """What the pieces of an outage add up to."""
    if len(pieces) == 1:
        begins_ms, ends_ms, share = pieces[0]
        return Lost(start_ms, end_ms, ((share, ends_ms - begins_ms),))
    whole_ms, parts = 0, dict[Fraction, int]()
    for begins_ms, ends_ms, share in pieces:
        if share is WHOLE:
            whole_ms += ends_ms - begins_ms
        else:
            parts[share] = parts.get(share, 0) + ends_ms - begins_ms
    return Lost(start_ms, end_ms, ((WHOLE, whole_ms), *parts.items()) if whole_ms else tuple(parts.items()))


def _left_of(pieces: Iterable[TimeSlice], excluded: Intervals) -> Iterator[TimeSlice]:
    for piece in pieces:
        for start_ms, end_ms in subtract([piece[:2]], excluded):
            yield TimeSlice(start_ms, end_ms, piece.share)


@dataclass(frozen=True, slots=True)
class Through:
    """What a service was through its hours so far: up, degraded, unknown and the spells' pieces tile them."""

    hours: Intervals
    up: Intervals
    degraded: Intervals
    unknown: Intervals
    spells: tuple[Spell, ...]

    @property
    def down(self) -> Intervals:
        """Where any of it was down."""
        joined: Intervals = []
        for spell in self.spells:
            for piece in spell.pieces:
                if joined and joined[-1][1] == piece.start_ms:
                    joined[-1] = (joined[-1][0], piece.end_ms)
                else:
                    joined.append((piece.start_ms, piece.end_ms))
        return joined


@dataclass(frozen=True)
class Time:
    """A service's hours by class, in milliseconds, apart from each other; what is left over was up."""

    start_ms: int
    end_ms: int
    agreed_ms: int
    lost: tuple[Lost, ...] = ()
    excluded_ms: int = 0
    excluded_down_ms: int = 0
    degraded_ms: int = 0
    unknown_ms: int = 0
    kept_ms: int = 0

    @cached_property
    def seconds(self) -> Seconds:
        losses = _losses(self.lost)
        return Seconds(
            self.agreed_ms,
            losses,
            self.excluded_ms,
            self.excluded_down_ms,
            self.degraded_ms,
            self.unknown_ms,
            self.kept_ms,
        )

    def outages(self, counting: Counting) -> tuple[CountedOutage, ...]:
        """Every outage with what it is by a way of counting. Together they are no more than the time that counts, which
        begun minutes could pass."""
        if counting.minutes == "exact" and counting.shortest_outage_ms is None:  # as in most contracts
            return tuple([CountedOutage(start_ms, end_ms, _exact(counted)) for start_ms, end_ms, counted in self.lost])
        left_ms: Fraction | int = time_that_counts(self.seconds, counting)[0]
        found: list[CountedOutage] = []
        for lost in self.lost:
            ms = min(sum([counted_ms(loss, counting) for loss in _losses([lost])]), left_ms)
            found.append(CountedOutage(lost.start_ms, lost.end_ms, ms))
            left_ms -= ms
        return tuple(found)


def _exact(counted: Sequence[tuple[Fraction, int]]) -> Fraction | int:
    """The time that counts by its shares."""
    if len(counted) == 1 and counted[0][0] is WHOLE:
        return counted[0][1]
    return sum([ms if share is WHOLE else ms * share for share, ms in counted])


def _losses(several: Iterable[Lost]) -> tuple[Loss, ...]:
    """A loss for each share of each outage."""
    losses: list[Loss] = []
    for start_ms, end_ms, counted in several:
        together_ms = sum([ms for _, ms in counted]) if len(counted) > 1 else None
        for share, ms in counted:
            losses.append(Loss(end_ms - start_ms, ms, share, together_ms))
    return tuple(losses)


def time_of(
    through: Through, start_ms: int, end_ms: int, excluded: Intervals, kept: Sequence[tuple[int, int]] = ()
) -> Time:
    """The classes of a period once some of it is excluded. `kept`: the part of that which is deemed available."""
    if not excluded:
        lost = tuple([spell.gross for spell in through.spells])
        agreed_ms, degraded_ms, unknown_ms = map(length, (through.hours, through.degraded, through.unknown))
        return Time(start_ms, end_ms, agreed_ms, lost, 0, 0, degraded_ms, unknown_ms)
    return Time(
        start_ms,
        end_ms,
        length(through.hours),
        tuple([spell.outside(excluded) for spell in through.spells]),
        length(intersect(through.hours, excluded)),
        length(intersect(through.down, excluded)),
        length(subtract(through.degraded, excluded)),
        length(subtract(through.unknown, excluded)),
        length(intersect(through.hours, list(kept))),
    )


def joined(times: Sequence[Time]) -> Time:
    """Consecutive periods as one. `times` ascend and are not empty."""
    whole = times[0]
    for following in times[1:]:
        whole = Time(
            whole.start_ms,
            following.end_ms,
            whole.agreed_ms + following.agreed_ms,
            _joined(whole.lost, following.lost, following.start_ms),
            whole.excluded_ms + following.excluded_ms,
            whole.excluded_down_ms + following.excluded_down_ms,
            whole.degraded_ms + following.degraded_ms,
            whole.unknown_ms + following.unknown_ms,
            whole.kept_ms + following.kept_ms,
        )
    return whole


def _joined(before: tuple[Lost, ...], after: tuple[Lost, ...], edge_ms: int) -> tuple[Lost, ...]:
    """What both tell of the outage over the edge is one outage."""
    if not before or not after or before[-1].end_ms < edge_ms or after[0].start_ms > edge_ms:
        return (*before, *after)
    counted = dict(before[-1].counted)
    for share, ms in after[0].counted:
        counted[share] = counted.get(share, 0) + ms
    end_ms = max(before[-1].end_ms, after[0].end_ms)
    return (*before[:-1], before[-1]._replace(end_ms=end_ms, counted=tuple(counted.items())), *after[1:])
