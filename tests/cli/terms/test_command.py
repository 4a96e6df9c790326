"""`sla-monitor terms` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.assess.proposed_terms import changes_in, contract_changes
from sla_monitor.clock import SystemClock
from sla_monitor.contract.load import load_contract
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import shifted
from tests.support.approvals import HOLIDAYS, TermsOffice

DEARER = [{"id": "points", "method": "points", "per_point_percent": 2}]


THIS = month_at(SystemClock().now_ms(), ZoneInfo("Europe/London"))
CLOSED = [shifted(THIS, -3), shifted(THIS, -2)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> TermsOffice:
    return furnished(tmp_path_factory.mktemp("terms"))


def furnished(folder: Path) -> TermsOffice:
    """Two months with a figure that costs two points each."""
    one = TermsOffice.furnished(folder)
    for month in CLOSED:
        figure = ("--kpi", "KPI2", "--month", month, "--party", "agreed", "--value", "85", "--yes")
        one.done("register", "add", "figure", "small", *figure, actor="ann")
    return one


def proposed(office: TermsOffice, *words: str) -> str:
    return office.done("terms", "propose", str(office.folder / "drafts/small.yaml"), "--note", "CCN", *words).out


def test_terms_that_restate_closed_months_are_shown_in_words_and_money(office: TermsOffice) -> None:
    office.write(credits=DEARER)
    said = proposed(office, "--dry-run")
    assert "From the beginning: 1 change\n" in said
    assert "credits, points, per point percent  1      2\n" in said
    assert "It RESTATES 2 months that are over" in said
    assert "GBP 20.00 -> GBP 40.00" in said
    assert "GBP 40.00 -> GBP 80.00" in said, "both months together"
    assert "approve small" not in said, "a dry run"


def test_terms_of_a_later_day_restate_nothing_and_are_shown_as_if_they_had_held(office: TermsOffice) -> None:
    office.write(credits=[{**DEARER[0], "per_point_percent": 1, "versions": [
        {"from": "2027-04-01", "ref": "CCN-1", "per_point_percent": 2}
    ]}])  # fmt: skip
    said = proposed(office, "--dry-run")
    assert "From 1 Apr 2027 00:00:00 BST: 1 change\n" in said
    before, supposed = said.split("As if the last version of each had held")
    assert "No month that is over comes out otherwise." in before
    assert "GBP 20.00 -> GBP 40.00" in supposed


def test_a_changed_calendar_is_a_change_in_words(office: TermsOffice) -> None:
    office.write()
    calendar = office.folder / "calendars/gb.yaml"
    kept = load_contract(office.file)
    calendar.write_text(HOLIDAYS.replace("{}", "{2026-12-28: Boxing Day}"))
    office.folder.joinpath("contracts/small.yaml").write_bytes(kept.read_files.contract)
    try:
        (change,) = changes_in(contract_changes(kept, load_contract(office.file)))
        assert (change.what, change.was, change.now) == (
            "calendars, office, bank holidays, 2026-12-28",
            "",
            "Boxing Day",
        )
    finally:
        calendar.write_text(HOLIDAYS)


def test_from_the_proposal_to_the_approval(tmp_path: Path) -> None:
    office = furnished(tmp_path)
    office.write(credits=DEARER)
    said = proposed(office, "--from", "2039-07-01", "--reference", "CCN-7", "--actor", "ann")
    number = said.split("sla-monitor terms approve small ")[1].strip()
    assert f"entry {number}: Proposal of terms " in said
    assert "from 1 Jul 2039 00:00:00 BST on; CCN" in said
    listed = office.done("terms", "list", "small").out
    assert "awaits a second person" in listed
    shown = office.done("terms", "show", "small", number, "--format", "json").json
    assert shown["restated"] == CLOSED
    assert shown["terms"][0]["changes"] == [{"what": "credits, points, per point percent", "was": "1", "now": "2"}]
    assert shown["supposed"]["difference"]["credit"]["amount"] == "40.00"
    office.done("terms", "show", "small", number, "--output", str(tmp_path / "put"))
    assert (tmp_path / "put/small.yaml").read_bytes() == (office.folder / "drafts/small.yaml").read_bytes()
    assert (tmp_path / "put/gb.yaml").read_text() == HOLIDAYS
    refusals = {
        ("ann",): "four eyes: somebody else must approve them",
        ("bob", "--digest", "0" * 64): "approve what was proposed",
    }
    for (actor, *words), told in refusals.items():
        refused = office.run("terms", "approve", "small", number, "--yes", *words, actor=actor)
        assert (refused.code, told in refused.err) == (1, True), refused
    undecided = office.run("terms", "approve", "small", number, actor="bob")
    assert (undecided.code, "pass --yes" in undecided.err) == (1, True), "what it changes has to be confirmed"
    assert "It RESTATES 2 months" in undecided.err
    office.approve(int(number))
    document = office.done("terms", "list", "small", "--format", "json").json["proposals"][0]
    assert (document["state"], document["closed_by_actor"], document["one_login"]) == ("approved", "bob", True)
    assert "both names were given behind one login" in office.done("terms", "list", "small").out
    again = office.run("terms", "approve", "small", number, "--yes", actor="carl")
    assert "has approved it already (propose again)" in again.err
    undone = office.run("register", "undo", "small", str(int(number) + 1), "--why", "x", "--yes", actor="carl")
    assert "which nobody undoes" in undone.err


def test_where_there_are_users_their_roles_count(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    users = [
        {"name": "ann", "proxy": "ann", "roles": [{"role": "contract_manager"}]},
        {"name": "bob", "proxy": "bob", "roles": [{"role": "approver", "contracts": ["other"]}]},
        {"name": "eve", "proxy": "eve", "roles": [{"role": "approver"}]},
    ]
    proxy = {"header": "X-User", "from": ["127.0.0.1"]}
    desk = json.dumps({"users": users, "proxy": proxy})
    office.settings.write_text(f"{office.settings.read_text()}desk: {desk}\n")
    refused = office.run("terms", "propose", str(office.file), "--note", "x", actor="eve")
    assert (refused.code, "it takes: contract_manager" in refused.err) == (1, True), refused
    number = office.propose(office.file)
    for actor in ("bob", "nobody", "ann"):
        refused = office.run("terms", "approve", "small", str(number), "--yes", actor=actor)
        assert (refused.code, "(it takes: approver)" in refused.err) == (1, True), refused
    office.approve(number, "eve")


def test_what_is_no_proposal_is_told(office: TermsOffice) -> None:
    assert office.run("terms", "show", "small", "1").err.endswith(
        "Error: entry 1 of small proposes no terms (see `sla-monitor terms list`)\n"
    )
    assert office.run("terms", "approve", "small", "1", "--yes", actor="bob").code == 1
    assert office.run("terms", "show", "small").code == 2
    office.write(currency="EUR")
    euros = office.run("terms", "propose", str(office.folder / "drafts/small.yaml"), "--note", "x")
    assert (euros.code, "write GBP" in euros.err) == (2, True)
    late = office.run("terms", "propose", str(office.file), "--note", "x", "--from", "1.7.2039", actor="ann")
    assert (late.code, "must be a date" in late.err) == (2, True)


def test_rejected_and_withdrawn_terms_stay_in_the_list(office: TermsOffice) -> None:
    several = [office.propose(office.write(target=target)) for target in ("98", "97")]
    office.done("terms", "reject", "small", str(several[0]), "--why", "not agreed", actor="bob")
    assert (
        "only the proposer" in office.run("terms", "withdraw", "small", str(several[1]), "--why", "x", actor="bob").err
    )
    office.done("terms", "withdraw", "small", str(several[1]), "--why", "a newer one", actor="ann")
    states = {
        one["number"]: one["state"]
        for one in office.done("terms", "list", "small", "--format", "json").json["proposals"]
    }
    assert [states[number] for number in several] == ["rejected", "withdrawn"]


def test_a_new_contract_is_proposed_before_its_file_lies_in_place(office: TermsOffice) -> None:
    path = office.folder / "drafts/new.yaml"
    path.write_text(office.file.read_text().replace('"small"', '"fresh"'))
    said = office.done("terms", "propose", str(path), "--note", "new", actor="ann")
    assert "fresh is a new contract: there is nothing to compare it with." in said.err
