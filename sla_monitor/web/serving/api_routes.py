"""The routes for other programs: JSON beside each page, feeds of outages, badges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.document.calendar_file import MEDIA_TYPE as CALENDAR_TYPE
from sla_monitor.document.calendar_file import calendar_file
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.api.contract_json import contract_json
from sla_monitor.web.api.desk_json import desk_json
from sla_monitor.web.api.feed import MEDIA_TYPE, outages_feed
from sla_monitor.web.api.monitor_json import monitor_json
from sla_monitor.web.api.openapi import FILTERS, openapi_document
from sla_monitor.web.api.outage_json import MOST, CursorError, outages_json, outages_of, page_of
from sla_monitor.web.api.pack_json import packs_json
from sla_monitor.web.api.service_json import API, assessed_at, endpoint_json, service_json, services_json
from sla_monitor.web.desk.waiting_list import waiting_for
from sla_monitor.web.page.endpoint_page import endpoint_facts
from sla_monitor.web.page.selection import listed_services
from sla_monitor.web.page.service_page import service_facts
from sla_monitor.web.page.subject import SubjectError, service_address
from sla_monitor.web.serving.api_handler import (
    Answering,
    BadgeAnswering,
    JsonAnswering,
    json_text,
    listed_service,
)
from sla_monitor.web.serving.handler import Refusal, not_assessed_yet
from sla_monitor.web.serving.writing import Desk


class Resource(JsonAnswering):
    """Base of what is made of the board alone."""

    async def get(self, *names: str) -> None:
        self.given()
        text = await self.site.rendering.run(lambda: json_text(self.answer(*names)))
        self.send("application/json", text)

    head = get

    def answer(self, *names: str) -> Any:
        """The whole answer; called from a thread. Raises Refusal."""
        raise NotImplementedError


class ServicesResource(Resource):
    """`GET /api/v1/services`: those that the filters select."""

    action = Action.SEE_OVERVIEW

    names = FILTERS

    def answer(self, *names: str) -> Any:
        selection, shown, total = self.selected()
        return services_json(self.board, shown, total, selection)


class OutagesResource(Resource):
    """`GET /api/v1/outages`: those of the running months, the latest first, so many at a time."""

    action = Action.SEE_OVERVIEW

    names = (*FILTERS, "limit", "cursor")

    def answer(self, *names: str) -> Any:
        selection, shown, _ = self.selected()
        found, limit = outages_of(shown), self._limit()
        try:
            here, cursor = page_of(found, self.argument("cursor"), limit)
        except CursorError:
            raise Refusal(
                400, "this cursor was not given out here", remedy="begin without one, and follow `next`"
            ) from None
        asked = {name: self.argument(name) for name in FILTERS if self.argument(name)}
        following = f"{API}/outages?{urlencode({**asked, 'limit': limit, 'cursor': cursor})}" if cursor else None
        return outages_json(here, len(found), selection.address(), following, assessed_at(self.board))

    def _limit(self) -> int:
        asked = self.argument("limit") or "100"
        if not (asked.isascii() and asked.isdecimal() and len(asked) <= 4 and 1 <= int(asked) <= MOST):
            raise Refusal(400, "limit is no number that can be had", remedy=f"give a whole number from 1 to {MOST}")
        return int(asked)


class ContractResource(Resource):
    """`GET /api/v1/contracts/<contract>`: its running month."""

    action = Action.SEE_SERVICE

    def answer(self, *names: str) -> Any:
        (name,), site = names, self.site
        contracts = {one.contract: one for one in self.board.assessment.contracts}
        if not contracts:
            raise not_assessed_yet("the contracts have")
        if name not in contracts:
            raise Refusal(404, f"no contract is called {name[:80]}", remedy=suggestion(name, contracts))
        own = [one for one in listed_services(self.board) if one.contract_id == name]
        return contract_json(contracts[name], own, site.clock.now_ms())


class PacksResource(JsonAnswering):
    """`GET /api/v1/packs`: the review packs."""

    action = Action.SEE_OVERVIEW

    async def get(self) -> None:
        self.given()
        self.send_json(packs_json(await self.site.fetching.run(lambda: tuple(self.packs()))))

    head = get


class DeskResource(Desk):
    """`GET /api/v1/desk`: what waits for whoever asks; `?contract=…`: in one contract."""

    action = Action.USE_DESK
    names = ("contract",)

    async def get(self) -> None:
        only = self.argument("contract")
        if only and not self.person.may(Action.SEE_SERVICE, only):
            raise Refusal(403, f"you may not do this: {TABLE[Action.SEE_SERVICE].words}")
        if only:
            self.contract(only)  # who misspells it must not take an empty list for nothing to do
        found = await waiting_for(self.site, self.desk, self.board.assessment.contracts, self.person, only)
        self.send_json(desk_json(found))

    head = get


class MonitorResource(Resource):
    """`GET /api/v1/monitor`: the monitor's own health, and what it cannot see."""

    action = Action.SEE_MONITOR

    def answer(self, *names: str) -> Any:
        return monitor_json(self.board, self.health(), self.site.clock.now_ms())


class OpenApiResource(Resource):
    """`GET /api/v1/openapi.json`: all of this, described."""

    action = Action.USE_DESK

    def answer(self, *names: str) -> Any:
        return openapi_document()


class SubjectResource(JsonAnswering):
    """Base of services and endpoints, with their history from the record."""

    action = Action.SEE_SERVICE

    facts: Callable[..., Any]
    made: Callable[..., Any]

    async def get(self, contract: str, name: str) -> None:
        self.given()
        site, kind, now_ms = self.site, type(self), self.site.clock.now_ms()
        try:
            facts = await site.fetching.run(kind.facts, self.board, site.record, contract, name, now_ms)
        except SubjectError as error:
            text, _, remedy = f"{error}".partition(" (")
            raise Refusal(404, text, remedy=remedy.removesuffix(")")) from None
        self.send("application/json", await site.rendering.run(lambda: json_text(kind.made(facts, self.elsewhere()))))

    head = get


class ServiceResource(SubjectResource):
    """`GET /api/v1/services/<contract>/<service>`."""

    facts = staticmethod(service_facts)
    made = staticmethod(service_json)


class EndpointResource(SubjectResource):
    """`GET /api/v1/endpoints/<contract>/<endpoint>`."""

    facts = staticmethod(endpoint_facts)
    made = staticmethod(endpoint_json)


class NoResource(JsonAnswering):
    """Every other address of the API."""

    action = Action.USE_DESK

    async def prepare(self) -> None:
        self.methods = (self.request.method or "",)
        await super().prepare()
        raise Refusal(404, "there is nothing at this address")


class OutagesFeed(Answering):
    """`GET /outages.atom`: the outages of the services that the filters select."""

    action = Action.SEE_OVERVIEW

    names = FILTERS

    async def get(self) -> None:
        self.send(MEDIA_TYPE, await self.site.rendering.run(self._feed))

    head = get

    def _feed(self) -> bytes:
        selection, shown, _ = self.selected()
        here = selection.address().removeprefix("/")
        return outages_feed(shown, "Outages", f"/outages.atom{here}", selection.address(), self.board.started_ms)


class ServiceFeed(Answering):
    """`GET /services/<contract>/<service>/outages.atom`: those of one service."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str, service: str) -> None:
        self.given()
        one = await self.site.rendering.run(listed_service, self.board, contract, service)
        if one is None:
            raise Refusal(404, "no such service", remedy="see /api/v1/services")
        page = service_address(contract, service)
        feed = outages_feed([one], f"Outages of {one.name}", f"{page}/outages.atom", page, self.board.started_ms)
        self.send(MEDIA_TYPE, feed)

    head = get


class CalendarFeed(Answering):
    """`GET /calendar.ics`: duties and deadlines of the contracts for the coming year."""

    action = Action.SEE_OVERVIEW
    names = ("contract",)

    async def get(self) -> None:
        self.given()
        self.send(CALENDAR_TYPE, await self.site.rendering.run(self._calendar))

    head = get

    def _calendar(self) -> bytes:
        if not self.site.board.assessment.contracts:  # an empty calendar would delete what its reader has
            raise not_assessed_yet("the contracts have")
        contracts, name = self.board.assessment.contracts, self.argument("contract")
        if name and name not in {one.contract for one in contracts}:
            known = [one.contract for one in contracts]
            raise Refusal(404, f"no contract is called {name[:80]}", remedy=suggestion(name, known))
        chosen = [one for one in contracts if name in {"", one.contract}]
        return calendar_file(chosen, local_date(self.site.clock.now_ms(), UTC))


class Badge(BadgeAnswering):
    """`GET /badge/<contract>/<service>.svg`: its state as a picture, with its availability if `show` asks for it."""

    action = Action.SEE_SERVICE

    names = ("show",)

    async def get(self, contract: str, service: str) -> None:
        shown = self.argument("show")
        if shown not in {"", "availability"}:
            raise Refusal(400, f"there is nothing to show that is called {shown[:60]!r}", remedy="show=availability")
        await self.draw(self.board, contract, service, has_availability=bool(shown))

    head = get


API_ROUTES: tuple[tuple[str, type[Answering]], ...] = (
    (rf"{API}/services", ServicesResource),
    (rf"{API}/services/([^/]+)/([^/]+)", ServiceResource),
    (rf"{API}/endpoints/([^/]+)/([^/]+)", EndpointResource),
    (rf"{API}/contracts/([^/]+)", ContractResource),
    (rf"{API}/outages", OutagesResource),
    (rf"{API}/monitor", MonitorResource),
    (rf"{API}/packs", PacksResource),
    (rf"{API}/desk", DeskResource),
    (rf"{API}/openapi\.json", OpenApiResource),
    (r"/api(?:/.*)?", NoResource),
    (r"/calendar\.ics", CalendarFeed),
    (r"/outages\.atom", OutagesFeed),
    (r"/services/([^/]+)/([^/]+)/outages\.atom", ServiceFeed),
    (r"/badge/([^/]+)/([^/]+)\.svg", Badge),
)
