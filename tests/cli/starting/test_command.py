"""`sla-monitor init` in an empty folder, with options and on a terminal."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.configuration import read_configuration

ROOT = Path(__file__).parents[3]
OWN = ("--url", "https://portal.example/login", "--title", "Customer portal", "--supplier", "A: supplier #1")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, arguments, input=typed)


def files(folder: Path = Path()) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def next_commands(result: Result) -> list[list[str]]:
    """The commands that it tells, without the program's own name."""
    lines = [shlex.split(line) for line in result.stdout.splitlines() if line.startswith("  ")]
    return [words[next(i for i, word in enumerate(words) if word in {"check", "run", "demo"}) :] for words in lines]


def test_own_endpoints_are_accepted_by_the_next_command_as_it_is_told() -> None:
    result = run("init", *OWN, "--url", "https://portal.example/login", "--witness", "https://www.example.org/")
    assert result.exit_code == 0
    check, start = next_commands(result)
    assert (check[0], start) == ("check", ["run", "--config", "config/sla-monitor.yaml"])
    checked = run(*check)
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.startswith("customer-portal: 1 service, 2 endpoints, 1 KPI, 1 version")
    (contract,) = read_configuration(Path("config/sla-monitor.yaml")).contracts
    (service,) = contract.versions[0].terms.services
    assert [one.id for one in service.endpoints] == ["portal-example-login-1", "portal-example-login-2"]
    assert contract.versions[0].terms.supplier == "A: supplier #1"


def test_every_key_in_the_comments_is_accepted_once_its_mark_is_taken_away() -> None:
    assert run("init", *OWN).exit_code == 0
    commented = 0
    for path in (Path("config/sla-monitor.yaml"), *Path("config/contracts").iterdir()):
        text, count = re.subn(r"^( *)# (?=( *[a-z_]+:|  +- )[ \n])", r"\1", path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub(r"^( *)# (?= +- \{)", r"\1", text, flags=re.MULTILINE))
        commented += count
    assert commented > 8
    Path("config/token").write_text("t\n")
    result = run("check")
    assert (result.exit_code, result.output.count("refused")) == (0, 0), result.output


def test_the_example_is_the_one_that_is_shipped() -> None:
    result = run("init", "--example", "demo")
    assert result.exit_code == 0
    assert next_commands(result)[1] == [
        *("demo", "--with-monitor", "--config", "config/sla-monitor.yaml", "--folder", "var/demo")
    ]
    shipped = ROOT / "config"
    written = files(Path("config"))
    assert "config/evidence/police-strategic-it-2026-10.json" in written
    assert written == {name: (shipped.parent / name).read_bytes() for name in written}
    assert run("check").exit_code == 0


@pytest.mark.parametrize("arguments", [OWN, ("--example", "demo"), ()])
def test_it_writes_over_nothing_and_names_what_is_there(arguments: tuple[str, ...]) -> None:
    Path("config").mkdir()
    Path("config/mine.yaml").write_text("mine")
    result = run("init", *arguments)
    assert result.exit_code == 1
    assert "config: already holds mine.yaml; nothing was written" in result.stderr
    assert files() == {"config/mine.yaml": b"mine"}


def test_a_link_or_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    Path("elsewhere").mkdir()
    Path("link").symlink_to("elsewhere")
    Path("file").write_text("")
    for name in ("link", "file"):
        assert "is in the way" in run("init", *OWN, "--folder", name).stderr
    assert files() == {"file": b""}


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--url", "ftp://portal.example", "must be an http:// or https:// address"),
        ("--url", "https://user:word@portal.example", "write them under basic_auth"),
        ("--witness", "nowhere", "must be an http:// or https:// address"),
        ("--time-zone", "Europe/Lodnon", "did you mean Europe/London?"),
        ("--currency", "pounds", "three capital letters"),
        ("--target", "101", "must be at most 100"),
        ("--title", " ", "must not be empty"),
    ],
)
def test_a_wrong_option_is_told_in_the_contracts_words_and_nothing_is_written(
    option: str, value: str, told: str
) -> None:
    result = run("init", *OWN, option, value)
    assert (result.exit_code, files()) == (2, {})
    assert option in result.stderr
    assert told in result.stderr


def test_what_check_would_refuse_is_not_written() -> None:
    """A title may hold what a file cannot."""
    result = run("init", "--url", "https://a.example", "--title", "a\x85b\ud800")
    assert result.exit_code != 0
    assert files() == {}


def test_nothing_is_left_where_the_folder_cannot_be_written() -> None:
    Path("closed").write_text("")
    result = run("init", *OWN, "--folder", "closed/config")
    assert result.exit_code == 1
    assert "closed/config: " in result.stderr
    assert [path.name for path in Path().iterdir()] == ["closed"]


def test_without_a_terminal_it_says_what_to_give() -> None:
    result = run("init")
    assert result.exit_code == 2
    assert "--url https://…, or --example demo" in result.stderr


def test_the_example_has_its_own_names() -> None:
    assert "--title goes with --url" in run("init", "--example", "demo", "--title", "x").stderr
    assert "exclude each other" in run("init", "--example", "demo", *OWN).stderr


def test_on_a_terminal_it_asks_and_asks_again() -> None:
    said, code = on_a_terminal("init", typed="portal.example\nhttps://portal.example\n \nPortal\n\nThe authority\n")
    assert code == 0, said
    assert "must be an http:// or https:// address" in said
    (contract,) = read_configuration(Path("config/sla-monitor.yaml")).contracts
    assert (contract.id, contract.versions[0].terms.supplier, contract.versions[0].terms.authority) == (
        "portal",
        "A supplier",
        "The authority",
    )


def on_a_terminal(*arguments: str, typed: str) -> tuple[str, int]:
    """What a process of its own prints on a terminal, and its exit status."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sla_monitor", *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    said = b""
    with os.fdopen(ours, "rb", buffering=0) as screen, suppress(OSError):  # it ends with an error: nobody is there now
        while piece := screen.read(4096):
            said += piece
    return said.decode(), process.wait(30)
