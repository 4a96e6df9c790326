"""The event loop that probes run in: coroutines over non-blocking sockets, and one heap for every deadline.

A thread a probe costs three to four times the probe's own work, because a cold thread is woken for each step; here one
thread serves them all. It is our own, over the standard library's epoll, because TLS is stepped by hand anyway
(`channel.py`) and because every other loop measured slower (docs/performance.md).

What a coroutine waits for notes `loop.current` as the task to resume, and parks. Everything happens in one thread.
"""

from __future__ import annotations

import heapq
import logging
import select
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from itertools import count
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from sla_monitor.probe.resolving.resolver import Resolver

T = TypeVar("T")
log = logging.getLogger(__name__)

TURN_S = 0.010
"""A turn that takes longer holds everybody up: what it takes beyond this is nobody's time but ours (`Loop.time`)."""

HEAVY = 1 << 30
"""The weight of who does not say what it weighs: it gives way to everybody who does."""

MOST_EVENTS = 32
"""Of a turn. Nothing that a peer sends takes longer than 65 ms to read, and most of it a hundredth of that."""

STOOD_STILL_S = 1.0
"""A turn this long is no peer's work: the process was stopped, or the host was."""

FORGIVEN_S, REFILL = 1.0, 0.1
"""How much of shorter turns may be ours at once, and its share of the time in the long run: who makes us compute gains
no more by it."""


class PolledSocket(Protocol):
    """What the loop calls when its file descriptor has something to say."""

    def ready(self, events: int) -> None:
        """`events`: epoll's bits."""


class Timer:
    """Something to be done at a time, unless it is cancelled."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class Task:
    """A coroutine under way. `number` is written where a watcher from outside can read who is being worked for."""

    __slots__ = ("coroutine", "done", "number")

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], done: Callable[[Any, BaseException | None], None], number: int
    ) -> None:
        self.coroutine: Coroutine[Any, Any, Any] | None = coroutine
        self.done = done
        self.number = number


@types.coroutine
def park() -> Generator[None, Any, Any]:
    """Wait to be resumed by whoever has been given `loop.current`."""
    return (yield)


class Loop:
    """`word`: eight bytes of memory, perhaps shared, that hold the number of the task that is being worked for.
    `resolver`: made when the first name is asked for, unless one is put there before.

    `time()` is the monotonic clock without the time in which the loop itself was held up: a deadline must not pass
    while an answer lies there unread because of us. Within a turn it stands still after TURN_S.

    `lost_s` is that time, and `stood_still_s` what of it was no peer's work.

    Who gives way (`yield_control`) goes on in the order of weight, the lightest first, within TURN_S a turn: new
    events and deadlines never wait for all of those whose peers send without end.
    """

    def __init__(self, word: memoryview | None = None) -> None:
        self.word = memoryview(bytearray(8)).cast("Q") if word is None else word
        self.current: Task | None = None
        self.lost_s = self.stood_still_s = 0.0
        self.resolver: Resolver | None = None
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._soon: deque[Callable[[], None]] = deque()
        self._yielded: list[tuple[int, int, Task]] = []
        self._turn_began = inf
        self._forgiven_s = FORGIVEN_S
        self._refilled_at = monotonic()
        self._epoll = select.epoll()
        self._watched: dict[int, PolledSocket] = {}
        self._at_close: list[Callable[[], None]] = []

    def time(self) -> float:
        """Seconds."""
        return min(monotonic(), self._turn_began + TURN_S) - self.lost_s

    def lost(self) -> float:
        """Seconds that `time()` has left out, those of this turn included: `lost_s` has them when it is over."""
        return self.lost_s + max(0.0, monotonic() - self._turn_began - TURN_S)

    def register(self, fd: int, watched: PolledSocket, events: int) -> None:
        """Have `watched.ready` called on these events. A descriptor that is closed is forgotten with `forget`."""
        self._epoll.register(fd, events)
        self._watched[fd] = watched

    def modify(self, fd: int, events: int) -> None:
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Before the descriptor is closed: closing takes it out of epoll."""
        self._watched.pop(fd, None)

    def unregister(self, fd: int) -> None:
        """For a descriptor that stays open, or that somebody else closes."""
        if self._watched.pop(fd, None) is not None:
            try:
                self._epoll.unregister(fd)
            except OSError:
                log.debug("a descriptor was closed before it was taken out of epoll", extra={"fd": fd})

    def call_at(self, at_s: float, call: Callable[[], None]) -> Timer:
        """`at_s` on `time()`."""
        timer = Timer(call)
        heapq.heappush(self._timers, (at_s, next(self._order), timer))
        return timer

    def call_soon(self, call: Callable[[], None]) -> None:
        """In the next turn, after what the sockets have to say."""
        self._soon.append(call)

    def spawn(
        self, coroutine: Coroutine[Any, Any, T], done: Callable[[T | None, BaseException | None], None], number: int = 0
    ) -> Task:
        """Begin a coroutine at once; `done` gets what it returns, or what it raises."""
        task = Task(coroutine, done, number)
        self.resume(task)
        return task

    def resume(self, task: Task, value: Any = None, error: BaseException | None = None) -> None:
        """Let a parked task go on, to its next wait or to its end. One that has ended is left alone."""
        coroutine = task.coroutine
        if coroutine is None:
            return
        before, self.current = self.current, task
        self.word[0] = task.number
        try:
            if error is None:
                coroutine.send(value)
            else:
                coroutine.throw(error)
        except StopIteration as end:
            task.coroutine = None
            task.done(end.value, None)
        except BaseException as failure:  # noqa: BLE001 - handed over to whoever began the task
            task.coroutine = None
            task.done(None, failure)
        finally:
            self.current = before
            self.word[0] = 0 if before is None else before.number

    async def yield_control(self, weight: int = HEAVY) -> None:
        """Let everybody else have a turn, and go on after those who weigh less: bytes that the peer has sent."""
        task = self.current
        assert task is not None  # noqa: S101 - only a task can await
        heapq.heappush(self._yielded, (weight, next(self._order), task))
        await park()

    def turn(self, most_s: float) -> None:
        """Wait for at most `most_s` seconds, then do all that is due."""
        if self._soon or self._yielded:
            most_s = 0.0
        elif self._timers:
            most_s = min(most_s, self._timers[0][0] - self.time())
        # epoll counts whole milliseconds and rounds up.
        most_s = max(most_s, 0.0)
        asked = monotonic()
        events = self._epoll.poll(most_s, MOST_EVENTS)
        began = monotonic()
        if began - asked - most_s > TURN_S:  # the machine had others to serve, or stood still
            self._forgive(began - asked - most_s - TURN_S)
        self._turn_began = began
        # What is done about one event may close the descriptor of another, whose number the next socket gets.
        for fd, watched, bits in [(fd, self._watched.get(fd), bits) for fd, bits in events]:
            if watched is not None and watched is self._watched.get(fd):
                watched.ready(bits)
        for _ in range(len(self._soon)):
            self._soon.popleft()()
        self._go_on(began + TURN_S)
        # Of the time at which epoll was asked: whatever had come in by then has been read.
        self._due(began - self.lost_s)
        held_s = monotonic() - began
        self._turn_began = inf
        if held_s > TURN_S:
            self._forgive(held_s - TURN_S)

    def _go_on(self, until_s: float) -> None:
        for _ in range(len(self._yielded)):
            self.resume(heapq.heappop(self._yielded)[2])
            if monotonic() > until_s:
                return

    def _forgive(self, held_s: float) -> None:
        if held_s > STOOD_STILL_S:
            self.lost_s += held_s
            self.stood_still_s += held_s
            return
        now_s = monotonic()
        self._forgiven_s = min(FORGIVEN_S, self._forgiven_s + (now_s - self._refilled_at) * REFILL)
        self._refilled_at = now_s
        lost_s = min(held_s, self._forgiven_s)
        self._forgiven_s -= lost_s
        self.lost_s += lost_s

    def _due(self, now_s: float) -> None:
        timers = self._timers
        while timers and timers[0][0] <= now_s:
            call = heapq.heappop(timers)[2].call
            if call is not None:
                call()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Have one coroutine done, and return what it returns."""
        end: list[tuple[T | None, BaseException | None]] = []
        self.spawn(coroutine, lambda value, error: end.append((value, error)))
        while not end:
            self.turn(1.0)
        value, error = end[0]
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # without an error there is a value

    def at_close(self, call: Callable[[], None]) -> None:
        """Have this done when the loop is closed."""
        self._at_close.append(call)

    def close(self) -> None:
        for call in self._at_close:
            call()
        if self.resolver is not None:
            self.resolver.close()
        self._epoll.close()


class Promise(Generic[T]):
    """A value that comes later, for any number of tasks that wait for it."""

    __slots__ = ("_error", "_is_kept", "_loop", "_value", "_waiting")

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._is_kept = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiting: list[Task] = []

    def keep(self, value: T | None, error: BaseException | None = None) -> None:
        """The first call decides; the tasks go on in the loop's next turn."""
        if self._is_kept:
            return
        self._is_kept, self._value, self._error = True, value, error
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            self._loop.call_soon(lambda task=task: self._loop.resume(task))  # type: ignore[misc]

    async def wait(self) -> T:
        """The value, or the error it was kept with. A task that is thrown out of here no longer waits."""
        if not self._is_kept:
            task = self._loop.current
            assert task is not None  # noqa: S101 - only a task can await
            self._waiting.append(task)
            try:
                while not self._is_kept:
                    await park()
            finally:
                if task in self._waiting:
                    self._waiting.remove(task)
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # kept without an error, it has a value
