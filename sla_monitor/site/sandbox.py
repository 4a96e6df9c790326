"""The sandbox of a site (Landlock, landlock(7)).

Once begun, a site cannot write, make or remove files, start programs, listen, look into processes that are not its own,
or send them signals.

It handles a supplier's bytes under the same user as the collector: whoever takes it over could write to the ledger, and
into the memory of the process that holds it.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP = 1 << 0
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1

_SINCE = ((2, _REFER), (3, _TRUNCATE), (5, _DEVICES))
"""What later versions of Landlock can forbid besides."""

_HAS_NET, _HAS_SCOPES = 4, 6

_CAPABILITY_VERSION, _DAC_READ_SEARCH = 0x20080522, 1 << 2


def forbid() -> int:
    """Give all of that up, for this process and those that it starts, as far as the kernel can; which version of
    Landlock it has. Raises OSError where it has none, or must not be asked. Needs PR_SET_NO_NEW_PRIVS."""
    version = _call(_CREATE_RULESET, None, 0, _VERSION)
    files = _EXECUTE | _WRITE_FILE | _REMOVE_AND_MAKE
    for since, access in _SINCE:
        files |= access if version >= since else 0
    wanted = [files, *([_BIND_TCP] if version >= _HAS_NET else [])]
    wanted += [_ABSTRACT_SOCKETS | _SIGNALS] if version >= _HAS_SCOPES else []
    attributes = struct.pack(f"={len(wanted)}Q", *wanted)
    rules = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    nothing = os.open(os.devnull, os.O_PATH | os.O_CLOEXEC)
    try:
        # Whoever judges bodies has it in place of the standard streams.
        _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", _WRITE_FILE, nothing), 0)
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(nothing)
        os.close(rules)
    return version


def drop_capabilities() -> None:
    """Those that root has, but for the one to read secrets and keys that belong to others. Raises OSError."""
    header, data = (
        ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION, 0)),
        ctypes.create_string_buffer(24),
    )
    _checked(_LIBC.capget(header, data))
    _, permitted, *_ = struct.unpack("=6I", data.raw)
    kept = permitted & _DAC_READ_SEARCH
    if kept != permitted:
        _checked(_LIBC.capset(header, struct.pack("=6I", kept, kept, 0, 0, 0, 0)))


def _call(number: int, *arguments: int | bytes | None) -> int:
    return _checked(_LIBC.syscall(ctypes.c_long(number), *arguments))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


_LIBC = ctypes.CDLL(None, use_errno=True)
