"""A month for other programs: as it stands, and signed by both parties, by the rule of the desk's page."""

from __future__ import annotations

from typing import ClassVar

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.register.entries import Countersigned, Entry, SignOff
from sla_monitor.register.request_bodies import CountersignRequest, Papers, SignOffRequest
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.month_json import month_json
from sla_monitor.web.api.register_shapes import EnteredJson, MonthJsonWhole, MonthStateJson, SignedJson
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.closed_month import ClosedMonth, NotWhatStands, Signature, closed_month, mark_of
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.contract_routes import MonthsResource
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.register_routes import Entering, EntryRefused, ProblemRefused, key_used


class MonthResource(MonthsResource):
    """`GET /api/v1/contracts/<contract>/months/<month>`: how far it is, and its figures as they stand now."""

    async def get(self, *names: str) -> None:
        self.given()
        contract = self.contract(names[0])
        self.send_json(await self.month(contract, names[1]))

    head = get

    async def month(self, contract: Contract, month: str) -> MonthJsonWhole:
        """Raises Refusal, LedgerError and its kinds."""
        state = await self.site.entering.run(self._state, contract, month)
        found = await closed_month(self.site, self.desk, contract, month)
        return month_json(state, found, await self.site.fetching.run(self.packs))

    def _state(self, contract: Contract, month: str) -> MonthStateJson:
        found = next((one for one in self.answer(contract.id)["months"] if one["month"] == month), None)
        if found is None:
            raise Refusal(404, f"{month} is no month of the term that has begun", remedy="see its months")
        return found


class NotSigned(ProblemRefused):
    """What was read is not what stands."""

    def __init__(self, error: NotWhatStands, month: ClosedMonth, by: Signature) -> None:
        super().__init__(
            409,
            f"{error} Nothing was signed.",
            remedy="read the month, and sign the digest and the open points that it has now",
            digest=month.to_sign(by),
            open_points=list(month.points),
        )


class SignOffResource(MonthResource, Entering):
    """`POST /api/v1/contracts/<contract>/months/<month>/sign-off`, by the authority."""

    methods = ("POST",)
    names = ("dry_run",)
    action = Action.SIGN_OFF
    by: ClassVar[Signature] = "sign_off"
    model: ClassVar[type[Papers]] = SignOffRequest

    async def post(self, name: str, month: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: Papers = self.read(self.model, contract)
        self.refuse_unproven(self.action)
        if before := await self.before(contract):
            if not is_signed_by(before, asked, month):
                raise key_used(before)
            await self.enter(contract, Statement(before.body, before.note, before.reference, before.evidence))
            return
        found = await closed_month(self.site, self.desk, contract, month)
        if found is None:
            raise Refusal(404, f"{month} is no month of the contract that is over", remedy="see its months")
        try:
            said = found.signature(self.by, *_seen(asked))
        except NotWhatStands as error:
            raise NotSigned(error, found, self.by) from None
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=True) from None
        statement = Statement(said, reference=asked.reference, evidence=asked.evidence)
        try:
            await self.enter(contract, statement, made_from=found.last)
        except Overtaken:
            if self.read_to() is not None:
                raise
            await self.post(name, month)  # what is open, or stands, may be something else now: it is looked at again

    async def answered(self, contract: Contract, entered: EnteredJson) -> SignedJson:
        return {**entered, "month": await self.month(contract, self.path_args[1])}


class CountersignResource(SignOffResource):
    """`POST /api/v1/contracts/<contract>/months/<month>/countersign`, by the supplier."""

    action = Action.COUNTERSIGN
    by = "countersignature"
    model = CountersignRequest


def _seen(asked: Papers) -> tuple[str, str, str]:
    """The digest of the figures that were read, the mark of what was open, and why a month is stated again."""
    if isinstance(asked, SignOffRequest):
        return asked.digest, mark_of(asked.acknowledged), asked.reason
    return (asked.digest if isinstance(asked, CountersignRequest) else ""), "", ""


def is_signed_by(entry: Entry, asked: Papers, month: str) -> bool:
    """Whether an entry is what a body asks for."""
    body = entry.body
    if not isinstance(body, SignOff | Countersigned) or body.month != month:
        return False
    points = mark_of(body.acknowledged or ()) if isinstance(body, SignOff) else ""
    said = (body.digest, points, body.reason if isinstance(body, SignOff) else "")
    return said == _seen(asked) and (entry.reference, entry.evidence) == (asked.reference, asked.evidence)


_MONTH = rf"{API}/contracts/([^/]+)/months/([0-9]{{4}}-[0-9]{{2}})"

MONTH_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (_MONTH, MonthResource),
    (rf"{_MONTH}/sign-off", SignOffResource),
    (rf"{_MONTH}/countersign", CountersignResource),
)
