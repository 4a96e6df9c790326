"""Logs: one line for each event, whatever a supplier sends. Each test runs a real process and reads its stderr."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sla_monitor import log

HOSTILE = [
    "a\nts=1 level=error msg=forged",
    "a\r\nb",
    "\x1b[2Jgone",
    "\x9b2J",
    "\u2028next",
    "\u202egnp",
    "nul\0",
    "\x85",
]


def run(body: str, *, style: str = "logfmt", level: str = "info", journal: bool = False, folder: Path) -> list[str]:
    """The lines that a program writes to standard error."""
    program = f"""
import logging, os
from sla_monitor import log
file = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{{file.st_dev}}:{{file.st_ino if {journal} else 1}}"
log.configure({level!r}, {style!r})
logger = logging.getLogger("sla_monitor.test")
{body}
"""
    target = folder / "stderr"
    with target.open("wb") as stderr:
        subprocess.run([sys.executable, "-c", program], stderr=stderr, timeout=60, check=False)
    text = target.read_bytes().decode()
    assert text.endswith("\n") or not text
    return text.split("\n")[:-1]


def test_a_logfmt_line_has_time_level_logger_message_and_extra_fields(tmp_path: Path) -> None:
    (line,) = run('logger.info("looked %s", "well", extra={"endpoint": "c/e", "took_ms": 7})', folder=tmp_path)
    expected = r'ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info logger=sla_monitor\.test msg="looked well" '
    assert re.fullmatch(expected + "endpoint=c/e took_ms=7", line)


def test_a_json_line_has_the_same_fields(tmp_path: Path) -> None:
    (line,) = run('logger.warning("slow £", extra={"endpoint": "c/e", "took_ms": 7})', style="json", folder=tmp_path)
    event = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("ts"))
    assert event == {
        "level": "warning", "logger": "sla_monitor.test", "msg": "slow £", "endpoint": "c/e", "took_ms": 7,
    }  # fmt: skip


@pytest.mark.parametrize("style", ["logfmt", "json"])
def test_hostile_text_never_begins_a_second_line_nor_hides(style: str, tmp_path: Path) -> None:
    body = f"""
for text in {HOSTILE!r}:
    logger.error(text, extra={{"detail": text}})
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("caught")
"""
    lines = run(body, style=style, folder=tmp_path)
    assert len(lines) == 2 * len(HOSTILE)
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith(("ts=", '{"ts": ')) for line in lines)


def test_json_keeps_the_hostile_text_itself(tmp_path: Path) -> None:
    """Escaped on the line, and exactly what the supplier sent once it is decoded."""
    lines = run(f"for text in {HOSTILE!r}: logger.error(text)", style="json", folder=tmp_path)
    assert [json.loads(line)["msg"] for line in lines] == HOSTILE


def test_a_very_long_text_is_cut_before_the_journal_would_break_it(tmp_path: Path) -> None:
    (line,) = run('logger.error("x" * 100_000, extra={"detail": "y" * 100_000})', folder=tmp_path)
    assert len(line) < 3 * log.TEXT_LIMIT


def test_under_the_journal_a_line_has_a_priority_and_no_time_of_its_own(tmp_path: Path) -> None:
    body = "for level in ('debug', 'info', 'warning', 'error', 'critical'): getattr(logger, level)('said')"
    lines = run(body, level="debug", journal=True, folder=tmp_path)
    assert lines == [
        f"<{priority}>level={level} logger=sla_monitor.test msg=said"
        for priority, level in ((7, "debug"), (6, "info"), (4, "warning"), (3, "error"), (3, "error"))
    ]


def test_a_hostile_line_cannot_choose_its_own_priority(tmp_path: Path) -> None:
    (line,) = run('logger.info("<0>everybody panic")', journal=True, folder=tmp_path)
    assert line.startswith("<6>level=info ")


def test_stderr_that_is_not_the_journal_has_no_priorities(tmp_path: Path) -> None:
    (line,) = run('logger.info("said")', folder=tmp_path)
    assert line.startswith("ts=")


def test_events_below_the_level_are_neither_written_nor_counted(tmp_path: Path) -> None:
    lines = run("logger.debug('a'); logger.info('b'); logger.error(dict(log.counts))", folder=tmp_path)
    assert len(lines) == 2
    assert "'debug': 0, 'info': 1, 'warning': 0, 'error': 0" in lines[-1]


def test_a_second_configuration_replaces_the_first(tmp_path: Path) -> None:
    lines = run("log.configure('error', 'json'); logger.info('a'); logger.error('b')", folder=tmp_path)
    assert [json.loads(line)["msg"] for line in lines] == ["b"]


def test_a_wrong_log_call_costs_no_event(tmp_path: Path) -> None:
    (line,) = run('logger.error("%d points", "many")', folder=tmp_path)
    assert "%d points" in line
    assert "many" in line


def test_a_library_is_quiet_at_info_and_heard_when_it_warns(tmp_path: Path) -> None:
    body = "lib = logging.getLogger('apscheduler.scheduler'); lib.info('added a job'); lib.warning('missed a run')"
    (line,) = run(body, folder=tmp_path)
    assert "missed a run" in line


def test_an_uncaught_error_is_one_line_too(tmp_path: Path) -> None:
    body = """
import threading
log.catch_uncaught()
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError("first\\nsecond")
"""
    lines = run(body, folder=tmp_path)
    assert [("ZeroDivisionError" in line, "RuntimeError" in line) for line in lines] == [(True, False), (False, True)]


def test_a_python_warning_is_an_event(tmp_path: Path) -> None:
    (line,) = run("import warnings; warnings.warn('mind the gap')", folder=tmp_path)
    assert "level=warning" in line
    assert "mind the gap" in line


def test_other_handlers_see_the_record_as_it_was_made() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "said %s", ("this",), None)
    line = log._Line(log._layout("logfmt", has_timestamp=False), has_priority=False).format(record)
    assert line == 'level=info logger=x msg="said this"'
    assert (record.levelname, record.msg, record.args) == ("INFO", "said %s", ("this",))


def test_a_closed_stream_is_no_journal(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as stream:
        pass
    assert not log.is_journal(stream)
