"""Runs inside the booted machine, as root, with the standard library only: does things to the service and writes down
what it saw, as JSON, for the tests outside to judge. Then it powers the machine off.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path("/driver")
ETC = Path("/etc/sla-monitor")
CONTRACT = ETC / "contracts" / "supplier.yaml"
STATE = Path("/var/lib/private/sla-monitor")
ESTATE = ("web", "web-tls", "names", "records-nightly-batch")
UNIT = "sla-monitor.service"
SITE_UNIT = "sla-monitor-site@north.service"
OUTBOX = Path("/var/lib/private/sla-monitor-site-north/outbox.db")
URL = "http://127.0.0.1:9810"

results: dict[str, Any] = {}


def sh(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return (done.stdout + done.stderr).strip()


def status(*command: str) -> int:
    return subprocess.run(command, capture_output=True, timeout=180, check=False).returncode


def show(*properties: str, unit: str = UNIT) -> dict[str, str]:
    lines = sh("systemctl", "show", "--all", unit, *(f"--property={name}" for name in properties)).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def main_pid(unit: str = UNIT) -> int:
    return int(show("MainPID", unit=unit)["MainPID"])


def get(path: str, seconds: float = 5) -> tuple[int, str]:
    """(0, "") when nobody answers."""
    try:
        with urllib.request.urlopen(URL + path, timeout=seconds) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def metric(name: str, **labels: str) -> float | None:
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for line in get("/metrics")[1].splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and wanted <= set((match[1] or "").split(",")):
            return float(match[2])
    return None


def is_in_state(endpoint: str, state: str) -> bool:
    return metric("sla_endpoint_state", endpoint=endpoint, state=state) == 1


def wait(what: Callable[[], object], seconds: float = 90) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def observations() -> list[tuple[str, int]]:
    """Every observation in the ledger of a stopped daemon, from a copy: root must leave no files there."""
    copy = HERE / "ledger"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(STATE, copy)
    connection = sqlite3.connect(copy / "ledger.db")
    check = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if check != "ok":
        raise RuntimeError(check)
    return [tuple(row) for row in connection.execute(OBSERVATIONS)]


OBSERVATIONS = """
select endpoints.key, observations.at_ms from observations join endpoints on endpoints.id = endpoint_id
"""


def a_server_that_says_nothing() -> None:
    """Takes connections and keeps quiet, so that the first probe lasts as long as it may: three seconds."""
    listener = socket.create_server(("127.0.0.1", 7))
    kept = []

    def accept() -> None:
        while True:
            kept.append(listener.accept())

    threading.Thread(target=accept, daemon=True).start()


def prepare() -> None:
    """The estate up, the silent server listening, the CA and the token where the contract expects them."""
    a_server_that_says_nothing()
    results["estate"] = sh("systemctl", "start", "demo.service")
    wait(Path("/var/demo/heartbeat-token").exists)
    wait(lambda: socket_answers(18080))
    shutil.copy("/var/demo/ca.pem", ETC / "ca.pem")
    (ETC / "credentials").mkdir(mode=0o700)
    shutil.copy("/var/demo/heartbeat-token", ETC / "credentials" / "heartbeat-token")
    (ETC / "credentials" / "heartbeat-token").chmod(0o600)
    results["token"] = Path("/var/demo/heartbeat-token").read_text().strip()
    results["verify"] = sh("systemd-analyze", "verify", "--man=no", UNIT)
    results["check"] = sh("sla-monitor", "check", "--config", str(ETC / "sla-monitor.yaml"))


def socket_answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def start_and_watch() -> None:
    """Follow a start whose only endpoint needs three seconds: what systemd calls it while it listens, and at READY."""
    seen: list[list[Any]] = []
    began = time.monotonic()
    status("systemctl", "start", "--no-block", UNIT)
    while time.monotonic() - began < 40:
        # Readiness is asked before the state: a READY that came too early would show as ("active", 503).
        healthy, ready, probes = get("/-/healthy")[0], get("/-/ready")[0], metric("sla_probes_total")
        state = show("ActiveState")["ActiveState"]
        step = [state, healthy, ready, bool(probes)]
        if not seen or seen[-1] != step:
            seen.append(step)
        if state in {"active", "failed"}:
            break
        time.sleep(0.02)
    results["start"] = {"seen": seen, "after": [get("/-/ready")[0], metric("sla_probes_total")],
                        "seconds": time.monotonic() - began, "status": show("StatusText")["StatusText"]}  # fmt: skip


def reload_with_more_endpoints() -> None:
    before, probes = main_pid(), metric("sla_probes_total", endpoint="silent")
    shutil.copy(HERE / "contract-full.yaml", CONTRACT)
    code = status("systemctl", "reload", UNIT)
    is_taken_up = wait(lambda: metric("sla_probes_total", endpoint="web") is not None)
    results["reload"] = {
        "status": code,
        "taken_up": is_taken_up,
        "same_process": before == main_pid(),
        "looks_before_and_after": [probes, metric("sla_probes_total", endpoint="silent")],
        "states": {name: wait(partial(is_in_state, name, "up")) for name in ESTATE},
        "active": show("ActiveState")["ActiveState"],
    }


def reload_with_a_mistake() -> None:
    """Twice: while it runs (the old configuration stays), and at a start (refused before anything is probed)."""
    good = CONTRACT.read_text()
    sh("systemctl", "start", UNIT)
    CONTRACT.write_text(good.replace("services:", "servces:"))
    status("systemctl", "reload", UNIT)
    noticed = wait(lambda: metric("sla_config_last_reload_successful") == 0)
    results["bad_reload"] = {"noticed": noticed, "active": show("ActiveState")["ActiveState"],
                             "still_watched": metric("sla_probes_total", endpoint="web") is not None}  # fmt: skip
    status("systemctl", "stop", UNIT)
    since = str(int(time.time()))
    code = status("systemctl", "start", UNIT)
    sh("systemctl", "stop", UNIT)
    results["bad_start"] = {"status": code, "journal": journal(since=since)}
    sh("systemctl", "reset-failed", UNIT)
    CONTRACT.write_text(good)
    results["good_again"] = status("systemctl", "start", UNIT)


def probe_behind_the_hardening() -> None:
    """What the kernel enforces on the running process, and what its own view of the file system allows."""
    pid = main_pid()
    keep = ("Uid", "Gid", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    process = {key: value.split() for key, _, value in (line.partition(":") for line in lines) if key in keep}

    def inside(script: str) -> str:
        return sh("nsenter", f"--target={pid}", "--mount", "sh", "-c", script)

    shown = sh("systemctl", "show", "--all", UNIT).splitlines()
    results["hardening"] = {
        "properties": dict(line.split("=", 1) for line in shown if "=" in line),
        "process": process,
        "limits": Path(f"/proc/{pid}/limits").read_text(),
        "namespaces": {
            name: Path(f"/proc/{pid}/ns/{name}").readlink() != Path(f"/proc/1/ns/{name}").readlink()
            for name in ("mnt", "user", "ipc", "uts", "net")
        },
        "write": {place: inside(f"touch {place}/x && echo written") for place in WRITABLE + READ_ONLY},
        "see": {place: inside(f"ls -A {place} | wc -l") for place in ("/home", "/root", "/tmp", "/proc/1", "/dev")},
        "execute": {place: inside(EXECUTE.format(place)) for place in WRITABLE},
        "proc": inside(f"cat /proc/{pid}/mountinfo"),
    }  # fmt: skip


EXECUTE = "cp /bin/true {0}/x && chmod +x {0}/x; {0}/x && echo ran; rm {0}/x"
WRITABLE = ["/var/lib/sla-monitor", "/tmp", "/var/tmp", "/dev/shm"]
READ_ONLY = ["/usr", "/etc", "/etc/sla-monitor", "/opt/sla-monitor", "/var", "/var/log", "/var/lib"]


def freeze_until_the_watchdog_bites() -> None:
    """Stop the process for real: nothing in it turns, and only systemd can help."""
    pid, began = main_pid(), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    is_back = wait(lambda: main_pid() not in {0, pid} and show("ActiveState")["ActiveState"] == "active", 90)
    results["watchdog"] = {"back": is_back, "seconds": time.monotonic() - began, "ready": get("/-/ready")[0],
                           "restarts": show("NRestarts")["NRestarts"]}  # fmt: skip


def freeze_the_scheduler_alone() -> None:
    """Stop the one thread that feeds the watchdog; every other goes on, and the web server still calls itself well.

    It is found by stopping one thread after another: the right one is that after which systemd hears no more.
    """
    pid = main_pid()
    found: dict[str, Any] = {"restarts_before": show("NRestarts")["NRestarts"]}
    for thread in sorted({int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()} - {pid}):
        with frozen(thread):
            # On a busy host another thread may look silent; systemd then hears of the loop again, and we probe on.
            if is_silent() and get("/-/healthy", seconds=1)[0] == 200:
                found["killed"] = wait(lambda: main_pid() not in {0, pid}, 10)
        if found.get("killed"):
            break
    found["back"] = wait(lambda: show("ActiveState")["ActiveState"] == "active")
    found["restarts_after"] = show("NRestarts")["NRestarts"]
    results["scheduler"] = found


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """With this thread stopped (or gone, if it has just ended)."""
    command = ["/usr/bin/python3", str(HERE / "freeze.py"), str(thread)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as freezer:
        assert freezer.stdout is not None
        freezer.stdout.readline()
        try:
            yield
        finally:
            freezer.kill()


def is_silent() -> bool:
    """Whether systemd hears nothing for longer than the second after which it should."""
    heard = last_ping()
    time.sleep(1.7)
    return last_ping() == heard


def last_ping() -> str:
    return show("WatchdogTimestampMonotonic")["WatchdogTimestampMonotonic"]


def break_the_supplier() -> None:
    """The estate goes away: an outage, which the journal must hold as a warning."""
    sh("systemctl", "stop", "demo.service")
    results["outage"] = wait(lambda: is_in_state("web", "down") and estate_downtime() > 2)
    results["downtime_before"] = estate_downtime()


def estate_downtime() -> float:
    """Seconds of confirmed downtime of the estate's service in the running month."""
    return metric("sla_service_downtime_seconds", service="estate") or 0


def stop_and_start_again() -> None:
    """Stop, look into the ledger, start, stop, look again."""
    sh("systemctl", "reset-failed", UNIT)  # so many starts in five minutes are more than the unit allows
    began = time.monotonic()
    sh("systemctl", "stop", UNIT)
    seconds, after = time.monotonic() - began, show("ActiveState", "Result", "ExecMainStatus")
    before = observations()
    owner = {"folder": STATE.stat().st_uid, "mode": oct((STATE / "ledger.db").stat().st_mode & 0o777),
             "link": str(Path("/var/lib/sla-monitor").readlink())}  # fmt: skip
    code = status("systemctl", "start", UNIT)
    downtime = estate_downtime()
    sh("systemctl", "stop", UNIT)
    later = observations()
    results["state"] = {
        "stop_seconds": seconds, "after_stop": after, "owner": owner, "started_again": code,
        "kept": set(before) <= set(later), "before": len(before), "later": len(later), "downtime": downtime,
    }  # fmt: skip


def lose_and_restore() -> None:
    """As the how-to says: a backup beside the running monitor; everything is lost; the backup is put back, by root."""
    copy = Path("/var/backups/ledger.db")
    copy.parent.mkdir(exist_ok=True)
    sh("systemctl", "reset-failed", UNIT)
    sh("systemctl", "start", UNIT)
    committed = "sla_ledger_committed_observations_total"
    wait(lambda: (metric(committed) or 0) > 2)
    made = sh(*COMMAND, "ledger", "backup", str(copy), *CONFIG)
    in_backup = rows(copy)
    wait(lambda: (metric(committed) or 0) > 5)
    beside = sh(*COMMAND, "ledger", "restore", str(copy), *CONFIG)
    replaced = restored(copy)
    for path in STATE.glob("ledger.db*"):
        path.unlink()
    refused_empty = sh(*COMMAND, "ledger", "check", *CONFIG)
    lost = restored(copy)
    results["restore"] = {"made": made, "in_backup": in_backup, "beside": beside, "refused_empty": refused_empty,
                          "replaced": replaced, "lost": lost}  # fmt: skip


def restored(copy: Path) -> dict[str, Any]:
    """The stopped monitor with the backup in its ledger's place, and what comes of it after the next start."""
    sh("systemctl", "stop", UNIT)
    said = sh(*COMMAND, "ledger", "restore", str(copy), *CONFIG)
    sh("systemctl", "reset-failed", UNIT)
    code = status("systemctl", "start", UNIT)
    goes_on = wait(lambda: (metric("sla_ledger_committed_observations_total") or 0) > 1)
    ready = get("/-/ready")[0]
    check = sh(*COMMAND, "ledger", "check", *CONFIG)
    found = (STATE / "ledger.db").stat()
    sh("systemctl", "stop", UNIT)
    return {"said": said, "code": code, "goes_on": goes_on, "ready": ready, "check": check,
            "owner": found.st_uid == STATE.stat().st_uid, "mode": oct(found.st_mode & 0o777),
            "rows": len(observations()), "kept": sorted(path.name for path in STATE.glob("*.before-*"))}  # fmt: skip


def rows(ledger: Path) -> int:
    connection = sqlite3.connect(ledger)
    return int(connection.execute("select count(*) from observations").fetchone()[0])


def start_a_site() -> None:
    """As the how-to says: a server, a key of the collector, a site; here all on one host."""
    for name in ("demo.service", "nats.service"):
        sh("systemctl", "start", name)
    for port in (18080, 4222):
        wait(partial(socket_answers, port))
    shutil.copy(HERE / "collector.yaml", ETC / "sla-monitor.yaml")
    made = subprocess.check_output([*COMMAND, "ledger", "key", "--make", *CONFIG], text=True, timeout=180)
    (ETC / "collector.pub").write_text(made)
    shutil.move(STATE / "ledger.key", ETC / "credentials" / "ledger-key")
    shutil.copy(HERE / "site-north.yaml", ETC)
    CONTRACT.write_text(CONTRACT.read_text().replace("id: web,", "id: web, places: {sites: [main, north], quorum: 2},"))
    with_credentials(UNIT, "collector", "ledger-key")
    with_credentials(SITE_UNIT, "north")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "reset-failed", UNIT)
    started = [status("systemctl", verb, unit) for verb, unit in (("restart", UNIT), ("start", SITE_UNIT))]
    results["site"] = {
        "made": made, "started": started, "verify": sh("systemd-analyze", "verify", "--man=no", SITE_UNIT),
        "recorded": wait(lambda: (metric("sla_far_site_recorded_observations_total", place="north") or 0) > 2),
        "seen": metric("sla_place_state", place="north", state="up"),
        "active": sh("systemctl", "is-active", SITE_UNIT), "properties": show(unit=SITE_UNIT),
        "user": Path(f"/proc/{main_pid(SITE_UNIT)}").stat().st_uid, "outbox": oct(OUTBOX.stat().st_mode & 0o777),
        "journal": sh("journalctl", f"--unit={SITE_UNIT}", "--no-pager", "--output=cat"),
    }  # fmt: skip


def with_credentials(unit: str, nats_user: str, *more: str) -> None:
    """The password at the server, and others that are there."""
    secret = ETC / "credentials" / f"nats-{nats_user}"
    secret.write_text(f"{nats_user}-password")
    given = {"nats-password": secret} | {name: ETC / "credentials" / name for name in more}
    drop_in = Path(f"/etc/systemd/system/{unit}.d/site.conf")
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Service]\n" + "".join(f"LoadCredential={name}:{path}\n" for name, path in given.items()))


COMMAND = ("sla-monitor",)
CONFIG = ("--config", str(ETC / "sla-monitor.yaml"))


def journal(since: str = "0") -> list[dict[str, Any]]:
    lines = sh("journalctl", f"--unit={UNIT}", f"--since=@{since}", "--output=json", "--no-pager").splitlines()
    keep = ("PRIORITY", "MESSAGE", "_PID", "_COMM", "__MONOTONIC_TIMESTAMP", "_TRANSPORT", "SYSLOG_IDENTIFIER")
    return [{key: entry.get(key) for key in keep} for entry in map(json.loads, lines)]


def look_at_the_installed() -> None:
    listed = sh("dpkg", "--verify", "sla-monitor").splitlines()
    results["installed"] = {
        "enabled": sh("systemctl", "is-enabled", UNIT), "version": sh("sla-monitor", "--version"),
        "user": pwd.getpwnam("sla-monitor").pw_uid, "failed_checks": [line.split()[-1] for line in listed],
        "manuals": sorted(path.name for path in Path("/usr/share/man/man1").glob("sla-monitor*")),
        "commands": sorted(path.name for path in Path("/opt/sla-monitor/bin").iterdir() if path.suffix == ""),
        "check": sh("sla-monitor", "check"),
    }  # fmt: skip


def upgrade() -> None:
    """The next version of the package over the running one; nobody is there to answer a question."""
    sh("systemctl", "reset-failed", UNIT)
    sh("systemctl", "start", UNIT)
    wait(lambda: (metric("sla_ledger_committed_observations_total") or 0) > 2)
    before, process, settings = rows(STATE / "ledger.db"), main_pid(), (ETC / "sla-monitor.yaml").read_text()
    site = main_pid(SITE_UNIT)
    code, said = package("--force-confold", "--install", str(HERE / "next.deb"))
    is_back = wait(lambda: main_pid() not in {0, process} and get("/-/ready")[0] == 200)
    results["upgrade"] = {
        "status": code, "said": said, "version": sh("dpkg-query", "-W", "-f", "${Version}", "sla-monitor"),
        "site": site not in {0, main_pid(SITE_UNIT)} and sh("systemctl", "is-active", SITE_UNIT),
        "restarted": is_back, "active": show("ActiveState")["ActiveState"], "before": before,
        "after": rows(STATE / "ledger.db"), "kept_settings": (ETC / "sla-monitor.yaml").read_text() == settings,
        "new_settings_beside": (ETC / "sla-monitor.yaml.dpkg-dist").exists(),
    }  # fmt: skip


def remove_and_purge() -> None:
    for name, word in (("removal", "--remove"), ("purge", "--purge")):
        code, said = package(word, "sla-monitor")
        results[name] = {
            "status": code, "said": said, "active": sh("systemctl", "is-active", UNIT),
            "site": sh("systemctl", "is-active", SITE_UNIT), "outbox": OUTBOX.exists(),
            "program": Path("/usr/bin/sla-monitor").exists(), "unit": Path(f"/lib/systemd/system/{UNIT}").exists(),
            "settings": (ETC / "sla-monitor.yaml").exists(), "contract": CONTRACT.exists(),
            "ledger": (STATE / "ledger.db").exists(),
        }  # fmt: skip


def package(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        ("dpkg", *words), capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout + done.stderr


STEPS = (
    prepare,
    look_at_the_installed,
    start_and_watch,
    reload_with_more_endpoints,
    probe_behind_the_hardening,
    freeze_until_the_watchdog_bites,
    freeze_the_scheduler_alone,
    break_the_supplier,
    stop_and_start_again,
    lose_and_restore,
    reload_with_a_mistake,
    start_a_site,
    upgrade,
    remove_and_purge,
)


def main() -> None:
    times = results["times"] = {}
    for step in STEPS:
        began = time.monotonic()
        try:
            step()
        except Exception:  # noqa: BLE001 - the tests outside judge it
            results.setdefault("errors", {})[step.__name__] = traceback.format_exc()
        times[step.__name__] = round(time.monotonic() - began, 1)
        results["journal"] = journal()
        results["demo"] = sh("journalctl", "--unit=demo.service", "--no-pager", "--output=cat")
        (HERE / "results.json").write_text(json.dumps(results, indent=1))
        if "errors" in results:
            return  # the next steps build on this one


try:
    main()
finally:
    os.sync()
    subprocess.run(["systemctl", "poweroff", "--no-block"], check=False)
