"""Loads contracts from files and reports every mistake of all of them at once, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sla_monitor.contract.bank_holidays import HolidayFiles, HolidayPlace
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.contract.reading.explain import Mistake
from sla_monitor.contract.reading.model_file import format_problems, validated
from sla_monitor.contract.reading.nodes import Document, Mapping, Node, text_at
from sla_monitor.contract.reading.repeating import repeated
from sla_monitor.contract.reading.yaml_file import parse_document, read_content
from sla_monitor.contract.rules.consistency import inconsistencies
from sla_monitor.contract.rules.version_rules import check_fixed, check_versions
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.terms_files import KeptTerms, TermsFiles
from sla_monitor.contract.versions import changes, day_at, resolve
from sla_monitor.errors import ConfigError


def load_contract(path: Path, holidays: HolidayPlace | None = None) -> Contract:
    """Read one contract. `holidays`: where its files of bank holidays are, if not where it says.
    Raises ConfigError with every problem of the file."""
    contract, document = _read_contract(path, holidays)
    if contract is None:
        raise ConfigError(format_problems([document]))
    return contract


def load_kept(kept: KeptTerms) -> Contract:
    """The contract that files make which are kept elsewhere: none is read from where it was. Raises ConfigError."""
    contract, document = _made(kept.contract, kept.path, HolidayFiles(kept))
    if contract is None:
        raise ConfigError(format_problems([document]))
    return contract


def load_again(contract: Contract, holidays: HolidayPlace) -> Contract:
    """The same contract with the files of bank holidays that are in a place of theirs. Raises ConfigError."""
    files = contract.read_files
    again, document = _made(files.contract, files.path, HolidayFiles(), holidays)
    if again is None:
        raise ConfigError(format_problems([document]))
    return again


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """Read every `*.yaml` of a folder, by name. Raises ConfigError with every problem of every file."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and path.name[0] != ".")
    except OSError as error:
        raise ConfigError([f"{folder}:1:1: file: cannot be read: {error.strerror} (name a readable folder)"]) from None
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
        raise ConfigError(format_problems(documents))
    return contracts


def _read_contract(path: Path, holidays: HolidayPlace | None = None) -> tuple[Contract | None, Document]:
    content = read_content(path)
    return _made(content, path, HolidayFiles(), holidays) if isinstance(content, bytes) else (None, content)


def _made(
    content: bytes, path: Path, files: HolidayFiles, holidays: HolidayPlace | None = None
) -> tuple[Contract | None, Document]:
    document = parse_document(content, str(path))
    if document.problems and not isinstance(document.root, Mapping):
        return None, document
    check_versions(document)
    versions = tuple(_versions(document, files, holidays))
    if document.problems:
        return None, document
    read = TermsFiles(path, content, files.contents, {} if holidays is None else holidays.own)
    return Contract(versions, document.file, read), document


def _versions(document: Document, files: HolidayFiles, holidays: HolidayPlace | None) -> Iterator[TermsVersion]:
    """The terms for the start and for every later date on which something changes."""
    start = start_of(document.root)
    every = set(changes(document.root))
    dates = {change.on for change in every}
    later = sorted(change for change in every if change.on > start)
    first = resolve(document.root, start, dates)
    context = {"holidays": files, "holidays_in": holidays}
    # With mistakes in the versions themselves, what they would resolve to only brings more of the same.
    for day in [start] if document.problems else sorted({start, *(change.on for change in later)}):
        root = resolve(document.root, day, dates) if day > start else first
        check_fixed(document, first, root)
        mistakes = len(document.problems)
        root = repeated(document, root)
        if len(document.problems) > mistakes:
            # Without the items that could not be repeated, every reference to them would be a mistake as well.
            continue
        since = day if day > start else None
        terms = validated(document, root, Terms, rules=_rules, since=since, context=context)
        if terms is not None:
            reference = ", ".join(change.ref for change in later if change.on == day and change.ref)
            yield TermsVersion(midnight_ms(day, terms.time_zone), terms, reference)


def start_of(root: Node) -> date:
    """The first day of a contract's term, as far as the file says one."""
    term = root.entries.get("term") if isinstance(root, Mapping) else None
    return (day_at(term, "start") if term else None) or date(1970, 1, 1)


def _rules(values: Any) -> list[Mistake]:
    """The rules between the parts of a contract, also where its models could not be made."""
    return [Mistake(path, message, "named", len(path)) for path, message in inconsistencies(values)]


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
