"""The last guard of secrets: one that was typed into a file by mistake appears in no message about that file.

The sentences never repeat a secret of themselves; but the same text may stand, through an alias or by copying,
where a message does repeat what it finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sla_monitor.contract.reading.nodes import Leaf, Node, Problem, children

_SECRET_KEY = re.compile(r"pass|secret|token|credential|authori[sz]ation|cookie|api[-_ ]?key|^auth$", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{(env|file|credential):[^{}]*\}")
_NAMES = frozenset({"capture"})
"""Keys below which the names are the writer's own: a value that a journey captures as `token` is no secret's text."""

HIDDEN = "(hidden)"


def secrets_in(node: Node, is_secret: bool = False) -> Iterator[str]:
    """Every text under a key that sounds like a secret's, references excepted."""
    if isinstance(node, Leaf):
        if is_secret and isinstance(node.value, str) and node.value and not _REFERENCE.fullmatch(node.value):
            yield node.value
        return
    for key, child in children(node):
        if key in _NAMES:
            yield from (
                text for _, inside in children(child) for _, how in children(inside) for text in secrets_in(how)
            )
        else:
            yield from secrets_in(child, is_secret or (isinstance(key, str) and bool(_SECRET_KEY.search(key))))


class Hider:
    """Hides one file's secrets."""

    def __init__(self, root: Node) -> None:
        self.secrets = sorted(set(secrets_in(root)), key=len, reverse=True)

    def hidden(self, problem: Problem) -> Problem:
        return replace(problem, path=self._without(problem.path), message=self._without(problem.message))

    def _without(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(repr(secret), HIDDEN)
            # A word of three letters cannot be told from our own words.
            if len(secret) > 3:
                text = text.replace(secret, HIDDEN)
        return text
