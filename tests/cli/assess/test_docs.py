"""The pages about files: their tables are the schemas', their examples are good ones and come to what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.contract.reading.json_schema import model_schema, shape_schema
from sla_monitor.contract.reading.key_tables import key_tables
from sla_monitor.document import AssessmentJson, ComparisonDocument, ReconciliationDocument
from sla_monitor.evidence.document import EvidenceDocument
from sla_monitor.register.entries import Entry
from tests.contract.support import ROOT

ASSESSMENT = ROOT / "docs/assessment-format.md"
EVIDENCE = ROOT / "docs/evidence-format.md"
HOW_TO = ROOT / "docs/how-to/rerun-a-month.md"


def block(page: Path, language: str, index: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return found[index]


def tables() -> dict[Path, dict[str, str]]:
    document, comparison = shape_schema(AssessmentJson, "x"), shape_schema(ComparisonDocument, "x")
    reconciliation = shape_schema(ReconciliationDocument, "x")
    return {
        EVIDENCE: {"evidence": key_tables(model_schema(EvidenceDocument, "x"), "The file")},
        ASSESSMENT: {
            "assessment": without_defaults(key_tables(document, "The document")),
            "comparison": without_defaults(key_tables(comparison, "The comparison", told=document)),
            "reconciliation": without_defaults(key_tables(reconciliation, "The reconciliation", told=document)),
        },
    }


def without_defaults(text: str) -> str:
    """What is printed always has all of its keys."""
    head = "| key | type | meaning |\n|---|---|---|"
    text = text.replace("| key | type | default | meaning |\n|---|---|---|---|", head)
    return text.replace("| **required** |", "|")


def replaced(page: str, marks: str, text: str) -> str:
    return re.sub(marks, lambda match: f"{match[1]}{text}{match[2]}", page, count=1, flags=re.DOTALL)


def brought_up_to_date(page: str, path: Path, folder: Path) -> str:
    for name, table in tables()[path].items():
        page = replaced(page, rf"(<!-- tables: {name} -->\n).*?(<!-- end -->)", f"\n{table}\n")
    if path is ASSESSMENT:
        page = replaced(page, r"(```text\n).*?(```)", worked_example(folder))
        page = replaced(page, r"(```json\n).*?(```)", figure(folder))
    return page


def files(folder: Path) -> list[str]:
    (folder / "small.yaml").write_text(block(ASSESSMENT, "yaml"), encoding="utf-8")
    (folder / "october.json").write_text(block(EVIDENCE, "json"), encoding="utf-8")
    return ["assess", f"{folder}/small.yaml", "--evidence", f"{folder}/october.json"]


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    return result


def worked_example(folder: Path) -> str:
    return run(*files(folder), "--working").stdout


def granted(folder: Path) -> dict[str, Any]:
    arguments = files(folder)
    evidence = json.loads((folder / "october.json").read_text())
    said = {"kind": "decision", "about": 1, "granted": True}
    decision = {**evidence["entries"][0], "number": 2, "actor": "contract.manager", "said": said}
    (folder / "october.json").write_text(json.dumps(evidence | {"entries": [*evidence["entries"], decision]}))
    told: dict[str, Any] = json.loads(run(*arguments, "--format", "json").stdout)
    return told


def figure(folder: Path) -> str:
    """The agreed view of the granted claim."""
    return json.dumps({"agreed": granted(folder)["kpis"][0]["views"]["agreed"]}, indent=1) + "\n"


@pytest.mark.parametrize("path", [ASSESSMENT, EVIDENCE], ids=lambda path: path.name)
def test_a_page_says_what_the_program_says(path: Path, tmp_path: Path) -> None:
    """`UPDATE_DOCS=1 pytest tests/cli/assess/test_docs.py` writes tables and results anew."""
    page = path.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        page = brought_up_to_date(page, path, tmp_path)
        path.write_text(page, encoding="utf-8")
    assert page == brought_up_to_date(page, path, tmp_path)


def test_the_example_with_the_claim_granted_costs_nothing(tmp_path: Path) -> None:
    told = granted(tmp_path)
    views = told["kpis"][0]["views"]
    assert views["agreed"]["value"] == views["claimed"]["value"]
    assert (views["agreed"]["band"], told["result"]["credit"]["amount"]) == ("met", "0.00")


def commands() -> list[str]:
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("sla-monitor ")]


def test_the_sample_month_is_worked_out_by_the_command_of_the_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (line,) = [line for line in commands() if line.startswith("sla-monitor assess config/")]
    assert "Points 5. Credit GBP 20,894.07." in run(*shlex.split(line)[1:]).stdout


def test_the_entry_of_the_how_to_is_a_good_one() -> None:
    assert Entry.model_validate(json.loads(block(HOW_TO, "json"))).body.kind == "decision"
