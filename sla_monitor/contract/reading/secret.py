"""Secrets by reference: a contract file says where a secret is, never its value."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, ValidationInfo, WithJsonSchema

from sla_monitor.contract.fields import absolute
from sla_monitor.errors import SecretError

NEVER_HERE = "secrets are never written here (write ${env:NAME}, ${file:/path} or ${credential:name})"
REFERENCE = re.compile(r"\$\{(env|file|credential):([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """`${env:NAME}`, `${file:/path}` or `${credential:name}` (a file in systemd's $CREDENTIALS_DIRECTORY).

    Printing or logging one shows the reference; only `reveal` reads the secret, each time anew. Who keeps what it read
    looks at `path` again, so that a rotated file takes effect without a restart.
    """

    source: str
    name: str

    def __str__(self) -> str:
        return f"${{{self.source}:{self.name}}}"

    @property
    def path(self) -> Path | None:
        """The file that it is read from; None: none, or nobody knows which."""
        if self.source == "file":
            return Path(self.name)
        folder = os.environ.get("CREDENTIALS_DIRECTORY") if self.source == "credential" else None
        return Path(folder) / self.name if folder else None

    def reveal(self, environment: Mapping[str, str] | None = None) -> str:
        """The secret, without the file's last newline. Raises SecretError, which never carries the secret."""
        environment = os.environ if environment is None else environment
        if self.source == "env":
            return self._from_environment(environment)
        if self.source == "credential":
            folder = environment.get("CREDENTIALS_DIRECTORY")
            if not folder:
                raise SecretError(f"{self}: $CREDENTIALS_DIRECTORY is not set (run under systemd with LoadCredential=)")
            return self._from_file(Path(folder) / self.name)
        return self._from_file(Path(self.name))

    def _from_environment(self, environment: Mapping[str, str]) -> str:
        value = environment.get(self.name, "")
        if not value:
            raise SecretError(f"{self}: the environment variable {self.name} is not set or is empty")
        return value

    def _from_file(self, path: Path) -> str:
        try:
            if path.exists() and not path.is_file():  # to read a pipe would hold up every probe of the process
                raise OSError(errno.EINVAL, "it is a folder, a pipe or a device")
            value = path.read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            raise SecretError(f"{self}: {path}: {why}") from None
        if not value:
            raise SecretError(f"{self}: {path} is empty")
        return value


MIN_TOKEN = 16
"""Characters of the shortest token that counts as one (`openssl rand -hex 16` gives 32)."""


def heartbeat_token(reference: SecretReference, environment: Mapping[str, str] | None = None) -> str:
    """A job's token, which must not be guessed. Raises SecretError where it cannot be read, or is too short."""
    token = reference.reveal(environment)
    if len(token) < MIN_TOKEN:
        raise SecretError(f"{reference}: the token is shorter than {MIN_TOKEN} characters and is not accepted")
    return token


def parse_reference(value: Any, info: ValidationInfo) -> SecretReference:
    """Raises ValueError, which never repeats what was given: it may be the secret."""
    if isinstance(value, SecretReference):
        return value
    match = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(NEVER_HERE)
    if match[1] == "credential" and ("/" in match[2] or match[2] in {".", ".."}):
        raise ValueError("a credential is a plain name (write ${credential:name})")
    return SecretReference(match[1], absolute(match[2], info) if match[1] == "file" else match[2])


Secret = Annotated[
    SecretReference,
    BeforeValidator(parse_reference),
    WithJsonSchema(
        {"$comment": "secret reference", "type": "string", "pattern": r"^\$\{(env|file|credential):[^{}]+\}$"}
    ),
]


def _header(value: Any, info: ValidationInfo) -> Any:
    """A header's value is text, or the whole of it is a reference; half a reference would be sent as it stands."""
    if isinstance(value, SecretReference) or (isinstance(value, str) and "${" in value):
        return parse_reference(value, info)
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise ValueError("must be one line of text (quote a number)")
    return value


HeaderValue = Annotated[
    SecretReference | str,
    PlainValidator(_header),
    WithJsonSchema({"$comment": "text or secret reference", "type": "string"}),
]
