"""JSON, feeds and badges for others than the operators: nobody sees them unless settings say so, and nothing leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sla_monitor.settings.desk.users import DeskSettings
from sla_monitor.settings.views import SharedViews
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.web import Health
from tests.fakes.clock import FakeClock
from tests.web import estate
from tests.web.page.test_shared_page import both
from tests.web.running import Parts, ask, serving
from tests.web.serving.test_shared_access import OTHER, TOKEN, basic, bearer
from tests.web.serving.test_shared_access import views as views

KEYS = {
    "url", "title", "assessed_at", "services", "outages", "more_outages", "maintenance", "why_null", "name", "state",
    "since", "id", "service", "time_zone", "began_at", "ended_at", "end_seen", "lasted_ms", "start", "end", "is_agreed",
}  # fmt: skip
"""Every key that others may ever be given."""


def walked(told: Any) -> Iterator[tuple[str, object]]:
    """Every key with its value, wherever it stands."""
    if isinstance(told, list):
        for one in told:
            yield from walked(one)
    elif isinstance(told, dict):
        for key, value in told.items():
            yield key, value
            if key != "why_null":
                yield from walked(value)


def test_nothing_is_served_unless_settings_say_so() -> None:
    with serving(Parts(board=both())) as web:
        for path in ("/public/status.json", "/public/outages.atom", "/public/badge/partnership/e-mail.svg",
                     "/participants/staffordshire/status.json",
                     "/participants/staffordshire/outages.atom"):  # fmt: skip
            answer = ask(web, path, headers=basic(TOKEN))
            assert answer.status == 404, path
            assert "E-mail" not in answer.body


def test_a_token_opens_its_own_json_and_feed_and_no_other(views: SharedViews) -> None:
    with serving(Parts(board=both(), views=views)) as web:
        for end in ("status.json", "outages.atom"):
            mine = ask(web, f"/participants/staffordshire/{end}", headers=bearer(TOKEN))
            assert mine.status == 200
            assert "Mobile data" in mine.body or end == "outages.atom"
            assert "Payroll" not in mine.body, "another contract's"
            other = ask(web, f"/participants/west-midlands/{end}", headers=bearer(OTHER))
            assert "Mobile data" not in other.body, "it is Staffordshire's"
            for path in (f"/participants/west-midlands/{end}", f"/participants/nobody/{end}", f"/public/{end}"):
                assert ask(web, path, headers=bearer(TOKEN)).status == 401, path
            assert ask(web, f"/participants/staffordshire/{end}").status == 401
        told = json.loads(ask(web, "/participants/staffordshire/status.json").body)
        assert "token of this view" in told["remedy"]


def test_no_money_and_nothing_from_inside_is_in_json_or_feed() -> None:
    """Every key is on a list, and no text is the operators': reasons, addresses, ids, notes, suppliers, money."""
    state = Health(ready=False, reasons=["disk /dev/sda1 is full"], facts={"Ledger": "1,204 rows"})
    with serving(
        Parts(board=both(), views=SharedViews(public="everybody"), state=state, clock=FakeClock(estate.NOW_MS))
    ) as web:
        for path in ("/public/status.json", "/public/outages.atom", "/public/badge/partnership/custody-records.svg"):
            answer = ask(web, path)
            assert answer.status == 200
            for secret in ("Boeing", "£", "GBP", "credit", "points", "503", "custody-web", "127.0.0.1", "http://127",
                           "status unexpected", Reason.TIMEOUT, "sda1", "1,204", "CCN-12", "Illustrative"):  # fmt: skip
                assert secret not in answer.body, (path, secret)
        told = json.loads(ask(web, "/public/status.json").body)
    found = dict(walked(told))
    assert set(found) == KEYS
    assert {one["url"] for one in [told]} == {"/public"}
    assert all("partnership" not in one["id"] for one in told["outages"])


def test_a_badge_of_the_public_stands_on_anybodys_page_and_tells_the_state_alone() -> None:
    with serving(Parts(board=both(), views=SharedViews(public="everybody"))) as web:
        answer = ask(web, "/public/badge/partnership/custody-records.svg")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "Custody records: down" in answer.body
        assert "%" not in answer.body
        assert ask(web, "/public/badge/partnership/e-mail.svg?show=availability").status == 400
        missing = ask(web, "/public/badge/partnership/none.svg")
        assert (missing.status, missing.headers["content-type"]) == (404, "image/svg+xml; charset=utf-8")
        private = ask(web, "/badge/partnership/custody-records.svg")
        assert private.headers["cross-origin-resource-policy"] == "same-origin"
    assert Outcome.DOWN in {one.state for one in estate.partnership().assessment.contracts[0].services}


def test_what_is_public_stays_so_where_users_are_named() -> None:
    """Badge, page, JSON and feed tell a stranger the same as before anybody was named."""
    named = DeskSettings.model_validate(
        {"tokens": [{"name": "script", "sha256": "0" * 64, "roles": [{"role": "supplier", "contracts": ["none"]}]}]}
    )
    paths = (
        "/public", "/public/status.json", "/public/outages.atom", "/public/badge/partnership/custody-records.svg",
    )  # fmt: skip
    with serving(Parts(board=both(), views=SharedViews(public="everybody"), desk=named)) as web:
        for path in paths:
            answer = ask(web, path)
            assert (answer.status, "Custody records" in answer.body) == (200, True), path
        assert ask(web, "/badge/partnership/custody-records.svg").status == 401


@pytest.mark.parametrize("public", ["closed", "token"])
def test_a_badge_is_public_only_where_everybody_may_see_the_page(views: SharedViews, public: str) -> None:
    chosen = views if public == "token" else SharedViews()
    with serving(Parts(board=both(), views=chosen)) as web:
        assert ask(web, "/public/badge/partnership/e-mail.svg", headers=bearer("public-0123456789")).status == 404
