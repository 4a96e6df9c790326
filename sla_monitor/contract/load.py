"""From files to contracts: everything that is wrong with all of them is told at once, each mistake at its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sla_monitor.contract.consistency import inconsistencies
from sla_monitor.contract.contract import Contract, TermsVersion, midnight_ms
from sla_monitor.contract.explain import Mistake, explained, joined
from sla_monitor.contract.hiding import Hider
from sla_monitor.contract.nodes import Document, Mapping, Node, Place, plain, text_at
from sla_monitor.contract.places import dotted, locate
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.version_rules import check_fixed, check_versions
from sla_monitor.contract.versions import changes, day_at, resolve
from sla_monitor.contract.yaml_file import read_document
from sla_monitor.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def load_contract(path: Path) -> Contract:
    """Read one contract. Raises ConfigError with every problem of the file."""
    contract, document = _read_contract(path)
    if contract is None:
        raise ConfigError(told([document]))
    return contract


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """Read every `*.yaml` of a folder, by name. Raises ConfigError with every problem of every file."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and path.name[0] != ".")
    except OSError as error:
        raise ConfigError([f"{folder}:1:1: file: cannot be read: {error.strerror} (make it a folder)"]) from None
    if not paths:
        raise ConfigError([f"{folder}:1:1: file: holds no contract (put a *.yaml into it)"])
    return load_contract_files(paths)


def load_contract_files(paths: list[Path]) -> tuple[Contract, ...]:
    """Read some contracts that will stand side by side. Raises ConfigError with every problem of every file."""
    read = [_read_contract(path) for path in paths]
    documents = [document for _, document in read]
    _check_unique(documents)
    contracts = tuple(contract for contract, _ in read if contract is not None)
    if any(document.problems for document in documents):
        raise ConfigError(told(documents))
    return contracts


def load_model(path: Path, model: type[Model]) -> Model:
    """Read a file without versions into a model. Raises ConfigError with every problem of the file."""
    document = read_document(path)
    is_readable = isinstance(document.root, Mapping) or not document.problems
    result = validated(document, document.root, model) if is_readable else None
    if result is None or document.problems:
        raise ConfigError(told([document]))
    return result


def told(documents: list[Document]) -> list[str]:
    """The problems of some files as lines, in the files' order, each once, with no secret in them."""
    lines = []
    for document in documents:
        hider = Hider(document.root)
        lines += [str(hider.hidden(problem)) for problem in sorted(set(document.problems))]
    return lines


def _read_contract(path: Path) -> tuple[Contract | None, Document]:
    document = read_document(path)
    if document.problems and not isinstance(document.root, Mapping):
        return None, document
    check_versions(document)
    versions = tuple(_versions(document))
    return (None if document.problems else Contract(versions, document.file)), document


def _versions(document: Document) -> Iterator[TermsVersion]:
    """The terms for the start and for every later date on which something changes."""
    start = start_of(document.root)
    every = set(changes(document.root))
    dates = {change.on for change in every}
    later = sorted(change for change in every if change.on > start)
    first = resolve(document.root, start, dates)
    # With mistakes in the versions themselves, what they would resolve to only brings more of the same.
    for day in [start] if document.problems else sorted({start, *(change.on for change in later)}):
        root = resolve(document.root, day, dates) if day > start else first
        check_fixed(document, first, root)
        terms = validated(document, root, Terms, since=day if day > start else None)
        if terms is not None:
            reference = ", ".join(change.ref for change in later if change.on == day and change.ref)
            yield TermsVersion(midnight_ms(day, terms), terms, reference)


def start_of(root: Node) -> date:
    """The first day of a contract's term, as far as the file says one."""
    term = root.entries.get("term") if isinstance(root, Mapping) else None
    return (day_at(term, "start") if term else None) or date(1970, 1, 1)


def validated(document: Document, root: Node, model: type[Model], since: date | None = None) -> Model | None:
    """The model that some values make, or None when the document's problems have been added to.

    `since`: the values are those in force from that date on; what was wrong before is not told again.
    """
    values = plain(root)
    try:
        return model.model_validate(values, context={"folder": Path(document.file).resolve().parent})
    except ValidationError as error:
        mistakes = [one for details in error.errors(include_url=False) for one in explained(details, model)]
    if model is Terms:
        mistakes += [Mistake(path, message, "named") for path, message in inconsistencies(values)]
    known = {(problem.place, problem.path) for problem in document.problems}
    for (place, path), messages in _by_place(root, mistakes).items():
        if (place, path) not in known:
            document.blame(place, path, joined(messages) + (f" [from {since}]" if since else ""))
    return None


def _by_place(root: Node, mistakes: list[Mistake]) -> dict[tuple[Place, str], list[str]]:
    """The mistakes of each value together: every member of a union has its own."""
    found: dict[tuple[Place, str], list[str]] = {}
    for mistake in mistakes:
        spot = locate(root, mistake.loc)
        path = spot.path
        if mistake.at == "named" and spot.beyond is not None:
            path = (*path, spot.beyond)
        at_key = mistake.at == "key" or path != spot.path
        found.setdefault((spot.key if at_key else spot.node.place, dotted(root, path)), []).append(mistake.message)
    return found


def _check_unique(documents: list[Document]) -> None:
    first: dict[str, Document] = {}
    for document in documents:
        name = text_at(document.root, "id")
        if name is None or not isinstance(document.root, Mapping):
            continue
        other = first.setdefault(name, document)
        if other is not document:
            place = document.root.entries["id"].place
            document.blame(place, "id", f"contract {name!r} is in {other.file} too (choose another id)")
