"""docs/how-to/add-a-probe-kind.md: its lines make a kind that works, in a copy of the program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sla_monitor

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/add-a-probe-kind.md").read_text(encoding="utf-8")
TERMS, PROBER, TEST = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINE = re.search(r'`("smtp": _of\([^`]+\))`', PAGE)

BAD_DAYS = """

@pytest.mark.parametrize(
    ("conduct", "reason"),
    [
        (lambda peer: peer.send(b"554 no\\r\\n"), Reason.ANSWER_UNEXPECTED),
        (lambda peer: None, Reason.ANSWER_UNEXPECTED),
        (Peer.wait, Reason.TIMEOUT),
        (Peer.reset, Reason.CONNECTION_RESET),
        (lambda peer: peer.drip(b"2"), Reason.TIMEOUT),
        (lambda peer: peer.flood(b"2" * 4096), Reason.TOO_LARGE),
    ],
)
def test_a_bad_day(conduct: Conduct, reason: Reason) -> None:
    with serving(conduct) as server:
        found = probed("smtp", host="127.0.0.1", port=server.port)
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason), found.detail
"""
IMPORTS = """\
import pytest

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import probed
from tests.probe.servers import Conduct, Peer, serving


"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the page's lines in it."""
    folder = tmp_path_factory.mktemp("copy")
    quiet = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(sla_monitor.__file__).parent, folder / "sla_monitor", ignore=quiet)
    for part in ("tests/probe", "tests/fakes"):
        shutil.copytree(ROOT / part, folder / part, ignore=quiet)
    (folder / "tests/__init__.py").touch()
    terms = folder / "sla_monitor/contract/endpoints/endpoint.py"
    text = terms.read_text(encoding="utf-8")
    assert "| HeartbeatEndpoint |" in text
    before, union, after = text.partition("\n\nEndpoint = ")
    text = (
        before + "\n\n" + TERMS + union + after.replace("| HeartbeatEndpoint |", "| SmtpEndpoint | HeartbeatEndpoint |")
    )
    terms.write_text(text, encoding="utf-8")
    (folder / "sla_monitor/probe/kinds/smtp.py").write_text(PROBER, encoding="utf-8")
    registry = folder / "sla_monitor/probe/registry.py"
    assert LINE is not None
    kinds = registry.read_text(encoding="utf-8").replace("] = {\n", f"] = {{\n    {LINE[1]},\n", 1)
    registry.write_text(kinds, encoding="utf-8")
    (folder / "tests/probe/test_smtp.py").write_text(IMPORTS + TEST + BAD_DAYS, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_kind_of_the_page_works_on_good_days_and_bad_ones(copy: Path) -> None:
    names = ("tests/probe/test_smtp.py", "tests/probe/test_prober.py")
    tests = run(copy, "pytest", "-q", "-p", "no:randomly", "--import-mode=importlib", "-k", "smtp or kind", *names)
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "8 passed" in tests.stdout


def test_the_kind_of_the_page_is_in_schema_and_check(copy: Path) -> None:
    assert '"SmtpEndpoint"' in run(copy, "sla_monitor", "schema", "contract").stdout
    contract = copy / "c.yaml"
    head = (
        "id: c\nauthority: A\nsupplier: S\nterm: {start: 2025-04-01, end: 2035-03-31}\ntime_zone: UTC\ncurrency: GBP\n"
    )
    contract.write_text(f"{head}services: [{{id: s, endpoints: [{{id: mail, kind: smtp, host: h, prt: 25}}]}}]\n")
    assert (
        "services.s.endpoints.mail.prt: unknown key (did you mean port?)"
        in run(copy, "sla_monitor", "check", str(contract)).stderr
        + run(copy, "sla_monitor", "check", str(contract)).stdout
    )


def test_what_the_page_names_is_there() -> None:
    for path in set(re.findall(r"`((?:sla_monitor|tests|config|docs)/[\w./-]+)`", PAGE)) - {
        "sla_monitor/probe/kinds/smtp.py"
    }:
        assert (ROOT / path).exists(), path
    for path in set(re.findall(r"`((?:contract|generate|cli|settings|probe)/\w+\.py)`", PAGE)):
        assert (ROOT / "sla_monitor" / path).exists(), path
