"""How entries are entered: checked, previewed where they change a month that is over, added and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sla_monitor.cli.register.attaching import papers_of
from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.cli.register.formatting import print_entered
from sla_monitor.cli.register.preview import Entered, confirm
from sla_monitor.wording.figure_changes import Changes

if TYPE_CHECKING:
    from sla_monitor.register.attachments import AttachedFile
    from sla_monitor.register.entries import Entry

Propose = Callable[[Callable[[], Sequence["Entry"]]], Sequence["Entry"]]


def enter(
    session: EntrySession,
    propose: Propose,
    *,
    yes: bool,
    files: Mapping[str, bytes] = MappingProxyType({}),
    attached: Sequence[AttachedFile] = (),
) -> Entered:
    """Add to a register what is proposed, all or none. `propose` can read all that has been said, and says what to add.
    `files`: what is to be kept with it, by digest; `attached`: those of them that go with each entry.

    Raises RegisterError; click.Abort when the person does not confirm what it changes; LedgerError.
    """
    from sla_monitor.ledger.recording.register_entries import Overtaken

    session.warn_of_future_entries()
    confirmed: Changes = []
    while True:
        last = session.register.last_number(session.contract.id)
        new = [
            draft.model_copy(update={"number": last + i}) for i, draft in enumerate(propose(session.entries), start=1)
        ]
        confirmed = confirm(session, new, confirmed, yes=yes)
        try:
            numbers = session.register.add(new, read_to=last, files=files, attached=attached)
        except Overtaken:
            continue  # what others have said meanwhile may change the answer
        added = [each.model_copy(update={"number": n}) for each, n in zip(new, numbers, strict=True)]
        return Entered(added, confirmed)


def put_down(kind: str, words: Mapping[str, Any], *, made_from: int | None = None, **given: Any) -> None:
    """Add one entry and tell it. `given`: what `session_options` and `entry_options` took; `made_from`: the last entry
    that it was made from, where a later one might make it another."""
    put_down_all(kind, [words], made_from=made_from, **given)


def put_down_all(
    kind: str, several: Sequence[Mapping[str, Any]], *, made_from: int | None = None, **given: Any
) -> None:
    """Add an entry for each of several, all or none, and tell them."""
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.rules import problems

    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    more = {name: given[name] for name in ("reference", "evidence", "note")}
    drafts = [session.entry(body_of(kind, words, session.zone), **more) for words in several]

    def propose(said: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        if made_from is not None and (last := session.register.last_number(session.contract.id)) > made_from:
            raise RegisterError([f"entry {last} was made meanwhile: nothing was entered (look at it, and begin again)"])
        context = EntryContext(session.contract, said)
        if found := [line for draft in drafts for line in problems(draft, context)]:
            raise RegisterError(found)
        return drafts

    papers = papers_of(given.get("attach", ()), session.config, session.ledger)
    entered = enter(session, propose, yes=given["yes"], files=papers.contents, attached=papers.files)
    print_entered(session, entered, given["style"])
