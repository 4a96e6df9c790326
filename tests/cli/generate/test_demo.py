"""`sla-monitor demo` as a newcomer runs it: real processes, the shipped configuration on ports of this test's own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_monitor.cli.generate.demo import _write_missing_example
from sla_monitor.cli.generate.demo import demo as demo_command
from sla_monitor.demo.estate import Ports
from sla_monitor.demo.monitor import states
from sla_monitor.demo.people import PEOPLE
from tests.support.ports import take
from tests.support.running import calm_estate
from tests.support.waiting import wait_until
from tests.support.wheel import unpacked_wheel
from tests.web.desk.house import Browser

REPOSITORY = Path(__file__).parents[3]
CONFIG = REPOSITORY / "config"


@pytest.fixture
def offset() -> int:
    """By how much to move the demo's ports so that all are free, and the port after the last one too."""
    for candidate in range(1_000 + 10 * (time.time_ns() // 1_000 % 1_000), 40_000, 1_010):
        if all(map(take, wanted(candidate))):
            return candidate
    raise AssertionError("no free ports on this host")


def wanted(offset: int) -> list[int]:
    return [*asdict(Ports().moved(offset)).values(), 9_810 + offset]


def moved_configuration(folder: Path, offset: int) -> Path:
    """The shipped example, pointing at the moved estate."""
    shutil.copytree(CONFIG, folder / "config")
    return moved(folder, offset)


def moved(folder: Path, offset: int) -> Path:
    """The settings of an example that stands in a folder, now pointing at the moved estate."""
    ports = "|".join(map(str, wanted(0)))
    for file in [*(folder / "config").glob("*.yaml"), *(folder / "config").glob("[cs]*/*.yaml")]:
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"\b({ports})\b", lambda match: str(int(match[1]) + offset), text), encoding="utf-8")
    return folder / "config" / "sla-monitor.yaml"


class Demo:
    """A running `sla-monitor demo`, and what it prints."""

    def __init__(self, folder: Path, offset: int, *options: str, program: Path = REPOSITORY) -> None:
        command = [sys.executable, "-u", "-m", "sla_monitor", "demo", f"--port-offset={offset}", *options]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(program)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
        self.process.stdout.close()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, is_there: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not is_there():
            has_time = time.monotonic() < deadline
            assert self.process.poll() is None, self.text
            assert has_time, self.text
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(30)
        self._reader.join(30)
        return code


@contextmanager
def running(folder: Path, offset: int, *options: str, program: Path = REPOSITORY) -> Iterator[Demo]:
    demo = Demo(folder, offset, *options, program=program)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_estate_alone_says_where_it_listens_and_ends_on_a_signal(
    tmp_path: Path, offset: int, number: signal.Signals
) -> None:
    with running(tmp_path, offset, "--calm") as demo:
        demo.wait_for(lambda: "Ctrl-C stops" in demo.text)
        assert str(18080 + offset) in demo.text
        socket.create_connection(("127.0.0.1", 18080 + offset), timeout=60).close()
        assert demo.end(number) == 0
    assert (tmp_path / "var/demo/ca.pem").exists()


def test_a_taken_port_is_one_line_with_the_remedy(tmp_path: Path, offset: int) -> None:
    with socket.create_server(("127.0.0.1", 18022 + offset)), running(tmp_path, offset) as demo:
        assert demo.wait() == 1
    (line,) = demo.lines
    assert line.startswith(f"127.0.0.1:{18022 + offset}: Address already in use")
    assert "stop the other demo" in line


def test_the_wheel_alone_writes_the_example_watches_it_shows_it_and_stops(tmp_path: Path, offset: int) -> None:
    """In an empty folder, without the repository: every service is printed, an endpoint that was probed is not unknown,
    and Ctrl-C ends all with status 0."""
    program, folder = unpacked_wheel(tmp_path), tmp_path / "empty"
    folder.mkdir()
    said = from_wheel(program, folder, "init", "--example", "demo").stdout
    config = moved(folder, offset)
    assert f"demo --with-monitor --config {config.relative_to(folder)} --folder var/demo\n" in said
    url = f"http://127.0.0.1:{9_810 + offset}"
    options = ("--with-monitor", "--config=config/sla-monitor.yaml", "--folder=var/demo")
    with running(folder, offset, *options, program=program) as demo:
        demo.wait_for(lambda: "metrics" in demo.text)
        assert f"status page  {url}/" in demo.text
        demo.wait_for(lambda: re.search(r"✓ \S+ up", demo.text) is not None)
        with urllib.request.urlopen(f"{url}/metrics", timeout=60) as response:
            services = states(response.read().decode())
        demo.wait_for(lambda: all(re.search(rf"^  {name} ", demo.text, re.MULTILINE) for name in services))
        assert len(services) >= 6
        assert demo.end(signal.SIGINT) == 0
    assert "msg=stopped" in demo.text
    assert "Traceback" not in demo.text
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9_810 + offset), timeout=60)


def from_wheel(program: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the unpacked wheel, which runs to its end without a complaint."""
    script = (
        f"import sla_monitor as ours; assert ours.__file__.startswith({str(program)!r}); "
        "from sla_monitor.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(program)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_own_endpoints_are_watched_by_the_wheel_alone_after_two_commands(tmp_path: Path, offset: int) -> None:
    """init, check, run: the page is there, and says up of what is up."""
    program, folder = unpacked_wheel(tmp_path), tmp_path / "empty"
    folder.mkdir()
    with calm_estate(tmp_path / "estate") as estate:
        url = f"http://127.0.0.1:{estate.ports.http}/email/webmail"
        from_wheel(program, folder, "init", "--url", url, "--title", "Webmail")
        moved(folder, offset)
        contract = folder / "config/contracts/webmail.yaml"
        contract.write_text(
            contract.read_text().replace("every: 30s", "every: 1s").replace("timeout: 10s", "timeout: 900ms")
        )
        assert from_wheel(program, folder, "check").stderr == ""
        with started(program, folder, offset) as address:
            wait_until(lambda: 'state="up"} 1' in answer(f"{address}/metrics"))
            assert "Webmail" in answer(f"{address}/")


@contextmanager
def started(program: Path, folder: Path, offset: int) -> Iterator[str]:
    """`sla-monitor run` of the unpacked wheel; the address of its page once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sla_monitor", "run"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(program)},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{9_810 + offset}"
    try:
        wait_until(lambda: answer(f"{address}/-/ready") != "")
        yield address
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(30)


def answer(url: str) -> str:
    """The text of a good answer, or nothing."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return str(response.read().decode())
    except OSError:
        return ""


def test_in_an_empty_folder_the_example_is_written_first(tmp_path: Path) -> None:
    """And one that is there is left alone, whatever it holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        _write_missing_example(Path("config/sla-monitor.yaml"))
        written = Path("config/sla-monitor.yaml").read_bytes()
        assert written == (CONFIG / "sla-monitor.yaml").read_bytes()
        Path("config/sla-monitor.yaml").unlink()
        _write_missing_example(Path("config/sla-monitor.yaml"))
        assert not Path("config/sla-monitor.yaml").exists()


def test_a_configuration_without_the_monitor_is_a_mistake(tmp_path: Path) -> None:
    """Only the monitor reads it; to go on would look as if it had been taken up."""
    result = CliRunner().invoke(demo_command, ["--folder", str(tmp_path), "--config", "elsewhere.yaml"])
    assert result.exit_code == 2
    assert "--with-monitor" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_configuration_is_told_before_anything_starts(tmp_path: Path, offset: int) -> None:
    config = moved_configuration(tmp_path, offset)
    config.write_text("listn: 127.0.0.1:1\n", encoding="utf-8")
    with running(tmp_path, offset, "--with-monitor", f"--config={config}") as demo:
        assert demo.wait() == 1
    assert "sla-monitor.yaml:1:1" in demo.text
    assert "estate is up" not in demo.text


def test_a_monitor_that_ends_by_itself_ends_the_demo_with_its_status(tmp_path: Path, offset: int) -> None:
    """Its address is taken: it says so and ends with status 1, and so does the demo."""
    config = moved_configuration(tmp_path, offset)
    options = ("--with-monitor", f"--config={config}")
    with socket.create_server(("127.0.0.1", 9_810 + offset)), running(tmp_path, offset, *options) as demo:
        assert demo.wait() == 1
    assert "The monitor has ended by itself" in demo.text


def test_the_desk_has_something_for_everybody_asks_who_comes_and_leaves_nothing_behind(
    tmp_path: Path, offset: int
) -> None:
    """Each of the people signs in with the password that is printed once and kept nowhere; others are led to the
    sign-in."""
    with running(tmp_path, offset, "--with-desk", "--calm") as demo:
        demo.wait_for(lambda: "with the password" in demo.text)
        password = demo.text.partition("with the password ")[2].split()[0]
        port = 9_810 + offset
        wait_until(lambda: answer(f"http://127.0.0.1:{port}/-/healthy") != "")
        assert Browser(port).get("/").location.startswith("/sign-in")
        browsers = {name: Browser(port) for name in PEOPLE if name != "auditor"}
        for name, browser in browsers.items():
            assert browser.sign_in(name, password).status == 303, name
        wait_until(lambda: "Sign it off" in browsers["contract.manager"].get("/desk").text)
        waits = {
            name: browser.get("/desk").text.partition("What waits for others")[0] for name, browser in browsers.items()
        }
        assert waits["approver"].count(">Decide</a>") == 2
        assert "Enter the notice" in waits["finance"]
        assert "Report it as done" in waits["supplier.manager"]
        (folder,) = (tmp_path / "var/demo").iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert not [path for path in folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
        assert demo.end(signal.SIGINT) == 0
    assert demo.text.count(password) == 1
    assert list((tmp_path / "var/demo").iterdir()) == []
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize("option", ["--with-monitor", "--config=elsewhere.yaml"])
def test_the_desk_takes_no_configuration_of_somebodys(tmp_path: Path, option: str) -> None:
    result = CliRunner().invoke(demo_command, ["--folder", str(tmp_path), "--with-desk", option])
    assert result.exit_code == 2
    assert "brings its own monitor and settings" in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_states_are_read_by_service_from_the_metrics_text() -> None:
    text = """# HELP sla_endpoint_state x
sla_endpoint_state{contract="c",service="mail",endpoint="a",state="up"} 0
sla_endpoint_state{contract="c",service="mail",endpoint="a",state="down"} 1
sla_endpoint_state{contract="c",service="mail",endpoint="b",state="unknown"} 1.0
sla_service_state{contract="c",service="mail",state="down"} 1
"""
    assert states(text) == {"mail": {"a": "down", "b": "unknown"}}
