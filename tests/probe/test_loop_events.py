"""Events of the loop's descriptors."""

from __future__ import annotations

import os
import select
from collections.abc import Callable

import pytest

from sla_monitor.probe import Loop


class Ear:
    """Notes that it was called, and does what it is told to."""

    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        self.heard = 0
        self._act = act

    def ready(self, _: int) -> None:
        self.heard += 1
        self._act()


@pytest.mark.parametrize("first", [0, 1])
def test_a_descriptor_does_not_hear_what_was_meant_for_another_of_its_number(first: int) -> None:
    """Whichever is told first of what came for both closes the other, and opens a file that takes its number."""
    loop = Loop()
    pipes = [os.pipe(), os.pipe()]
    newcomer = Ear()
    closed: list[int] = []

    def replace(number: int) -> None:
        if not closed:
            old = pipes[1 - number][0]
            loop.forget(old)
            os.close(old)
            closed.append(old)
            os.dup2(pipes[number][0], old)
            loop.register(old, newcomer, select.EPOLLOUT)  # of a pipe that is only read: never

    ears = [Ear(lambda: replace(0)), Ear(lambda: replace(1))]
    for index in (first, 1 - first):
        loop.register(pipes[index][0], ears[index], select.EPOLLIN)
        os.write(pipes[index][1], b"x")
    loop.turn(1.0)
    assert sorted(ear.heard for ear in ears) == [0, 1]
    assert newcomer.heard == 0
    loop.close()
    for descriptor in {*pipes[0], *pipes[1]}:
        os.close(descriptor)
