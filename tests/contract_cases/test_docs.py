"""The documents about terms: their examples run, their working is the program's own, their lists are complete."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.money.trigger_terms import Effect, TriggerCondition
from sla_monitor.contract.reading.json_schema import model_schema
from sla_monitor.contract.reading.nodes import Mapping, plain
from sla_monitor.contract.reading.repeating import repeated
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.money.credits import METHODS
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.money.triggers import MEASURES, OF_WINDOWS
from sla_monitor.sla.results import PeriodResult
from tests.contract_cases.asking import Answers
from tests.contract_cases.reading import FOLDER, Case, month_input, month_name

DOCS = Path(__file__).parents[2] / "docs"
TERMS = (DOCS / "contract-terms.md").read_text(encoding="utf-8")
RULES = (DOCS / "sla-rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"## ([^\n]+)\n(?:(?!\n## ).)*?```yaml\n(.*?)```(?:\n\n```text\n(.*?)```)?", TERMS, re.DOTALL)


def worked(result: PeriodResult) -> str:
    """All the working of a month, in the order in which it was done."""
    several = (result.kpis, result.credit.lines, result.credit.caps, result.triggers)
    return "".join(f"{step}\n" for figures in several for one in figures for step in one.working)


@pytest.mark.parametrize(("heading", "text", "working"), EXAMPLES, ids=[heading for heading, _, _ in EXAMPLES])
def test_an_example_says_what_the_program_says(tmp_path: Path, heading: str, text: str, working: str) -> None:
    """`UPDATE_DOCS=1 pytest -n 0 tests/contract_cases/test_docs.py` writes the working anew."""
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    values = plain(document.root)
    if isinstance(document.root, Mapping) and "lists" in values.get("terms", {}):
        values["terms"] = plain(repeated(document, document.root.entries["terms"]))
    assert document.problems == []
    case = Case(heading, values)
    terms, (rows,) = case.terms(), case.rows()
    setting = Setting(TermMonths(month_name(rows[0]), quarters=terms.accounting.quarters), "GBP")
    results = fold(setting, lambda _: terms, [month_input(case, terms, row) for row in rows])
    for n, row in enumerate(rows, 1):
        answers = Answers(case, terms, row, results[:n])
        assert {key: answers.to(key, value) for key, value in row["expect"].items()} == row["expect"]
    if os.environ.get("UPDATE_DOCS"):
        page, between = DOCS / "contract-terms.md", f"{text}```\n\n```text\n"
        now = page.read_text(encoding="utf-8").replace(between + working, between + worked(results[-1]))
        page.write_text(now, encoding="utf-8")
        return
    assert working == worked(results[-1])


def test_every_yaml_block_is_an_example() -> None:
    assert len(EXAMPLES) == TERMS.count("```yaml") == 40


def test_every_key_is_explained() -> None:
    """In the text, or in an example. Endpoints, journeys and what a Prometheus is asked have pages of their own."""
    schema = model_schema(Terms, "Contract")
    elsewhere = {
        definition for name in ("Endpoint", "Journey", "Source") for definition in schema["$defs"] if name in definition
    }
    elsewhere |= {"Capture", "HttpExpectations", "JsonCondition", "BasicAuth", "Redirects"}
    for name, definition in {"Contract": schema, **schema["$defs"]}.items():
        for key in definition.get("properties", ()) if name not in elsewhere else ():
            assert re.search(rf"`{key}\b|\b{key}:", TERMS), f"{name}.{key}"


def test_every_indicator_method_measure_and_effect_is_explained() -> None:
    indicators = {get_args(model)[1].tag for model in get_args(get_args(Kpi)[0])}
    assert len(indicators) == 13
    measures = MEASURES.keys() | OF_WINDOWS.keys()
    for name in indicators | METHODS.keys() | measures:
        assert f"`{name}`" in TERMS, name
        assert f"`{name}`" in RULES or name == "availability", name
    for name in {*get_args(Effect)} - {"rectification_plan", "notice", "termination_right"}:
        assert f"`{name}`" in TERMS, name
    assert set(get_args(TriggerCondition.model_fields["measure"].annotation)) == measures


def test_every_case_is_named_by_the_rules_and_every_named_case_is_there() -> None:
    named = {int(number) for group in re.findall(r"\[(\d+(?:, \d+)*)\]", RULES) for number in group.split(", ")}
    there = {int(path.name[:3]) for path in FOLDER.glob("*.yaml")}
    assert named - there == set()
    assert there - named == set()
