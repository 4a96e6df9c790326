"""The tree over sealed days, so that one root stands for all of them, in their order. Source: RFC 6962, section 2.1."""

from __future__ import annotations

from hashlib import sha256


class Tree:
    """Grows by leaves. `size` counts them."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []
        """Roots of the perfect subtrees that the leaves make up, the largest first: one for each bit of the size."""

    def append(self, data: bytes) -> None:
        """Add a leaf. Two neighbours of the same size become one."""
        node, size = sha256(b"\x00" + data).digest(), self.size
        while size & 1:
            node, size = _parent(self._whole.pop(), node), size >> 1
        self._whole.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """32 bytes."""
        if not self._whole:
            return sha256(b"").digest()
        *others, node = self._whole
        for left in reversed(others):
            node = _parent(left, node)
        return node


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
