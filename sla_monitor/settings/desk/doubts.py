"""What the settings of the desk allow and cannot work well: roles that reach nothing, decisions that nobody may make,
one person with both halves of what two should do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import SecretError
from sla_monitor.settings.desk.access_table import FOUR_EYES, TABLE, Action, Role, allows
from sla_monitor.settings.desk.users import DeskSettings, DeskUser, Grants
from sla_monitor.settings.web_config import is_bcrypt_hash

Doubt = tuple[tuple[str | int, ...], str]
"""The path below `desk`, and what is doubtful there."""

NEEDED = (Action.DECIDE, Action.SIGN_OFF, Action.COUNTERSIGN)
"""What somebody has to do for each contract, sooner or later."""


def desk_doubts(desk: DeskSettings, suppliers: Mapping[str, str], participants: Collection[str]) -> Iterator[Doubt]:
    """`suppliers`: by contract; `participants`: the ids of all contracts'."""
    if not desk.is_used:
        return
    known = [*((("users", place), user.roles) for place, user in enumerate(desk.users))]
    known += [*((("tokens", place), one.roles) for place, one in enumerate(desk.tokens))]
    for at, roles in known:
        yield from _reach_nothing(at, roles, suppliers, participants)
        yield from _of_two_suppliers(at, roles, suppliers)
    for place, user in enumerate(desk.users):
        yield from _alone(place, user, suppliers)
        yield from _unusable_hash(place, user.password)
    yield from _nobody(desk, suppliers)


def _reach_nothing(
    at: tuple[str, int], roles: Grants, suppliers: Mapping[str, str], participants: Collection[str]
) -> Iterator[Doubt]:
    for place, grant in enumerate(roles):
        for number, name in enumerate(grant.contracts or ()):
            if name not in suppliers:
                yield (
                    (*at, "roles", place, "contracts", number),
                    f"no contract is called {name} ({suggestion(name, suppliers)})",
                )
        if grant.participant is not None and grant.participant not in participants:
            message = (
                f"no contract has the participant {grant.participant} ({suggestion(grant.participant, participants)})"
            )
            yield (*at, "roles", place, "participant"), message


def _of_two_suppliers(at: tuple[str, int], roles: Grants, suppliers: Mapping[str, str]) -> Iterator[Doubt]:
    own = [grant for grant in roles if grant.role is Role.SUPPLIER]
    reached = {name for grant in own for name in (suppliers if grant.contracts is None else grant.contracts)}
    named = sorted({suppliers[name] for name in reached & suppliers.keys()})
    if len(named) > 1:
        message = (
            f"speaks for several suppliers, and sees what each of them enters: {', '.join(named)} (name contracts)"
        )
        yield (*at, "roles"), message


def _alone(place: int, user: DeskUser, suppliers: Mapping[str, str]) -> Iterator[Doubt]:
    for one, other in FOUR_EYES:
        both = [name for name in suppliers if allows(user.roles, one, name) and allows(user.roles, other, name)]
        if both:
            message = (
                f"may both {TABLE[one].words} and {TABLE[other].words} for {', '.join(both)}: where the contract asks"
                " for four eyes, these are two (give one of the roles to somebody else)"
            )
            yield ("users", place, "roles"), message
            return


def _unusable_hash(place: int, reference: SecretReference | None) -> Iterator[Doubt]:
    """What can be read, and is no hash. What cannot be read is told with the other secrets."""
    if reference is None:
        return
    try:
        hashed = reference.reveal().strip()
    except SecretError:
        return
    if not is_bcrypt_hash(hashed):
        message = (
            "is no bcrypt hash of cost 4 to 19, so that nobody signs in with it (`sla-monitor desk password` makes one)"
        )
        yield ("users", place, "password"), message


def _nobody(desk: DeskSettings, suppliers: Mapping[str, str]) -> Iterator[Doubt]:
    for action in NEEDED:
        missing = [name for name in suppliers if not any(allows(user.roles, action, name) for user in desk.users)]
        if missing:
            roles = " or ".join(sorted(TABLE[action].roles))
            message = f"nobody may {TABLE[action].words}: {', '.join(missing)} (give somebody the role {roles})"
            yield (("users",) if desk.users else ("tokens",)), message
