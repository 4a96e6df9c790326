"""The access table itself: what it leaves to whom, cell by cell."""

from __future__ import annotations

import pytest

from sla_monitor.settings.desk.access_table import FOUR_EYES, TABLE, Action, Role, Target, allows, permitted_actions
from sla_monitor.settings.desk.users import RoleGrant

WRITING = [
    action for action in TABLE if action not in {Action.ARRIVE, Action.USE_DESK} and not action.startswith("see-")
]


def grant(role: Role, *contracts: str) -> RoleGrant:
    if role is Role.PARTICIPANT:
        return RoleGrant(role=role, participant="kent")
    return RoleGrant(role=role, contracts=contracts or None)


@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize("role", Role)
def test_each_cell(role: Role, action: Action) -> None:
    line, everything, own = TABLE[action], [grant(role)], [grant(role, "own")]
    may = line.target is Target.ANYBODY or role in line.roles
    if line.target is Target.CONTRACT:
        assert (allows(everything, action, "any"), allows(own, action, "own")) == (may, may)
        assert not allows(own, action, "other")
        assert not allows(everything, action)
    elif line.target is Target.PARTICIPANT:
        assert allows(everything, action, "kent") == may
        assert allows(own, action, "kent") == (may and role is Role.PARTICIPANT)
        assert not allows(own, action, "other")
    elif line.target is Target.MONITOR:
        assert allows(everything, action) == may
        assert not allows(own, action)
    else:
        assert allows(own, action) == may
    assert allows([], action, "own") == (line.target is Target.ANYBODY)


def test_every_action_has_a_line() -> None:
    assert set(TABLE) == set(Action)


def test_an_auditor_reads_everything_and_writes_nothing() -> None:
    auditor = [grant(Role.AUDITOR)]
    names = {Target.CONTRACT: "a", Target.PARTICIPANT: "kent"}
    may = {action for action, line in TABLE.items() if allows(auditor, action, names.get(line.target))}
    assert may == {action for action in TABLE if action not in WRITING}


def test_neither_a_supplier_nor_a_participant_sees_notes_or_the_monitor() -> None:
    for role in (Role.SUPPLIER, Role.PARTICIPANT):
        for action in (Action.SEE_NOTES, Action.SEE_MONITOR, Action.SEE_AUDIT, Action.RELOAD, Action.DECIDE):
            assert not allows([grant(role)], action, "kent")
    assert permitted_actions([grant(Role.PARTICIPANT)], "own") == []


def test_no_role_has_both_halves_of_what_two_people_should_do() -> None:
    for one, other in FOUR_EYES:
        assert not TABLE[one].roles & TABLE[other].roles


def test_what_decides_or_signs_is_fresh() -> None:
    fresh = {action for action, line in TABLE.items() if line.is_fresh}
    assert fresh == {
        Action.UNDO, Action.DECIDE, Action.WAIVE, Action.SIGN_OFF, Action.COUNTERSIGN, Action.APPROVE_TERMS,
    }  # fmt: skip
