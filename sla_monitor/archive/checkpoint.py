"""Checkpoints: a signed statement of an archive's name, its number of days, and the root over them.

Sources: C2SP tlog-checkpoint (the text), signed-note (its signatures), tlog-cosignature (a witness's signature).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from sla_monitor.errors import ArchiveError
from sla_monitor.signing import COSIGNATURE, ED25519, SigningKey, VerifyingKey, key_id

_TEXT = re.compile(r"(?P<origin>[^\s+]+)\n(?P<size>[1-9][0-9]{0,8})\n(?P<root>[A-Za-z0-9+/]{43}=)\n", re.ASCII)
_LINE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")
LARGEST = 64 * 1024
"""Bytes of a checkpoint: more than any number of witnesses needs."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line. `sealed`: the key's id, and what it signed with."""

    name: str
    sealed: bytes

    @property
    def whose(self) -> tuple[str, bytes]:
        return self.name, self.sealed[:4]

    @property
    def line(self) -> str:
        return f"— {self.name} {b64encode(self.sealed).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`root`: 32 bytes."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Raises ArchiveError for anything but a checkpoint as `content` writes it."""
        text, _, lines = content[:LARGEST].decode("utf-8", "replace").partition("\n\n")
        found = _TEXT.fullmatch(text + "\n")
        if found is None:
            raise ArchiveError("is no checkpoint")
        signatures = tuple(_signature(line) for line in lines.splitlines())
        made = cls(found["origin"], int(found["size"]), b64decode(found["root"]), signatures)
        if made.content != content:
            raise ArchiveError("is no checkpoint")
        return made

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n".encode()

    @property
    def content(self) -> bytes:
        """The file."""
        return self.text + b"\n" + "".join(one.line for one in self.signatures).encode()

    def signed(self, key: SigningKey) -> Self:
        """With our signature, in the name of the origin."""
        sealed = key_id(self.origin, ED25519, key.public.raw) + key.sign(self.text)
        return replace(self, signatures=(*self.signatures, Signature(self.origin, sealed)))

    def cosigned(self, name: str, key: SigningKey, at_s: int) -> Self:
        """With a witness's signature, made at `at_s` (Unix seconds)."""
        number = key_id(name, COSIGNATURE, key.public.raw)
        sealed = number + at_s.to_bytes(8, "big") + key.sign(_cosigned_text(self.text, at_s))
        return self.with_signature(Signature(name, sealed))

    def with_signature(self, signature: Signature) -> Self:
        """With one more, in place of an earlier one of the same key."""
        others = [
            one for one in self.signatures if (one.name, one.sealed[:4]) != (signature.name, signature.sealed[:4])
        ]
        return replace(self, signatures=(*others, signature))

    def is_signed_by(self, keys: Iterable[VerifyingKey]) -> bool:
        """Whether one of these keys signed it for its origin."""
        return any(
            one.name == self.origin
            and one.sealed[:4] == key_id(self.origin, ED25519, key.raw)
            and key.holds(one.sealed[4:], self.text)
            for key in keys
            for one in self.signatures
        )

    def cosigned_at(self, key: VerifyingKey) -> int | None:
        """When a witness signed it (Unix seconds); None: it has not."""
        one = self.signature_of(key)
        if one is None:
            return None
        at_s = int.from_bytes(one.sealed[4:12], "big")
        return at_s if key.holds(one.sealed[12:], _cosigned_text(self.text, at_s)) else None

    def signature_of(self, witness: VerifyingKey) -> Signature | None:
        """The line that says that it is this witness's, right or wrong."""
        ours = (one for one in self.signatures if one.sealed[:4] == key_id(one.name, COSIGNATURE, witness.raw))
        return next(ours, None)

    def strangers(self, keys: Sequence[VerifyingKey], witnesses: Sequence[VerifyingKey]) -> list[str]:
        """Whose signatures none of these keys made."""
        known = [(key, ED25519) for key in keys] + [(key, COSIGNATURE) for key in witnesses]
        return [
            one.name
            for one in self.signatures
            if not any(one.sealed[:4] == key_id(one.name, kind, key.raw) for key, kind in known)
        ]


def _cosigned_text(text: bytes, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n".encode() + text


def _signature(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    try:
        return Signature(found[1], b64decode(found[2], validate=True)) if found else _refused()
    except ValueError:
        return _refused()


def _refused() -> Signature:
    raise ArchiveError("is no checkpoint")
