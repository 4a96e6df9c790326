"""A contract's terms at the desk: proposed from a file, read as a difference in words and money, decided by a second
person; which were in force when, and the closed months that came out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from sla_monitor.assess.compare import Comparison
from sla_monitor.assess.proposed_terms import TermsEffect, terms_effect
from sla_monitor.assess.recalculations import Recalculation, recalculations
from sla_monitor.assess.terms_drafts import KnownTerms
from sla_monitor.contract.contract import Contract
from sla_monitor.document.comparison_rows import comparison_rows, describe_when
from sla_monitor.errors import RegisterError
from sla_monitor.ledger import HistoryReader
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.periods.terms_slices import terms_at_end
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry, SignOff
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.terms_history import Proposal, terms_history
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.identity.person import Person
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.figure_changes import titles_of, told_differences
from sla_monitor.wording.instants import format_instant, format_month
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.recalculations import describe_because
from sla_monitor.wording.text import format_list, plain

Found = TypeVar("Found")
Rows = Sequence[Mapping[str, str]]

ONE_LOGIN = "Both names were given behind one login: that login alone vouches for two people."
RECALCULATIONS = 50
"""So many are shown, the latest."""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """Terms that somebody proposed. `answer`: what was said with the approval, rejection or withdrawal; `remark`: what
    is to be known of them; `address`: their page."""

    number: int
    proposed: str
    by: str
    digest: str
    start: str
    state: str
    is_open: bool
    reference: str
    note: str
    answer: str
    remark: str
    address: str


@dataclass(frozen=True, slots=True)
class InForceRow:
    """Terms that were put in force. `files`: names and digests."""

    since: str
    digest: str
    approval: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RecalculationRow:
    """A closed month that came out otherwise. `changes`: figure, before, after; `called`: the titles of KPIs by their
    ids."""

    month: str
    at: str
    is_signed: bool
    changes: Rows
    because: str
    called: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EffectView:
    """What a draft changes, for people. `words`: when, and the terms; `restated`: the months that are over and come out
    otherwise; `written` and `supposed`: these months as the file has them, and as if it had always held."""

    words: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
    has_months: bool
    restated: str
    signed: str
    written: Rows
    supposed: Rows


def effect_view(contract: Contract, effect: TermsEffect, entries: Iterable[Entry]) -> EffectView:
    zone = contract.time_zone
    signed = {said.month for _, said in effective_entries(entries).of(SignOff)}
    words = tuple(
        (describe_when(one, zone), tuple((plain(c.what), plain(c.was), plain(c.now)) for c in one.changes))
        for one in effect.words
    )
    final = [format_month(month) for month in effect.restated if month in signed]
    return EffectView(
        words,
        bool(effect.written.months),
        format_list([format_month(month) for month in effect.restated]),
        format_list(final),
        _month_rows(effect.written),
        _month_rows(effect.supposed),
    )


def _month_rows(one: Comparison) -> Rows:
    """Those of the commands, with the months as every page names them."""
    *months, total = comparison_rows(one)
    return [*({**row, "month": format_month(row["month"])} for row in months), {**total, "month": "All months"}]


def proposal_row(contract: Contract, one: Proposal) -> ProposalRow:
    zone, entry, closed = contract.time_zone, one.entry, one.closed_by
    state = "Awaits a second person"
    if closed is not None:
        state = f"{one.state.capitalize()} by {describe_actor(closed.actor, closed.known_by)}, entry {closed.number}"
    return ProposalRow(
        entry.number,
        format_instant(entry.at_ms, zone),
        plain(describe_actor(entry.actor, entry.known_by)),
        one.said.digest,
        format_instant(one.said.start_ms, zone),
        plain(state),
        closed is None,
        plain(entry.reference),
        plain(entry.note),
        plain(closed.note) if closed is not None else "",
        ONE_LOGIN if one.is_of_one_login else "",
        f"/desk/contracts/{contract.id}/terms/{entry.number}",
    )


def in_force_row(contract: Contract, one: TermsInForce) -> InForceRow:
    return InForceRow(
        format_instant(one.at_ms, contract.time_zone),
        one.digest,
        f"entry {one.approval}" if one.approval else "nobody",
        tuple((plain(part.name), part.digest) for part in one.parts),
    )


def recalculation_row(contract: Contract, one: Recalculation, entries: Mapping[int, Entry]) -> RecalculationRow:
    terms = terms_at_end(contract, one.month)
    rows = told_differences(one.month, one.before, one.after, terms)
    return RecalculationRow(
        format_month(one.month),
        format_instant(one.at_ms, contract.time_zone),
        one.is_signed,
        tuple({name: plain(text) for name, text in row.items()} for row in rows),
        plain(describe_because(one.because, entries)),
        titles_of(terms),
    )


def known_terms(reader: HistoryReader, contract: Contract, entries: Sequence[Entry]) -> KnownTerms:
    """What the record says of a contract's terms. Raises LedgerError and its kinds."""
    history = terms_history(effective_entries(entries).entries)
    changes = [one for one in reader.terms_in_force() if one.contract == contract.id]
    return KnownTerms(contract, history, changes, reader.kept_terms)


class TermsPages(DeskHandler):
    """What the pages about terms have in common. They are the authority's: a draft is no supplier's business."""

    action: ClassVar[Action] = Action.SEE_NOTES

    async def reading(self, question: Callable[[HistoryReader], Found]) -> Found:
        """Ask the record in a thread, apart from what is entered meanwhile. Raises LedgerError and its kinds."""

        def read() -> Found:
            with self.site.record.opened() as reader:
                return question(reader)

        return await self.site.fetching.run(read)

    def effect_of(
        self, ours: Contract, draft: Contract, entries: Sequence[Entry]
    ) -> Callable[[HistoryReader], EffectView]:
        now_ms = self.site.clock.now_ms()
        return lambda reader: effect_view(
            ours, terms_effect(ours, draft, reader, now_ms, self.site.previews.histories), entries
        )


class TermsPage(TermsPages):
    """`GET /desk/contracts/<contract>/terms`."""

    async def get(self, contract: str) -> None:
        terms, entries = self.contract(contract), await self.entries(contract)

        def read(reader: HistoryReader) -> tuple[KnownTerms, list[Recalculation]]:
            several = recalculations(reader.month_results(terms.id), effective_entries(entries))
            return known_terms(reader, terms, entries), list(several)

        known, changed = await self.reading(read)
        numbered = {entry.number: entry for entry in entries}
        self.show_page(
            "terms.html", contract=terms, now_digest=terms.read_files.digest,
            proposals=[proposal_row(terms, one) for one in reversed(known.history.proposals)],
            in_force=[in_force_row(terms, one) for one in reversed(list(known.changes))],
            recalculated=[recalculation_row(terms, one, numbered) for one in reversed(changed[-RECALCULATIONS:])],
            more=len(changed) - RECALCULATIONS,
            may_propose=self.person.may(Action.PROPOSE_TERMS, terms.id),
        )  # fmt: skip

    head = get


class ProposedTermsPage(TermsPages):
    """`GET /desk/contracts/<contract>/terms/<number>`: what a proposal changes, and the forms to decide on it."""

    async def get(self, contract: str, number: str) -> None:
        await self.show_proposal(self.contract(contract), int(number), [], {})

    head = get

    async def show_proposal(
        self, contract: Contract, number: int, problems: Sequence[str], values: Mapping[str, str]
    ) -> None:
        """Raises Refusal for an entry that proposes nothing."""
        entries = await self.entries(contract.id)

        def read(reader: HistoryReader) -> tuple[Proposal, EffectView] | None:
            known = known_terms(reader, contract, entries)
            proposal = known.history.proposal(number)
            if proposal is None:
                return None
            draft = known.made_of(proposal.said.parts)
            return proposal, self.effect_of(known.base(proposal), draft, entries)(reader)

        found = await self.site.working_out(contract.id, read)
        if found is None:
            raise Refusal(404, "no terms were proposed by such an entry")
        proposal, effect = found
        self.show_page(
            "proposed_terms.html", contract=contract, row=proposal_row(contract, proposal), effect=effect,
            problems=[plain(line) for line in problems], values=values, **_rights(self.person, contract, proposal),
        )  # fmt: skip


def _rights(person: Person, contract: Contract, proposal: Proposal) -> dict[str, bool]:
    """Which forms somebody has: whoever proposed cannot approve, and nobody else withdraws."""
    is_own, is_open = proposal.entry.actor == person.name, proposal.closed_by is None
    may_decide = person.may(Action.APPROVE_TERMS, contract.id)
    return {
        "may_decide": is_open and may_decide and not is_own,
        "may_withdraw": is_open and is_own and person.may(Action.PROPOSE_TERMS, contract.id),
        "is_own_to_decide": is_open and may_decide and is_own,
    }


DECISIONS = {"approve": "terms_approved", "reject": "terms_rejected", "withdraw": "terms_withdrawn"}


class TermsDecision(ProposedTermsPage):
    """`POST /desk/contracts/<contract>/terms/<number>/approve`, `/reject` and `/withdraw`; `GET` leads to the
    proposal."""

    methods = ("GET", "HEAD", "POST")

    def action_here(self) -> Action:
        return Action.PROPOSE_TERMS if self.path_args[2] == "withdraw" else Action.APPROVE_TERMS

    async def get(self, contract: str, number: str, what: str) -> None:  # type: ignore[override] # one name more
        self.go(f"/desk/contracts/{self.contract(contract).id}/terms/{int(number)}")

    head = get  # type: ignore[assignment]

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, number, what = names
        contract, once = self.contract(name), form.once(self.person.name, self.request.path)
        words: dict[str, object] = {"about": int(number)}
        # What is approved is what the page showed: its digest comes back with the form.
        words |= {"digest": form.text("digest")} if what == "approve" else {}
        try:
            if what != "approve" and not form.text("note"):
                raise RegisterError(["note: is missing (say why)"])
            draft = Statement(body_of(DECISIONS[what], words, contract.time_zone), note=form.text("note"))
            await self.site.entering.run(self.desk.enter, self.person, contract, [draft], once=once)
        except RegisterError as error:
            self.set_status(422)
            values = {field: form.text(field) for field in form.values}
            await self.show_proposal(contract, int(number), error.problems, values)
            return
        self.go(f"/desk/contracts/{contract.id}/terms/{int(number)}")


def named_in_place(problems: Iterable[str], ours: Contract, name: str) -> Iterator[str]:
    """Problems of a draft under the name of the file that came in, without the host's folders."""
    folder = f"{Path(ours.file).parent}/"
    for line in problems:
        yield plain(line.replace(ours.file, name).replace(folder, ""))
