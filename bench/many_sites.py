"""What a contract of 250 sites costs: `check`, and `assess` from an evidence file, as whole commands.

    python -m bench.many_sites

The same contract is measured twice: with the sites as rows of a list, and written out. Processor time of the command,
the best of five runs, less that of a bare start of Python.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SITES, RUNS = 250, 5
ROOT = Path(__file__).resolve().parents[1]

HEAD = """\
id: network
authority: A
supplier: B
term: {start: 2026-10-01, end: 2036-09-30}
time_zone: Europe/London
currency: GBP
"""
SERVICE = """\
  - id: wan-${site.id}
    name: Network at ${site.name}
    available_when: any
    endpoints:
      - {id: "first-${site.id}", kind: tcp, host: "a.${site.host}", port: 443, every: 30s}
      - {id: "second-${site.id}", kind: tcp, host: "b.${site.host}", port: 443, every: 30s}
"""
KPI = """\
  - id: ${site.id}-availability
    service: wan-${site.id}
    target: 99.5
"""


def repeated(count: int = SITES) -> str:
    """The contract with a row for each site."""
    rows = "".join(f"    - {{id: {site}, name: {name}, host: {host}}}\n" for site, name, host in _sites(count))
    items = [item.replace("- id", "- for_each: site\n    id", 1) for item in (SERVICE, KPI)]
    return f"{HEAD}lists:\n  site:\n{rows}services:\n{items[0]}kpis:\n{items[1]}"


def written_out(count: int = SITES) -> str:
    """The same contract without lists."""
    services, kpis = ("".join(_filled(item, *site) for site in _sites(count)) for item in (SERVICE, KPI))
    return f"{HEAD}services:\n{services}kpis:\n{kpis}"


def evidence(count: int = SITES) -> str:
    """A month in which every fifth site had an outage of some hours."""
    observed = []
    for n, (site, _, _) in enumerate(_sites(count)):
        day, hour = 1 + n % 28, 5 + n % 9
        outage = {"start": f"2026-10-{day:02} 03:00", "end": f"2026-10-{day:02} {hour:02}:30", "reason": "timeout"}
        observed.append({"kind": "outages", "service": f"wan-{site}", "outages": [] if n % 5 else [outage]})
    about = {"format": "sla-monitor-evidence", "version": 1, "contract": "network", "zone": "Europe/London"}
    seen = {"from": "2026-10-01", "until": "2026-11-01"}
    return json.dumps({**about, "at": "2026-11-10T09:00:00Z", "seen": seen, "observed": observed})


def _sites(count: int) -> Iterator[tuple[str, str, str]]:
    return ((f"s{n}", f"Site {n}", f"s{n}.example") for n in range(count))


def _filled(item: str, site: str, name: str, host: str) -> str:
    return item.replace("${site.id}", site).replace("${site.name}", name).replace("${site.host}", host)


def best_ms(*arguments: str) -> float:
    """Processor time of Python with these arguments. Its compiled modules are kept, as an installation has them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found[1:]) * 1000


def many_sites() -> None:
    """Both commands on both files, on standard output."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"rows of a list": folder / "rows.yaml", "written out": folder / "written-out.yaml"}
        for path, text in zip(files.values(), (repeated(), written_out()), strict=True):
            path.write_text(text, encoding="utf-8")
        seen = folder / "evidence.json"
        seen.write_text(evidence(), encoding="utf-8")
        bare_ms = best_ms("-c", "pass")
        start_ms = best_ms("-m", "sla_monitor", "--help") - bare_ms
        print(f"{SITES} sites; a bare start of Python {bare_ms:.0f} ms, and the program's {start_ms:.0f} more")
        month = ("--evidence", str(seen), "--period", "2026-10")
        for command, more, aim_ms in (("check", (), 500), ("assess", month, 300)):
            times = {how: best_ms("-m", "sla_monitor", command, str(path), *more) for how, path in files.items()}
            over = {how: ms - bare_ms for how, ms in times.items()}
            figures = ", ".join(f"{how} {ms:.0f} ms" for how, ms in over.items())
            ratio = over["rows of a list"] / over["written out"]
            print(f"{command}: {figures} (aim: {aim_ms}); ratio {ratio:.2f}")


if __name__ == "__main__":
    many_sites()
