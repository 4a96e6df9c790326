"""Quarters and years, claims, and ratings to publish."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.review.command import review
from sla_monitor.contract.load import load_contract
from sla_monitor.document import document, figures_digest
from sla_monitor.errors import ReviewError
from sla_monitor.evidence import read_evidence
from sla_monitor.review.blocks import Pack
from sla_monitor.review.claim_document import claim_pack
from sla_monitor.review.monthly_pack import pack as figures_pack
from sla_monitor.review.notice import rating
from sla_monitor.review.rendering.html import html
from sla_monitor.review.rendering.pdf import pdf
from sla_monitor.review.roll_up import roll_up
from sla_monitor.sla.clock_steps import ClockMove
from tests.review.estate import case
from tests.review.months import BAD, CONTRACT, TICKETS, evidence, scene


def table(pack: Pack, name: str) -> list[list[str]]:
    return [[cell.text for cell in row] for row in next(one for one in pack.tables if one.id == name).rows]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(review, [str(one) for one in arguments])


def test_a_quarter_adds_up_its_months(tmp_path: Path) -> None:
    pack = roll_up(scene("bad", tmp_path)[0], 3)
    assert pack.subtitle == "Supplier performance, July 2026 to September 2026"
    assert [row[0] for row in table(pack, "rolling")] == ["July 2026", "August 2026", "September 2026", "Together"]
    assert table(pack, "rolling")[-1][1:6] == ["5", "", "21", "£21,000.00", "£14,000.00"]
    assert table(pack, "kpis")[0][3:] == ["100.00 %", "98.67 %", "1", "2", "0", "8"]
    assert [len(row) for row in table(pack, "scorecard")] == [4] * 5
    charts = next(section for section in pack.sections if section.id == "runs").blocks
    assert [block.kind for block in charts] == ["picture"] * 3


def test_a_year_is_told_as_far_as_there_are_months(tmp_path: Path) -> None:
    pack = roll_up(scene("bad", tmp_path)[0], 12)
    assert pack.subtitle == "Supplier performance, April 2026 to September 2026"
    assert pack.name == "force-ict-2025-10-to-2026-09"
    assert len(table(pack, "rolling")) == 7
    for content in (html(pack), pdf(pack)):
        assert len(content) > 10_000


def test_a_lower_figure_is_the_better_one_where_less_is_better() -> None:
    assert table(roll_up(case(), 12), "kpis")[5][3:5] == ["498 ms", "1,205 ms"]


def test_a_claim_has_the_failure_its_working_and_its_deadline(tmp_path: Path) -> None:
    made = scene("bad", tmp_path)[0]
    pack = claim_pack(made, "KPI2")
    ids = [section.id for section in pack.sections]
    assert ids == ["about", "failed-KPI2", "responses", "method", "checking", "certificate"]
    facts = {name: cell.text for block in pack.cover if block.kind == "facts" for name, cell in block.items}
    assert facts == {"Before caps": "£8,000.00", "To be claimed by": "no claim is needed"}
    *_, credit, part = table(pack, "credit-lines")
    assert credit[1:3] == ["15 points × 1 % × 100000.00", "15000.00"]
    assert part[:3] == ["KPI2's part", "8 of 15 points × 15000.00, shared out to the coin", "8000.00"]
    with pytest.raises(ReviewError, match=r"KPI3 did not fail in 2026-09 \(failed: KPI1, KPI2 and KPI4\)"):
        claim_pack(made, "KPI3")


def test_a_claims_evidence_gives_the_same_outages_again(tmp_path: Path) -> None:
    made = run(CONTRACT, "--evidence", evidence(tmp_path, BAD, TICKETS), "--output", tmp_path, "--claim", "KPI2",
               "--format", "html")  # fmt: skip
    assert made.exit_code == 0, made.output
    folder = tmp_path / "force-ict-2026-09-claim-KPI2"
    again = read_evidence(folder / "evidence.json", load_contract(CONTRACT))
    down = [span for span in again.spans(0, 2**62)["force-ict/cells"] if span.outcome == "down"]
    minutes = [(span.end_ms - span.start_ms) // 60_000 for span in down]
    assert minutes == [18 * 60, 17 * 60 + 30]  # of the month before too: repeats and caps look back
    assert "evidence.json" in json.loads((folder / "manifest.json").read_bytes())["files"]


def test_a_quarter_is_made_from_the_command_line(tmp_path: Path) -> None:
    made = run(
        CONTRACT, "--evidence", evidence(tmp_path, BAD), "--output", tmp_path, "--months", "3", "--format", "csv"
    )
    assert made.exit_code == 0, made.output
    assert (tmp_path / "force-ict-2026-07-to-2026-09" / "csv" / "rolling.csv").exists()
    both = run(CONTRACT, "--evidence", evidence(tmp_path, BAD), "--claim", "KPI1", "--months", "3")
    assert both.exit_code == 2


def test_ratings_are_the_contracts_own_words_for_the_last_band(tmp_path: Path) -> None:
    made = scene("bad", tmp_path)[0]
    publish = {"met": "good", "severe": "requires_improvement", "below_threshold": "inadequate"}
    reporting = made.terms.reporting.model_copy(update={"publish": publish})
    object.__setattr__(made, "terms", made.terms.model_copy(update={"reporting": reporting}))
    rows = table(roll_up(made, 3), "ratings")
    assert [(row[0], row[4], row[5], row[6]) for row in rows] == [
        ("KPI1", "severe", "Requires improvement", "1 of 3"),
        ("KPI2", "below threshold", "Inadequate", "1 of 3"),
    ]
    assert rating(made, None) == "other"


def test_the_pack_and_the_json_tell_when_the_clock_was_set() -> None:
    at_ms = case().assessment.period.start_ms + 3_600_000
    moves = (ClockMove(at_ms, 86_400_000), ClockMove(at_ms, -86_401_500), ClockMove(at_ms, 2_000, 7_200_000))
    made = replace(case(), assessment=replace(case().assessment, clock_moves=moves))
    assert [row[1] for row in table(figures_pack(made), "clock")] == [
        "the clock was set ahead by 24 h",
        "the clock was set back by 24 h 1 s",
        "the host had slept for 2 h, the clock was set ahead by 2 s",
    ]
    told = document(made.assessment)["clock_moves"]
    assert [(one["step_seconds"], one["slept_seconds"]) for one in told] == [
        ("86400", "0"), ("-86401.5", "0"), ("2", "7200"),
    ]  # fmt: skip
    assert figures_digest(made.assessment) == figures_digest(case().assessment)
