"""Every address by every role: what the access table says is what happens, by URL and API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.register.entries import KINDS
from sla_monitor.settings.desk.access_table import TABLE, Action, Role, Target, allows
from sla_monitor.settings.desk.users import RoleGrant
from sla_monitor.web import Limits
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entry_fields import form_model
from sla_monitor.web.identity.desk_state import digest_of
from sla_monitor.web.serving.routes import ROUTES
from tests.web.desk.house import ROLES, TOKEN, Browser, House, Page, furnished

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
        for name in ("months", "recalculations", "credits", "obligations", "maintenance")
    },
    r"/api/v1/contracts/([^/]+)/terms": ("/api/v1/contracts/small/terms", Action.SEE_NOTES, "small"),
    r"/api/v1/contracts/([^/]+)/terms/([1-9][0-9]{0,9})": (
        "/api/v1/contracts/small/terms/1", Action.SEE_NOTES, "small",
    ),
    r"/api/v1/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})": (
        "/api/v1/contracts/small/months/2026-08", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/attachments": (
        "/api/v1/contracts/small/entries/1/attachments", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/attachments/([0-9a-f]{64})": (
        f"/api/v1/contracts/small/entries/1/attachments/{'0' * 64}", Action.SEE_SERVICE, "small",
    ),
    r"/api/v1/participants/([^/]+)/shares": ("/api/v1/participants/kent/shares", Action.SEE_SHARE, "kent"),
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
    r"/desk/contracts/([^/]+)/import": ("/desk/contracts/small/import", Action.IMPORT_TICKETS, "small"),
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
    r"/desk/contracts/([^/]+)/entries": ("/desk/contracts/small/entries", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/entries\.csv": ("/desk/contracts/small/entries.csv", Action.SEE_SERVICE, "small"),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})": (
        "/desk/contracts/small/entries/1", Action.SEE_SERVICE, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/decide": (
        "/desk/contracts/small/entries/1/decide", Action.DECIDE, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo": (
        "/desk/contracts/small/entries/1/undo", Action.UNDO, "small",
    ),
    r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/file": (
        "/desk/contracts/small/entries/1/file", Action.SEE_SERVICE, "small",
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
    r"/api/v1/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/sign-off",
    r"/api/v1/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/countersign",
    r"/api/v1/contracts/([^/]+)/credits/invoice",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo-file", r"/api/v1/contracts/([^/]+)/imports",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/decide",
    r"/api/v1/contracts/([^/]+)/terms/([1-9][0-9]{0,9})/(approve|reject|withdraw)",
}  # fmt: skip
"""Routes that are tried in their own tests: they are posted to, or open to whom settings say."""


_ENTRY = r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})"
_MONTH = r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})"
_TERMS = r"/desk/contracts/([^/]+)/terms"
_API = r"/api/v1/contracts/([^/]+)"
POSTED: dict[str, tuple[tuple[str, Action], ...]] = {
    r"/desk/contracts/([^/]+)/enter/([^/]+)": tuple(
        (f"/desk/contracts/small/enter/{kind}", KINDS[kind].action) for kind in KINDS if form_model(kind)
    ),
    rf"{_MONTH}/sign-off": (("/desk/contracts/small/months/2024-10/sign-off", Action.SIGN_OFF),),
    rf"{_MONTH}/countersign": (("/desk/contracts/small/months/2024-10/countersign", Action.COUNTERSIGN),),
    rf"{_API}/imports": (
        ("/api/v1/contracts/small/imports?kind=ticket", Action.IMPORT_TICKETS),
        ("/api/v1/contracts/small/imports?kind=figure", Action.GIVE_FIGURES),
    ),
    rf"{_API}/entries/([1-9][0-9]{{0,9}})/undo-file": (("/api/v1/contracts/small/entries/1/undo-file", Action.UNDO),),
    _ENTRY: (("/desk/contracts/small/entries/1", Action.SEE_SERVICE),),
    rf"{_ENTRY}/decide": (("/desk/contracts/small/entries/1/decide", Action.DECIDE),),
    rf"{_ENTRY}/undo": (("/desk/contracts/small/entries/1/undo", Action.UNDO),),
    rf"{_ENTRY}/undo-file": (("/desk/contracts/small/entries/1/undo-file", Action.UNDO),),
    r"/desk/contracts/([^/]+)/import": (
        ("/desk/contracts/small/import?kind=ticket", Action.IMPORT_TICKETS),
        ("/desk/contracts/small/import?kind=figure", Action.GIVE_FIGURES),
    ),
    r"/desk/contracts/([^/]+)/credits/invoice": (("/desk/contracts/small/credits/invoice", Action.TRACK_CREDITS),),
    rf"{_TERMS}/propose": (("/desk/contracts/small/terms/propose", Action.PROPOSE_TERMS),),
    rf"{_TERMS}/([1-9][0-9]{{0,9}})/(approve|reject|withdraw)": (
        ("/desk/contracts/small/terms/1/approve", Action.APPROVE_TERMS),
        ("/desk/contracts/small/terms/1/reject", Action.APPROVE_TERMS),
        ("/desk/contracts/small/terms/1/withdraw", Action.PROPOSE_TERMS),
    ),
    rf"{_API}/entries": (("/api/v1/contracts/small/entries?dry_run=true", Action.ACKNOWLEDGE),),
    rf"{_API}/entries/([1-9][0-9]{{0,9}})/undo": (("/api/v1/contracts/small/entries/1/undo", Action.UNDO),),
    rf"{_API}/entries/([1-9][0-9]{{0,9}})/decide": (("/api/v1/contracts/small/entries/1/decide", Action.DECIDE),),
    rf"{_API}/months/([0-9]{{4}}-[0-9]{{2}})/sign-off": (
        ("/api/v1/contracts/small/months/2024-10/sign-off", Action.SIGN_OFF),
    ),
    rf"{_API}/months/([0-9]{{4}}-[0-9]{{2}})/countersign": (
        ("/api/v1/contracts/small/months/2024-10/countersign", Action.COUNTERSIGN),
    ),
    rf"{_API}/credits/invoice": (("/api/v1/contracts/small/credits/invoice", Action.TRACK_CREDITS),),
    rf"{_API}/terms": (("/api/v1/contracts/small/terms", Action.PROPOSE_TERMS),),
    rf"{_API}/terms/([1-9][0-9]{{0,9}})/(approve|reject|withdraw)": (
        ("/api/v1/contracts/small/terms/1/approve", Action.APPROVE_TERMS),
        ("/api/v1/contracts/small/terms/1/withdraw", Action.PROPOSE_TERMS),
    ),
}
"""Addresses that are posted to, and what whoever does it has to be allowed."""

OPEN_POSTS = {
    r"/-/reload", r"/heartbeat/([^/]+/[^/]+?)(?:/(start|fail))?", r"/sign-in", r"/sign-out",
    r"/api/v1/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/attachments",
}  # fmt: skip
"""Those that are about no contract, or ask for what the entry they are about asked: tried in their own tests."""

SAID = {
    "said": {"kind": "acknowledgement", "service": "custody"}, "granted": True, "digest": "0" * 64, "note": "No.",
}  # fmt: skip
TWO = [{"role": "supplier", "contracts": ["small"]}, {"role": "approver", "contracts": ["other"]}]
PEOPLE = {**ROLES, "two": TWO}
"""Somebody of each role, and somebody with two."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    password = f"${{file:{folder / 'password'}}}"
    users = [{"name": name, "password": password, "roles": roles} for name, roles in PEOPLE.items()]
    with furnished(folder, users=users, limits=Limits(writes_per_minute=10_000)) as found:
        yield found


@pytest.fixture(scope="module")
def browsers(house: House) -> dict[str, Browser]:
    return {name: house.browser(name) for name in PEOPLE}


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
        for other in ("small", "other") if name == "small" else ("kent", "sussex") if name == "kent" else (name,):
            here = path.replace(f"{name}", f"{other}")
            status = browser.get(here).status
            # A participant's page has a token as well: who may not see it by a role is told what strangers are told.
            refused = {404} if path.startswith(("/participants", "/reviews")) else {403}
            assert (status in refused) == (not allows(roles, action, other)), (who, here, status)
            assert status != 500
    stranger = house.browser().get(path)
    refused = {200} if action is Action.ARRIVE else {404} if path.startswith("/participants") else {303, 401}
    assert stranger.status in refused, (path, stranger.status)


def test_a_record_that_cannot_be_read_is_a_refusal_everywhere_and_no_fault(tmp_path: Path) -> None:
    roles = [{"role": role} for role in ("auditor", "operator", "contract_manager", "approver", "finance")]
    with furnished(tmp_path, tokens=[{"name": "robot", "sha256": digest_of(TOKEN), "roles": roles}]) as house:
        script = house.script()
        house.ledger.write_bytes(b"no database" * 1000)
        faults = {path: found for path, _, _ in ADDRESSES.values() if (found := script.get(path).status) == 500}
        assert faults == {}
        assert script.get("/api/v1/desk").status == script.get("/api/v1/contracts/small/entries").status == 503


def test_every_answer_of_the_api_is_described(browsers: dict[str, Browser]) -> None:
    """Whoever may, whoever may not, and a stranger: no status that openapi.json leaves out."""
    names = {
        "contract": "small", "service": "custody", "endpoint": "health", "number": "1", "month": "2024-10",
        "participant": "kent", "sha256": "0" * 64,
    }  # fmt: skip
    for path, methods in openapi_document()["paths"].items():
        described = methods.get("get", {}).get("responses", {"405"})
        for who in ("audrey", "kent", "strange"):
            status = browsers[who].ask("GET", path.format(**names), None, {"Accept": "application/json"}).status
            assert f"{status}" in described, (path, who, status)


def test_every_route_that_is_posted_to_has_an_address_here() -> None:
    posted = {route for route, handler in ROUTES if "POST" in handler.methods}
    assert posted - POSTED.keys() - OPEN_POSTS == set(), "no address for these: add them to POSTED"
    assert POSTED.keys() | OPEN_POSTS == posted


@pytest.mark.parametrize(("path", "action"), [one for several in POSTED.values() for one in several])
def test_what_is_posted_is_taken_from_whom_the_table_names(
    house: House, browsers: dict[str, Browser], path: str, action: Action
) -> None:
    before = {name: len(house.entries(name)) for name in ("small", "other")}
    for who, browser in browsers.items():
        roles = next(user.roles for user in house.parts.desk.users if user.name == who)
        for contract in ("small", "other"):
            status = posted(browser, path.replace("small", contract)).status
            assert (status == 403) == (not allows(roles, action, contract)), (who, contract, status)
            assert status in {200, 400, 403, 404, 409, 415, 422}, (who, contract, status)
    stranger = house.browser()
    assert posted(stranger, path).status == 401
    assert {name: len(house.entries(name)) for name in before} == before


_tokens: dict[int, str] = {}


def posted(browser: Browser, path: str) -> Page:
    """A form without any field, or a body that says something, of somebody with a session."""
    token = _tokens.get(id(browser)) or browser.get("/desk").hidden.get("_csrf", "-")
    _tokens[id(browser)] = token
    if not path.startswith("/api/"):
        return browser.post(path, {"_csrf": token})
    told = {"X-CSRF-Token": token, "Content-Type": "application/json", "Idempotency-Key": "k", "Accept": "text/html"}
    body = {name: SAID[name] for name in FIELDS_OF.get(path.partition("?")[0].rpartition("/")[2], ())}
    return browser.ask("POST", path, json.dumps(body).encode(), told)


FIELDS_OF = {
    "undo-file": ("note",),
    "entries": ("said", "note"), "undo": ("note",), "decide": ("granted", "note"), "approve": ("digest", "note"),
    "withdraw": ("note",),
}  # fmt: skip


def test_a_role_that_is_taken_away_and_a_token_that_is_removed_end_at_once(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        carl, script = house.browser("carl"), house.script()
        form = carl.get("/desk/contracts/small/enter/minute")
        assert script.get("/api/v1/contracts/small/entries").status == 200
        users = [
            user.model_copy(update={"roles": (RoleGrant(role=Role.VIEWER, contracts=("other",)),)})
            if user.name == "carl" else user
            for user in house.parts.desk.users
        ]  # fmt: skip
        house.parts.desk = house.parts.desk.model_copy(update={"users": tuple(users), "tokens": ()})
        said = carl.fill_in(form, "/desk/contracts/small/enter/minute", month="2024-10", note="Too late.")
        assert (said.status, len(house.entries())) == (403, 0)
        assert carl.get("/desk/contracts/small/credits").status == 403
        assert "/desk/contracts/small" not in carl.get("/desk").text
        assert carl.get("/desk/contracts/other/obligations").status == 200
        assert script.get("/api/v1/contracts/small/entries").status == 401


def test_figures_are_imported_by_whom_the_table_names(house: House, browsers: dict[str, Browser]) -> None:
    for who, browser in browsers.items():
        roles = next(user.roles for user in house.parts.desk.users if user.name == who)
        may = allows(roles, Action.GIVE_FIGURES, "small")
        assert browser.get("/desk/contracts/small/import?kind=figure").status == (200 if may else 403), who


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


def test_a_pack_that_somebody_may_not_have_is_to_them_as_if_there_were_none(browsers: dict[str, Browser]) -> None:
    """Neither another contract's, nor the authority's copy of one's own: whoever guesses names learns of none."""

    def answered(who: str, pack: str, file: str) -> tuple[int, str]:
        page = browsers[who].ask("GET", f"/reviews/{pack}/{file}", None, {"Accept": "application/json"})
        return page.status, page.text

    for who in ("sue", "kent"):
        nothing = answered(who, "nothing-2026-10", "pack.json")
        assert nothing == (404, "not found\n")
        for pack in ("small-2026-10", "other-2026-10", "other-2026-10-supplier"):
            assert answered(who, pack, "pack.json") == answered(who, pack, "none.json") == nothing, (who, pack)


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
