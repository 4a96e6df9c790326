"""`python3 freeze.py THREAD` stops one thread of another process, and says so, until it is killed itself.

A process of its own, because whoever traces a thread must also bury it: until then the thread's process cannot end.
The kernel lets everything go when the tracer ends, however it ends.
"""

from __future__ import annotations

import ctypes
import os
import sys

SEIZE, INTERRUPT = 0x4206, 0x4207  # <linux/ptrace.h>
ALL_THREADS = 0x40000000  # __WALL in <linux/wait.h>


def ptrace(request: int, thread: int) -> None:
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if call(request, thread, None, None):
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def main(thread: int) -> None:
    ptrace(SEIZE, thread)
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, ALL_THREADS)
    sys.stdout.write("frozen\n")
    sys.stdout.flush()
    os.waitpid(thread, ALL_THREADS)  # until it ends


main(int(sys.argv[1]))
