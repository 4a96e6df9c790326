"""A closed month: its figures, whether both parties have signed them, and the forms with which they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sla_monitor.assess.month_outages import disputes_of, waivers_of
from sla_monitor.contract.contract import Contract
from sla_monitor.document.signing_off import describe_worth
from sla_monitor.errors import RegisterError
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Comment, Entry
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.closed_month import ClosedMonth, NotWhatStands, Signature, closed_month, mark_of
from sla_monitor.web.desk.entering import Statement, as_read_by
from sla_monitor.web.desk.failure_deeds import FailureDeeds
from sla_monitor.web.desk.form_files import NO_FILES, FormWithFiles, TakenFiles
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.desk.month_now import MonthNow
from sla_monitor.web.desk.outages_page import FailureReader
from sla_monitor.web.desk.shown_entry import SaidEntry, ShownEntry, said_entry, shown_entry
from sla_monitor.web.desk.two_steps import problems_by_field
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.figure_changes import describe_set_off
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.rulings import describe_waivers


@dataclass(frozen=True, slots=True)
class MonthKpi:
    """A KPI with its result. `is_missed`: by the figure that counts; `waived`: by which entries, in words; `waive`: the
    form that does, empty: there is nothing to waive, or this person may not."""

    kpi: str
    title: str
    result: str
    is_missed: bool
    waived: str
    waive: str


class MonthPage(FormWithFiles):
    """`GET /desk/contracts/<contract>/months/<month>`."""

    methods: tuple[str, ...] = ("GET", "HEAD")
    action = Action.SEE_SERVICE

    async def get(self, contract: str, month: str) -> None:
        await self.show_month(await self.month(contract, month))

    head = get

    async def show_month(
        self, month: ClosedMonth, trouble: str = "", reason: str = "", taken: TakenFiles = NO_FILES
    ) -> None:
        """Answer with the page. `trouble`: why nothing was entered; `reason`, `taken`: what was typed and chosen."""
        contract, found, standing = month.contract, month.assessment, month.standing
        said = await self.entries(contract.id)
        here = f"/desk/contracts/{contract.id}/months/{month.name}"
        deeds = FailureDeeds(month.days, self.person, month.name, here, found.at_ms)
        reader = FailureReader(MonthNow(contract, month.name, found, standing, found.at_ms), self.person, deeds)
        rows = [
            MonthKpi(
                kpi, title, result, one.is_kept is False,
                describe_waivers(waivers_of(standing, kpi, month.name)), deeds.waive(one),
            )
            for (kpi, title, result), one in zip(month.rows, found.kpis, strict=True)
        ]  # fmt: skip
        may = {action.value: self.person.may(action, contract.id) for action in (Action.SIGN_OFF, Action.COUNTERSIGN)}
        signed = month.signed is not None
        self.show_page(
            "month.html",
            contract=contract,
            title=format_month(month.name),
            month=month,
            worth=describe_worth(found),
            set_off=describe_set_off(found.result),
            rows=rows,
            disputes=[reader.dispute(entry) for entry in disputes_of(contract, standing, month.name)],
            seen=mark_of(month.points),
            signed=self._shown(contract, month.signed and month.signed[0]),
            countersigned=self._shown(contract, month.countersigned and month.countersigned[0]),
            here=here,
            said=comments_on(month.name, contract, said, standing),
            may_comment=self.person.may(Action.COMMENT, contract.id),
            attaching=self.files_field(taken),
            trouble=trouble,
            reason=reason,
            may_sign=may[Action.SIGN_OFF.value] and (not signed or month.is_restated),
            may_countersign=may[Action.COUNTERSIGN.value] and signed and not month.countersigned,
        )

    def _shown(self, contract: Contract, entry: Entry | None) -> ShownEntry | None:
        return None if entry is None else shown_entry(contract, as_read_by(self.person, entry))

    async def month(self, contract: str, month: str) -> ClosedMonth:
        """The month as it is now. Raises Refusal where it is none that is over."""
        found = await closed_month(self.site, self.desk, self.contract(contract), month)
        if found is None:
            raise Refusal(404, "the contract has no such month that is over")
        return found


def comments_on(
    month: str, contract: Contract, entries: Sequence[Entry], standing: EffectiveEntries
) -> list[SaidEntry]:
    """What either side has said of a month, and of entries about it. `entries`: as whoever asks may read them."""
    comments = [one for one in entries if isinstance(one.body, Comment)]
    others = {one.number: one for one in entries} if comments else {}
    zone = contract.time_zone
    return [said_entry(one, contract, standing) for one in comments if month in months_of(one.body, zone, others)]


class SignOffForm(MonthPage):
    """`POST /desk/contracts/<contract>/months/<month>/sign-off`, by the authority."""

    methods = ("GET", "HEAD", "POST")
    action = Action.SIGN_OFF
    by: ClassVar[Signature] = "sign_off"

    async def submitted(self, form: PostedForm, *names: str) -> None:
        if await self.is_again(form, self.contract(names[0])):
            return
        found, reason = await self.month(names[0], names[1]), form.text("reason")
        taken = await self.take_files(form.uploads)

        async def again(problems: Mapping[str, str]) -> None:
            told = "; ".join(f"{name} {text}" for name, text in problems.items())
            await self.show_month(await self.month(names[0], names[1]), f"Nothing was signed: {told}.", reason, taken)

        try:
            said = found.signature(self.by, form.text("digest"), form.text("seen"), reason)
            if taken.wrong:
                raise RegisterError(list(taken.wrong))
        except NotWhatStands as error:
            self.set_status(409)
            await self.show_month(found, " ".join([f"{error}", *taken.wrong]), reason, taken)
            return
        except RegisterError as error:
            self.set_status(422)
            await again(problems_by_field(error))
            return
        try:
            await self.propose(form, found.contract, [Statement(said)], again, papers=taken.papers, read_to=found.last)
        except Overtaken:  # what is open, or stands, may be something else now: it is looked at again
            await self.submitted(form, *names)


class CountersignForm(SignOffForm):
    """`POST /desk/contracts/<contract>/months/<month>/countersign`, by the supplier."""

    action = Action.COUNTERSIGN
    by = "countersignature"
