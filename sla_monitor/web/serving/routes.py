"""All routes, and those of the status page, wall, services, endpoints, packs, metrics, health, reload, heartbeats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from tornado.web import Application

from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.web.desk.routes import DESK_ROUTES
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.page.endpoint_page import endpoint_facts, render_endpoint
from sla_monitor.web.page.layout import frame_of
from sla_monitor.web.page.missing_page import render_missing
from sla_monitor.web.page.pack_list import found, headers
from sla_monitor.web.page.selection import refresh_of
from sla_monitor.web.page.service_page import render_service, service_facts
from sla_monitor.web.page.subject import SubjectError
from sla_monitor.web.page.wall import REFRESH_S
from sla_monitor.web.serving.api_routes import API_ROUTES
from sla_monitor.web.serving.attachment_routes import ATTACHMENT_ROUTES
from sla_monitor.web.serving.contract_routes import CONTRACT_ROUTES
from sla_monitor.web.serving.guard import is_cross_site
from sla_monitor.web.serving.handler import Handler, NotFound, Refusal
from sla_monitor.web.serving.heartbeat_route import bearer
from sla_monitor.web.serving.import_routes import IMPORT_ROUTES
from sla_monitor.web.serving.invoice_route import INVOICE_ROUTES
from sla_monitor.web.serving.month_routes import MONTH_ROUTES
from sla_monitor.web.serving.register_routes import REGISTER_ROUTES
from sla_monitor.web.serving.shared_routes import SHARED_ROUTES
from sla_monitor.web.serving.terms_routes import TERMS_ROUTES
from sla_monitor.web.serving.web_parts import WebParts

log = logging.getLogger(__name__)

REPORT_BYTES = 2048
"""So much of a report's text is read; the rest is let pass."""

RETRY_S = "5"
"""Seconds after which a job whose report could not be written should post it again."""


class Status(Handler):
    """`GET /`: the status page. `?refresh=15` asks the browser to come back, `?open=all` unfolds everything; search,
    filters and grouping are in docs/http.md."""

    action = Action.SEE_OVERVIEW

    async def get(self) -> None:
        site, arguments = self.site, self.arguments_given()
        health = await site.rendering.run(self.health)
        html = await site.rendering.run(
            site.page.render,
            self.board,
            health,
            site.clock.now_ms(),
            packs=await site.fetching.run(lambda: tuple(self.packs())),
            arguments=arguments,
        )
        # The header, not the element: a page that reloads by itself is for those who asked for it.
        if refresh_s := refresh_of(arguments.get("refresh", ())):
            self.set_header("Refresh", str(refresh_s))
        self.show(html)

    head = get


class WallView(Handler):
    """`GET /wall`: the states of services for a screen on the wall, which asks again by itself."""

    action = Action.SEE_OVERVIEW

    async def get(self) -> None:
        site = self.site
        health = await site.rendering.run(self.health)
        html = await site.rendering.run(
            site.wall.render, self.board, health, site.clock.now_ms(), self.arguments_given()
        )
        # A policy of the operator's own may stop the script: then the browser must come back without it.
        if "Content-Security-Policy" in site.files.config.http_server_config.headers:
            self.set_header("Refresh", str(REFRESH_S))
        self.show(html)

    head = get


class SubjectPages(NamedTuple):
    """How the page of a service, or of an endpoint, is made: its facts, and the document of them."""

    facts: Callable[..., Any]
    render: Callable[..., str]


class Subject(Handler):
    """A page about one thing, with its history.

    The record is read in one thread, whoever asks: scrapes and the status page wait for none of it.
    """

    action = Action.SEE_SERVICE

    pages: SubjectPages

    async def get(self, contract: str, name: str) -> None:
        site, now_ms = self.site, self.site.clock.now_ms()
        health = await site.rendering.run(self.health)
        frame = frame_of(self.board, health, now_ms)
        try:
            facts = await site.fetching.run(self.pages.facts, self.board, site.record, contract, name, now_ms)
        except SubjectError as error:
            self.set_status(404)
            self.show(await site.rendering.run(render_missing, site.layout, frame, site.record, contract, f"{error}"))
            return
        self.show(await site.rendering.run(self.pages.render, site.layout, frame, facts, self.elsewhere()))

    head = get


class ServicePage(Subject):
    """`GET /services/<contract>/<service>`."""

    pages = SubjectPages(service_facts, render_service)


class EndpointPage(Subject):
    """`GET /endpoints/<contract>/<endpoint>`."""

    pages = SubjectPages(endpoint_facts, render_endpoint)


class Review(Handler):
    """`GET /reviews/<pack>/<file>`: a file of a review pack, as its manifest names it and as it was made."""

    action = Action.SEE_PACKS

    async def name_here(self) -> str | None:
        """The contract of the pack. Raises Refusal where there is none that this person may have: whoever guesses a
        name learns from the answer neither of a pack nor of its contract."""
        folder = self.path_args[0]
        packs = await self.site.fetching.run(lambda: tuple(self.site.packs()))
        contract = next((pack.contract for pack in packs if pack.name == folder), None)
        if contract is not None and self.person.may(self.action, contract):
            return contract
        if contract is not None:
            self.note(DeskEvent.FORBIDDEN, subject=f"{self.action}", contract=contract)
        raise Refusal(404, "not found")

    async def get(self, folder: str, name: str) -> None:
        site = self.site
        content = await site.fetching.run(lambda: found(self.packs(), folder, name))
        if content is None:
            raise Refusal(404, "not found")
        own = site.files.config.http_server_config.headers
        for header, value in headers(folder, name).items():
            if header not in own:
                self.set_header(header, value)
        self.note(DeskEvent.DOWNLOADED, subject=f"{folder}/{name}")
        self.finish(content)

    head = get


class Metrics(Handler):
    """`GET /metrics`, in the format and the coding that the request asks for."""

    action = Action.SEE_MONITOR

    async def get(self) -> None:
        asked = (self.request.headers.get(name, "") for name in ("Accept", "Accept-Encoding"))
        headers, body = await self.site.rendering.run(self.site.metrics, *asked)
        for name, value in headers.items():
            self.set_header(name, value)
        self.finish(body)

    head = get


class Healthy(Handler):
    """`GET /-/healthy`: 200 for as long as anything here runs at all."""

    action = Action.ARRIVE

    async def get(self) -> None:
        self.say("healthy")

    head = get


class Ready(Handler):
    """`GET /-/ready`: 200 or 503, and below it what is wrong, one a line."""

    action = Action.SEE_MONITOR

    async def get(self) -> None:
        health = await self.site.rendering.run(self.health)
        self.say("\n".join(["ready" if health.ready else "not ready", *health.reasons]), 200 if health.ready else 503)

    head = get


class Reload(Handler):
    """`POST /-/reload`: 200, or 500 with the problems; the configuration before then stays in force."""

    action = Action.RELOAD

    methods = ("POST", "PUT")

    async def post(self) -> None:
        own = f"{self.request.protocol}://{self.request.host}"
        if is_cross_site(self.request.headers, own):
            raise Refusal(403, "not on behalf of another site")
        problems = await self.site.reloading.run(self.site.reload)
        self.say("\n".join(problems) or "reloaded", 500 if problems else 200)

    put = post


class Heartbeat(Handler):
    """`POST /heartbeat/<contract>/<endpoint>` with `Authorization: Bearer <token>`: the job is done; `/start` and
    `/fail` behind it say that it has begun, or failed. 204 once the report is on disk, 503 if that takes too long."""

    action = Action.ARRIVE

    methods = ("POST",)
    has_own_token = True

    def initialize(self, site: WebParts) -> None:
        super().initialize(site)
        self._text = b""

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Keep the beginning of the body, let the rest pass: a job may well post its whole log."""
        self._text += chunk[: REPORT_BYTES - len(self._text)]
        return None

    async def post(self, endpoint: str, kind: str | None) -> None:
        site = self.site
        token = bearer(self.request.headers.get("Authorization", ""))
        if not await site.beating.run(site.tokens.fits, endpoint, token):
            self._refuse()
        self._slow_down(site.beats.take(endpoint, site.clock.monotonic()))
        text = self._text.decode(errors="replace").replace(token, "***")
        committed = await site.beating.run(site.report, endpoint, ReportKind(kind or ReportKind.DONE), text)
        waiting = asyncio.wrap_future(committed)
        await asyncio.wait([waiting], timeout=site.limits.commit_s)
        if not (waiting.done() and waiting.result()):
            raise Refusal(503, "the report could not be written in time; post it again", {"Retry-After": RETRY_S})
        self.set_status(204)
        self.finish()

    def _refuse(self) -> None:
        """The same words for a wrong token and for an endpoint that is not there."""
        client = self.request.remote_ip or ""
        self._slow_down(self.site.failures.take(client, self.site.clock.monotonic()))
        raise Refusal(401, "unauthorised", {"WWW-Authenticate": 'Bearer realm="heartbeat"'})

    def _slow_down(self, wait_s: int) -> None:
        if wait_s:
            raise Refusal(429, "too many requests", {"Retry-After": str(wait_s)})


OWN_ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    (r"/", Status),
    (r"/services/([^/]+)/([^/]+)", ServicePage),
    (r"/endpoints/([^/]+)/([^/]+)", EndpointPage),
    (r"/wall", WallView),
    (r"/reviews/([^/]+)/(.+)", Review),
    (r"/metrics", Metrics),
    (r"/-/healthy", Healthy),
    (r"/-/ready", Ready),
    (r"/-/reload", Reload),
    (r"/heartbeat/([^/]+/[^/]+?)(?:/(start|fail))?", Heartbeat),
)
ROUTES = (
    *OWN_ROUTES,
    *REGISTER_ROUTES,
    *ATTACHMENT_ROUTES,
    *IMPORT_ROUTES,
    *CONTRACT_ROUTES,
    *MONTH_ROUTES,
    *TERMS_ROUTES,
    *INVOICE_ROUTES,
    *API_ROUTES,
    *SHARED_ROUTES,
    *DESK_ROUTES,
)
"""Every address, as a pattern, with the handler that answers."""


def application(site: WebParts) -> Application:
    """Every route, each given the site; nothing is logged for a request that was answered. Raises TypeError for a
    handler of which nobody knows who may use it."""
    if missing := [path for path, handler in ROUTES if not hasattr(handler, "action")]:
        raise TypeError(f"no action is named for {missing}: see settings/desk/access_table.py")
    parts = {"site": site}
    routes = [(path, handler, parts) for path, handler in ROUTES]
    return Application(routes, default_handler_class=NotFound, default_handler_args=parts, log_function=lambda _: None)
