"""Domain names as people write them, and as they travel: international labels as A-labels (RFC 5891), escapes as in
zone files (RFC 1035, 5.1).
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\([0-9]{3}|[^0-9])", re.DOTALL)
_LABEL = re.compile(r"((?:\\.|[^\\.])*)(?:\.|$)", re.DOTALL)


def a_labels(name: str) -> str:
    """A name in ASCII: `bücher.example` is `xn--bcher-kva.example`. Raises ValueError."""
    if name.isascii():
        return name
    import idna  # large tables, which few contracts need

    try:
        plain = idna.uts46_remap(name, std3_rules=False, transitional=False)
        return ".".join(part if part.isascii() else idna.alabel(part).decode("ascii") for part in plain.split("."))
    except UnicodeError as error:
        raise ValueError(f"{name!r} is not a domain name: {error}") from None


def unescape(text: str) -> bytes:
    """`\\195\\188` and `\\"` as the bytes that they stand for, everything else as UTF-8. Raises ValueError."""
    data = text.encode()
    if b"\\" not in data:
        return data
    if b"\\" in _ESCAPE.sub(b"", data) or any(int(code) > 255 for code in _ESCAPE.findall(data) if code.isdigit()):
        raise ValueError(f"{text!r} has a backslash that escapes nothing (write \\\\ for the backslash itself)")
    return _ESCAPE.sub(lambda match: bytes((int(match[1]),)) if match[1].isdigit() else match[1], data)


def name_wire(name: str) -> bytes:
    """A name in wire form. It is absolute, with a final dot or without; in lower case, for case makes no other name.
    Raises ValueError."""
    text = a_labels(name)
    unescape(text)
    labels = [] if text == "." else [unescape(label).lower() for label in _LABEL.findall(text)[:-1]]
    wire = b"".join(bytes((min(len(label), 64),)) + label for label in labels) + b"\0"
    if (text != "." and not labels) or len(wire) > 255 or not all(0 < len(label) < 64 for label in labels):
        raise ValueError(
            f"{name!r} is not a domain name (labels of 1 to 63 characters between dots, at most 253 in all)"
        )
    return wire
