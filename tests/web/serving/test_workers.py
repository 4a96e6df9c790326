"""The threads of the web server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from sla_monitor.web.serving import workers as module
from sla_monitor.web.serving.workers import Workers


def wait_for(condition: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.005)
    assert condition()  # type: ignore[operator]


def test_tasks_run_together_up_to_the_limit_and_the_rest_waits() -> None:
    pool, gate, began = Workers(3), threading.Event(), list[int]()

    def task() -> None:
        began.append(1)
        gate.wait(60)

    for _ in range(5):
        pool.submit(task)
    wait_for(lambda: len(began) == 3)
    assert (pool.threads, pool.busy, pool.waiting) == (3, 3, 2)
    gate.set()
    wait_for(lambda: len(began) == 5 and pool.busy == 0)
    pool.stop()
    wait_for(lambda: pool.threads == 0)


def test_an_idle_thread_is_used_again_before_another_is_started() -> None:
    pool, done = Workers(10), list[int]()
    for n in range(20):
        pool.submit(lambda n=n: done.append(n))  # type: ignore[misc]
        wait_for(lambda n=n: len(done) == n + 1 and pool.busy == 0)
    assert pool.threads == 1
    pool.stop()


def waits_for(gate: threading.Event) -> Callable[[], None]:
    def task() -> None:
        gate.wait(60)

    return task


def fails() -> None:
    raise ZeroDivisionError


def test_idle_threads_go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    pool, gate = Workers(5), threading.Event()
    for _ in range(5):
        pool.submit(waits_for(gate))
    wait_for(lambda: pool.busy == 5)
    gate.set()
    wait_for(lambda: pool.threads == 0)
    done = threading.Event()
    pool.submit(done.set)
    assert done.wait(60), "and one is started again when there is work"
    pool.stop()


def test_a_task_that_raises_costs_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    pool, done = Workers(1), threading.Event()
    pool.submit(fails)
    pool.submit(done.set)
    assert done.wait(60)
    assert "a task failed inside the web server" in caplog.text
    pool.stop()


def test_stopping_drops_what_waits_and_waits_for_nobody() -> None:
    pool, gate, began = Workers(1), threading.Event(), list[int]()
    pool.submit(waits_for(gate))
    wait_for(lambda: pool.busy == 1)
    pool.submit(lambda: began.append(1))
    pool.stop()
    gate.set()
    wait_for(lambda: pool.threads == 0)
    assert began == []


def test_a_task_that_comes_while_a_thread_is_leaving_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads give up all the time here; no task may be left behind by one that is just going."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0005)
    pool, done = Workers(2), list[int]()
    for n in range(2000):
        pool.submit(lambda n=n: done.append(n))  # type: ignore[misc]
        if n % 7 == 0:
            time.sleep(0.0005)
    wait_for(lambda: len(done) == 2000)
    pool.stop()
