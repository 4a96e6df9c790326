"""Forms that take files with what they enter: carried over the pages between, and kept with it or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sla_monitor.errors import RegisterError
from sla_monitor.register.attachments import TYPES, Papers, attached_file, shown_name
from sla_monitor.web.desk.entry_files import ACCEPTED, papers_that_fit
from sla_monitor.web.desk.forms import FILES, Upload, packed
from sla_monitor.web.desk.two_steps import NO_PAPERS, ProposingForm
from sla_monitor.wording.numbers import format_bytes

LARGER = "enter it without them, and attach larger files on the page of the entry"
FILES_BYTES = 4 * 1024 * 1024
"""Of the files of a form together: the page between carries them, which is no way for more."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was chosen before, as the form hands it back."""

    name: str
    size: str
    packed: str

    @classmethod
    def of(cls, upload: Upload) -> Self:
        name, content = upload
        return cls(shown_name(name), f"{len(content):,} bytes", packed(upload))


@dataclass(frozen=True, slots=True)
class TakenFiles:
    """The files of a form. `kept`: those that are taken as they are; `wrong`: what is wrong with the others."""

    kept: Sequence[Upload] = ()
    papers: Papers = NO_PAPERS
    wrong: Sequence[str] = ()


NO_FILES = TakenFiles()


@dataclass(frozen=True, slots=True)
class FilesField:
    """The field that takes them (attach_field.html). `taken`: those chosen before."""

    types: str
    accepted: str
    most: str
    taken: Sequence[KeptFile]
    problem: str


class FormWithFiles(ProposingForm):
    """Base of the forms that take files."""

    body_bytes, files_bytes = 2 * FILES_BYTES, FILES_BYTES

    async def take_files(self, uploads: Sequence[Upload]) -> TakenFiles:
        """What becomes of the files of a form. Raises LedgerError and its kinds."""
        return await self.site.entering.run(self._taken, uploads) if uploads else NO_FILES

    def files_field(self, taken: TakenFiles, problem: str = "") -> FilesField | None:
        """None: no files are kept here."""
        room = self.site.attachments
        if not room.total:
            return None
        most = format_bytes(min(FILES_BYTES, room.file))
        return FilesField(", ".join(TYPES), ACCEPTED, most, [KeptFile.of(one) for one in taken.kept], problem)

    def _taken(self, uploads: Sequence[Upload]) -> TakenFiles:
        """From a thread."""
        room = self.site.attachments
        good, wrong, free = list[Upload](), list[str](), FILES_BYTES
        for one in uploads:  # what was taken before comes first, and stays
            free -= len(one[1])
            if free < 0:
                wrong.append(f"{FILES}: all of them have more than {format_bytes(FILES_BYTES)} together ({LARGER})")
                break
            try:
                attached_file(*one, room.file)
            except RegisterError as error:
                wrong += error.problems
            else:
                good.append(one)
        try:
            return TakenFiles(good, papers_that_fit(self.desk.ledger, good, room), wrong)
        except RegisterError as error:
            return TakenFiles(good, NO_PAPERS, [*wrong, *error.problems])
