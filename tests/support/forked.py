"""Processes that a test kills, and that end with their test at the latest, also where it fails."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

_FORKED = multiprocessing.get_context("forkserver")


def preload(*modules: str) -> None:
    """What every process has without importing it."""
    _FORKED.set_forkserver_preload([*modules])


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join()


@contextmanager
def forking() -> Iterator[Callable[[Callable[..., None], Sequence[Any]], BaseProcess]]:
    """What starts one: a function of a module, and its arguments."""
    started = list[BaseProcess]()

    def start(target: Callable[..., None], arguments: Sequence[Any]) -> BaseProcess:
        process = _FORKED.Process(target=target, args=tuple(arguments), daemon=True)
        process.start()
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            kill(process)
            process.close()
