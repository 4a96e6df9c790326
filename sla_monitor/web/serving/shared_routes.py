"""The routes for others than the operators: the pages for the public and for participants, and their JSON, feed and
badges. Nobody sees what settings do not open."""

from __future__ import annotations

from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.feed import MEDIA_TYPE, shared_feed
from sla_monitor.web.api.shapes import SharedJson
from sla_monitor.web.api.shared_json import shared_json
from sla_monitor.web.page.shared_page import shared_address
from sla_monitor.web.page.shared_view import shared_view
from sla_monitor.web.serving.access import credentials
from sla_monitor.web.serving.api_handler import Answering, BadgeAnswering, JsonAnswering, json_text
from sla_monitor.web.serving.handler import Handler, Refusal
from sla_monitor.web.serving.heartbeat_route import bearer
from sla_monitor.web.serving.web_parts import PUBLIC


class Shared(Handler):
    """Base of what others may see: the public's without a participant, else the participant's."""

    action = Action.SEE_SHARE

    has_own_token = True

    async def get(self, participant: str | None = None) -> None:
        if participant is not None and self.site.reception.is_used and self.person.may(Action.SEE_SHARE, participant):
            await self.tell(participant)
            return
        views = self.site.views
        if (views.public == "closed") if participant is None else not views.participants:
            raise Refusal(404, "not found")
        if participant is not None or views.public == "token":
            await self._refuse_without_token(PUBLIC if participant is None else participant)
        await self.tell(participant)

    head = get

    async def tell(self, participant: str | None) -> None:
        """Answer somebody who may see it."""
        raise NotImplementedError

    async def _refuse_without_token(self, whose: str) -> None:
        """The same words for a wrong token and for a participant whom settings do not name. A browser asks for a name
        and a password: the token is the password, whatever the name."""
        authorization = self.request.headers.get("Authorization", "")
        token = bearer(authorization) or credentials(authorization)[1].decode(errors="replace")
        is_right = await self.pool.run(self.site.viewers.fits, whose, token) if token else False
        if is_right:
            return
        # A request without a token is how every browser begins.
        client = self.request.remote_ip or ""
        wait_s = self.site.failures.take(client, self.site.clock.monotonic()) if token else 0
        if wait_s:
            raise Refusal(429, "too many requests", {"Retry-After": str(wait_s)})
        raise Refusal(401, "unauthorised", {"WWW-Authenticate": 'Basic realm="status", charset="UTF-8"'})


class SharedPageView(Shared):
    """`GET /public` and `GET /participants/<id>`: what settings let others see, and nothing else."""

    async def tell(self, participant: str | None) -> None:
        site = self.site
        health = await self.pool.run(site.health)
        self.show(await self.pool.run(site.shared.render, site.board, health, site.clock.now_ms(), participant))


class SharedStatus(Shared, JsonAnswering):
    """`GET /public/status.json` and `GET /participants/<id>/status.json`: the same as JSON."""

    async def tell(self, participant: str | None) -> None:
        self.given()
        text = await self.pool.run(lambda: json_text(self._answer(participant)))
        self.send("application/json", text)

    def _answer(self, participant: str | None) -> SharedJson:
        view = shared_view(self.site.board, participant, self.site.clock.now_ms())
        return shared_json(self.site.board, view, shared_address(participant))


class SharedOutagesFeed(Shared, Answering):
    """`GET /public/outages.atom` and `GET /participants/<id>/outages.atom`: the same outages as a feed."""

    async def tell(self, participant: str | None) -> None:
        self.given()
        self.send(MEDIA_TYPE, await self.pool.run(self._feed, participant))

    def _feed(self, participant: str | None) -> bytes:
        board, page = self.site.board, shared_address(participant)
        view = shared_view(board, participant, self.site.clock.now_ms())
        return shared_feed(view, f"{page}/outages.atom", page, board.started_ms)


class PublicBadge(BadgeAnswering):
    """`GET /public/badge/<contract>/<service>.svg`: a service's state for anybody's page."""

    action = Action.ARRIVE

    has_own_token = True

    async def get(self, contract: str, service: str) -> None:
        if self.site.views.public != "everybody":
            raise Refusal(404, "not found")
        self.given()
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        # Of the whole board, as its page is: who is nobody to the desk has none of their own.
        await self.draw(self.site.board, contract, service)

    head = get


SHARED_ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    (r"/public", SharedPageView),
    (r"/participants/([^/]+)", SharedPageView),
    (r"/public/status\.json", SharedStatus),
    (r"/participants/([^/]+)/status\.json", SharedStatus),
    (r"/public/outages\.atom", SharedOutagesFeed),
    (r"/participants/([^/]+)/outages\.atom", SharedOutagesFeed),
    (r"/public/badge/([^/]+)/([^/]+)\.svg", PublicBadge),
)
