"""What is said of people who cannot work well together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.settings.desk.doubts import desk_doubts
from sla_monitor.settings.desk.users import DeskSettings

SUPPLIERS = {"portal": "Acme", "network": "Acme", "radio": "Bolt"}
ENOUGH = [
    {"name": "mia", "password": "${env:X}", "roles": [{"role": "contract_manager"}]},
    {"name": "alf", "password": "${env:X}", "roles": [{"role": "approver"}]},
    {"name": "sam", "password": "${env:X}", "roles": [{"role": "supplier", "contracts": ["portal", "network"]}]},
    {"name": "bob", "password": "${env:X}", "roles": [{"role": "supplier", "contracts": ["radio"]}]},
]


def doubts(*users: dict[str, Any], **more: Any) -> list[str]:
    desk = DeskSettings.model_validate({"users": users, **more})
    return [f"{'.'.join(map(str, at))}: {told}" for at, told in desk_doubts(desk, SUPPLIERS, {"kent"})]


def one(*roles: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "eve", "password": "${env:X}", "roles": roles, **more}


def test_enough_people_with_the_right_roles_are_not_doubted() -> None:
    assert doubts(*ENOUGH) == []
    assert list(desk_doubts(DeskSettings(), SUPPLIERS, ())) == []


def test_a_contract_or_participant_that_is_not_there_is_told() -> None:
    (first, second) = doubts(
        *ENOUGH, one({"role": "viewer", "contracts": ["radio", "rodio"]}, {"role": "participant", "participant": "knt"})
    )
    assert first == "users.4.roles.0.contracts.1: no contract is called rodio (did you mean radio?)"
    assert second == "users.4.roles.1.participant: no contract has the participant knt (did you mean kent?)"


def test_one_person_with_both_halves_is_told() -> None:
    (told,) = doubts(*ENOUGH, one({"role": "contract_manager", "contracts": ["radio"]}, {"role": "approver"}))
    assert told.startswith("users.4.roles: may both claim relief and grant or refuse for radio: where")


def test_who_speaks_for_two_suppliers_is_told() -> None:
    (told,) = doubts(*ENOUGH, one({"role": "supplier"}))
    assert told.startswith("users.4.roles: speaks for several suppliers, and sees what each of them enters: Acme, Bolt")


def test_what_nobody_may_do_is_told() -> None:
    told = doubts(*ENOUGH[:1], ENOUGH[3])
    assert told == [
        "users: nobody may grant or refuse: portal, network, radio (give somebody the role approver)",
        "users: nobody may countersign a month for the supplier: portal, network (give somebody the role supplier)",
    ]


def test_a_hash_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text("the password itself\n")
    (told,) = doubts(*ENOUGH, one({"role": "viewer"}, password=f"${{file:{tmp_path / 'hash'}}}"))
    assert told.startswith("users.4.password: is no bcrypt hash")
    assert "the password itself" not in told
