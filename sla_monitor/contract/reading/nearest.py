"""Suggestions for a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean custody?`, or else what there is to choose from."""
    known = sorted(set(known))
    near = get_close_matches(name[:80], known, 1, 0.6)
    if near:
        return f"did you mean {near[0]}?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"known here: {shown or 'none'}"
