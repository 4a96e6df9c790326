"""Evidence that is another's: what is asked of it reaches the other one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sla_monitor.register.entries import Entry
from sla_monitor.sla.evidence import Evidence, Forwarding
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import DAY_MS, Sample
from sla_monitor.sla.spans import Span

OWN = {"imports_in", "contract_spans", "firsts_ms"}
"""Made of the answers to other questions."""


@dataclass
class Plain(Evidence):
    """No more than evidence must answer."""

    span: Span = field(default_factory=lambda: Span(0, 10, 9, Outcome.DOWN, None, 2))

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        return {"small/web": [self.span], "other/web": [self.span._replace(end_ms=20)]}

    def samples(self, key: str, start_ms: int, end_ms: int) -> list[Sample]:
        return [(at_ms, Outcome.UP, 1, None) for at_ms in (1, 2, DAY_MS) if start_ms <= at_ms < end_ms]

    def entries(self, contract: str) -> list[Entry]:
        return []

    def first_ms(self, contract: str) -> int | None:
        return 0


def test_whoever_forwards_forwards_every_question() -> None:
    questions = {name for name in vars(Evidence) if not name.startswith("_")}
    assert questions - OWN <= set(vars(Forwarding))


def test_plain_evidence_has_an_answer_to_every_question() -> None:
    plain = Plain()
    assert [(key, len(piece)) for key, piece in plain.columns(("a", "b"), 0, 2 * DAY_MS)] == [
        ("a", 2), ("a", 1), ("b", 2), ("b", 1),
    ]  # fmt: skip
    assert (plain.imports_in("small", 0, 10), plain.clock_moves(0, 10), plain.worked_out("x")) == ([], (), None)
    assert (plain.held_since_ms(), plain.reads_together) == (None, False)


def test_a_fingerprint_is_that_of_the_contract_s_own_spans() -> None:
    whole, range_ms = Plain(), (0, 100)
    before = whole.fingerprint("small", range_ms, range_ms)
    assert before.down_ms == (0, 10)
    whole.span = whole.span._replace(end_ms=11)
    assert whole.fingerprint("small", range_ms, range_ms) != before
