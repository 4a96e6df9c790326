"""What other programs are given: JSON and its refusals (RFC 9457), feeds and badges; with digests, so that what has
not changed is not sent again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from tornado.web import RequestHandler

from sla_monitor.board import Board
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.web.api.badge import badge_of, missing_badge
from sla_monitor.web.api.openapi import FILTERS
from sla_monitor.web.api.shapes import ProblemJson
from sla_monitor.web.page.selection import Choice, ListedService, Selection, choices, listed_services, selection_of
from sla_monitor.web.serving.handler import Handler, Refusal

AGAIN = "private, no-cache"
"""Whoever keeps it asks whether it still holds."""

BRIEFLY = "private, max-age=15"
"""Kept for as long as an assessment holds."""

REMEDIES = {
    400: "see docs/http.md for the parameters of each address",
    401: "send a name and a password that web_config knows, or the token of this view",
    403: "send the request to the name that this monitor listens on, with a certificate that it knows",
    404: "see /api/v1/openapi.json for what there is",
    405: "use a method that the header Allow names",
    429: "wait for as long as the header Retry-After says",
    503: "ask again after as long as the header Retry-After says, or after some seconds",
}
"""What helps, where a refusal does not say it itself."""


class Answering(Handler):
    """Base of what other programs read."""

    names: tuple[str, ...] = ()
    """The parameters that its address may have."""

    repeated: tuple[str, ...] = ()
    """Those that it may have several times."""

    def compute_etag(self) -> str | None:
        """The digest of the answer: it changes when what is told changes."""
        return RequestHandler.compute_etag(self)

    def send(self, media_type: str, body: str | bytes, cache: str = AGAIN) -> None:
        """Answer with a document. `cache`: how long it may be kept, and by whom."""
        self.set_header("Content-Type", media_type)
        self.set_header("Cache-Control", cache)
        self.finish(body)

    def send_json(self, answer: Mapping[str, Any]) -> None:
        self.send("application/json", json_text(answer))

    def argument(self, name: str) -> str:
        """A parameter's value; empty: it is not given."""
        return next(iter(self.given().get(name, ())), "").strip()

    def given(self) -> dict[str, list[str]]:
        """The parameters. Raises Refusal for one that is not known, or is given twice: a program that misspells a
        filter must not take what it gets for what it asked for."""
        found = self.arguments_given()
        for name, values in found.items():
            if name not in self.names:
                known = suggestion(name, self.names)
                raise Refusal(400, f"there is no parameter {name[:60]!r} here", remedy=f"leave it out ({known})")
            if len(values) > 1 and name not in self.repeated:
                raise Refusal(400, f"{name} is given more than once", remedy="give it once")
        return found

    def selected(self, path: str = "/") -> tuple[Selection, list[ListedService], int]:
        """What the address selects, of how many services. Raises Refusal for a filter that fits nothing."""
        services = listed_services(self.board)
        filters = choices(services)
        asked = {name: values for name, values in self.given().items() if name in FILTERS}
        selection = selection_of(asked, filters, path)
        if selection.ignored:
            told = " ".join(selection.ignored).replace("Filter ignored: ", "")
            raise Refusal(400, told, remedy=_values(filters, asked))
        return selection, [one for one in services if selection.holds(one)], len(services)


class JsonAnswering(Answering):
    """Base of what answers with JSON, also when it refuses."""

    def refuse(self, refusal: Refusal) -> None:
        self.set_status(refusal.status_code)
        self.set_header("Content-Type", "application/problem+json")
        self.finish(json_text(problem_json(refusal)))


def problem_json(refusal: Refusal) -> ProblemJson:
    """A refusal as RFC 9457 has it."""
    status = HTTPStatus(refusal.status_code)
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": refusal.text,
        "remedy": refusal.remedy or REMEDIES.get(status.value, "tell whoever runs this monitor: the log says more"),
    }


class BadgeAnswering(Answering):
    """Base of what answers with a badge."""

    async def draw(self, board: Board, contract: str, service: str, *, has_availability: bool = False) -> None:
        """The badge of a service on a board; one that is not there has a grey one, and 404."""
        one = await self.pool.run(listed_service, board, contract, service)
        if one is None:
            self.set_status(404)
        badge = badge_of(one, has_availability=has_availability) if one else missing_badge(service)
        self.send("image/svg+xml; charset=utf-8", badge, BRIEFLY)


def listed_service(board: Board, contract: str, service: str) -> ListedService | None:
    """A service by its ids."""
    several = listed_services(board)
    return next((one for one in several if (one.contract_id, one.service_id) == (contract, service)), None)


def json_text(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"


def _values(filters: Collection[Choice], asked: Mapping[str, object]) -> str:
    """What the filters that are asked for may be set to."""
    told = (f"{one.name} is one of {', '.join(sorted(one.options)[:12])}" for one in filters if one.name in asked)
    return "; ".join(told) or "give what occurs on the status page"
