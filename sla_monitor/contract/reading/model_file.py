"""From one file to one model, with every mistake at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sla_monitor.contract.fields import Misplaced
from sla_monitor.contract.reading.explain import Mistake, explained, joined
from sla_monitor.contract.reading.nodes import (
    Document,
    FilePlace,
    Leaf,
    Mapping,
    Node,
    Problem,
    children,
    gathered,
    plain,
)
from sla_monitor.contract.reading.places import dotted, locate, repeated_for
from sla_monitor.contract.reading.repeating import PLACEHOLDER
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class Elsewhere(Misplaced):
    """The value under a key leads to another file, which has problems of its own."""

    def __init__(self, key: str, others: Iterable[Problem]) -> None:
        super().__init__([((key,), "leads to a file with mistakes (listed under its name)")])
        self.others = tuple(others)


def load_model(path: Path, model: type[Model]) -> Model:
    """Read a file without versions into a model. Raises ConfigError with every problem of the file."""
    document = read_document(path)
    result = _made(document, model)
    if result is None or document.problems:
        raise ConfigError(format_problems([document]))
    return result


def model_of(document: Document, model: type[Model]) -> Model | tuple[Problem, ...]:
    """The model that a file makes, or the file's problems, with no secret in them."""
    result = _made(document, model)
    if result is None or document.problems:
        return tuple(_hidden(document))
    return result


def _made(document: Document, model: type[Model]) -> Model | None:
    is_readable = isinstance(document.root, Mapping) or not document.problems
    return validated(document, document.root, model) if is_readable else None


def format_problems(documents: list[Document]) -> list[str]:
    """The problems of some files as lines, in the files' order, each once, with no secret in them."""
    lines = [str(problem) for document in documents for problem in _hidden(document)]
    return list(dict.fromkeys(lines))


def _hidden(document: Document) -> list[Problem]:
    hider = Hider(document.root)
    return [hider.hidden(problem) for problem in gathered(document.problems)]


def validated(
    document: Document,
    root: Node,
    model: type[Model],
    *,
    rules: Callable[[Any], Iterable[Mistake]] = lambda _: (),
    since: date | None = None,
    context: dict[str, Any] | None = None,
) -> Model | None:
    """The model that some values make, or None when the document's problems have been added to.

    `rules` find mistakes between the values, told together with the model's. `since`: the values are those in force
    from that date on; what was wrong before is not told again.
    """
    values, folder = plain(root), Path(document.file).resolve().parent
    try:
        return model.model_validate(values, context={"folder": folder, **(context or {})})
    except ValidationError as error:
        errors = error.errors(include_url=False)
    mistakes = [one for details in errors for one in explained(details, model)]
    for cause in (details.get("ctx", {}).get("error") for details in errors):
        document.problems += cause.others if isinstance(cause, Elsewhere) else ()
    told = [problem for problem in document.problems if problem.file == document.file]
    # What is wrong in an item that is repeated for rows of today is not told again for those that join later.
    known = {(problem.place, "" if problem.repeated_for else problem.path) for problem in told}
    for (place, path, row), messages in _by_place(root, [*mistakes, *rules(values)]).items():
        if (place, "" if row else path) not in known:
            document.blame(place, path, joined(messages) + (f" [from {since}]" if since else ""), row)
    return None


def _by_place(root: Node, mistakes: list[Mistake]) -> dict[tuple[FilePlace, str, str], list[str]]:
    """The mistakes of each value together: every member of a union has its own. By place, path, and row."""
    found: dict[tuple[FilePlace, str, str], list[str]] = {}
    for mistake in mistakes:
        spot = locate(root, mistake.loc, mistake.untagged)
        path = spot.path
        if mistake.at == "named" and spot.beyond is not None:
            path = (*path, spot.beyond)
        at_key = mistake.at == "key" or path != spot.path
        where = (spot.key if at_key else spot.node.place, dotted(root, path), repeated_for(root, path))
        found.setdefault(where, []).append(mistake.message)
    return found


_SECRET_KEY = re.compile(r"pass|secret|token|credential|authori[sz]ation|cookie|api[-_ ]?key|^auth$", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{(env|file|credential):[^{}]*\}")
_NAMES = frozenset({"capture"})
"""Keys below which the names are the writer's own: a value that a journey captures as `token` is no secret's text."""

HIDDEN = "(hidden)"


def secrets_in(node: Node, is_secret: bool = False) -> Iterator[str]:
    """Every text under a key that sounds like a secret's, references excepted."""
    if isinstance(node, Leaf):
        if is_secret and isinstance(node.value, str):
            yield from _secrets_of(node.value)
        return
    for key, child in children(node):
        if key in _NAMES:
            yield from (
                text for _, inside in children(child) for _, how in children(inside) for text in secrets_in(how)
            )
        else:
            yield from secrets_in(child, is_secret or (isinstance(key, str) and bool(_SECRET_KEY.search(key))))


def _secrets_of(text: str) -> Iterator[str]:
    """A secret's text, and the parts of it that are the same for all rows of a list."""
    parts = PLACEHOLDER.sub("\n", text).split("\n")
    bare = "".join(parts)
    if bare and not _REFERENCE.fullmatch(bare):
        yield text
        yield from filter(None, parts)


class Hider:
    """Hides one file's secrets."""

    def __init__(self, root: Node) -> None:
        self.secrets = sorted(set(secrets_in(root)), key=len, reverse=True)

    def hidden(self, problem: Problem) -> Problem:
        return replace(problem, path=self._without(problem.path), message=self._without(problem.message))

    def _without(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(repr(secret), HIDDEN)
            # A word of three letters cannot be told from our own words.
            if len(secret) > 3:
                text = text.replace(secret, HIDDEN)
        return text
