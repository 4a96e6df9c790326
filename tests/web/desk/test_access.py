"""Every address by every role: what the access table says is what happens, by URL and API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sla_monitor.register.entries import KINDS
from sla_monitor.settings.desk.access_table import TABLE, Action, Target, allows
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entry_fields import form_model
from sla_monitor.web.serving.routes import ROUTES
from tests.web.desk.house import ROLES, Browser, House, furnished

ADDRESSES: dict[str, tuple[str, Action, str | None]] = {
    r"/": ("/", Action.SEE_OVERVIEW, None),
    r"/wall": ("/wall", Action.SEE_OVERVIEW, None),
    r"/services/([^/]+)/([^/]+)": ("/services/small/custody", Action.SEE_SERVICE, "small"),
    r"/endpoints/([^/]+)/([^/]+)": ("/endpoints/small/health", Action.SEE_SERVICE, "small"),
    r"/reviews/([^/]+)/(.+)": ("/reviews/small-2026-10-supplier/pack.json", Action.SEE_PACKS, "small"),
    r"/metrics": ("/metrics", Action.SEE_MONITOR, None),
    r"/-/healthy": ("/-/healthy", Action.ARRIVE, None),
    r"/-/ready": ("/-/ready", Action.SEE_MONITOR, None),
    r"/api/v1/services": ("/api/v1/services", Action.SEE_OVERVIEW, None),
    r"/api/v1/services/([^/]+)/([^/]+)": ("/api/v1/services/small/custody", Action.SEE_SERVICE, "small"),
    r"/api/v1/endpoints/([^/]+)/([^/]+)": ("/api/v1/endpoints/small/health", Action.SEE_SERVICE, "small"),
    r"/api/v1/contracts/([^/]+)": ("/api/v1/contracts/small", Action.SEE_SERVICE, "small"),
    r"/api/v1/contracts/([^/]+)/entries": ("/api/v1/contracts/small/entries", Action.SEE_SERVICE, "small"),
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})": (
        "/api/v1/contracts/small/entries/1", Action.SEE_SERVICE, "small",
    ),
    **{
        rf"/api/v1/contracts/([^/]+)/{name}": (f"/api/v1/contracts/small/{name}", Action.SEE_SERVICE, "small")
        for name in ("months", "recalculations", "credits", "obligations")
    },
    r"/api/v1/contracts/([^/]+)/terms": ("/api/v1/contracts/small/terms", Action.SEE_NOTES, "small"),
    r"/api/v1/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})": (
        "/api/v1/contracts/small/months/2026-08", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/attachments": (
        "/api/v1/contracts/small/entries/1/attachments", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/attachments/([0-9a-f]{64})": (
        f"/api/v1/contracts/small/entries/1/attachments/{'0' * 64}", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/audit": ("/api/v1/audit", Action.SEE_AUDIT, None),
    r"/api/v1/outages": ("/api/v1/outages", Action.SEE_OVERVIEW, None),
    r"/api/v1/monitor": ("/api/v1/monitor", Action.SEE_MONITOR, None),
    r"/api/v1/packs": ("/api/v1/packs", Action.SEE_OVERVIEW, None),
    r"/api/v1/desk": ("/api/v1/desk", Action.USE_DESK, None),
    r"/api/v1/openapi\.json": ("/api/v1/openapi.json", Action.USE_DESK, None),
    r"/api(?:/.*)?": ("/api/v2", Action.USE_DESK, None),
    r"/outages\.atom": ("/outages.atom", Action.SEE_OVERVIEW, None),
    r"/calendar\.ics": ("/calendar.ics", Action.SEE_OVERVIEW, None),
    r"/services/([^/]+)/([^/]+)/outages\.atom": (
        "/services/small/custody/outages.atom", Action.SEE_SERVICE, "small",
    ),
    r"/badge/([^/]+)/([^/]+)\.svg": ("/badge/small/custody.svg", Action.SEE_SERVICE, "small"),
    r"/participants/([^/]+)": ("/participants/kent", Action.SEE_SHARE, "kent"),
    r"/participants/([^/]+)/status\.json": ("/participants/kent/status.json", Action.SEE_SHARE, "kent"),
    r"/participants/([^/]+)/outages\.atom": ("/participants/kent/outages.atom", Action.SEE_SHARE, "kent"),
    r"/sign-in": ("/sign-in", Action.ARRIVE, None),
    r"/desk": ("/desk", Action.USE_DESK, None),
    r"/desk/contracts/([^/]+)/enter/([^/]+)": (
        "/desk/contracts/small/enter/acknowledgement", Action.ACKNOWLEDGE, "small",
    ),
    r"/desk/contracts/([^/]+)/maintenance": ("/desk/contracts/small/maintenance", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})": (
        "/desk/contracts/small/months/2024-10", Action.SEE_SERVICE, "small",
    ),
    r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/sign-off": (
        "/desk/contracts/small/months/2024-10/sign-off", Action.SIGN_OFF, "small",
    ),
    r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/countersign": (
        "/desk/contracts/small/months/2024-10/countersign", Action.COUNTERSIGN, "small",
    ),
    **{
        rf"/desk/contracts/([^/]+)/months/([0-9]{{4}}-[0-9]{{2}})/{name}": (
            f"/desk/contracts/small/months/2024-10/{name}", Action.SEE_SERVICE, "small",
        )
        for name in ("outages", "meeting")
    },
    r"/api/v1/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/outages": (
        "/api/v1/contracts/small/months/2024-10/outages", Action.SEE_SERVICE, "small",
    ),
    r"/desk/contracts/([^/]+)/entered": ("/desk/contracts/small/entered", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/decide": (
        "/desk/contracts/small/entries/1/decide", Action.DECIDE, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo": (
        "/desk/contracts/small/entries/1/undo", Action.UNDO, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/file": (
        "/desk/contracts/small/entries/1/file", Action.TRACK_CREDITS, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo-file": (
        "/desk/contracts/small/entries/1/undo-file", Action.UNDO, "small",
    ),
    r"/desk/contracts/([^/]+)/credits": ("/desk/contracts/small/credits", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/credits\.csv": ("/desk/contracts/small/credits.csv", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/credits/invoice": (
        "/desk/contracts/small/credits/invoice", Action.TRACK_CREDITS, "small",
    ),
    r"/desk/contracts/([^/]+)/obligations": ("/desk/contracts/small/obligations", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/terms": ("/desk/contracts/small/terms", Action.SEE_NOTES, "small"),
    r"/desk/contracts/([^/]+)/terms/propose": (
        "/desk/contracts/small/terms/propose", Action.PROPOSE_TERMS, "small",
    ),
    r"/desk/contracts/([^/]+)/terms/([1-9][0-9]{0,9})": ("/desk/contracts/small/terms/1", Action.SEE_NOTES, "small"),
    r"/desk/contracts/([^/]+)/terms/([1-9][0-9]{0,9})/(approve|reject|withdraw)": (
        "/desk/contracts/small/terms/1/reject", Action.APPROVE_TERMS, "small",
    ),
    r"/desk/participants/([^/]+)": ("/desk/participants/kent", Action.SEE_SHARE, "kent"),
    r"/desk/audit": ("/desk/audit", Action.SEE_AUDIT, None),
    r"/desk/audit\.csv": ("/desk/audit.csv", Action.SEE_AUDIT, None),
}  # fmt: skip
"""An address of each route that is got, the action that stands for it, and what it is done to."""

ELSEWHERE = {
    r"/-/reload", r"/heartbeat/([^/]+/[^/]+?)(?:/(start|fail))?", r"/sign-out", r"/sign-in/openid",
    r"/sign-in/openid/answer", r"/public", r"/public/status\.json", r"/public/outages\.atom",
    r"/public/badge/([^/]+)/([^/]+)\.svg",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/decide",
    r"/api/v1/contracts/([^/]+)/terms/([1-9][0-9]{0,9})/(approve|reject|withdraw)",
}  # fmt: skip
"""Routes that are tried in their own tests: they are posted to, or open to whom settings say."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture(scope="module")
def browsers(house: House) -> dict[str, Browser]:
    return {name: house.browser(name) for name in ROLES}


def test_every_route_names_an_action_and_is_tried_here_or_elsewhere() -> None:
    routes = dict(ROUTES)
    assert all(isinstance(handler.action, Action) for handler in routes.values())
    assert set(routes) == set(ADDRESSES) | ELSEWHERE


def test_no_page_of_the_desk_takes_a_form_in_on_its_own() -> None:
    pages = [handler for _, handler in ROUTES if issubclass(handler, DeskHandler)]
    assert pages
    assert {handler.post for handler in pages} == {DeskHandler.post}


def test_every_kind_of_entry_names_its_action() -> None:
    assert all(TABLE[kind.action].target is Target.CONTRACT for kind in KINDS.values())


@pytest.mark.parametrize("route", ADDRESSES)
def test_what_the_table_says_is_what_happens(house: House, browsers: dict[str, Browser], route: str) -> None:
    path, action, name = ADDRESSES[route]
    for who, browser in browsers.items():
        roles = next(user.roles for user in house.parts.desk.users if user.name == who)
        status = browser.get(path).status
        # A participant's page has a token as well: who may not see it by a role is told what strangers are told.
        refused = {404} if path.startswith("/participants") else {403}
        assert (status in refused) == (not allows(roles, action, name)), (who, path, status)
        assert status != 500
    stranger = house.browser().get(path)
    refused = {200} if action is Action.ARRIVE else {404} if path.startswith("/participants") else {303, 401}
    assert stranger.status in refused, (path, stranger.status)


@pytest.mark.parametrize("kind", [name for name in KINDS if form_model(name)])
def test_a_kind_is_entered_by_whom_the_table_names(house: House, browsers: dict[str, Browser], kind: str) -> None:
    for who, browser in browsers.items():
        roles = next(user.roles for user in house.parts.desk.users if user.name == who)
        may = allows(roles, KINDS[kind].action, "small")
        assert browser.get(f"/desk/contracts/small/enter/{kind}").status == (200 if may else 403)
        csrf = browser.get("/desk").hidden
        assert browser.post(f"/desk/contracts/small/enter/{kind}", csrf).status == (422 if may else 403)


def test_each_side_has_its_copy_of_a_pack(browsers: dict[str, Browser]) -> None:
    copies = {"small-2026-10", "small-2026-10-supplier", "other-2026-10", "other-2026-10-supplier"}
    may = {
        "vera": copies,
        "carl": {"small-2026-10", "small-2026-10-supplier"},
        "sue": {"small-2026-10-supplier"},
        "strange": {"other-2026-10-supplier"},
        "kent": set[str](),
    }
    for who, own in may.items():
        got = {name for name in copies if browsers[who].get(f"/reviews/{name}/pack.json").status == 200}
        assert got == own, who
        listed = browsers[who].get("/api/v1/packs")
        assert {name for name in copies if f'"/reviews/{name}/' in listed.text} == own


def test_who_may_reload(house: House, browsers: dict[str, Browser]) -> None:
    for who, browser in browsers.items():
        assert browser.post("/-/reload", {}).status == (200 if who == "olga" else 403)


def test_names_in_an_address_reach_no_other_contract(browsers: dict[str, Browser]) -> None:
    addresses = (
        "/services/small%2F..%2Fother/x", "/services/../small/custody", "/services/SMALL/custody",
        "/desk/contracts/small%00/enter/minute", "/desk/contracts/other%2F../enter/acknowledgement",
    )  # fmt: skip
    for path in addresses:
        assert browsers["strange"].get(path).status in {403, 404}
