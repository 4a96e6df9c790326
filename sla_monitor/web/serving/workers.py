"""Threads for what would hold up the web server's loop: started when needed, gone when idle, no reason not to stop.

The standard library's ThreadPoolExecutor joins its threads at exit, so one slow task would hold up a stop for as long
as it takes; it also never lets a thread go again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

IDLE_SECONDS = 30.0

Task = Callable[[], None]
log = logging.getLogger(__name__)


class Workers:
    """At most `limit` daemon threads that take tasks in the order in which they came."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.threads = 0
        self.busy = 0
        self._idle = 0
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Tasks that no thread has taken yet."""
        return self._tasks.qsize()

    def submit(self, task: Task) -> None:
        """Have a task done; never blocks."""
        with self._lock:
            self._tasks.put(task)
            is_short = self._tasks.qsize() > self._idle and self.threads < self.limit
            self.threads += is_short
        if is_short:
            self._start_one()

    def _start_one(self) -> None:
        try:
            threading.Thread(target=self._work, name="web", daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads: those that run take the task in time
            with self._lock:
                self.threads -= 1
            log.error("no further thread can be started", extra={"threads": self.threads, "error": str(error)})

    def stop(self) -> None:
        """Drop what waits and let every thread go when its task is done; waits for nobody."""
        with self._lock:
            while not self._tasks.empty():
                self._tasks.get()
            for _ in range(self.threads):
                self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                log.exception("a task failed inside the web server")
            finally:
                with self._lock:
                    self.busy -= 1

    def _next(self) -> Task | None:
        """The next task, or None when this thread should end."""
        with self._lock:
            if self.threads > self.limit:
                self.threads -= 1
                return None
            self._idle += 1
        try:
            task = self._tasks.get(timeout=IDLE_SECONDS)
        except Empty:
            return self._taken(self._tasks.get_nowait)  # one may have come in while this thread was leaving
        return self._taken(lambda: task)

    def _taken(self, take: Callable[[], Task | None]) -> Task | None:
        """Take a task (or none, and leave) and count it, so that `submit` never counts a leaving thread as idle."""
        with self._lock:
            try:
                task = take()
            except Empty:
                task = None
            self._idle -= 1
            self.busy += task is not None
            self.threads -= task is None
        return task
