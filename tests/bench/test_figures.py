"""What the benchmark says of a run must not depend on where its window begins and ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.case import ALL
from bench.figures import Figures, bytes_a_probe, figures, read_probes
from bench.process import BenchError, end, wait_for
from sla_monitor.configuration import read_configuration
from sla_monitor.ledger import Ledger
from sla_monitor.schedule import phase_ms
from tests.ledger.support import DOWN, EVERY_MS, observed, opened

BEGAN_MS = 1_767_225_600_000
KEYS = [f"bench/e{number}" for number in range(50)]


def probed(key: str, seconds: int, late_ms: int = 3) -> list[int]:
    """Probes of every due instant of a minute around the window, each so late."""
    first = BEGAN_MS - 20_000 + (phase_ms(key, EVERY_MS) - BEGAN_MS) % EVERY_MS
    return [due + late_ms for due in range(first, BEGAN_MS + seconds * 1000 + 20_000, EVERY_MS)]


def told(probes: dict[str, list[int]], seconds: int) -> Figures:
    return figures(probes, KEYS, BEGAN_MS, BEGAN_MS + seconds * 1000, EVERY_MS)


@pytest.mark.parametrize("seconds", [7, 10, 12, 30])
def test_a_window_of_any_length_misses_nothing_when_every_probe_was_made(seconds: int) -> None:
    found = told({key: probed(key, seconds) for key in KEYS}, seconds)
    assert (found.missed, found.late(0.5), found.late(1)) == (0, "3", "3")
    assert len(found.late_ms) == sum(found.counts)
    assert max(found.counts) - min(found.counts) <= 1


def test_an_endpoint_that_was_never_probed_has_missed_all_of_its_probes() -> None:
    found = told({key: probed(key, 30) for key in KEYS[1:]}, 30)
    assert (found.missed, min(found.counts), max(found.counts)) == (3, 0, 3)


def test_a_probe_that_is_late_by_nearly_an_interval_is_late_and_not_missed() -> None:
    found = told({key: probed(key, 30, late_ms=9_900) for key in KEYS}, 30)
    assert (found.missed, found.late(0.99)) == (0, "9900")


def test_a_probe_that_was_left_out_doubles_a_period() -> None:
    probes = {key: probed(key, 30) for key in KEYS}
    dues = [at_ms for at_ms in probes[KEYS[0]] if BEGAN_MS <= at_ms - 3 < BEGAN_MS + 30_000]
    probes[KEYS[0]].remove(dues[1])
    found = told(probes, 30)
    assert found.missed == 1
    assert sorted(found.periods_ms)[-1] == 2 * EVERY_MS


def test_nothing_at_all_is_told_without_a_division_by_nothing() -> None:
    found = told({}, 30)
    assert (found.missed, found.late(0.99), found.mean_period_ms) == (150, "-", 0)


def test_the_probes_are_read_from_a_real_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        record(ledger, 4)
    found = list(read_probes(path, observed(1).at_ms))
    assert [outcome for _, _, outcome in found] == ["up", "up", "down"]
    assert bytes_a_probe(path) > 50


def record(ledger: Ledger, count: int) -> None:
    for index in range(count - 1):
        ledger.record(observed(index), EVERY_MS)
    ledger.record(observed(count - 1, DOWN), EVERY_MS)
    assert ledger.flush(30)


def test_a_row_of_the_table_is_a_configuration_that_the_daemon_takes(tmp_path: Path) -> None:
    supplier, folder = tmp_path / "supplier", tmp_path / "daemon"
    supplier.mkdir()
    folder.mkdir()
    for name, text in (("port-http", "1"), ("port-https", "2"), ("ca.pem", "")):
        (supplier / name).write_text(text)
    case = next(one for one in ALL if one.name == "100-https-reuse")
    read = read_configuration(case.write(folder, supplier, 1))
    assert [key for key, _, _ in read.contracts[0].endpoints_at(BEGAN_MS)] == case.keys


def test_a_process_that_does_not_stop_is_killed() -> None:
    stubborn = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert end(process, 0.2) is False
        assert process.returncode == -9


def test_a_wait_ends_when_the_process_does_and_when_the_time_is_over() -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process, pytest.raises(BenchError) as error:
        wait_for(lambda: False, 60, process, "the daemon is ready")
    assert "status 3" in str(error.value)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        began = time.monotonic()
        with pytest.raises(BenchError, match="not so after"):
            wait_for(lambda: False, 0.2, process, "the daemon is ready")
        assert time.monotonic() - began < 30
        process.kill()
