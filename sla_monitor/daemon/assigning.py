"""Assignments: a site's endpoints as a contract would write them, and the environment that they need."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.settings import Settings
from sla_monitor.transport import Assigned, Assignment

ENVIRONMENT = ("CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "LOCALDOMAIN", "RES_OPTIONS")
"""What a site needs besides the secrets of its endpoints."""


@dataclass(frozen=True, slots=True)
class AssignedEndpoint:
    """An endpoint as a site is told of it. `variables`: of the environment, to which its secrets refer; `former`: the
    terms before the last reload, by which a probe may still be under way."""

    terms: Endpoint
    assigned: Assigned
    variables: tuple[str, ...]
    former: Endpoint | None

    @classmethod
    def of(cls, number: int, key: str, terms: Endpoint, former: Endpoint | None) -> AssignedEndpoint:
        return cls(terms, Assigned.of(number, key, spelled(terms)), tuple(_variables(terms)), former)


def assignment(given: Collection[AssignedEndpoint], settings: Settings, *, asks_witnesses: bool) -> Assignment:
    """All that a site with these endpoints has to know."""
    witnesses = settings.witnesses if asks_witnesses else ()
    names = {*ENVIRONMENT, *(name for one in given for name in one.variables), *_variables(witnesses)}
    return Assignment(
        endpoints=tuple(one.assigned for one in given),
        witnesses=tuple(spelled(terms) for terms in witnesses),
        patience_ms=patience_ms(settings),
        environment={name: os.environ[name] for name in sorted(names) if name in os.environ},
        log_level=settings.log.level,
        log_format=settings.log.format,
    )


def patience_ms(settings: Settings) -> int:
    """How long a failure may wait for the witnesses: until they should have been asked three times."""
    return 3 * max((one.every_ms + one.timeout_ms for one in settings.witnesses), default=0)


def _variables(value: object) -> Iterator[str]:
    """The environment variables to which the secrets of some terms refer."""
    if isinstance(value, SecretReference):
        if value.source == "env":
            yield value.name
        return
    for part in _parts(value):
        yield from _variables(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Strict):
        return (getattr(value, name) for name in type(value).model_fields)
    if is_dataclass(value):
        return (getattr(value, each.name) for each in fields(value))
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
