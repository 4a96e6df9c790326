"""Nothing is told from a record that somebody has changed: a command refuses it, or its figures are what they were."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from sla_monitor.assess import assess_month
from sla_monitor.cli import cli
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.document import Inputs, document, document_text
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.evidence import evidence_text
from sla_monitor.ledger import Reader, read_only
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import sealed
from sla_monitor.ledger.chaining.verifying import RECENT_LINKS
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from tests.ledger.chaining.test_verifying import DERIVED, EDITS, KEYS, edit, edit_and_rebuild, make_ledger
from tests.ledger.support import FOREVER_MS, T0, observed, opened, record_all

MONTH, NOW_MS = "2026-01", T0 + 2 * HOUR_MS
TERMS: dict[str, Any] = {
    "id": "custody",
    "authority": "Force",
    "supplier": "Supplier",
    "term": {"start": "2026-01-01", "end": "2027-12-31"},
    "time_zone": "Europe/London",
    "currency": "GBP",
    "services": [
        {
            "id": "desk",
            "endpoints": [
                {"id": key.partition("/")[2], "kind": "tcp", "host": "127.0.0.1", "port": 9, "every": "10s"}
                for key in KEYS
            ],
        }
    ],
    "kpis": [
        {"id": "KPI1", "service": "desk", "target": "99.9"},
        {"id": "KPI2", "service": "desk", "indicator": "response_time", "statistic": "percentile", "percentile": 95,
         "target": "1s"},
        {"id": "KPI3", "service": "desk", "indicator": "error_rate", "target": 99},
    ],
}  # fmt: skip
INPUTS = Inputs(contract_sha256="c" * 64, holidays_sha256=[], evidence_sha256="e" * 64)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("terms") / "custody.yaml"
    path.write_text(yaml.safe_dump(TERMS, sort_keys=False))
    return load_contract(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    make_ledger(path)
    return path


@pytest.fixture(scope="module")
def told(contract: Contract, whole: Path) -> Mapping[str, str]:
    found = dict(telling(contract, whole))
    assert not any(isinstance(one, LedgerError) for one in found.values())
    return {name: str(one) for name, one in found.items()}


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "ledger.db"))


def telling(contract: Contract, path: Path) -> Iterator[tuple[str, str | LedgerError]]:
    """What is told of a ledger, by whom; or why it is not."""
    for name, tell in TELLS.items():
        try:
            with read_only(path) as reader:
                yield name, tell(contract, reader)
        except LedgerError as error:
            yield name, error


def _assessed(contract: Contract, reader: Reader) -> str:
    return document_text(document(assess_month(contract, reader, MONTH, NOW_MS), INPUTS))


def _exported(contract: Contract, reader: Reader) -> str:
    return "".join(evidence_text(contract, reader, (T0, NOW_MS), NOW_MS, every_observation=True))


def _failed(_: Contract, reader: Reader) -> str:
    return f"{[reader.first_failed(key, T0, NOW_MS) for key in KEYS]}"


def _observations(_: Contract, reader: Reader) -> str:
    return f"{[list(reader.observations(key, T0, NOW_MS)) for key in KEYS]}"


def _recalled(_: Contract, reader: Reader) -> str:
    return f"{reader.worked_out('digest')} {reader.worked_out('other')}"


TELLS: dict[str, Callable[[Contract, Reader], str]] = {
    "assess": _assessed,
    "export": _exported,
    "the first failures of a pack": _failed,
    "observations": _observations,
    "spans": lambda _, reader: f"{reader.spans(0, FOREVER_MS)} {reader.first_ms('custody')}",
    "register": lambda contract, reader: f"{reader.entries(contract.id)}",
}


def assert_refused_or_right(contract: Contract, path: Path, told: Mapping[str, str]) -> None:
    for name, found in telling(contract, path):
        if isinstance(found, LedgerError):
            assert isinstance(found, LedgerDamaged | LedgerError), found
            assert "sla-monitor ledger check" in str(found) or "run that version" in str(found), "the way out"
        else:
            assert found == told[name], f"{name} tells something else, and nothing is said"


@pytest.mark.parametrize("script", (EDITS | DERIVED).values(), ids=(EDITS | DERIVED).keys())
def test_what_was_edited_is_refused_or_right(
    contract: Contract, path: Path, told: Mapping[str, str], script: str
) -> None:
    edit(path, script)
    assert_refused_or_right(contract, path, told)


@pytest.mark.parametrize("script", EDITS.values(), ids=EDITS.keys())
def test_so_it_is_after_spans_were_worked_out_again(
    contract: Contract, path: Path, told: Mapping[str, str], script: str
) -> None:
    """By somebody who puts them in their place himself: the program does not do it."""
    edit_and_rebuild(path, script)
    assert_refused_or_right(contract, path, told)


def test_a_register_entry_altered_and_the_register_sealed_anew_is_refused(
    contract: Contract, path: Path, told: Mapping[str, str]
) -> None:
    """All of its own digests are right then: the last of them is in the chain, too."""
    with closing(sqlite3.connect(path)) as connection:
        *first, _ = connection.execute("select * from register where number = 1").fetchone()
        rows = [row[:-1] for row in connection.execute("select * from register order by number")]
    altered = sealed([(*first[:7], "forged", *first[8:]), *rows[1:]], None)
    script = ";".join(f"update register set digest = '{row[-1]}' where number = {row[0]}" for row in altered)
    edit(path, f"update register set note = 'forged' where number = 1; {script}")
    assert check(path, lambda *_: None).problems
    found = dict(telling(contract, path))
    assert isinstance(found["register"], LedgerDamaged)
    assert_refused_or_right(contract, path, told)


CHANGES_SPANS = (
    "an outage made up time",
    "one DOWN made UP",
    "one UP made DOWN",
    "one taken out of the middle",
    "an outage taken out",
    "the second half taken out",
    "an outage put in at the end",
    "everything an hour later",
    "an interval made longer",
    "outcomes up and down swapped",
    "endpoints swapped",
    "all of two endpoints changed over",
)


@pytest.mark.parametrize("name", CHANGES_SPANS)
def test_spans_are_not_worked_out_from_what_does_not_verify(path: Path, name: str) -> None:
    edit(path, EDITS[name])
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged, match="the ledger is damaged"):
        rebuild_spans(path, lambda *_: None)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", CHANGES_SPANS)
def test_a_command_says_what_is_wrong_and_what_to_do(path: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "custody.yaml").write_text(yaml.safe_dump(TERMS, sort_keys=False))
    (tmp_path / "sla-monitor.yaml").write_text("ledger: {path: ledger.db}\n")
    edit_and_rebuild(path, EDITS[name])
    review = f"review custody --period 2026-01 --format json --output {tmp_path}/packs"
    for command in ("assess custody --period 2026-01", review, "ledger export custody"):
        said = run(tmp_path, command)
        assert said.exit_code != 0, said.output
        assert isinstance(said.exception, LedgerError)
        assert "ledger check" in str(said.exception)


def run(folder: Path, command: str) -> Result:
    return CliRunner().invoke(cli, [*command.split(), "--config", str(folder / "sla-monitor.yaml")])


@pytest.mark.parametrize("script", DERIVED.values(), ids=DERIVED.keys())
def test_what_follows_from_the_rest_is_made_again(
    contract: Contract, path: Path, told: Mapping[str, str], script: str
) -> None:
    edit(path, script)
    rebuild_spans(path, lambda *_: None)
    assert dict(telling(contract, path)) == told


def test_an_answer_that_the_program_did_not_keep_is_none(path: Path) -> None:
    with read_only(path) as reader:
        assert reader.worked_out("digest") == "{}"
    edit(path, DERIVED["an answer that was worked out"])
    edit(path, DERIVED["an answer put in"])
    with read_only(path) as reader:
        assert (reader.worked_out("digest"), reader.worked_out("other")) == (None, None)


def test_of_a_long_link_that_was_verified_only_what_is_asked_for_is_read_again(path: Path) -> None:
    """Imports make links of weeks, of which a month is read day by day."""
    read: list[tuple[Any, ...]] = []
    with closing(sqlite3.connect(path)) as connection:
        first, last = connection.execute("select min(id), max(id) from observations").fetchone()
        connection.row_factory = lambda _, row: read.append(row) or row  # type: ignore[func-returns-value]
        known: set[tuple[str, int]] = set()
        every = list(Proof(path, connection, known).rows("observations", first, last))
        assert len(every) == last > 20
        read.clear()
        assert list(Proof(path, connection, known).rows("observations", 10, 12)) == every[9:12]
        assert [row for row in read if row in every] == every[9:12]


FAR = {
    "a span made UP": "update ended_spans set outcome = 1, reason = null where start_ms < {half} and outcome = 3",
    "a span taken out": "delete from ended_spans where start_ms < {half} and outcome = 3",
    "observations": "update observations set duration_us = 1 where at_ms < {half}",
    "what was told of spans": "delete from span_states where start_ms < {half} and outcome = 3",
}


@pytest.mark.parametrize("script", FAR.values(), ids=FAR.keys())
def test_what_was_changed_long_ago_is_found_when_it_is_read(tmp_path: Path, contract: Contract, script: str) -> None:
    """Far behind the newest links, which are all that a start verifies; a later time is told as ever."""
    path, late_ms, day = tmp_path / "ledger.db", T0 + 24 * HOUR_MS, 24 * 360
    make_ledger(path)
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(day, day + 500)))
        for number in range(RECENT_LINKS + 1):
            ledger.keep(f"{number}", "{}")
    with read_only(path) as reader:
        late = reader.spans(late_ms, FOREVER_MS)
    edit(path, script.format(half=T0 + 1_200_000))
    with opened(path):
        pass
    with read_only(path) as reader:
        assert reader.spans(late_ms, FOREVER_MS) == late
    refused = 0
    for _, found in telling(contract, path):
        refused += isinstance(found, LedgerDamaged)
    assert refused
