"""docs/http.md lists what the code has, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from sla_monitor.contract.reading.secret import MIN_TOKEN
from sla_monitor.sla.observation import DETAIL_LIMIT
from sla_monitor.web import Limits
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.web.desk.entry_form import EntryForm
from sla_monitor.web.desk.import_reading import FILE_BYTES, ROWS
from sla_monitor.web.desk.routes import DESK_ROUTES
from sla_monitor.web.page.selection import LEAST_REFRESH_S, MOST_REFRESH_S
from sla_monitor.web.serving.routes import REPORT_BYTES
from tests.web import recorded
from tests.web.running import Parts, ask, serving

DOCS = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_documented_route_answers_to_its_methods_and_no_other() -> None:
    rows = re.findall(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \|", DOCS, re.M)
    assert len(rows) == 64
    with serving(Parts()) as web:
        for path, methods in rows:
            answer = ask(
                web, re.sub("<[a-z]+>", "x", path.replace("<number>", "1").replace("<month>", "2026-10")), "DELETE"
            )
            assert (answer.status, answer.headers["allow"]) == (405, methods)


def last_word(path: str) -> str:
    """The last part of an address that is no name: of a pattern, or as it is documented."""
    words = re.sub(r"\([^()]*\)", "X", path).replace("\\", "").split("/")
    return next(word for word in reversed(words) if not word.isupper())


def test_every_page_of_the_desk_is_told_with_its_addresses_for_programs() -> None:
    """What pages of the desk can do, programs can."""
    section = DOCS.partition("Every page of the desk has its addresses here:")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    pages = {last_word(each) for page, _ in rows for each in re.findall(r"`([^`]+)`", page)}
    # Those of a browser: who comes and goes, files of what is told as JSON too, and what came from one file.
    of_browsers = {
        "sign-in",
        "openid",
        "answer",
        "sign-out",
        "credits.csv",
        "audit.csv",
        "entries.csv",
        "file",
    }
    missing = {last_word(path) for path, _ in DESK_ROUTES} - pages - {"X"}
    assert missing == of_browsers, "pages without a row in the table of docs/http.md"
    addresses = [each.split() for _, cell in rows for each in re.findall(r"`((?:GET|POST) [^`]+)`", cell)]
    paths = openapi_document()["paths"]
    assert [path for method, path in addresses if method.lower() not in paths.get(path, {})] == []


def test_the_commands_for_scripts_run_as_they_are_printed(tmp_path: Path) -> None:
    """Against a monitor with a record, on another port."""
    (block,) = re.findall(r"^```sh\n(.*?)^```", DOCS.partition("## JSON")[2], re.M | re.S)
    commands = block.splitlines()
    assert len(commands) == 8
    with serving(recorded.parts(tmp_path)) as web:
        script = block.replace(":9810", f":{web.port}")
        done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    bad, outages, *others = map(json.loads, done.stdout.splitlines())
    assert {one["state"] for one in bad["services"]} == {"down", "unknown"}
    assert outages["total"] == 2
    assert len(others) == 4
    assert "Custody records: down" in (tmp_path / "custody.svg").read_text(encoding="utf-8")
    assert "<feed" in (tmp_path / "outages.atom").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        f"an idle connection | {Limits().header_s} s |",
        f"| Body | {Limits().body_s} s, {Limits().body_bytes // 1024} kB |",
        f"of somebody who is known | {Limits().upload_s} s; a form with an entry {EntryForm.body_bytes // 1024**2} MiB",
        f"up to {FILE_BYTES // 2**20} MiB and {ROWS:,} rows",
        f"a file to import {FILE_BYTES // 2**20} MiB",
        f"| Fetching an answer | {Limits().write_s} s |",
        f"| Headers | {Limits().header_bytes // 1024} kB |",
        f"| Open connections | {Limits().connections};",
        f"| {Limits().waiting}, two at work |",
        f"above {Limits().beats_per_minute} reports a minute",
        f"cannot be written for {Limits().commit_s} s",
        f"({REPORT_BYTES // 1024} kB are read, {DETAIL_LIMIT} characters kept)",
        f"above {Limits().failures_per_minute} failures a minute",
        f"shorter than {MIN_TOKEN} characters",
        f"({LEAST_REFRESH_S} to {MOST_REFRESH_S})",
    ],
)
def test_every_documented_bound_is_the_one_in_force(said: str) -> None:
    assert said in " ".join(DOCS.split())
