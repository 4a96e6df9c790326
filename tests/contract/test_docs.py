"""docs/configuration.md lists every key as the models have it; the how-to's contracts are good ones."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.contract.advice import advice
from sla_monitor.contract.load import load_contract
from sla_monitor.contract.money.credit_methods import METHODS
from sla_monitor.contract.reading.explain import SAMPLES
from sla_monitor.contract.reading.json_schema import contract_schema, model_schema
from sla_monitor.contract.reading.key_tables import key_tables
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.contract.terms import Terms
from sla_monitor.settings import Settings
from tests.contract.support import HEAD, ROOT

PAGE = ROOT / "docs/configuration.md"
CONTRACT = model_schema(Terms, "Contract")
SETTINGS = model_schema(Settings, "Settings")
SCHEMAS = [CONTRACT, SETTINGS]


def mappings(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schemas of the file and of every mapping in it, by name."""
    found = {"file": schema, **schema["$defs"]}
    return {name: definition for name, definition in found.items() if "properties" in definition}


def with_tables(page: str) -> str:
    tables = {
        "contract": key_tables(CONTRACT, "Contract"),
        "settings": key_tables(SETTINGS, "The daemon", told=CONTRACT),
    }
    for name, table in tables.items():
        marks = rf"(<!-- tables: {name} -->\n).*?(<!-- end -->)"
        page = re.sub(marks, partial(_filled, table), page, flags=re.DOTALL)
    return page


def _filled(table: str, found: re.Match[str]) -> str:
    return f"{found[1]}\n{table}\n{found[2]}"


def test_the_page_lists_every_key_with_type_default_and_meaning() -> None:
    """`UPDATE_DOCS=1 pytest tests/contract/test_docs.py` writes the tables anew."""
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        page = with_tables(page)
        PAGE.write_text(page, encoding="utf-8")
    assert page == with_tables(page)


@pytest.mark.parametrize("schema", SCHEMAS, ids=["contract", "settings"])
def test_every_key_has_a_meaning_and_a_row(schema: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, definition in mappings(schema).items():
        for key, value in definition["properties"].items():
            assert value.get("description"), f"{name}.{key} has no description"
            assert f"| `{key}` |" in page


@pytest.mark.parametrize("schema", SCHEMAS, ids=["contract", "settings"])
def test_every_type_is_told_in_words(schema: dict[str, Any]) -> None:
    assert not re.search(r"\| [\[{]'", key_tables(schema, "x"))


@pytest.mark.parametrize("schema", SCHEMAS, ids=["contract", "settings"])
def test_every_link_of_the_tables_leads_to_a_heading(schema: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = {line.removeprefix("### ").lower().replace(" ", "-") for line in page.splitlines() if line[:4] == "### "}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", key_tables(schema, "x"))) <= headings


def test_what_is_missing_can_be_said_for_every_required_key() -> None:
    """By the mapping's own model where it has an example of its keys, as every credit method has."""
    examples = {terms.__name__: terms.example for terms in METHODS.values()}
    required = {
        (name, key)
        for name, definition in mappings(contract_schema()).items()
        for key in definition.get("required", ())
    }
    missing = {(name, key) for name, key in required if key not in {*SAMPLES, *examples.get(name, ())}}
    assert missing <= {("file", "versions")}


def test_the_keys_that_are_explained_of_an_example_stand_in_it() -> None:
    """In the form in which they are explained."""
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## Example contracts\n") : page.index("## Contracts\n")]
    explained = re.findall(r"^### `([\w-]+)`\n(.*?)(?=^### |\Z)", section, re.DOTALL | re.MULTILINE)
    assert len(explained) == 9
    for name, told in explained:
        contract = (ROOT / f"config/contracts/examples/{name}.yaml").read_text(encoding="utf-8")
        keys = re.findall(r"^\| `(.+?)` \|", told, re.MULTILINE)
        assert [key for key in keys if key not in contract] == [], name
        assert keys, name


def test_the_contract_of_the_how_to_is_a_good_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/add-a-supplier.md").read_text(encoding="utf-8")
    first, change = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "payroll.yaml"
    path.write_text(first)
    assert advice(load_contract(path), 0) == []
    path.write_text(first[: first.index("kpis:")] + change)
    assert [version.reference for version in load_contract(path).versions] == ["", "CCN-4"]


def test_the_transaction_of_the_how_to_is_a_good_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/probe-a-transaction.md").read_text(encoding="utf-8")
    (services,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "c.yaml"
    path.write_text(f"{HEAD}{services}kpis: [{{id: K, service: custody, target: 99}}]\n")
    assert advice(load_contract(path), 0) == []


def test_the_versions_of_the_page_are_good_ones(tmp_path: Path) -> None:
    example, _ = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "c.yaml"
    path.write_text(f"{HEAD}services: [{{id: s}}]\n{example}")
    references = [version.reference for version in load_contract(path).versions]
    assert references == ["", "CCN-12", "CCN-13", "CCN-13"]


def test_the_items_for_each_row_of_the_page_are_good_ones(tmp_path: Path) -> None:
    _, example = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "c.yaml"
    path.write_text(HEAD + example)
    assert list(Draft202012Validator(contract_schema()).iter_errors(plain(read_document(path).root))) == []
    first, second = load_contract(path).versions
    assert [service.id for service in first.terms.services] == ["wan-hq"]
    assert [service.name for service in second.terms.services] == ["Network at Headquarters", "Network at Depot"]
    assert second.reference == "CCN-3"
