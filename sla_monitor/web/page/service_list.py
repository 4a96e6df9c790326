"""Many services as rows: the worst first, in groups if asked for, a page at a time; and contracts as rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment, KpiAssessment, Outage
from sla_monitor.board import Watched
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.contract_summary import money_words
from sla_monitor.web.page.kpi_rows import KpiRow, kpi_rows, kpi_state, tally_of
from sla_monitor.web.page.layout import UTC_ZONE
from sla_monitor.web.page.maintenance_rows import silenced_now
from sla_monitor.web.page.selection import EVERYBODY, ListedService, Selection
from sla_monitor.web.page.service_cards import summary
from sla_monitor.wording.durations import format_short_duration
from sla_monitor.wording.instants import format_recent
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import NOT_RECORDED, OUTCOMES, RECOVERED, SEVERITY, describe_reason

MOST_CARDS = 20
"""Services that are shown as cards; more of them are rows."""

ROWS = 50
"""Rows on one page."""

MOST_CONTRACTS = 20
"""Contracts that are listed below the rows; more of them are counted, and found by the filter."""

MOST_WORDS = 120
"""Characters of what an endpoint said that a row shows; all of it stands on the endpoint's page."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a service that is not up: since when, and why. `detail` is hostile text made harmless;
    `since` is empty where nobody knows; `silenced` says that nobody is called, and until when."""

    since: str
    lasting: str
    reason: str
    detail: str
    silenced: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service in one row."""

    state: Outcome
    name: str
    address: str
    supplier: str
    contract: str
    criticality: str
    affects: str
    in_hand: str
    summary: str
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading; `label` is empty where nothing is grouped, `address` shows the group alone."""

    label: str
    address: str
    tally: str
    is_continued: bool
    rows: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True)
class ServiceList:
    """One page of rows, and what stands elsewhere."""

    groups: tuple[RowGroup, ...]
    first: int
    last: int
    total: int
    page: int
    pages: int
    bad: int
    bad_here: int


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract in one row; the filter shows the whole of it."""

    title: str
    supplier: str
    address: str
    state: Outcome
    services: str
    kpis: str
    money: str


def trouble_of(one: ListedService, now_ms: int) -> Trouble | None:
    """When it began, and the words for it; None while it is up. A service may be degraded because an endpoint of it is
    down: for a failure that is not confirmed yet, or since the figures were worked out."""
    if one.state is Outcome.UP:
        return None
    culprits = [w for w in one.watched if w.outcome is one.state] or [
        w for w in one.watched if w.outcome is not Outcome.UP
    ]
    outage = one.assessed.open_outage if one.assessed else None
    findings = [w.last.finding for w in culprits if w.last]
    if why := unexplained(one.state, one.watched, outage):
        return Trouble("", "", why, "", silenced_now(one.contract, one.service_id, now_ms))
    reason = outage.reason if outage else next((f.reason for f in findings if f.reason), None)
    began_ms, zone = one.began_ms, ZoneInfo(one.contract.time_zone if one.contract else UTC_ZONE)
    return Trouble(
        since=format_recent(began_ms, zone, now_ms) if began_ms else "the monitor started",
        lasting=format_short_duration(max(0, now_ms - began_ms)) if began_ms else "",
        reason=describe_reason(reason, none="not seen" if one.state is Outcome.UNKNOWN else "not known"),
        detail=plain(next((f.detail for f in findings if f.detail), "")),
        silenced=silenced_now(one.contract, one.service_id, now_ms),
    )


def unexplained(state: Outcome, watched: Sequence[Watched], outage: Outage | None) -> str:
    """Why no endpoint shows the state of a service; empty: one does, or the outage that is open."""
    seen = {w.outcome for w in watched}
    if state is Outcome.UNKNOWN and seen and state not in seen:
        return NOT_RECORDED
    return RECOVERED if state is not Outcome.UP and outage is None and seen == {Outcome.UP} else ""


def service_list(shown: Sequence[ListedService], selection: Selection, now_ms: int) -> ServiceList:
    """The page of rows that is asked for; the last one, where it asks for one beyond."""
    placed = _placed(shown, selection)
    pages = max(1, -(-len(placed) // ROWS))
    page = min(selection.page, pages)
    start = (page - 1) * ROWS
    here = placed[start : start + ROWS]
    before = placed[start - 1][0] if start else None
    members: dict[str, list[ListedService]] = {}
    for name, one in placed if selection.group else ():
        members.setdefault(name, []).append(one)
    groups = tuple(
        RowGroup(
            label=_label(selection, name, members.get(name, ())),
            address=_group_address(selection, name),
            tally=tally_words(one.state for one in members.get(name, ())),
            is_continued=name == before,
            rows=tuple(_row(one, now_ms) for _, one in several),
        )
        for name, several in groupby(here, key=lambda item: item[0])
    )
    bad = {(one.contract_id, one.service_id) for _, one in placed if one.state is not Outcome.UP}
    bad_here = {(one.contract_id, one.service_id) for _, one in here if one.state is not Outcome.UP}
    return ServiceList(groups, start + 1, start + len(here), len(placed), page, pages, len(bad), len(bad_here))


def _placed(shown: Sequence[ListedService], selection: Selection) -> list[tuple[str, ListedService]]:
    """Each service with the group that it stands in, once for each; the group with the worst service first."""
    by = selection.group
    if by is None:
        return [("", one) for one in shown]
    groups: dict[str, list[ListedService]] = {}
    for one in shown:  # worst first, and so are the groups: a dict keeps the order in which they are met
        for name in one.groups(by):
            groups.setdefault(name, []).append(one)
    if by == "participant" and "participant" in selection.filters:
        groups = {name: groups[name] for name in groups if name in {selection.filters["participant"], EVERYBODY}}
    return [(name, one) for name, several in groups.items() for one in several]


def _label(selection: Selection, name: str, members: Sequence[ListedService]) -> str:
    if selection.group is None:
        return ""
    if selection.group == "state":
        return OUTCOMES[Outcome(name)]
    if selection.group == "contract":
        return members[0].contract_title
    if selection.group == "participant":
        return next((plain(one.contract.participants.get(name, name)) for one in members if one.contract), name)
    return (name[:1].upper() + name[1:] if selection.group == "criticality" else name) or "No supplier known yet"


def _group_address(selection: Selection, name: str) -> str:
    """The group alone; empty where no filter says so: services without participants, or without a criticality."""
    if selection.group is None or name in {"", EVERYBODY} or (" " in name and selection.group == "criticality"):
        return ""
    return selection.with_filter(selection.group, name)


def tally_words(states: Iterable[Outcome]) -> str:
    """`3 down, 1 degraded, 96 up`."""
    found = list(states)
    return ", ".join(f"{found.count(state):,} {OUTCOMES[state].lower()}" for state in SEVERITY if state in found)


def _row(one: ListedService, now_ms: int) -> ServiceRow:
    trouble = trouble_of(one, now_ms)
    return ServiceRow(
        state=one.state,
        name=one.name,
        address=one.address,
        supplier=one.supplier,
        contract=one.contract_title,
        criticality=one.criticality,
        affects=one.affects,
        in_hand=one.in_hand,
        summary=summary(one.assessed, one.kpis) if one.assessed else "not assessed yet",
        trouble=replace(trouble, detail=_cut(trouble.detail)) if trouble else None,
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS].rstrip()} …"


Judged = Mapping[str, list[tuple[Outcome, KpiAssessment]]]
"""The KPIs of each contract, with how each stands: cheap, for all of them."""


def judged(contracts: Iterable[ContractAssessment]) -> Judged:
    """How every KPI stands whose terms are known."""
    return {
        contract.contract: [(kpi_state(kpi)[0], kpi) for kpi in contract.kpis if kpi.terms is not None]
        for contract in contracts
    }


def worst_kpis(
    contracts: Iterable[ContractAssessment], kpis: Judged, now_ms: int, most: int
) -> tuple[list[KpiRow], int]:
    """The KPIs that are missed, then those that are near it, so many of them; and how many more there are."""
    found = [
        (SEVERITY.index(state), contract, kpi)
        for contract in contracts
        for state, kpi in kpis[contract.contract]
        if state in {Outcome.DOWN, Outcome.DEGRADED}
    ]
    found.sort(key=lambda item: item[0])
    rows = [
        row
        for _, contract, kpi in found[:most]
        for row in kpi_rows([kpi], contract.contract, (ZoneInfo(contract.time_zone), now_ms))
    ]
    return rows, len(found) - len(rows)


def contract_rows(
    contracts: Iterable[ContractAssessment], kpis: Judged, shown: Iterable[ListedService], selection: Selection
) -> list[ContractRow]:
    """The contracts of these services, those with the most KPIs missed first."""
    states: dict[str, list[Outcome]] = {}
    for one in shown:
        states.setdefault(one.contract_id, []).append(one.state)
    several = [contract for contract in contracts if contract.contract in states]
    several.sort(key=lambda one: -sum(state is Outcome.DOWN for state, _ in kpis[one.contract]))
    return [
        ContractRow(
            title=plain(contract.title or contract.contract),
            supplier=plain(contract.supplier),
            address=selection.address(filters={"contract": contract.contract}, search="", group=None),
            state=min(states[contract.contract], key=SEVERITY.index),
            services=tally_words(states[contract.contract]),
            kpis=tally_of(kpi_state(kpi) for _, kpi in kpis[contract.contract]),
            money=money_words(contract),
        )
        for contract in several[:MOST_CONTRACTS]
    ]
