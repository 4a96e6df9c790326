"""The service on a real systemd: a booted machine, the program installed as docs/how-to/run-under-systemd.md says.

One boot serves every test here: driver.py acts inside the machine and writes down what it saw, the tests judge it.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.nats import OLDEST
from tests.systemd import machine

HERE = Path(__file__).parent
UNIT = "sla-monitor.service"
UNIT_FILE = machine.REPOSITORY / "systemd" / UNIT

pytestmark = pytest.mark.timeout(3600)  # the first run makes the Debian tree

DEMO = """
[Service]
ExecStart=/usr/bin/sla-monitor demo --folder /var/demo --calm
"""

NATS = """
[Service]
ExecStart=/driver/nats-server -c /driver/nats.conf
"""

DRIVER = """
[Unit]
After=basic.target
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /driver/driver.py
TimeoutStartSec=1200
"""

# What an operator would write with `systemctl edit`, and a watchdog that does not keep the tests waiting.
DROP_IN = """
[Service]
LoadCredential=heartbeat-token:/etc/sla-monitor/credentials/heartbeat-token
WatchdogSec=5s
RestartSec=1s
"""


def prepare(root: Path) -> None:
    """Files as the how-to says, and the driver that starts at boot. The settings are no longer those of the package."""
    units, etc, driver = root / "etc/systemd/system", root / "etc/sla-monitor", root / "driver"
    # As on every installed machine; the bare tree has none.
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    shutil.copy(HERE / "etc/sla-monitor.yaml", etc)
    shutil.copy(HERE / "etc/contract.yaml", etc / "contracts/supplier.yaml")
    (units / f"{UNIT}.d").mkdir()
    (units / f"{UNIT}.d/override.conf").write_text(DROP_IN)
    (units / "demo.service").write_text(DEMO)
    (units / "nats.service").write_text(NATS)
    (units / "driver.service").write_text(DRIVER)
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    (units / "multi-user.target.wants/driver.service").symlink_to("../driver.service")
    driver.mkdir()
    for script in ("driver.py", "freeze.py"):
        shutil.copy(HERE / script, driver)
    for name in ("contract-full.yaml", "collector.yaml", "site-north.yaml", "nats.conf"):
        shutil.copy(HERE / "etc" / name, driver)
    shutil.copy(OLDEST, driver / "nats-server")


def boot_once(folder: Path) -> dict[str, Any]:
    """Boot, and what the driver wrote down."""
    package = machine.build_package(folder)
    with machine.machine(folder / "booted", machine.debian()) as root:
        machine.install(root, package)
        prepare(root)
        shutil.copy(machine.next_package(package, folder), root / "driver/next.deb")
        machine.boot(root)
        results: dict[str, Any] = json.loads((root / "driver/results.json").read_text())
    return results


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The results of the one boot, which whichever worker comes first makes for all."""
    if missing := machine.what_is_missing():
        pytest.fail(f"the boot test needs: {'; '.join(missing)}", pytrace=False)
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    results = shared / "boot.json"
    with (shared / "boot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not results.exists():
            results.write_text(json.dumps(boot_once(tmp_path_factory.mktemp("boot")), indent=1))
    found: dict[str, Any] = json.loads(results.read_text())
    if "errors" in found:
        pytest.fail("\n".join(f"{step}: {trace}" for step, trace in found["errors"].items()), pytrace=False)
    return found


def messages(entries: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if text in entry["MESSAGE"]]


def test_the_package_installs_the_program_and_starts_nothing(seen: dict[str, Any]) -> None:
    """A monitor without a contract would be refused; who installs it configures it first."""
    installed = seen["installed"]
    assert installed["enabled"] == "disabled"
    assert installed["version"].startswith("sla-monitor, version ")
    assert installed["failed_checks"] == ["/etc/sla-monitor/sla-monitor.yaml"]  # which the driver has changed
    assert {"sla-monitor.1.gz", "sla-monitor-register-import.1.gz"} <= set(installed["manuals"])
    assert installed["commands"] == ["python", "python3", "sla-monitor"]
    assert "police-strategic-it" in installed["check"]  # with no --config: /etc/sla-monitor is where it looks


def test_an_upgrade_restarts_the_monitor_and_keeps_what_was_configured_and_seen(seen: dict[str, Any]) -> None:
    upgrade = seen["upgrade"]
    assert upgrade["status"] == 0, upgrade["said"]
    assert upgrade["version"].endswith("+next")
    assert (upgrade["restarted"], upgrade["active"], upgrade["kept_settings"]) == (True, "active", True)
    assert upgrade["site"] == "active", "and it is a process of the new version"
    assert upgrade["new_settings_beside"]
    assert 0 < upgrade["before"] <= upgrade["after"]


def test_a_removal_stops_the_monitor_and_keeps_configuration_and_record(seen: dict[str, Any]) -> None:
    removal = seen["removal"]
    assert removal["status"] == 0, removal["said"]
    assert (removal["active"], removal["program"], removal["unit"]) == ("inactive", False, False)
    assert (removal["site"], removal["outbox"]) == ("inactive", True)
    assert removal["settings"]
    assert removal["ledger"]


def test_a_purge_takes_the_packages_files_and_never_the_record_or_a_contract(seen: dict[str, Any]) -> None:
    purge = seen["purge"]
    assert purge["status"] == 0, purge["said"]
    assert (purge["settings"], purge["contract"], purge["ledger"]) == (False, True, True)
    assert "The ledger is kept in /var/lib/private/sla-monitor" in purge["said"]
    assert "What sites have not handed over is kept in /var/lib/private/sla-monitor-site-*." in purge["said"]
    assert "Files that the package did not install are kept in /etc/sla-monitor." in purge["said"]


def test_systemd_accepts_the_unit_where_it_is_installed(seen: dict[str, Any]) -> None:
    assert seen["verify"] == ""


def test_the_configuration_of_the_how_to_is_accepted_as_installed(seen: dict[str, Any]) -> None:
    assert "police-strategic-it" in seen["check"]


def test_ready_is_sent_only_when_listening_and_probing(seen: dict[str, Any]) -> None:
    """The first probe takes three seconds: until then the daemon listens, and systemd still calls it starting."""
    steps = seen["start"]["seen"]
    assert ["activating", 200, 503, False] in steps
    assert steps[-1][:2] == ["active", 200]
    assert not [step for step in steps if step[0] == "active" and step[2] != 200 and step is not steps[-1]]
    ready, probes = seen["start"]["after"]
    assert ready == 200
    assert probes >= 1


def test_the_journal_has_watching_before_started(seen: dict[str, Any]) -> None:
    watching = messages(seen["journal"], "msg=watching")[0]
    started = messages(seen["journal"], "Started sla-monitor.service")[0]
    assert int(started["__MONOTONIC_TIMESTAMP"]) - int(watching["__MONOTONIC_TIMESTAMP"]) > 2_500_000


def test_the_status_line_says_what_is_watched(seen: dict[str, Any]) -> None:
    assert "endpoints watched: 1" in seen["start"]["status"]


def test_a_reload_takes_up_new_endpoints_without_a_restart(seen: dict[str, Any]) -> None:
    reload = seen["reload"]
    assert reload["status"] == 0
    assert reload["taken_up"]
    assert reload["same_process"]
    before, after = reload["looks_before_and_after"]
    assert after >= before >= 1
    assert reload["active"] == "active"


@pytest.mark.parametrize("endpoint", ["web", "web-tls", "names", "records-nightly-batch"])
def test_probes_work_behind_all_the_hardening(seen: dict[str, Any], endpoint: str) -> None:
    """HTTP, TLS with a CA file under /etc, DNS, and a heartbeat whose token is a systemd credential."""
    assert seen["reload"]["states"][endpoint], seen["demo"]


def test_a_reload_with_a_mistake_keeps_the_old_configuration(seen: dict[str, Any]) -> None:
    assert seen["bad_reload"] == {"noticed": True, "active": "active", "still_watched": True}


def test_a_start_with_a_mistake_is_refused_with_its_place(seen: dict[str, Any]) -> None:
    assert seen["bad_start"]["status"] != 0
    assert messages(seen["bad_start"]["journal"], "supplier.yaml:")
    assert not messages(seen["bad_start"]["journal"], "Traceback")
    assert seen["good_again"] == 0


def test_the_watchdog_is_fed_by_the_scheduling_loop_and_by_nobody_else(seen: dict[str, Any]) -> None:
    """With that one thread frozen everything else goes on, and systemd kills and restarts the monitor all the same."""
    frozen = seen["scheduler"]
    assert frozen["killed"]  # while /-/healthy still answered
    assert frozen["back"]
    assert int(frozen["restarts_after"]) == int(frozen["restarts_before"]) + 1


def test_a_frozen_monitor_is_killed_by_the_watchdog_and_started_again(seen: dict[str, Any]) -> None:
    assert seen["watchdog"]["back"]
    assert seen["watchdog"]["ready"] == 200
    assert int(seen["watchdog"]["restarts"]) == 1
    assert messages(seen["journal"], "Watchdog timeout")


def test_stop_takes_at_most_five_seconds_and_ends_well(seen: dict[str, Any]) -> None:
    assert seen["state"]["stop_seconds"] < 5
    assert seen["state"]["after_stop"] == {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}


def test_the_ledger_is_kept_across_restarts_under_the_users_own_name(seen: dict[str, Any]) -> None:
    state = seen["state"]
    assert state["started_again"] == 0
    assert state["kept"]
    assert 0 < state["before"] < state["later"]
    assert state["downtime"] >= seen["downtime_before"] > 0
    assert state["owner"]["folder"] == seen["installed"]["user"]
    assert state["owner"]["mode"] == "0o600"
    assert state["owner"]["link"] == "private/sla-monitor"


def test_a_backup_is_made_beside_the_running_monitor_and_put_back_only_without_it(seen: dict[str, Any]) -> None:
    restore = seen["restore"]
    assert "/var/backups/ledger.db: " in restore["made"]
    assert restore["in_backup"] > 0
    assert "is writing this ledger" in restore["beside"]
    assert "/var/lib/sla-monitor/ledger.db: there is no ledger here" in restore["refused_empty"]


@pytest.mark.parametrize("how", ["replaced", "lost"])
def test_after_a_restore_the_monitor_goes_on_recording_with_its_chain_whole(seen: dict[str, Any], how: str) -> None:
    """By root, of a user that exists only while it runs; with and without a ledger in that place."""
    found = seen["restore"][how]
    assert f"restored, {seen['restore']['in_backup']:,} observations, the last of " in found["said"]
    assert (found["code"], found["goes_on"], found["ready"]) == (0, True, 200)
    assert (found["owner"], found["mode"]) == (True, {"replaced": "0o600", "lost": "0o640"}[how])
    assert found["check"].splitlines()[-1] == "/var/lib/sla-monitor/ledger.db: whole"
    assert found["rows"] > seen["restore"]["in_backup"]


def test_a_restore_says_how_much_is_lost_and_keeps_what_it_replaces(seen: dict[str, Any]) -> None:
    replaced, lost = seen["restore"]["replaced"], seen["restore"]["lost"]
    assert re.search(r": [\d,]+ observations were recorded after that: they are in what was kept", replaced["said"])
    assert [name for name in replaced["kept"] if re.fullmatch(r"ledger\.db\.before-\w+", name)]
    assert "how much cannot be determined: there was no ledger here" in lost["said"]
    assert lost["said"].startswith("/var/lib/sla-monitor/ledger.db: restored")
    assert lost["kept"] == []


def test_a_site_of_the_package_probes_behind_its_hardening_and_is_recorded(seen: dict[str, Any]) -> None:
    site = seen["site"]
    assert (site["started"], site["active"], site["verify"]) == ([0, 0], "active", ""), site
    assert site["recorded"], site
    assert site["seen"] == 1
    assert (site["user"], site["outbox"]) == (seen["installed"]["user"], "0o600")
    assert "terms taken up" in site["journal"]
    assert "cannot give up" not in site["journal"]
    for line in hardening_lines():
        name, value = line.split("=", 1)
        if name != "SystemCallFilter":
            shown = site["properties"][name].replace("/sla-monitor-site-north", "/sla-monitor")
            assert set(shown.split()) == set(SHOWN.get(name, value).split()), line


# Properties that systemd names or writes differently from the unit file.
SHOWN = {
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "UMask": "0077",
    "LimitNOFILE": "65536",
    "LimitCORE": "0",
    "MemoryMax": str(2**30),
    "RestrictNamespaces": "yes",
    "SystemCallErrorNumber": "1",
    "StateDirectoryMode": "0700",
    "ConfigurationDirectoryMode": "0755",
}


def hardening_lines() -> list[str]:
    """Every setting from the limits on, as the unit file has it."""
    part = UNIT_FILE.read_text().split("# How much it may take.")[1].split("[Install]")[0]
    return [line for line in part.splitlines()[1:] if line and not line.startswith("#")]


@pytest.mark.parametrize("line", hardening_lines())
def test_every_hardening_line_is_in_force(seen: dict[str, Any], line: str) -> None:
    """As systemd sees the running unit; what the kernel makes of it is tested below."""
    name, value = line.split("=", 1)
    shown = seen["hardening"]["properties"][name]
    if name == "SystemCallFilter":
        calls = set(shown.split())
        assert {"read", "futex", "connect", "fdatasync", "landlock_restrict_self"} <= calls
        assert not calls & {"chown", "setuid", "mount", "ptrace", "setpriority", "reboot", "bpf", "init_module"}
    else:
        assert set(shown.split()) == set(SHOWN.get(name, value).split())


def test_the_kernel_holds_the_process_to_it(seen: dict[str, Any]) -> None:
    process = seen["hardening"]["process"]
    assert {int(uid) for uid in process["Uid"]} == {seen["installed"]["user"]}
    assert seen["installed"]["user"] > 0
    assert process["NoNewPrivs"] == ["1"]
    assert process["Seccomp"] == ["2"]
    for name in ("CapEff", "CapBnd", "CapAmb"):
        assert int(process[name][0], 16) == 0
    assert re.search(r"Max core file size\s+0\s+0\b", seen["hardening"]["limits"])
    assert seen["hardening"]["namespaces"] == {"mnt": True, "user": True, "ipc": True, "uts": True, "net": False}


def test_its_sites_give_up_all_that_they_can(seen: dict[str, Any]) -> None:
    """What the unit's filter refuses to them they say when they start."""
    said = [line["MESSAGE"] for line in seen["journal"]]
    assert any("msg=watching" in line for line in said)
    assert not any("cannot give up" in line for line in said)


def test_it_can_write_its_state_and_nothing_else(seen: dict[str, Any]) -> None:
    written = {place for place, said in seen["hardening"]["write"].items() if said == "written"}
    assert written == {"/var/lib/sla-monitor", "/tmp", "/var/tmp", "/dev/shm"}


def test_it_sees_no_home_no_other_process_and_no_shared_tmp(seen: dict[str, Any]) -> None:
    counts = {place: said.splitlines()[-1] for place, said in seen["hardening"]["see"].items()}
    assert counts["/home"] == "0"
    assert counts["/root"] == "0"
    assert int(counts["/dev"]) < 25
    assert "hidepid=invisible" in seen["hardening"]["proc"]
    assert "subset=pid" in seen["hardening"]["proc"]


def test_nothing_can_be_run_from_where_it_can_write(seen: dict[str, Any]) -> None:
    for said in seen["hardening"]["execute"].values():
        assert "ran" not in said.split()
        assert "Permission denied" in said


def test_the_journal_has_our_priorities_and_no_second_time(seen: dict[str, Any]) -> None:
    assert seen["outage"]
    ours = [entry for entry in seen["journal"] if entry["MESSAGE"].startswith("level=")]
    assert ours
    assert not messages(seen["journal"], "ts=20")
    expected = {"info": "6", "warning": "4", "error": "3"}
    for entry in ours:
        level = entry["MESSAGE"].split()[0].removeprefix("level=")
        assert entry["PRIORITY"] == expected[level], entry
    assert {entry["PRIORITY"] for entry in ours} >= {"6", "4"}


def test_the_token_is_never_in_the_journal(seen: dict[str, Any]) -> None:
    everything = " ".join(entry["MESSAGE"] for entry in seen["journal"])
    assert "Bearer" not in everything
    assert seen["token"] not in everything
