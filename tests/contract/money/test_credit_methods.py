"""Every credit method answers for itself: a table without it, a KPI that is not there and a bad example are found for
any method of the union, the next one included."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import iter_modules

import pytest

from sla_monitor.contract.money.credit_methods import METHODS, Credit
from sla_monitor.review.rendering.sheet.methods import FORMULAS
from sla_monitor.sla.money import credits as maths
from sla_monitor.sla.money import methods
from tests.contract.support import ROOT, loaded, problems

SERVICES = "services: [{id: custody}]\n"
KPIS = "kpis: [{id: KPI1, indicator: count, target: 1}, {id: KPI2, indicator: count, target: 1}]\n"


def example(method: str, *, without: str = "") -> str:
    """A rule as a file would have it, by the method's own example."""
    keys = [f"{key}: {text}" for key, text in METHODS[method].example.items() if key != without]
    return f"{{{', '.join(['id: c', f'method: {method}', *keys])}}}"


def rule_of(folder: Path, method: str) -> Credit:
    """The same as a contract has it."""
    (version,) = loaded(folder, f"{SERVICES}{KPIS}credits: [{example(method)}]\n").versions
    (rule,) = version.terms.credits
    return rule


def found(folder: Path, rule: str) -> list[str]:
    """The problems of a contract with one rule, each without its file and line."""
    return [line.split(": ", 1)[1] for line in problems(folder, f"{SERVICES}{KPIS}credits: [{rule}]\n")]


def required(method: str) -> list[str]:
    fields = METHODS[method].model_fields.items()
    return [field.alias or name for name, field in fields if field.is_required() and name not in {"id", "method"}]


def test_every_table_has_every_method() -> None:
    tables = {
        "sla/money/methods/": {module.name for module in iter_modules(methods.__path__)},
        "sla/money/credits.py": maths.METHODS.keys(),
        "review/rendering/sheet/methods.py": FORMULAS.keys(),
    }
    assert {where: odd for where, table in tables.items() if (odd := set(METHODS) ^ set(table))} == {}


@pytest.mark.parametrize("method", METHODS)
def test_a_methods_example_is_a_good_rule_and_has_every_key_that_must_be_there(tmp_path: Path, method: str) -> None:
    assert rule_of(tmp_path, method).method == method
    assert set(required(method)) <= METHODS[method].example.keys()


@pytest.mark.parametrize(("method", "key"), [(method, key) for method in METHODS for key in required(method)])
def test_a_missing_key_is_told_with_the_methods_own_example(tmp_path: Path, method: str, key: str) -> None:
    sample = f"{key}: {METHODS[method].example[key]}"
    assert f"credits.c.{key}: is missing (write for example {sample})" in found(tmp_path, example(method, without=key))


@pytest.mark.parametrize("method", [method for method in METHODS if "KPI1" in example(method)])
def test_a_kpi_that_is_not_there_is_refused_at_its_place(tmp_path: Path, method: str) -> None:
    """And what holds a KPI's name in the example is of the type that is checked."""
    rule = rule_of(tmp_path, method)
    at = {name: ".".join(map(str, path)) for path, name in rule.kpi_references}
    assert set(at) == set(re.findall(r"KPI\d", example(method)))
    (line,) = found(tmp_path, example(method).replace("KPI1", "KPI9"))
    assert line.startswith(f"credits.c.{at['KPI1'].replace('KPI1', 'KPI9')}: no such KPI (")


@pytest.mark.parametrize("junk", ["kpis: KPI1", "kpis: [[KPI1]]", "kpis: {a: 1}", "kpis: [3]"])
def test_junk_in_the_place_of_names_is_a_mistake_of_the_values_alone(tmp_path: Path, junk: str) -> None:
    lines = found(tmp_path, f"{{id: c, method: shortfall, {junk}, rate_percent: 1, partial: floor}}")
    assert lines
    assert not any("no such KPI" in line for line in lines)


def test_an_unknown_key_of_tiers_is_compared_with_the_rules_keys(tmp_path: Path) -> None:
    """`tiers` is both the method and a key of it."""
    rule = "{id: c, method: tiers, kpi: KPI1, tiers: [{below: 9, percent: 1}], servce: custody}"
    assert found(tmp_path, rule) == ["credits.c.servce: unknown key (did you mean service?)"]


@pytest.mark.parametrize("method", METHODS)
def test_the_page_of_terms_says_what_the_method_says(method: str) -> None:
    page = (ROOT / "docs/contract-terms.md").read_text(encoding="utf-8")
    assert f"| `{method}` | {METHODS[method].summary} |\n" in page


def test_nobody_else_tells_methods_apart() -> None:
    """By their classes; whoever needs to know something of a method asks the rule."""
    own = ("contract/money/credit_methods.py", "sla/money/methods/", "review/rendering/sheet/methods.py")
    name = re.compile(rf"\b({'|'.join(terms.__name__ for terms in METHODS.values())})\b")
    program = ROOT / "sla_monitor"
    files = {str(path.relative_to(program)): path.read_text(encoding="utf-8") for path in program.rglob("*.py")}
    assert {file for file, text in files.items() if not file.startswith(own) and name.search(text)} == set()


BONUS = "{id: good, method: bonus, kpi: KPI1, rewards: [{at_least: 99.9, amount: 5}]}"
DAYS = "{id: term, method: days, kpi: KPI1, gives: added_term, tiers: [{below: 99.9, days: 1}]}"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (BONUS.replace(", amount: 5", ""), "credits.good.rewards.0.percent: or amount: write one of them"),
        (
            BONUS.replace("]}", "], against: charges, carry_forward_months: 3}"),
            ("credits.good.carry_forward_months: is for against: credits (leave it out, or write against: credits)"),
        ),
        (
            BONUS.replace("]}", "], min_payout: {at_least: 1}}"),
            "credits.good.min_payout: is for credits (leave it out)",
        ),
        (DAYS.replace("added_term", "term"), "credits.term.gives: must be 'free_service' or 'added_term'"),
        (DAYS.replace("days: 1}", "days: 0}"), "credits.term.tiers.0.days: must be at least 1"),
        (
            DAYS.replace("]}", ", {above: 3, days: 2}]}"),
            "credits.term.tiers: must all look the same way (write below and at_most, or above and at_least)",
        ),
    ],
)
def test_a_mistake_in_what_is_no_deduction_is_reported_with_the_remedy(tmp_path: Path, rule: str, line: str) -> None:
    assert found(tmp_path, rule) == [line]
