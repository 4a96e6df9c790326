"""The status page: one HTML document that needs no script, the same for a phone and a screen reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.assess import ContractAssessment
from sla_monitor.board import Board
from sla_monitor.web.page.kpi_rows import KpiRow
from sla_monitor.web.page.layout import Layout, frame_of
from sla_monitor.web.page.maintenance_rows import maintenance_table
from sla_monitor.web.page.obligation_rows import obligation_table
from sla_monitor.web.page.overview import ContractBlock, contract_block, dangers, headline, suppliers, tally
from sla_monitor.web.page.pack_list import ReviewPack, listed
from sla_monitor.web.page.selection import (
    GROUPS,
    Choice,
    ListedService,
    Selection,
    choices,
    listed_services,
    selection_of,
)
from sla_monitor.web.page.service_list import (
    MOST_CARDS,
    ContractRow,
    ServiceList,
    Trouble,
    contract_rows,
    judged,
    service_list,
    trouble_of,
    worst_kpis,
)
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.vocabulary import worst_outcome

SHOWN_DANGERS = 6
"""KPIs listed at the top; all of them stand in their contract's table."""

MOST_OPTIONS = 150
"""Values among which a filter lets choose; of more, it asks for one."""


@dataclass(frozen=True)
class Body:
    """What stands below the banner: services as cards under their contracts, or as rows.

    `troubles` are for cards; rows tell their own. `more_dangers`, `more_contracts`: how many are not listed.
    """

    troubles: Sequence[tuple[ListedService, Trouble]] = ()
    dangers: Sequence[KpiRow] = ()
    more_dangers: int = 0
    money: Sequence[str] = ()
    suppliers: Mapping[str, Sequence[ContractBlock]] | None = None
    rows: ServiceList | None = None
    contracts: Sequence[ContractRow] = ()
    more_contracts: int = 0
    whole: ContractBlock | None = None


class StatusPage:
    """Renders the page; made once, used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def render(
        self,
        board: Board,
        health: Health,
        now_ms: int,
        *,
        packs: Iterable[ReviewPack] = (),
        arguments: Mapping[str, Sequence[str]] | None = None,
    ) -> str:
        """The whole document, from one reading of the board and its assessment. `arguments`: those of its address."""
        contracts = board.assessment.contracts
        services = listed_services(board)
        filters = choices(services)
        selection = selection_of(arguments or {}, filters)
        shown = [one for one in services if selection.holds(one)]
        is_grouped = selection.group not in {None, "supplier", "contract"}
        is_cards = selection.unfold or (len(shown) <= MOST_CARDS and not is_grouped)
        make = _cards if is_cards else _rows
        states, shelved = [one.state for one in services], listed(packs)
        here = {one.contract_id for one in shown}
        known = {contract.contract for contract in contracts} | {one.contract_id for one in services}
        return self._layout.render(
            "status.html",
            frame_of(board, health, now_ms),
            headline=headline(states),
            state=worst_outcome(states),
            tally=tally(states),
            total=len(services),
            shown=len(shown),
            has_filters=len(services) > 1,
            filters=[one for one in filters if _is_useful(one, selection)],
            groups=GROUPS,
            most_options=MOST_OPTIONS,
            selection=selection,
            body=make(contracts, shown, selection, now_ms),
            maintenance=maintenance_table((one for one in contracts if one.contract in here), now_ms),
            obligations=obligation_table(one for one in contracts if one.contract in here),
            packs=shelved,
            old_packs={name: rows for name, rows in shelved.items() if name not in known},
            watching=format_count(sum(len(one.watched) for one in services), "endpoint"),
        )


def _is_useful(choice: Choice, selection: Selection) -> bool:
    """A filter that leaves nothing to choose is not offered, unless it is set."""
    return len(choice.options) > 1 or choice.name in selection.filters


def _cards(
    contracts: Sequence[ContractAssessment], shown: Sequence[ListedService], selection: Selection, now_ms: int
) -> Body:
    by_supplier = suppliers(contracts, shown, now_ms, has_figures=selection.is_by_contract)
    blocks = [block for several in by_supplier.values() for block in several]
    in_danger = dangers(blocks)
    return Body(
        troubles=[(one, trouble) for one in shown if one.assessed and (trouble := trouble_of(one, now_ms))],
        dangers=in_danger[:SHOWN_DANGERS],
        more_dangers=len(in_danger[SHOWN_DANGERS:]),
        money=[block.summary.money for block in blocks if block.summary and block.summary.is_open],
        suppliers=by_supplier,
    )


def _rows(
    contracts: Sequence[ContractAssessment], shown: Sequence[ListedService], selection: Selection, now_ms: int
) -> Body:
    here = {one.contract_id for one in shown}
    several = [contract for contract in contracts if contract.contract in here]
    kpis = judged(several)
    worst, more = worst_kpis(several, kpis, now_ms, SHOWN_DANGERS) if selection.is_by_contract else ([], 0)
    is_one = "contract" in selection.filters and len(several) == 1
    listed_contracts = [] if is_one else contract_rows(several, kpis, shown, selection)
    return Body(
        dangers=worst,
        more_dangers=more,
        rows=service_list(shown, selection, now_ms),
        contracts=listed_contracts,
        more_contracts=0 if is_one else len(several) - len(listed_contracts),
        whole=contract_block(several[0], (), now_ms) if is_one else None,
    )
