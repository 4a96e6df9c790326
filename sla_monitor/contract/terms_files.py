"""The files that terms are made of, as they were read, and the digest by which they are known.

Terms are the contract's own file and every file of bank holidays that it names. Secrets, certificates and keys that a
contract refers to are none of them: they say how a probe is made, and not what was promised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from os.path import relpath
from pathlib import Path

CONTRACT = "contract"
"""What the contract's own file is called among its files, whatever its name is: a draft has another one."""


@dataclass(frozen=True, slots=True)
class TermsPart:
    """One of the files: the name by which it is known, and its SHA-256 in hex."""

    name: str
    digest: str


@dataclass(frozen=True)
class TermsFiles:
    """The bytes that a contract was made from: nobody can change a file between its reading and its digest.

    `path`: where the contract's file was read, or is to be: relative paths in it begin there. `contents`: the files of
    bank holidays, by the path from which each was read; `own`: the path that the contract names, where that is another.
    """

    path: Path
    contract: bytes
    contents: Mapping[Path, bytes]
    own: Mapping[Path, Path] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, Path]:
        """The files of bank holidays by name: the file's own name, or where several have the same, its path from the
        contract's folder. So terms are the same in another folder."""
        several = {path: self.own.get(path, path) for path in self.contents}
        counts = Counter(own.name for own in several.values())
        named = {own.name if counts[own.name] == 1 else self._from_here(own): path for path, own in several.items()}
        return dict(sorted(named.items()))

    @cached_property
    def parts(self) -> tuple[TermsPart, ...]:
        """Every file with its digest, the contract's first."""
        others = ((name, self.contents[path]) for name, path in self.names.items())
        return tuple(TermsPart(name, digest_of(content)) for name, content in ((CONTRACT, self.contract), *others))

    @cached_property
    def digest(self) -> str:
        """Of all of them: see `digest_of_parts`."""
        return digest_of_parts(self.parts)

    @property
    def by_digest(self) -> Mapping[str, bytes]:
        """What each of them holds, by its digest."""
        return {digest_of(content): content for content in (self.contract, *self.contents.values())}

    def _from_here(self, path: Path) -> str:
        return relpath(path, self.path.resolve().parent)


@dataclass(frozen=True)
class KeptTerms:
    """Terms that are kept: their files by name. `path`: where relative paths in the contract begin."""

    path: Path
    files: Mapping[str, bytes]

    @property
    def contract(self) -> bytes:
        return self.files[CONTRACT]

    def holidays(self, path: Path) -> bytes | None:
        """What the file of bank holidays holds that the contract names by this path; None: it is not among them."""
        found = self.files.get(path.name)
        return self.files.get(relpath(path, self.path.resolve().parent)) if found is None else found


def digest_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(content).hexdigest()


def digest_of_parts(parts: tuple[TermsPart, ...]) -> str:
    """The SHA-256 of one line for each file, as `sha256sum` writes it: its digest, two spaces, its name."""
    return digest_of("".join(f"{part.digest}  {part.name}\n" for part in parts).encode())
