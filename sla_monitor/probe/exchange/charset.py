"""A body as text: by its byte order mark, by the charset that its head declares, or by what it says of itself.

A supplier may name any charset, and some of Python's codecs take time in proportion to the square of the text, or a
hundred nanoseconds for each byte that they do not know. So only these are read: what browsers know (the WHATWG's
labels), every single-byte charset that Python knows, and UTF-32. The rest is read as UTF-8.
"""

from __future__ import annotations

import codecs
import json
import re
from encodings.aliases import aliases
from functools import cache, lru_cache

import webencodings

PRESCAN_BYTES = 1_024
"""Within these a page may say its own charset, as HTML has it."""

_MARKS = (
    # UTF-32's mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_BYTES = frozenset(mark[0] for mark, _ in _MARKS)
_DECLARED = re.compile(r"\bcharset\s*=\s*[\"']?([^\s;\"']{1,40})", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_OWN = re.compile(
    rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([^\s\"'/>;]{1,40})|<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\s\"'>]{1,40})"
)
_SINGLE = re.compile(r"cp\d+|iso8859_\d+|koi8_\w|mac_\w+|hp_roman8|kz1048|latin_1|ptcp154|tis_620")
_DOUBLE = frozenset({"cp932", "cp949", "cp950"})
"""These have characters of two bytes."""

_WIDE = {
    "utf_16_le": "utf-16-le",
    "utf_16_be": "utf-16-be",
    "utf_32": "utf-32-le",
    "utf_32_le": "utf-32-le",
    "utf_32_be": "utf-32-be",
}
"""By Python's names, which browsers do not know."""


def text_of(body: bytes | bytearray, content_type: str | None, *, is_json: bool = False) -> str:
    """What cannot be decoded becomes the replacement character. Without a type it is UTF-8, whatever it begins with."""
    if content_type is None:
        return body.decode("utf-8", "replace")
    if body and body[0] in _FIRST_BYTES:
        for mark, name in _MARKS:
            if body.startswith(mark):
                return body[len(mark) :].decode(name, "replace")
    codec = _declared(content_type) or _own(body)
    if codec is None:
        # JSON shows by its first two characters how it is encoded (RFC 4627).
        codec = json.detect_encoding(bytes(body[:4])) if is_json else "utf-8"
    table = _table(codec)
    return body.decode(codec, "replace") if table is None else codecs.charmap_decode(body, "strict", table)[0]


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Python's name for a charset that a body may be in; None for one that is not known, or not read."""
    found = webencodings.lookup(label) or webencodings.lookup(label.replace("_", "-"))
    if found is not None:
        # Python has no codecs for these two: one is for charsets that nobody should use any more.
        return None if found.name in {"replacement", "x-user-defined"} else found.codec_info.name
    plain = label.strip().lower().replace("-", "_")
    name = aliases.get(plain, plain)
    if name in _WIDE:
        return _WIDE[name]
    return name if name in aliases.values() and (name in _DOUBLE or _is_single(name)) else None


def _is_single(codec: str) -> bool:
    name = codec.replace("-", "_")
    return _SINGLE.fullmatch(name) is not None and name not in _DOUBLE


def _declared(content_type: str) -> str | None:
    match = _DECLARED.search(content_type)
    return codec_of(match[1]) if match else None


def _own(body: bytes | bytearray) -> str | None:
    """What the beginning of a page or of an XML document says. Where that can be read it is not UTF-16."""
    head = bytes(body[:PRESCAN_BYTES]).lower()
    if b"charset" not in head and b"encoding" not in head:
        return None
    match = _OWN.search(_COMMENT.sub(b"", head))
    codec = codec_of((match[1] or match[2]).decode("latin-1")) if match else None
    return "utf-8" if codec is not None and codec.startswith("utf-") else codec


@cache
def _table(codec: str) -> str | None:
    """The 256 characters of a single-byte charset; None for any other.

    Python's own decoders take a hundred nanoseconds and more for each byte that has no character.
    """
    return "".join(bytes([byte]).decode(codec, "replace") for byte in range(256)) if _is_single(codec) else None
