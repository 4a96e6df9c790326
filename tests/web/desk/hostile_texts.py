"""What somebody might type who wants pages, files and logs to do something else than to show it."""

from __future__ import annotations

PWNED = "window.__pwned=1"
MARKUP = f"<script>{PWNED}</script>"
SHOWN = (
    f"=cmd|' /C calc'!A0 {MARKUP}\"'><img src=//evil.example/x onerror={PWNED}>{{{{7*7}}}}${{7*7}} "
    '\';DROP TABLE a--%s{0}**b**[x](javascript:1)#[read("/etc/passwd")]\\,";`'
)
"""What is a text like any other, and is kept: markup, the way out of an attribute, templates, a formula, SQL, formats,
markdown, typesetting, the signs of a CSV file."""

LONG = f"@{'W' * 90}e\u0301\u0302\u0303\u0304\u0305\u0306\N{GRINNING FACE}\N{ARABIC LETTER ALEF}"
"""A formula that is a word without a break, with marks that climb and with letters that go the other way."""

REFUSED = (
    "a\0b \x1b[31mred\x1b[0m\x07 gpj.\u202eexe pay\u200bpal\u2060\ufeff one\u2028two\x85three \ue000\U000f0000 \x9b31m"
).encode()
"""What nobody can read as it is, or that hides: an entry holds none of it."""

BROKEN = b"\xff\xfe\xc0\x80 \xed\xa0\x80"
"""No UTF-8, and half of a pair."""

INJECTED = b"a\r\nlevel=ERROR msg=forged\r\nX-Injected: 1"
"""A line of somebody else's in a log, and a header."""

MUCH = b"W" * 6_000

BIDI = tuple("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\0\x1b\x07\u2028\x9b")
"""What no page may hold as it is."""
