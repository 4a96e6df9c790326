"""A month that is over, as it is signed: its figures, what is open, and whether both parties have signed them.

One place decides whether a signature is of what stands, for the page and for programs. Whoever signs names the digest
of the figures that they were shown, and the authority what was open: where either is another by now, nothing is signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.open_points import open_points, why_not_assessed
from sla_monitor.contract.contract import Contract
from sla_monitor.document.signing_off import sealing_points, signed_words
from sla_monitor.periods.edges import month_at
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Countersigned, Entry, SignOff
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.web.desk.assessed_months import has_month
from sla_monitor.web.desk.entering import DeskRegister
from sla_monitor.web.identity.desk_state import digest_of
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.figure_changes import format_result
from sla_monitor.wording.text import plain

Signature: TypeAlias = Literal["sign_off", "countersignature"]
"""The authority's, and the supplier's."""

MOVED = "The figures have moved since you looked. Look at them again before you sign."
OPENED = "What is open has changed since you looked. Look at it again before you sign."
SIGNED_ANEW = "The authority has signed other figures since you looked. Look at them before you sign."
UNSIGNED = "Nobody has signed the month off for the authority, which signs first."


class NotWhatStands(Exception):  # noqa: N818 - it is no fault
    """Whoever signs was shown something else."""


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month with its signatures. `words`: what a sign-off says of its figures; `points`: what is open, and would be
    acknowledged; `last`: the last entry that all of it was certainly made from. What is signed is entered with it as
    `read_to`: open points of which there are others by then are acknowledged by nobody."""

    days: KnownDays
    last: int
    standing: EffectiveEntries
    assessment: ContractAssessment
    words: Mapping[str, Any]
    points: tuple[str, ...]
    signed: tuple[Entry, SignOff] | None
    countersigned: tuple[Entry, Countersigned] | None

    @property
    def contract(self) -> Contract:
        return self.days.contract

    @property
    def name(self) -> str:
        return self.assessment.period.name

    @property
    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """KPI, title and result, in words."""
        found = self.assessment
        return tuple(
            (
                one.kpi,
                plain(one.title if one.title != one.kpi else ""),
                format_result(one.result, None, one.terms)
                if one.result is not None and one.result.value is not None
                else plain(f"not assessed: {why_not_assessed(found, one)}"),
            )
            for one in found.kpis
        )

    @property
    def digest(self) -> str:
        """Of the figures as they are now."""
        return str(self.words["digest"])

    @property
    def signed_digest(self) -> str:
        """Of the figures that the authority signed; empty: none."""
        return "" if self.signed is None else self.signed[1].digest

    @property
    def is_restated(self) -> bool:
        """Whether what was signed is something else."""
        return self.signed is not None and self.signed_digest != self.digest

    def to_sign(self, by: Signature) -> str:
        """The digest that a party signs; empty: it cannot sign yet."""
        return self.digest if by == "sign_off" else self.signed_digest

    def signature(self, by: Signature, digest: str, seen: str, reason: str = "") -> EntryKind:
        """What a party says by signing. `digest`, `seen`: those of the figures and of what was open (`mark_of`) that
        it was shown. Raises NotWhatStands; RegisterError."""
        if not self.to_sign(by):
            raise NotWhatStands(UNSIGNED)
        if digest != self.to_sign(by):
            raise NotWhatStands(MOVED if by == "sign_off" else SIGNED_ANEW)
        words: dict[str, Any] = {"month": self.name, "digest": digest}
        if by == "sign_off":
            if seen != mark_of(self.points):
                raise NotWhatStands(OPENED)
            words = {**self.words, "acknowledged": self.points or None, "reason": reason}
        return body_of(by, words, self.contract.time_zone)


def mark_of(points: Iterable[str]) -> str:
    """What stands for these open points, in their order."""
    return digest_of(json.dumps(list(points)))


def points_of(site: WebParts, found: ContractAssessment, future: Iterable[str]) -> tuple[str, ...]:
    """What is open of a month that is over, and would be acknowledged by signing it; from a thread. `future`: entries
    that do not count yet.

    All of the record is verified by night, and what figures are made of as it is read: to read ten years of it for a
    page would hold up everybody else.
    """
    damage = f"The record does not verify: {unverified}." if (unverified := site.health().unverified) else ""
    several = (*open_points(found), *future, *filter(None, [damage]), *sealing_points(site.archive, found))
    return tuple(map(plain, several))


async def closed_month(site: WebParts, desk: DeskRegister, contract: Contract, month: str) -> ClosedMonth | None:
    """The month as it is now; None: the contract has no such month that is over. Raises LedgerError and its kinds."""
    if not has_month(contract, month) or month >= month_at(site.clock.now_ms(), contract.time_zone):
        return None
    last = await site.entering.run(desk.last_number, contract.id)  # before all that is made from the register
    standing = await site.entering.run(desk.standing, contract.id)
    future = await site.entering.run(desk.future_entries, contract.id)
    days = await site.entering.run(desk.days, contract)
    found, points = await site.previewing.run(_assessed, site, days, month, future)
    return ClosedMonth(
        days=days,
        last=last,
        standing=standing,
        assessment=found,
        words=signed_words(found),
        points=points,
        signed=standing.sign_off(month),
        countersigned=standing.countersignature(month),
    )


def _assessed(
    site: WebParts, days: KnownDays, month: str, future: list[str]
) -> tuple[ContractAssessment, tuple[str, ...]]:
    """The month's figures and what is open of it, from the one thread of `WebParts.previewing`."""
    with site.previews.asking(days.contract.id) as (evidence, cache):
        found = assess_month(days.contract, evidence, month, site.clock.now_ms(), cache=cache)
    return found, points_of(site, found, future)
