"""The access table: which role may do what to what. Everything that asks whether somebody may do something asks here.

Nothing is allowed that no line allows. A line names its roles; a person has a role for some contracts, for all, or for
one participant (`RoleGrant`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What somebody is to a contract."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    CONTRACT_MANAGER = "contract_manager"
    APPROVER = "approver"
    FINANCE = "finance"
    SUPPLIER = "supplier"
    PARTICIPANT = "participant"
    AUDITOR = "auditor"


class Target(StrEnum):
    """What something is done to."""

    ANYBODY = "anybody"
    """Nothing that needs a right: who is not signed in may do it too."""
    SELF = "oneself"
    """What somebody has anyway: the own session, and lists of what the own roles reach."""
    CONTRACT = "contract"
    PARTICIPANT = "participant"
    MONITOR = "monitor"
    """All contracts at once, and the monitor itself: only a role for all contracts reaches it."""


class Action(StrEnum):
    """What can be done. Each request handler and each kind of entry names one."""

    ARRIVE = "arrive"
    USE_DESK = "use-desk"
    SEE_OVERVIEW = "see-overview"
    SEE_SERVICE = "see-service"
    SEE_NOTES = "see-notes"
    SEE_PACKS = "see-packs"
    SEE_SHARE = "see-share"
    SEE_MONITOR = "see-monitor"
    SEE_AUDIT = "see-audit"
    RELOAD = "reload"
    ACKNOWLEDGE = "acknowledge"
    BOOK_MAINTENANCE = "book-maintenance"
    CLAIM_RELIEF = "claim-relief"
    DISPUTE = "dispute"
    COMMENT = "comment"
    GIVE_FIGURES = "give-figures"
    IMPORT_TICKETS = "import-tickets"
    EXPLAIN_FAILURE = "explain-failure"
    KEEP_MINUTES = "keep-minutes"
    FINISH_ACTION = "finish-action"
    CORRECT = "correct"
    UNDO = "undo"
    DECIDE = "decide"
    WAIVE = "waive"
    SIGN_OFF = "sign-off"
    COUNTERSIGN = "countersign"
    TRACK_CREDITS = "track-credits"
    PROPOSE_TERMS = "propose-terms"
    APPROVE_TERMS = "approve-terms"


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of the table. `is_fresh`: whoever does it has to have shown who they are within minutes (`desk.fresh`).
    `words`: what it is, for people."""

    target: Target
    roles: frozenset[Role]
    words: str
    is_fresh: bool = False


_SUPPLIER, _PARTICIPANT = Role.SUPPLIER, Role.PARTICIPANT
_MANAGER, _APPROVER = Role.CONTRACT_MANAGER, Role.APPROVER
_OPERATOR, _FINANCE, _AUDITOR, _VIEWER = Role.OPERATOR, Role.FINANCE, Role.AUDITOR, Role.VIEWER
_AUTHORITY = frozenset({_VIEWER, _OPERATOR, _MANAGER, _APPROVER, _FINANCE, _AUDITOR})
"""Those who read everything of a contract, notes included."""


def _of(target: Target, roles: Iterable[Role], words: str, *, is_fresh: bool = False) -> Permission:
    return Permission(target, frozenset(roles), words, is_fresh)


TABLE: dict[Action, Permission] = {
    Action.ARRIVE: _of(Target.ANYBODY, Role, "sign in, see what is public"),
    Action.USE_DESK: _of(Target.SELF, Role, "see the own rights and sessions, sign out"),
    Action.SEE_OVERVIEW: _of(Target.SELF, {*_AUTHORITY, _SUPPLIER}, "see the states and lists of the own contracts"),
    Action.SEE_SERVICE: _of(Target.CONTRACT, {*_AUTHORITY, _SUPPLIER}, "see services, figures, entries and credits"),
    Action.SEE_NOTES: _of(Target.CONTRACT, _AUTHORITY, "see the authority’s notes and documents"),
    Action.SEE_PACKS: _of(Target.CONTRACT, {*_AUTHORITY, _SUPPLIER}, "download review packs, each side its copy"),
    Action.SEE_SHARE: _of(Target.PARTICIPANT, {*_AUTHORITY, _PARTICIPANT}, "see a participant’s services and shares"),
    Action.SEE_MONITOR: _of(Target.MONITOR, _AUTHORITY, "see all contracts at once, metrics and health"),
    Action.SEE_AUDIT: _of(Target.MONITOR, {_AUDITOR}, "see who signed in, downloaded and decided"),
    Action.RELOAD: _of(Target.MONITOR, {_OPERATOR}, "have the configuration read again"),
    Action.ACKNOWLEDGE: _of(Target.CONTRACT, {_OPERATOR, _MANAGER, _SUPPLIER}, "take an outage in hand"),
    Action.BOOK_MAINTENANCE: _of(Target.CONTRACT, {_OPERATOR, _MANAGER, _SUPPLIER}, "book maintenance"),
    Action.CLAIM_RELIEF: _of(Target.CONTRACT, {_MANAGER, _SUPPLIER}, "claim relief"),
    Action.DISPUTE: _of(Target.CONTRACT, {_MANAGER, _SUPPLIER}, "dispute a figure or an outage"),
    Action.COMMENT: _of(
        Target.CONTRACT, {_OPERATOR, _MANAGER, _APPROVER, _FINANCE, _SUPPLIER}, "comment on a month or an entry"
    ),
    Action.GIVE_FIGURES: _of(Target.CONTRACT, {_MANAGER, _SUPPLIER}, "give the figures of the own side"),
    Action.IMPORT_TICKETS: _of(Target.CONTRACT, {_OPERATOR, _MANAGER, _SUPPLIER}, "enter and import tickets"),
    Action.EXPLAIN_FAILURE: _of(
        Target.CONTRACT, {_OPERATOR, _MANAGER, _SUPPLIER}, "give cause and owner of an outage, list outages"
    ),
    Action.KEEP_MINUTES: _of(Target.CONTRACT, {_MANAGER, _APPROVER}, "keep minutes and actions of a meeting"),
    Action.FINISH_ACTION: _of(
        Target.CONTRACT, {_OPERATOR, _MANAGER, _APPROVER, _SUPPLIER}, "report an action or a duty as done"
    ),
    Action.CORRECT: _of(Target.CONTRACT, {_MANAGER}, "correct what was observed, say what it cost"),
    Action.UNDO: _of(Target.CONTRACT, {_MANAGER}, "take an entry back", is_fresh=True),
    Action.DECIDE: _of(Target.CONTRACT, {_APPROVER}, "grant or refuse", is_fresh=True),
    Action.WAIVE: _of(Target.CONTRACT, {_APPROVER}, "waive a failure or its credit", is_fresh=True),
    Action.SIGN_OFF: _of(Target.CONTRACT, {_MANAGER}, "sign a month off for the authority", is_fresh=True),
    Action.COUNTERSIGN: _of(Target.CONTRACT, {_SUPPLIER}, "countersign a month for the supplier", is_fresh=True),
    Action.TRACK_CREDITS: _of(Target.CONTRACT, {_FINANCE, _MANAGER}, "enter what was notified, invoiced and paid"),
    Action.PROPOSE_TERMS: _of(Target.CONTRACT, {_MANAGER}, "propose a new version of the terms"),
    Action.APPROVE_TERMS: _of(Target.CONTRACT, {_APPROVER}, "approve a new version of the terms", is_fresh=True),
}
"""Every action. The table is printed by `sla-monitor desk access`."""

FOUR_EYES = (
    (Action.CLAIM_RELIEF, Action.DECIDE),
    (Action.BOOK_MAINTENANCE, Action.DECIDE),
    (Action.CORRECT, Action.DECIDE),
    (Action.PROPOSE_TERMS, Action.APPROVE_TERMS),
    (Action.SIGN_OFF, Action.COUNTERSIGN),
)
"""What two people should do: one proposes, another one decides."""


class Granted(Protocol):
    """A role that somebody has. `contracts` None: for all."""

    @property
    def role(self) -> Role: ...
    @property
    def contracts(self) -> tuple[str, ...] | None: ...
    @property
    def participant(self) -> str | None: ...


def allows(grants: Sequence[Granted], action: Action, name: str | None = None) -> bool:
    """Whether these roles allow an action. `name`: the id of the contract or participant that it is done to."""
    permission = TABLE[action]
    if permission.target is Target.ANYBODY:
        return True
    return any(_reaches(grant, permission.target, name) for grant in grants if grant.role in permission.roles)


def _reaches(grant: Granted, target: Target, name: str | None) -> bool:
    """Whether a role reaches what an action is done to."""
    if target is Target.SELF:
        return True
    if grant.role is Role.PARTICIPANT:
        return target is Target.PARTICIPANT and name is not None and grant.participant == name
    if target is Target.CONTRACT:
        return name is not None and (grant.contracts is None or name in grant.contracts)
    # A participant takes part in several contracts: only who sees all of them sees the whole of its page.
    return grant.contracts is None


def permitted_actions(grants: Sequence[Granted], contract: str) -> list[Action]:
    """What these roles allow to be done to a contract, in the table's order."""
    lines = ((action, line.target) for action, line in TABLE.items())
    return [action for action, target in lines if target is Target.CONTRACT and allows(grants, action, contract)]
