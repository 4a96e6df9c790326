"""The ledgers that the bench builds are ones that figures may be read from."""

from __future__ import annotations

from pathlib import Path

from bench.assess import fill
from bench.terms import BEGIN_MS, DAY
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import check


def test_a_ledger_of_spans_is_whole_and_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "month.db"
    count = fill(path, 3, BEGIN_MS, BEGIN_MS + 30 * DAY)
    assert [problem for problem in check(path, lambda *_: None).problems if "spans" not in problem] == []
    with read_only(path) as reader:
        assert sum(len(spans) for spans in reader.spans(BEGIN_MS, BEGIN_MS + 30 * DAY).values()) == count
