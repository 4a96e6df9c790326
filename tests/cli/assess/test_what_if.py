"""A draft is worked out from the same history; what measures the same is measured once, and comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.assess import Cache, history
from sla_monitor.assess.compare import compared, what_if
from sla_monitor.assess.excerpt import excerpt
from sla_monitor.assess.history import contract_context_of
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.ledger import read_only
from sla_monitor.register.instant import parse_instant
from tests.support.quarter import CONTRACT, run

NOW_MS = parse_instant("2025-07-10T00:00Z")
UNTIL = "2025-06"


def draft_of(folder: Path, *changes: tuple[str, str]) -> Contract:
    text = CONTRACT
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / "draft.yaml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


@pytest.mark.parametrize(
    ("changes", "is_alike"),
    [
        ([("points: 3", "points: 2")], True),
        ([("per_point_percent: 1", "per_point_percent: 3"), ("amount: 40000.00", "amount: 90000.00")], True),
        ([("target: 500ms", "target: 600ms"), ("percentile: 95", "percentile: 50")], True),
        ([("within: 4h", "within: 2h")], True),
        ([("    rounding: {mode: half_up", "    counting: {excluded: counted}\n    rounding: {mode: half_up")], True),
        ([("08:00-18:00", "09:00-17:00"), ("within: 4h", "within: 3h")], False),
        ([("currency: GBP", "currency: GBP\naccounting: {confirmation: 8}")], False),
        ([("id: health, kind: http", "id: healthy, kind: http")], False),
        ([("term: {start: 2025-01-01", "term: {start: 2025-02-01")], False),
    ],
)
def test_a_draft_comes_to_what_it_would_as_the_contract(
    tmp_path: Path, contract: str, ledger: str, changes: list[tuple[str, str]], is_alike: bool
) -> None:
    ours, draft = load_contract(Path(contract)), draft_of(tmp_path, *changes)
    with read_only(Path(ledger)) as evidence:
        kpis = [kpi for kpi in ours.versions[-1].terms.kpis if kpi.indicator == "availability"]
        worlds = (contract_context_of(one, evidence, NOW_MS, Cache()) for one in (ours, draft))
        asked = [excerpt(world, ("2025-04",), kpis).question(kpis) for world in worlds]
        assert (asked[0] == asked[1]) is is_alike, "what is measured alike is one question"
        found = what_if(ours, draft, evidence, UNTIL, NOW_MS)
        results = [history(one, evidence, UNTIL, NOW_MS) for one in (ours, draft)]
    assert found == compared("partnership", "GBP", *results)
    assert found.present.points > 0


def test_a_draft_in_other_money_is_refused(tmp_path: Path, contract: str, ledger: str) -> None:
    draft_of(tmp_path, ("currency: GBP", "currency: EUR"))
    result = run(contract, "--ledger", ledger, "--terms", str(tmp_path / "draft.yaml"))
    assert (result.exit_code, "is in EUR (write GBP)" in " ".join(result.output.split())) == (2, True)
