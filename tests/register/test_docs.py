"""docs/register.md: its commands are run, and its tables are what the models say."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from sla_monitor.cli.register.add import options_of
from sla_monitor.register.csv_sheet import FIELDS, MORE, SYNONYMS, heading
from sla_monitor.register.entries import KINDS
from sla_monitor.register.presets import PRESETS
from tests.register.office import Office, Said

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/register.md"
BLOCKS = re.compile(r"```(sh|csv|eml|text)(?: ([\w.]+))?\n(.*?)```", re.S)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """With the example contract that is shipped."""
    (tmp_path / "sla-monitor.yaml").write_text(f"contracts: {ROOT / 'config/contracts'}\nledger: {{path: ledger.db}}\n")
    return Office.beside_a_daemon(tmp_path)


def commands(block: str) -> list[list[str]]:
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("sla-monitor register ")) for line in lines]


def test_the_commands_of_the_page_work_and_say_what_the_page_says(office: Office) -> None:
    last = Said(0, "", "")
    for kind, name, text in BLOCKS.findall(PAGE.read_text(encoding="utf-8")):
        if kind in {"csv", "eml"}:
            office.file(text, name)
        elif kind == "text":
            told = [re.split("  +", line.strip()) for line in last.err.splitlines()]
            expected = [re.split("  +", line.strip()) for line in text.splitlines()]
            assert [row for row in expected if row not in told and not row[0].startswith("---")] == []
        for words in commands(text) if kind == "sh" else ():
            last = office.done(
                *(
                    str(office.folder / word) if word in {"tickets.csv", "jira.csv", "notice.eml"} else word
                    for word in words
                )
            )
    assert len(office.done("list", "police-strategic-it", "--all", "--format", "json").json["entries"]) == 16


def table() -> str:
    rows = ["| kind | what it is | options |", "|---|---|---|"]
    for kind, model in KINDS.items():
        if not model.command:
            options = ", ".join(f"`{option}`" for option in options_of(model))
            said = " ".join((model.__doc__ or "").split())
            rows.append(f"| `{kind.replace('_', '-')}` | {said} | {options} |")
    return "\n".join(rows)


def test_the_page_lists_every_kind_with_its_options() -> None:
    """`UPDATE_DOCS=1 pytest tests/register/test_docs.py` writes the table anew."""
    page = PAGE.read_text(encoding="utf-8")
    marks = r"(<!-- tables: kinds -->\n).*?(<!-- end -->)"
    anew = re.sub(marks, lambda match: f"{match[1]}\n{table()}\n\n{match[2]}", page, flags=re.S)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(anew, encoding="utf-8")
        page = anew
    assert page == anew


def test_the_page_lists_the_columns_of_files() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind, fields in FIELDS.items():
        (row,) = re.findall(rf"^\| `{kind}` \| (`.*?) \| (.*?) \|$", page, re.M)
        assert re.findall(r"`(\w+)`", row[0]) == list(fields)
        assert set(re.findall(r"`(\w+)`", row[1])) == {*SYNONYMS[kind], *SYNONYMS[kind].values()}
    assert ", ".join(f"`{field}`" for field in MORE) in page


def test_the_page_lists_the_headings_of_presets() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (head, rows) = re.findall(r"^\| `--preset` \| (.*) \|\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.M)[0]
    fields = re.findall(r"`(\w+)`", head)
    assert [row.split("`")[1] for row in rows.splitlines()] == list(PRESETS)
    for row in rows.splitlines():
        name, *cells = [text.strip(" `") for text in row.strip("|").split("|")]
        told = {field: text for field, text in zip(fields, cells, strict=True) if field != "priority" and text}
        assert {field: PRESETS[name].columns.get(heading(text)) for field, text in told.items()} == {
            field: field for field in told
        }
        kept = set(PRESETS[name].columns.values()) - {"state"}
        assert kept == {*told, "priority"}
