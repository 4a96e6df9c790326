"""What the configuration refers to, and cannot be read: secrets, CA bundles, certificates and keys.

Nothing here keeps the daemon from running: an endpoint that lacks a secret is UNKNOWN (`monitor_misconfigured`), and
the others go on.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.reading import nodes
from sla_monitor.contract.reading.nodes import Problem
from sla_monitor.contract.reading.places import dotted, repeated_for
from sla_monitor.contract.reading.repeating import repeated
from sla_monitor.contract.reading.secret import REFERENCE, SecretReference, heartbeat_token
from sla_monitor.contract.reading.yaml_file import parse_document, read_document
from sla_monitor.contract.versions import resolve
from sla_monitor.errors import SecretError
from sla_monitor.probe.connections.tls_files import ca_problem, certificate_problem, key_problem
from sla_monitor.settings import Settings
from sla_monitor.settings.settings import state_directory

PATHS = frozenset({"ca_file", "client_certificate", "client_key", "collector_key", "receivers", "former"})
"""Keys whose values are files that somebody else writes. Those that are folders, that the daemon writes itself, or that
are read with the configuration are not among them."""

MARKS = (b"${", b"\\", *(key.encode() for key in PATHS))
"""One of these is in each file that refers to something; the second spells what is not seen in the bytes."""


@dataclass(frozen=True, slots=True)
class ReadingAccount:
    """Who reads the files. `user`: the daemon's user, where that is another one than ours and we may act for it."""

    environment: Mapping[str, str]
    now_s: float
    user: str = ""

    def problem(self, path: Path) -> str:
        """Why a file cannot be read; nothing where it can."""
        try:
            if path.exists() and not path.is_file():
                return "is a folder (name the file in it)" if path.is_dir() else "is a pipe or a device (name a file)"
            with path.open("rb") as file:
                is_empty = not file.read(1)
        except FileNotFoundError:
            return "there is no such file (make it, or correct the path)"
        except OSError as error:
            return f"{error.strerror} (let the daemon's user read it)"
        if is_empty:
            return "is empty (write what belongs there)"
        if self.user and not _may_read(path, self.user):
            return f"cannot be read by {self.user}, the daemon's user (chown or chgrp it to {self.user})"
        return ""


def _may_read(path: Path, user: str) -> bool:
    """Whether another user may: the system is asked, which knows folders and access lists too."""
    who = pwd.getpwnam(user)
    groups = os.getgrouplist(user, who.pw_gid)
    done = subprocess.run(["test", "-r", path], user=who.pw_uid, group=who.pw_gid, extra_groups=groups, check=False)
    return done.returncode == 0


def daemon_user(settings: Path, environment: Mapping[str, str]) -> str:
    """The user who owns the daemon's state, where we are root and it is not; otherwise nothing."""
    state = state_directory(settings, environment)
    if os.geteuid() != 0 or state is None:
        return ""
    try:
        return state.owner() if state.stat().st_uid else ""
    except (OSError, KeyError):
        return ""


def unreadable(path: Path, settings: Settings, contracts: Sequence[Contract], now_ms: int) -> list[str]:
    """A line for each secret and file that cannot be read: `file:line:column: key path: what (remedy)`. `path` is that
    of the settings."""
    reader = ReadingAccount(os.environ, now_ms / 1000, daemon_user(path, os.environ))
    document = read_document(path)
    found = list(_problems(document.file, document.root, reader))
    for contract in contracts:
        found += _of_contract(contract, reader)
    return _lines(found)


def unreadable_of(contracts: Sequence[Contract], now_ms: int) -> list[str]:
    """The same of contracts alone."""
    reader = ReadingAccount(os.environ, now_ms / 1000)
    return _lines(one for contract in contracts for one in _of_contract(contract, reader))


def _lines(found: Iterable[Problem]) -> list[str]:
    """The same problem of the same file is one line, however many endpoints share the file."""
    places: dict[str, list[Problem]] = {}
    for problem in nodes.gathered(found):
        places.setdefault(problem.message, []).append(problem)
    return [f"{first}{_elsewhere(len(others))}" for first, *others in places.values()]


def _elsewhere(count: int) -> str:
    return f" [and in {count} more place{'' if count == 1 else 's'}]" if count else ""


def _of_contract(contract: Contract, reader: ReadingAccount) -> Iterator[Problem]:
    """Of every version, past and to come."""
    content = contract.read_files.contract
    if not any(word in content for word in MARKS):  # most have none; to read their places again takes long
        return
    document = parse_document(content, contract.file)
    for version in contract.versions:
        root = resolve(document.root, local_date(version.from_ms, version.terms.time_zone))
        yield from _problems(contract.file, repeated(document, root), reader)


@dataclass(frozen=True, slots=True)
class Reference:
    """A plain value of a file: the keys that lead to it, the mapping that it is in, and it itself."""

    path: nodes.Path
    around: nodes.Mapping
    leaf: nodes.Leaf

    @property
    def key(self) -> str:
        """The last key on the way; that of the list, for an item of one."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")


def _problems(file: str, root: nodes.Node, reader: ReadingAccount) -> Iterator[Problem]:
    folder = Path(file).resolve().parent
    for spot in _spots(root, ()):
        if message := _problem(spot, folder, reader):
            yield Problem(file, spot.leaf.place, dotted(root, spot.path), message, repeated_for(root, spot.path))


def _spots(node: nodes.Node, path: nodes.Path, around: nodes.Mapping | None = None) -> Iterator[Reference]:
    if isinstance(node, nodes.Leaf):
        if around is not None and isinstance(node.value, str):
            yield Reference(path, around, node)
        return
    for key, child in nodes.children(node):
        yield from _spots(child, (*path, key), node if isinstance(node, nodes.Mapping) else around)


def _problem(spot: Reference, folder: Path, reader: ReadingAccount) -> str:
    value = str(spot.leaf.value)
    if match := REFERENCE.fullmatch(value):
        return _secret_problem(SecretReference(match[1], match[2]), spot, folder, reader)
    if spot.key not in PATHS:
        return ""
    path = _within(folder, value)
    problem = reader.problem(path) or _tls_problem(spot, path, folder, reader)
    return f"{path}: {problem}" if problem else ""


def _within(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def _secret_problem(reference: SecretReference, spot: Reference, folder: Path, reader: ReadingAccount) -> str:
    if reference.source == "file":
        path = _within(folder, reference.name)
        if problem := reader.problem(path):
            return f"{path}: {problem}"
        reference = SecretReference("file", str(path))
    if reference.source == "credential" and not reader.environment.get("CREDENTIALS_DIRECTORY"):
        return f"{reference}: cannot be checked here (systemd's LoadCredential= gives it to the daemon)"
    is_token = spot.key == "token" and nodes.text_at(spot.around, "kind") == "heartbeat"
    try:
        heartbeat_token(reference, reader.environment) if is_token else reference.reveal(reader.environment)
    except SecretError as error:
        remedy = "set it for the daemon" if reference.source == "env" else "write the secret there, in one line"
        return f"{error} ({remedy})"
    return ""


def _tls_problem(spot: Reference, path: Path, folder: Path, reader: ReadingAccount) -> str:
    """What is wrong with a file that can be read, and is to hold certificates or a key."""
    if spot.key == "ca_file":
        return ca_problem(path, reader.now_s)
    if spot.key == "client_certificate":
        key = nodes.text_at(spot.around, "client_key")
        return certificate_problem(path, None if key is None else _within(folder, key), reader.now_s)
    return key_problem(path) if spot.key == "client_key" else ""
