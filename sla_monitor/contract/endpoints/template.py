"""Text with references in it: `${name}` stands for a value that a journey has captured, `${env:NAME}` and its like for
a secret. `$$` is a dollar sign; a dollar sign before anything but a brace or another one is itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from sla_monitor.contract.endpoints.network import check_url, holds_a_credential, with_ascii_host
from sla_monitor.contract.fields import Misplaced
from sla_monitor.contract.reading.explain import TEXT
from sla_monitor.contract.reading.secret import NEVER_HERE, SecretReference, parse_reference

_TOKEN = re.compile(r"\$\$|\$\{([^{}]*)\}|\$\{")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_AUTHORITY = re.compile(r"https?://[^/?#]+[/?]|/")
_STAND_IN = "\ue000"
"""For a reference, where a text is read before the values are known."""


@dataclass(frozen=True, slots=True)
class CaptureReference:
    """A value that an earlier step takes from its answer."""

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"


Reference = CaptureReference | SecretReference
Fill = Callable[[Reference], str]


@dataclass(frozen=True, slots=True)
class Template:
    """Printing shows the references, as a file would write them, and never what they stand for."""

    pieces: tuple[str | Reference, ...]

    def __str__(self) -> str:
        return "".join(piece.replace("$", "$$") if isinstance(piece, str) else str(piece) for piece in self.pieces)

    @property
    def captured(self) -> list[str]:
        """The names of the captured values in it."""
        return [piece.name for piece in self.pieces if isinstance(piece, CaptureReference)]

    @property
    def is_literal(self) -> bool:
        """Whether it is plain text."""
        return all(isinstance(piece, str) for piece in self.pieces)

    @property
    def beginning(self) -> str:
        """The text before the first reference."""
        first = self.pieces[0] if self.pieces else ""
        return first if isinstance(first, str) else ""

    def filled(self, fill: Fill) -> str:
        return "".join(piece if isinstance(piece, str) else fill(piece) for piece in self.pieces)

    def after(self, beginning: str) -> Template:
        """The same, with a text before it."""
        return Template((beginning + self.beginning, *self.pieces[bool(self.beginning) :]))


def parse_template(value: Any, info: ValidationInfo) -> Template:
    """Raises ValueError, which never repeats the text: a secret may be in it."""
    if isinstance(value, Template):
        return value
    if not isinstance(value, str):
        raise ValueError(TEXT)
    return Template(tuple(_pieces(value, info)))


def _pieces(text: str, info: ValidationInfo) -> Iterator[str | Reference]:
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal, end = literal + text[end : token.start()], token.end()
        if token[0] == "$$":
            literal += "$"
            continue
        if literal:
            yield literal
        literal = ""
        yield _reference(token, info)
    literal += text[end:]
    if literal:
        yield literal


def _reference(token: re.Match[str], info: ValidationInfo) -> Reference:
    inside = token[1] or ""
    if NAME.fullmatch(inside):
        return CaptureReference(inside)
    if ":" in inside:
        return parse_reference(token[0], info)
    raise ValueError(
        "has a ${ that begins no reference (write ${name}, ${env:NAME} or ${file:/path}, or $${ for itself)"
    )


def _address(value: Any, info: ValidationInfo) -> Template:
    """An address whose host the contract fixes: references stand in its path and query alone."""
    template = parse_template(value, info)
    if not template.is_literal and not _AUTHORITY.match(template.beginning):
        raise ValueError("must have its host before the first reference (write https://host/path/${name})")
    if any(isinstance(piece, SecretReference) for piece in template.pieces):
        raise ValueError("must hold no secret: addresses are logged (send it in a header, form, json or body)")
    if template.beginning:
        template = Template((with_ascii_host(template.beginning), *template.pieces[1:]))
    whole = template.filled(lambda _: "x")
    check_url(whole if not whole.startswith("/") else f"http://host{whole}")
    return template


def _one_line(value: Any, info: ValidationInfo) -> Template:
    template = parse_template(value, info)
    if any("\n" in piece or "\r" in piece for piece in template.pieces if isinstance(piece, str)):
        raise ValueError("must be one line of text")
    return template


def _json(value: Any, info: ValidationInfo) -> Template:
    template = parse_template(value, info)
    try:
        json.loads(template.filled(lambda _: "0"))
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise ValueError(f'is not JSON: {why} (write for example {{"id": "${{name}}"}})') from None
    try:
        document = json.loads(template.filled(lambda _: _STAND_IN))
    except ValueError:
        raise ValueError("must have each reference within quotes (or write the text as body)") from None
    if any(_passwords(document)):
        raise ValueError(NEVER_HERE)
    return template


def _passwords(document: Any) -> Iterator[bool]:
    """Whether each text under a key that is a credential's was typed as it is."""
    if isinstance(document, dict):
        for key, value in document.items():
            if holds_a_credential(key) and isinstance(value, str):
                yield _STAND_IN not in value
            yield from _passwords(value)
    elif isinstance(document, list):
        for value in document:
            yield from _passwords(value)


def check_typed(values: dict[str, Template]) -> dict[str, Template]:
    """Refuse what is plain text under a name that is a credential's."""
    wrong = [name for name, value in values.items() if value.is_literal and holds_a_credential(name)]
    if wrong:
        raise Misplaced([((name,), NEVER_HERE) for name in wrong])
    return values


_SCHEMA = WithJsonSchema({"$comment": "text with references", "type": "string"})

TemplateText = Annotated[Template, BeforeValidator(parse_template), _SCHEMA]
HeaderTemplate = Annotated[Template, BeforeValidator(_one_line), _SCHEMA]
JsonTemplate = Annotated[Template, BeforeValidator(_json), _SCHEMA]
AddressTemplate = Annotated[
    Template,
    BeforeValidator(_address),
    WithJsonSchema(
        {"$comment": "address with references", "type": "string", "pattern": r"^(https?://[^/?#\s]+[!-~]*|/[!-~]*)$"}
    ),
]
