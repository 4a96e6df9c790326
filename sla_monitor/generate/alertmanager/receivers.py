"""Receivers: placeholders that show where the secrets go, to be replaced by one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sla_monitor.contract.reading.yaml_file import DEPTH_LIMIT
from sla_monitor.errors import GenerateError

NOBODY, DEAD_MANS_SWITCH = "nobody", "dead-mans-switch"
SECRETS = "/etc/alertmanager/secrets"


class Receiver(NamedTuple):
    """Where calls go, and where tickets go."""

    pager: str
    tickets: str


WATCHERS = Receiver("monitor-pager", "monitor-tickets")
"""Those who look after the monitor."""


def placeholders(contracts: Sequence[str]) -> list[dict[str, Any]]:
    """A receiver of each name that the routes use. Raises GenerateError where a contract takes the watchers' names."""
    found: list[dict[str, Any]] = [
        {"name": NOBODY},
        {
            "name": DEAD_MANS_SWITCH,
            "webhook_configs": [
                {
                    "url": "https://dead-mans-switch.example/sla-monitor",
                    "send_resolved": False,
                    "http_config": {"authorization": {"credentials_file": f"{SECRETS}/{DEAD_MANS_SWITCH}"}},
                }
            ],
        },
        _pager(WATCHERS.pager),
        _mail(WATCHERS.tickets, "monitoring@authority.example"),
    ]
    for contract in contracts:
        if WATCHERS.pager == f"{contract}-pager":
            raise GenerateError([f"{contract}: {WATCHERS.pager} is who looks after the monitor (rename the contract)"])
        found += [
            _pager(f"{contract}-pager"),
            _mail(f"{contract}-tickets", "service-desk@authority.example"),
            _mail(f"{contract}-managers", "contracts@authority.example"),
        ]
    return found


def _pager(name: str) -> dict[str, Any]:
    one = {
        "routing_key_file": f"{SECRETS}/{name}",
        "description": '{{ template "sla.subject" . }}',
        "severity": '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}',
        "details": {"message": '{{ template "sla.text" . }}'},
    }
    return {"name": name, "pagerduty_configs": [one]}


def _mail(name: str, to: str) -> dict[str, Any]:
    one = {
        "to": to,
        "from": "sla-monitor@authority.example",
        "smarthost": "mail.authority.example:587",
        "auth_username": "sla-monitor",
        "auth_password_file": f"{SECRETS}/{name}",
        "headers": {"Subject": '{{ template "sla.subject" . }}'},
        "text": '{{ template "sla.text" . }}',
        "html": '{{ template "sla.html" . }}',
        "send_resolved": True,
    }
    return {"name": name, "email_configs": [one]}


def read_receivers(path: Path) -> list[dict[str, Any]]:
    """A file with a list of receivers, as Alertmanager writes them. Raises GenerateError."""
    try:
        text = path.read_text(encoding="utf-8")
        # PyYAML's C composer calls itself for each level, and ends the whole process when there are too many.
        if _is_deep(text):
            raise GenerateError([f"{path}: is nested more than {DEPTH_LIMIT} deep (flatten it)"])
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise GenerateError([f"{path}: {why} (alerting.receivers of the settings)"]) from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise GenerateError([f"{path}{place}: {getattr(error, 'problem', None) or error}"]) from None
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in found
    ):
        raise GenerateError([f"{path}: must be a list of receivers, each with a name (write - name: {WATCHERS.pager})"])
    return found


def _is_deep(text: str) -> bool:
    """Whether values lie in one another more than DEPTH_LIMIT deep."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            return True
    return False


def replaced(known: Sequence[dict[str, Any]], own: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The receivers, those with a name of `own` taken from there. Raises GenerateError for names that no route uses."""
    names = [receiver["name"] for receiver in known]
    strange = [str(receiver["name"]) for receiver in own if receiver["name"] not in names]
    if strange:
        raise GenerateError([f"no such receiver: {name} (the routes know {', '.join(names)})" for name in strange])
    by_name = {receiver["name"]: dict(receiver) for receiver in (*known, *own)}
    return [by_name[name] for name in names]
