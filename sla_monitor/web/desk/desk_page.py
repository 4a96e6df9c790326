"""The desk's first page: what waits for me, what I may do, and where I am signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import KINDS
from sla_monitor.register.import_options import KINDS_IN_FILES
from sla_monitor.register.kinds.kind import Topic
from sla_monitor.settings.desk.access_table import TABLE, Action, permitted_actions
from sla_monitor.web.desk.contract_pages import pages_of
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entry_fields import form_model
from sla_monitor.web.desk.waiting_list import SHOWN, WaitingList, waiting_for
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.known_by import describe_known_by
from sla_monitor.wording.text import plain


@dataclass(frozen=True, slots=True)
class DeskContract:
    """A contract as somebody's desk lists it: what they may do, in words, the pages about it, and by topic the forms
    that they may fill in; pages and forms with their addresses."""

    id: str
    title: str
    may: tuple[str, ...]
    forms: Mapping[Topic, Sequence[tuple[str, str]]]
    pages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A place where somebody is signed in."""

    how: str
    since: str
    last: str
    is_this: bool


class DeskPage(DeskHandler):
    """`GET /desk`."""

    action = Action.USE_DESK

    async def get(self) -> None:
        roles = [f"{role}".replace("_", " ") for role in sorted(self.person.roles)]
        waiting = await self._waiting()
        self.show_page(
            "desk.html", roles=roles, waiting=waiting, shown=SHOWN, contracts=self._contracts(),
            sessions=self._sessions(),
            may_audit=self.person.may(Action.SEE_AUDIT), participants=self._participants(),
        )  # fmt: skip

    head = get

    async def _waiting(self) -> WaitingList:
        if self.site.desk is None:
            return WaitingList()
        return await waiting_for(self.site, self.site.desk, self.board.assessment.contracts, self.person)

    def _participants(self) -> list[tuple[str, str]]:
        """Those whose page is somebody's own: names and addresses."""
        names = dict.fromkeys(grant.participant for grant in self.person.grants if grant.participant)
        return [(plain(name), f"/desk/participants/{quote(name, safe='')}") for name in names]

    def _contracts(self) -> list[DeskContract]:
        contracts = self.site.desk.contracts() if self.site.desk else ()
        return [found for one in contracts if (found := self._contract(one)).may]

    def _contract(self, contract: Contract) -> DeskContract:
        name, supplier = contract.id, contract.versions[-1].terms.supplier
        actions = permitted_actions(self.person.grants, name)
        forms: dict[Topic, list[tuple[str, str]]] = {topic: [] for topic in Topic}
        for kind, model in KINDS.items():
            if model.topic is None or model.action not in actions:
                continue
            if form_model(kind):
                forms[model.topic].append((kind.replace("_", " "), f"/desk/contracts/{name}/enter/{kind}"))
            if kind in KINDS_IN_FILES:
                forms[model.topic].append((f"import {kind}s", f"/desk/contracts/{name}/import?kind={kind}"))
        shown = {topic: several for topic, several in forms.items() if several}
        may = tuple(TABLE[action].words for action in actions)
        return DeskContract(
            name, plain(supplier), may, shown, pages_of(self.person, contract, self.site.clock.now_ms())
        )

    def _sessions(self) -> list[OpenSession]:
        zone = ZoneInfo("UTC")
        return [
            OpenSession(
                describe_known_by(one.known_by),
                format_instant(one.began_ms, zone),
                format_instant(one.seen_ms, zone),
                key == self.person.session,
            )
            for key, one in self.reception.sessions_of(self.person)
        ]
