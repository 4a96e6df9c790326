"""Two lists of outages of one service, ours and theirs, held against each other. All intervals are half-open
milliseconds.

Only time inside `compared` is compared. Outages match where they overlap there: what overlaps, directly or through
others, is one match, so that one outage of theirs may match several of ours and the reverse. Outages that only touch do
not overlap. Every millisecond of either list is in exactly one match, which is why the sums of the matches are those of
the lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from sla_monitor.periods.intervals import Intervals, intersect, length, subtract, union

Verdict: TypeAlias = Literal["agreed", "differs", "ours_only", "theirs_only", "unseen"]
"""agreed: no stretch on which the lists disagree is longer than the tolerance, nor all of them together longer than
twice the tolerance (once for each edge), and we saw all of it. differs: both have an outage, of other lengths.
ours_only, theirs_only: the other list has nothing that overlaps. unseen: theirs lies wholly in time in which we saw
nothing."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
EDGES = 2


@dataclass(frozen=True, slots=True)
class DowntimeTotals:
    """Milliseconds. ours = both + ours alone; theirs = both + theirs alone. `unseen_ms` is the part of theirs alone in
    which we saw nothing: it is no agreement and no contradiction."""

    both_ms: int = 0
    ours_alone_ms: int = 0
    theirs_alone_ms: int = 0
    unseen_ms: int = 0

    @property
    def ours_ms(self) -> int:
        return self.both_ms + self.ours_alone_ms

    @property
    def theirs_ms(self) -> int:
        return self.both_ms + self.theirs_alone_ms

    @property
    def difference_ms(self) -> int:
        """Theirs less ours."""
        return self.theirs_ms - self.ours_ms

    def __add__(self, other: DowntimeTotals) -> DowntimeTotals:
        return DowntimeTotals(
            self.both_ms + other.both_ms,
            self.ours_alone_ms + other.ours_alone_ms,
            self.theirs_alone_ms + other.theirs_alone_ms,
            self.unseen_ms + other.unseen_ms,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Outages that overlap, by their positions in the two lists, and the time that is in both or in one of them."""

    verdict: Verdict
    ours: tuple[int, ...]
    theirs: tuple[int, ...]
    both: Intervals
    ours_alone: Intervals
    theirs_alone: Intervals
    unseen: Intervals

    @property
    def start_ms(self) -> int:
        return self._whole[0][0]

    @property
    def end_ms(self) -> int:
        return self._whole[-1][1]

    @property
    def _whole(self) -> Intervals:
        return union(self.both, self.ours_alone, self.theirs_alone)

    @property
    def sums(self) -> DowntimeTotals:
        return DowntimeTotals(*map(length, (self.both, self.ours_alone, self.theirs_alone, self.unseen)))


def reconcile(
    ours: Sequence[Intervals],
    theirs: Sequence[Intervals],
    compared: Intervals,
    unseen: Intervals,
    tolerance_ms: int,
) -> tuple[Match, ...]:
    """Every match, ascending. `ours` and `theirs`: the time of each outage; those of a list may overlap. `unseen`: when
    we saw nothing. An outage without any time inside `compared` is in no match."""
    inside = [[intersect(one, compared) for one in several] for several in (ours, theirs)]
    found = [_match(inside[0], inside[1], group, unseen, tolerance_ms) for group in _groups([*inside[0], *inside[1]])]
    return tuple(sorted(found, key=lambda match: match.start_ms))


def _groups(several: Sequence[Intervals]) -> Iterator[list[int]]:
    """The positions of those that overlap, directly or through others."""
    leaders = list(range(len(several)))

    def leader(position: int) -> int:
        while leaders[position] != position:
            leaders[position] = leaders[leaders[position]]
            position = leaders[position]
        return position

    reaching, reach_ms = 0, -1
    for start_ms, end_ms, position in sorted((*pair, i) for i, one in enumerate(several) for pair in one):
        if start_ms < reach_ms:
            leaders[leader(position)] = leader(reaching)
        if end_ms > reach_ms:
            reaching, reach_ms = position, end_ms
    groups: dict[int, list[int]] = {}
    for position, one in enumerate(several):
        if one:
            groups.setdefault(leader(position), []).append(position)
    yield from groups.values()


def _match(
    ours: Sequence[Intervals], theirs: Sequence[Intervals], group: Sequence[int], unseen: Intervals, tolerance_ms: int
) -> Match:
    mine = tuple(position for position in group if position < len(ours))
    other = tuple(position - len(ours) for position in group if position >= len(ours))
    a, b = union(*(ours[i] for i in mine)), union(*(theirs[i] for i in other))
    theirs_alone = subtract(b, a)
    parts = intersect(a, b), subtract(a, b), theirs_alone, intersect(theirs_alone, unseen)
    return Match(_verdict(bool(mine), bool(other), parts, tolerance_ms), mine, other, *parts)


def _verdict(
    has_ours: bool,
    has_theirs: bool,
    parts: tuple[Intervals, Intervals, Intervals, Intervals],
    tolerance_ms: int,
) -> Verdict:
    _, ours_alone, theirs_alone, unseen = parts
    if not has_ours:
        return "unseen" if unseen == theirs_alone else "theirs_only"
    if not has_theirs:
        return "ours_only"
    stretches = [end_ms - start_ms for start_ms, end_ms in (*ours_alone, *theirs_alone)]
    is_close = max(stretches, default=0) <= tolerance_ms and sum(stretches) <= EDGES * tolerance_ms
    return "agreed" if is_close and not unseen else "differs"
