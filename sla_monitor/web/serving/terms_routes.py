"""Terms by two people for other programs: proposed, read as a difference in words and money, decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sla_monitor.assess.proposed_terms import terms_effect
from sla_monitor.assess.terms_drafts import KnownTerms, proposal_words
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.ledger import HistoryReader
from sla_monitor.register.entries import KINDS, Entry, TermsProposed
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.request_bodies import ApprovalRequest, Beside, ProposalRequest, UndoRequest
from sla_monitor.register.terms_history import Proposal
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.register_json import entry_json
from sla_monitor.web.api.register_shapes import TermsEffectJson, TermsPreviewJson, TermsProposalJsonWhole
from sla_monitor.web.api.service_json import API
from sla_monitor.web.api.terms_json import effect_json, in_force_json, proposal_json
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.terms_form import FILES_BYTES, DraftFiles, begin_ms, read_draft
from sla_monitor.web.desk.terms_page import known_terms
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.register_routes import Entering, EntryRefused, key_used
from sla_monitor.web.serving.writing import Desk

Found = TypeVar("Found")


class OfTerms(Desk):
    """Base of what tells of terms. They are the authority's: a draft is no supplier's business."""

    action = Action.SEE_NOTES

    async def reading(self, question: Callable[[HistoryReader], Found]) -> Found:
        """Ask the record in a thread, apart from what is entered meanwhile. Raises LedgerError and its kinds."""

        def read() -> Found:
            with self.site.record.opened() as reader:
                return question(reader)

        return await self.site.fetching.run(read)

    async def known(
        self, contract: Contract, question: Callable[[KnownTerms, HistoryReader, Sequence[Entry]], Found]
    ) -> Found:
        """The same, about what is known of a contract's terms."""
        entries = await self.site.entering.run(self.desk.entries, contract.id)
        return await self.reading(lambda reader: question(known_terms(reader, contract, entries), reader, entries))


class TermsResource(OfTerms, Entering):
    """`GET /api/v1/contracts/<contract>/terms`: the terms that were proposed, what became of them, and which were in
    force when; `POST`: propose others, as the contract's file and those of its bank holidays."""

    methods = ("GET", "HEAD", "POST")
    body_bytes = 2 * FILES_BYTES

    def action_here(self) -> Action:
        return Action.PROPOSE_TERMS if self.request.method == "POST" else Action.SEE_NOTES

    async def get(self, name: str) -> None:
        self.given()
        contract = self.contract(name)

        def told(known: KnownTerms, _: HistoryReader, entries: Sequence[Entry]) -> dict[str, Any]:
            shown = {entry.number: entry for entry in entries}
            return {
                "contract": contract.id,
                "digest": contract.read_files.digest,
                "proposals": [proposal_json(one, contract, shown) for one in known.history.proposals],
                "in_force": [in_force_json(one) for one in known.changes],
            }

        self.send_json(await self.known(contract, told))

    head = get

    async def post(self, name: str) -> None:
        self.names = ("dry_run",)
        self.given()
        contract = self.contract(name)
        asked: ProposalRequest = self.read(ProposalRequest, contract)
        try:
            start_ms = begin_ms(asked.start, contract)
            # A draft is read in a thread that no entry waits for: a long file takes its time.
            draft = await self.site.fetching.run(read_draft, _files(asked), contract)
            base = await self.known(contract, lambda known, _, __: known.base())
            said = body_of("terms_proposed", proposal_words(draft, base, start_ms), contract.time_zone)
        except RegisterError as error:
            raise EntryRefused(error.problems, is_flat=True) from None
        statement = Statement(said, asked.note, asked.reference, asked.evidence)
        if before := await self.before(contract):
            if not is_proposed_by(before, statement):
                raise key_used(before)
            # What it was compared with may have become other terms since.
            statement = Statement(before.body, before.note, before.reference, before.evidence)
        self.compared = draft, base
        await self.enter(contract, statement, draft.read_files.by_digest)

    async def preview(self, contract: Contract, draft: Statement) -> Mapping[str, Any]:
        checked = await self.site.entering.run(self.desk.checked, self.person, contract, [draft])
        proposed, base = self.compared
        now_ms = self.site.clock.now_ms()

        def effect(reader: HistoryReader) -> TermsEffectJson:
            return effect_json(terms_effect(base, proposed, reader, now_ms, self.site.previews.histories), checked.said)

        told: TermsPreviewJson = {
            "entry": entry_json(checked.entries[0], contract),
            "last_number": checked.last,
            "effect": await self.site.working_out(contract.id, effect),
        }
        return told


def _files(asked: ProposalRequest) -> DraftFiles:
    holidays = {one.name: one.content.encode() for one in asked.holidays}
    return DraftFiles(asked.file.name, asked.file.content.encode(), holidays)


def is_proposed_by(entry: Entry, draft: Statement) -> bool:
    """Whether an entry proposes the terms of a draft, whatever they were compared with."""
    body, said = entry.body, draft.said
    if not isinstance(body, TermsProposed) or not isinstance(said, TermsProposed):
        return False
    texts = (entry.note, entry.reference, entry.evidence) == (draft.note, draft.reference, draft.evidence)
    return texts and (body.digest, body.start_ms) == (said.digest, said.start_ms)


class ProposalResource(OfTerms):
    """`GET /api/v1/contracts/<contract>/terms/<number>`: a proposal, and what it changes."""

    async def get(self, name: str, number: str) -> None:
        self.given()
        contract, now_ms = self.contract(name), self.site.clock.now_ms()

        entries = await self.site.entering.run(self.desk.entries, contract.id)

        def told(reader: HistoryReader) -> TermsProposalJsonWhole | None:
            known = known_terms(reader, contract, entries)
            proposal: Proposal | None = known.history.proposal(int(number))
            if proposal is None:
                return None
            draft = known.made_of(proposal.said.parts)
            effect = terms_effect(known.base(proposal), draft, reader, now_ms, self.site.previews.histories)
            shown = {entry.number: entry for entry in entries}
            return {**proposal_json(proposal, contract, shown), "effect": effect_json(effect, entries)}

        found = await self.site.working_out(contract.id, told)
        if found is None:
            raise Refusal(404, f"entry {number} proposes no terms of this contract", remedy="see its terms")
        self.send_json(found)

    head = get


TERMS_DECISIONS = {"approve": "terms_approved", "reject": "terms_rejected", "withdraw": "terms_withdrawn"}


class TermsDecisionResource(Entering):
    """`POST /api/v1/contracts/<contract>/terms/<number>/approve`, `/reject` and `/withdraw`. Who approves says by its
    digest what they have read."""

    methods = ("POST",)
    action = Action.APPROVE_TERMS
    names = ("dry_run",)

    def action_here(self) -> Action:
        return KINDS[TERMS_DECISIONS[self.path_args[2]]].action

    async def post(self, name: str, number: str, what: str) -> None:
        self.given()
        contract = self.contract(name)
        asked: Beside = self.read(ApprovalRequest if what == "approve" else UndoRequest, contract)
        words = {"about": int(number), **({"digest": asked.digest} if isinstance(asked, ApprovalRequest) else {})}
        if what != "approve" and not asked.note.strip():
            raise EntryRefused(["note: is missing (say why)"], is_flat=True)
        await self.enter(contract, self.statement(TERMS_DECISIONS[what], words, asked, contract))


_TERMS = rf"{API}/contracts/([^/]+)/terms"

TERMS_ROUTES: tuple[tuple[str, type[JsonAnswering]], ...] = (
    (_TERMS, TermsResource),
    (rf"{_TERMS}/([1-9][0-9]{{0,9}})", ProposalResource),
    (rf"{_TERMS}/([1-9][0-9]{{0,9}})/(approve|reject|withdraw)", TermsDecisionResource),
)
