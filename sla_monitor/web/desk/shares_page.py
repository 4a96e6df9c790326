"""A participant's own page: the services that it takes, and its part of the running month's credit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sla_monitor.assess import ContractAssessment
from sla_monitor.board import Board
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.page.shared_page import shared_address
from sla_monitor.web.serving.handler import Refusal, not_assessed_yet
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.text import format_list, plain


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What one contract comes to for a participant. `share`: None where nobody has a share of it."""

    title: str
    month: str
    services: tuple[str, ...]
    share: Decimal | None
    currency: str

    @property
    def month_name(self) -> str:
        return format_month(self.month)

    @property
    def service_names(self) -> str:
        return format_list(self.services)

    @property
    def amount(self) -> str:
        """Empty where nobody has a share of it."""
        return "" if self.share is None else format_money(self.share, self.currency)


def share_rows(contracts: Iterable[ContractAssessment], participant: str) -> Iterator[ShareRow]:
    """Of the contracts that serve it. Nothing of another participant is in them."""
    for one in contracts:
        if participant not in one.participants:
            continue
        served = tuple(
            plain(each.name) for each in one.services if not each.participants or participant in each.participants
        )
        share = one.shares.get(participant)
        yield ShareRow(plain(one.title or one.contract), one.period.name, served, share, one.currency)


def shares_of(board: Board, participant: str) -> Sequence[ShareRow]:
    """What the contracts come to for a participant. Whoever sees a share sees no contract: the rows are made of all,
    and hold the own part alone. Raises Refusal."""
    if not board.assessment.contracts:
        raise not_assessed_yet("the contracts have")
    rows = tuple(share_rows(board.assessment.contracts, participant))
    if not rows:
        raise Refusal(404, "no contract has such a participant")
    return rows


class SharesPage(DeskHandler):
    """`GET /desk/participants/<id>`."""

    action = Action.SEE_SHARE

    async def get(self, participant: str) -> None:
        rows = shares_of(self.site.board, participant)
        self.show_page("shares.html", participant=participant, rows=rows, states=shared_address(participant))

    head = get
