"""Files of entries for other programs: attached by who may enter such an entry, and handed out to be saved.

Whatever somebody sends is hostile: it is kept by its digest, its name becomes no path, its type is what it holds, and
no browser does anything with it but save it (register/attachments.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.errors import RegisterError
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.attached_files import NOT_HERE, Attachment
from sla_monitor.register.attachments import inert_headers
from sla_monitor.register.entries import Entry
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.register_json import attachments_json
from sla_monitor.web.desk.entering import visible_to
from sla_monitor.web.desk.entry_files import attach_papers, files_of, is_of_own_side, may_read_files, papers_that_fit
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.register_routes import ENTRY_ADDRESS
from sla_monitor.web.serving.writing import Desk, Writing

ANY_TYPE = "application/octet-stream"


class OfEntry(Desk):
    """Base of what is about the files of an entry. Files of what the authority entered for itself are its own."""

    action = Action.SEE_SERVICE

    async def entry(self, contract: str, number: str) -> Entry:
        """Raises Refusal where there is none, or its files are not for whoever asks."""
        several = await self.site.entering.run(self.desk.entries, self.contract(contract).id)
        found = next((one for one in visible_to(self.person, contract, several) if one.number == int(number)), None)
        if found is None:
            raise Refusal(404, f"no entry {number} in the register of this contract", remedy="see its entries")
        if not may_read_files(self.person, found):
            raise Refusal(403, "files of this entry are the authority's own", remedy="ask the authority for a copy")
        return found

    async def attached(self, entry: Entry) -> Sequence[Attachment]:
        """The files of an entry. Raises LedgerError and its kinds."""
        return await self.site.fetching.run(files_of, self.desk.ledger, entry.number)


class AttachmentsResource(OfEntry, Writing):
    """`GET …/entries/<number>/attachments`: the files; `POST …?name=mail.eml`: attach the body as one."""

    methods = ("GET", "HEAD", "POST")

    @property
    def most_bytes(self) -> int:
        return int(self.site.attachments.file)

    async def get(self, contract: str, number: str) -> None:
        self.given()
        entry = await self.entry(contract, number)
        several = await self.attached(entry)
        self.send_json(attachments_json(contract, entry.number, several))

    head = get

    async def post(self, contract: str, number: str) -> None:
        self.names = ("name",)
        self.given()
        name, content = self.argument("name"), self.content(ANY_TYPE)
        if not name:
            raise Refusal(400, "the file has no name", remedy="?name=mail.eml")
        entry = await self.entry(contract, number)
        action = entry.body.action
        if not self.person.may(action, contract):
            raise self.forbidden(action, contract)
        if not is_of_own_side(self.person, entry):
            raise Refusal(403, "a supplier attaches files to its own entries", remedy="enter something of your own")
        try:
            await self.site.entering.run(self._attach, entry, name, content)
        except RegisterError as error:
            text = "; ".join(line.removeprefix("attach: ") for line in error.problems)
            raise Refusal(422, f"nothing was attached: {text}", remedy="see docs/register.md") from None
        self.set_status(201)
        self.send_json(attachments_json(contract, entry.number, await self.attached(entry)))

    def _attach(self, entry: Entry, name: str, content: bytes) -> None:
        """Called from the register's thread. Raises EnoughToday, RegisterError, LedgerError and its kinds."""
        self.desk.refuse_more(self.person, entry.contract)
        given = papers_that_fit(self.desk.ledger, [(name, content)], self.site.attachments)
        attach_papers(self.desk.ledger, entry, given, self.site.clock.now_ms(), self.person.name)


class AttachmentResource(OfEntry):
    """`GET …/entries/<number>/attachments/<sha256>`: what it holds."""

    async def get(self, contract: str, number: str, digest: str) -> None:
        self.given()
        entry = await self.entry(contract, number)
        several = await self.attached(entry)
        found = next((one for one in several if one.file.digest == digest), None)
        if found is None:
            raise Refusal(404, "no such file of this entry", remedy="see its attachments")
        if not found.is_here:
            raise Refusal(503, f"the file is {NOT_HERE}", {"Retry-After": "60"})
        content = await self.site.fetching.run(self._content, digest)
        own = self.site.files.config.http_server_config.headers
        for header, value in inert_headers(found.file).items():
            if header not in own:
                self.set_header(header, value)
        self.note(DeskEvent.DOWNLOADED, contract=contract, subject=f"file {digest[:12]} of entry {number}")
        self.finish(content)

    head = get

    def _content(self, digest: str) -> bytes:
        with read_only(self.desk.ledger) as reader:
            return reader.kept_file(digest)


ATTACHMENT_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{ENTRY_ADDRESS}/attachments", AttachmentsResource),
    (rf"{ENTRY_ADDRESS}/attachments/([0-9a-f]{{64}})", AttachmentResource),
)
