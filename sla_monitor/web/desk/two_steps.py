"""Forms that enter in two steps, where figures change: what it would change, then the entry.

Nothing is kept between the steps: the page between carries what was typed. Whoever confirms has seen what the entry
changes at that moment, and all that others have said by then; otherwise they are shown it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.assess.figure_changes import reaches_figures
from sla_monitor.assess.supposed import is_refused_anyway
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.register.attachments import Papers
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.effect import Effect, effect_of
from sla_monitor.web.desk.entering import CheckedStatements, Statement, visible_to
from sla_monitor.web.desk.forms import (
    BACK,
    CONFIRMED,
    NEXT,
    ONCE,
    READ_TO,
    SEE,
    PostedForm,
    came_back,
    desk_path,
)
from sla_monitor.web.desk.shown_entry import draft_entry
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.text import plain

SHOWN = 20
"""Entries of one submission that are told; the others are counted."""
NO_PAPERS = Papers()

Again = Callable[[Mapping[str, str]], Awaitable[None]]
"""Shows the form again with what is wrong, by field; nothing: as it was typed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be entered, with its files, under the key of the submission. `read_to`: the last entry that it was
    made from, where a later one might make it another; None: it says the same whatever others say."""

    statements: Sequence[Statement]
    papers: Papers
    once: str
    read_to: int | None = None


class ProposingForm(DeskHandler):
    """Base of the forms whose entries are shown with what they change before they are made."""

    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    confirmation = "confirm.html"
    """The template that shows what would be entered and what it changes."""

    async def propose(
        self,
        form: PostedForm,
        contract: Contract,
        statements: Sequence[Statement],
        again: Again,
        *,
        papers: Papers = NO_PAPERS,
        read_to: int | None = None,
    ) -> None:
        """Enter what a form says, once whoever sends it has seen what it changes. `papers`: the files of the form,
        which go with each entry; `read_to`: see `Proposal`. Raises Overtaken where a later one was made: the statements
        are to be made anew."""
        if await self.is_again(form, contract):
            return
        if form.text(BACK):
            await again({})
            return
        try:
            once = form.once(self.person.name, self.request.path)
            await self._next_step(form, contract, Proposal(statements, papers, once, read_to))
        except RegisterError as error:
            # The same submission may have come in twice at once, and the other one was faster.
            if await self.is_again(form, contract):
                return
            self.set_status(422)
            await again(problems_by_field(error))

    async def is_again(self, form: PostedForm, contract: Contract) -> bool:
        """Whether the same submission came in before; then it is answered with what it made."""
        numbers = await self.site.entering.run(self.desk.submitted, form.once(self.person.name, self.request.path))
        if numbers:
            self.show_entered(contract, numbers, form, is_again=True)
        return bool(numbers)

    async def effect(self, contract: Contract, checked: CheckedStatements) -> Effect:
        """What checked statements would change."""
        return await self.site.previewing.run(
            effect_of, self.site.previews, contract, checked, self.site.clock.now_ms()
        )

    def show_entered(
        self, contract: Contract, numbers: Sequence[int], form: PostedForm, *, is_again: bool = False
    ) -> None:
        """Lead to what was entered, or back to the page of the desk that the form came from."""
        if (back := desk_path(form.text(NEXT))) and len(numbers) == 1:
            self.go(came_back(back, numbers[0], is_again=is_again))
            return
        through = f"&through={numbers[-1]}" if len(numbers) > 1 else ""
        again = "&again=1" if is_again else ""
        self.go(f"/desk/contracts/{contract.id}/entered?number={numbers[0]}{through}{again}")

    async def _next_step(self, form: PostedForm, contract: Contract, new: Proposal) -> None:
        read_to = new.read_to
        statements, papers = new.statements, new.papers
        checked = await self.site.entering.run(self.desk.checked, self.person, contract, statements)
        is_shown = bool(form.text(SEE) or form.text(CONFIRMED))
        if is_shown or reaches_figures(contract, checked.said, checked.entries):
            effect = await self.effect(contract, checked)
            read_to = checked.last if read_to is None else min(read_to, checked.last)
            if form.text(CONFIRMED) != effect.mark or form.text(READ_TO) != f"{checked.last}":
                # What was entered meanwhile may be this submission, by the first of two clicks.
                if not await self.is_again(form, contract):
                    self._ask(form, contract, checked, effect, papers)
                return
        try:
            entered = await self.site.entering.run(
                self.desk.enter,
                self.person,
                contract,
                statements,
                once=new.once,
                read_to=read_to,
                files=papers.contents,
                attached=papers.files,
            )
        except Overtaken:  # somebody was faster by a moment: they are shown what that changes
            if new.read_to is not None:
                raise
            await self._next_step(form, contract, new)
            return
        if not entered.is_again:
            await self.was_entered(contract, entered.numbers)
        self.show_entered(contract, entered.numbers, form, is_again=entered.is_again)

    async def was_entered(self, contract: Contract, numbers: Sequence[int]) -> None:
        """What else follows, once it is entered; raises nothing, for it is entered."""

    def _ask(
        self, form: PostedForm, contract: Contract, checked: CheckedStatements, effect: Effect, papers: Papers
    ) -> None:
        """Show what would be entered and what it changes, and what others have said since that was shown before."""
        before = form.text(READ_TO)
        before = before if before.isascii() and before.isdecimal() and len(before) <= 10 else ""
        newer = [
            one for one in visible_to(self.person, contract.id, checked.said) if before and one.number > int(before)
        ]
        context = EntryContext.of(contract, checked.said)
        self.show_page(
            self.confirmation,
            contract=contract,
            entries=[draft_entry(contract, one, checked.said) for one in checked.entries[:SHOWN]],
            more=len(checked.entries) - SHOWN,
            is_asked=any(
                one.body.asks_for_decision(contract) and not is_refused_anyway(context, one) for one in checked.entries
            ),
            effect=effect,
            newer=[(one.number, plain(one.actor), describe_entry(one, contract)) for one in newer],
            is_changed=bool(form.text(CONFIRMED)),
            papers=[(plain(one.name), f"{one.size:,} bytes") for one in papers.files],
            fields=form.own(),
            once=form.text(ONCE),
            read_to=checked.last,
            **self.besides(),
            leave=desk_path(form.text(NEXT)) or "/desk",
        )

    def besides(self) -> dict[str, object]:
        """What else its template is given."""
        return {}


def problems_by_field(error: RegisterError) -> dict[str, str]:
    """What is wrong with each field, from lines of `field: what is wrong`."""
    found: dict[str, str] = {}
    for line in error.problems:
        name, _, text = line.partition(": ")
        found[name] = f"{found[name]}; {text}" if name in found else text
    return found
