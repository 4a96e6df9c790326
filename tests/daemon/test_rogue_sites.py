"""A site handles hostile bytes, and may have been taken over by them: what it cannot do then."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import pytest

from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.daemon import site_process as child_module
from sla_monitor.sla.observation import Observation, Outcome
from tests.daemon.running import of, rogue, running, terms, told, wait


@pytest.mark.parametrize(
    "conduct",
    ["garbage", "enormous", "flood_of_bytes", "flood_of_observations", "others", "tomorrow", "last_year", "nonsense"],
)
def test_who_says_what_cannot_be_is_replaced_and_it_is_not_recorded(
    conduct: str, caplog: pytest.LogCaptureFixture
) -> None:
    several = {"c/e0": terms(1, "e0"), "c/e1": terms(1, "e1")}
    with running(several, rogue(conduct), sites={"processes": 2}) as run:
        wait(lambda: run.restarts().get("refused", 0) >= 1)
        assert run.sites.stats().refused >= 1
        assert set(run.restarts()) == {"refused"}
        assert len(run.taken) <= 40
        assert {one.finding.outcome for one in run.taken} <= {Outcome.UP}
    assert "a site sent an impossible message" in caplog.messages


def test_who_turns_and_says_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "QUIET_S", 0.7)
    with running({"c/e0": terms(1, "e0")}, rogue("silent")) as run:
        wait(lambda: run.restarts() == {"stopped": 1})


def test_a_mistake_of_ours_about_one_site_does_not_cost_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with told("up", "fail") as endpoints, running(of(endpoints), sites={"processes": 2}) as run:
        taken = run.taken

        def take(several: Sequence[Observation]) -> None:
            if any(one.finding.outcome is Outcome.DOWN for one in several):
                raise ZeroDivisionError
            taken.extend(several)

        run.sites._take = take
        wait(lambda: run.restarts().get("refused", 0) >= 1)
        run.mark()
        wait(lambda: run.is_up_again("c/e0"))
    assert "a site sent an impossible message handled" in caplog.messages


def test_nobody_can_blame_an_endpoint_of_another_site() -> None:
    with running({"c/e0": terms(1, "e0"), "c/e1": terms(1, "e1")}, rogue("blaming"), sites={"processes": 2}) as run:
        wait(lambda: run.restarts().get("held", 0) >= 4)
        assert run.sites.stats().isolated == ()
        assert run.taken == []


def test_times_in_its_memory_that_cannot_be_are_not_recorded() -> None:
    with running({"c/e0": terms(1, "e0"), "c/e1": terms(1, "e1")}, rogue("dating")) as run:
        wait(lambda: run.restarts().get("ended", 0) >= 1)
        assert run.taken == []


def test_what_a_site_has_started_ends_with_it() -> None:
    with running({"c/e0": terms(1, "e0")}, rogue("breeding")) as run:
        wait(lambda: run.sites.stats().running == 1)
        group = run.pid()
        wait(lambda: len(members(group)) == 1 and group not in members(group))
        with run.sites._lock:
            run.child().kill()
        wait(lambda: not members(group))


def members(group: int) -> list[int]:
    """The processes of a group that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


WEB = {"kind": "http", "url": "http://127.0.0.1:1/", "id": "web", "every": "10s"}


def test_a_site_has_given_up_what_it_does_not_need(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SITE_SECRET", "s3cret")
    monkeypatch.setenv("SOMEBODY_ELSES_SECRET", "s3cret")
    asked = ("environment", "first environment", "descriptors", "limits")
    with (tmp_path / "ledger.db").open("w"), told(*(f"tell {what}" for what in asked)) as endpoints:
        several = of(endpoints) | {"c/web": endpoint_of(WEB | {"bearer_token": "${env:SITE_SECRET}"})}
        with running(several, sites={"memory_mb": 200}) as run:
            wait(lambda: all(run.last(f"c/e{n}") for n in range(4)))
            environment, first, descriptors, limits = (run.detail(f"c/e{n}").split() for n in range(4))
    assert environment == ["SITE_SECRET"]
    assert set(first) <= set(child_module.FOR_PYTHON)
    assert set(descriptors) <= {"socket", "anon_inode", "/memfd"}
    core, hard_core, data, hard_data, files, _, no_new_privileges, folder = limits
    assert (core, hard_core, data, hard_data) == ("0", "0", str(200 << 20), str(200 << 20))
    assert int(files) >= 1024
    assert (no_new_privileges, folder) == ("1", "/")


def test_who_takes_a_site_over_harms_neither_the_ledger_nor_the_process_that_holds_it(tmp_path: Path) -> None:
    """By Landlock, of the kernel that Debian has; what older versions cannot forbid is left out."""
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(b"the record")
    with told(f"tell harm {ledger}") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.last("c/e0") is not None)
        can = set(run.detail("c/e0").split())
    assert ledger.read_bytes() == b"the record"
    assert {"read", "nothing"} <= can <= {"read", "nothing", "truncate", "listen", "signal"} - new_in(landlock())


def new_in(version: int) -> set[str]:
    """What this version can forbid, and the first could not."""
    return {what for what, since in (("truncate", 3), ("listen", 4), ("signal", 6)) if version >= since}


def landlock() -> int:
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1))


def test_a_secret_that_is_needed_no_longer_is_taken_from_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_SECRET", "s3cret")
    web = endpoint_of(WEB | {"headers": {"X": "${env:SITE_SECRET}"}})
    with told("tell environment") as endpoints, running({**of(endpoints), "c/web": web}) as run:
        wait(lambda: run.last("c/e0") is not None)
        assert run.detail("c/e0") == "SITE_SECRET"
        run.sites.assign(of(endpoints))
        wait(lambda: run.detail("c/e0") == "")
