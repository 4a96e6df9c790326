"""A supplier's invoice for other programs: compared with the credits that should stand on it, and its lines entered."""

from __future__ import annotations

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import parse_day
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import Entry
from sla_monitor.register.invoice_file import InvoiceFile, read_invoice
from sla_monitor.register.request_bodies import InvoiceRequest
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.money.invoice_check import check_invoice
from sla_monitor.web.api.invoice_json import invoice_json
from sla_monitor.web.api.register_json import entry_json
from sla_monitor.web.api.register_shapes import InvoiceCheckJson, InvoiceEnteredJson
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.credits_page import account_of
from sla_monitor.web.desk.entering import last_known_to
from sla_monitor.web.desk.invoice_form import FILE_BYTES, billed_statements
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.register_routes import Entering, EntryRefused, key_used
from sla_monitor.wording.text import plain


class InvoiceResource(Entering):
    """`POST /api/v1/contracts/<contract>/credits/invoice`: compare it, with `dry_run=true`, or enter its lines, all or
    none."""

    methods = ("POST",)
    action = Action.TRACK_CREDITS
    names = ("dry_run",)
    body_bytes = 2 * FILE_BYTES

    async def post(self, name: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: InvoiceRequest = self.read(InvoiceRequest, contract)
        self.refuse_unproven(self.action)
        once = "" if self.is_dry_run() else self.once()
        try:
            source = _source(asked)
            if not once:
                self.send_json(await self.site.entering.run(self._checked, contract, source))
                return
            answer = await self.site.entering.run(self._kept, contract, source, asked, once)
        except RegisterError as error:
            own = ("file: ", "note: ", "date: ")
            lines = [line if line.startswith(own) else f"file: {line}" for line in error.problems]
            raise EntryRefused(lines, is_flat=True) from None
        self.set_status(200 if answer["is_again"] else 201)
        self.send_json(answer)

    def _checked(self, contract: Contract, source: InvoiceFile) -> InvoiceCheckJson:
        """Called from the register's thread. Raises RegisterError, LedgerError and its kinds."""
        read = read_invoice(source, contract)
        account = account_of(self.board, contract, self.desk.standing(contract.id), self.site.clock.now_ms())
        return invoice_json(contract, source, check_invoice(read.lines, account), read)

    def _kept(self, contract: Contract, source: InvoiceFile, asked: InvoiceRequest, once: str) -> InvoiceEnteredJson:
        """Called from the register's thread. Raises Refusal, RegisterError, Overtaken, LedgerError and its kinds."""
        numbers, is_again = self.desk.submitted(once), True
        if not numbers:
            lines, last = read_invoice(source, contract).lines, self.desk.last_number(contract.id)
            account = account_of(self.board, contract, self.desk.standing(contract.id), self.site.clock.now_ms())
            found = check_invoice(lines, account)
            drafts = billed_statements(contract, source, found, asked.keep, asked.note)
            entered = self.desk.enter(self.person, contract, drafts, once=once, read_to=last)
            numbers, is_again = entered.numbers, entered.is_again
        everything = self.desk.entries(contract.id)
        made: list[Entry] = [one for one in everything if one.number in set(numbers)]
        if is_again and any((one.evidence, one.note) != (source.evidence, asked.note) for one in made):
            raise key_used(made[0])
        return {
            "entries": [entry_json(one, contract) for one in made],
            "last_number": last_known_to(self.person, contract.id, everything),
            "is_again": is_again,
        }


def _source(asked: InvoiceRequest) -> InvoiceFile:
    """Raises RegisterError."""
    content, name = asked.file.content.encode(), plain(asked.file.name)
    if len(content) > FILE_BYTES:
        raise RegisterError([f"file: is larger than {FILE_BYTES:,} bytes (split it)"])
    try:
        on = parse_day(asked.date) if asked.date else None
    except ValueError as error:
        raise RegisterError([f"date: {error}"]) from None
    return InvoiceFile(name, content, asked.columns, asked.dates, asked.invoice, on, asked.sign)


INVOICE_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (rf"{API}/contracts/([^/]+)/credits/invoice", InvoiceResource),
)
