"""Bytes, changed."""

from __future__ import annotations

from random import Random

MOST_BYTES = 100_000


def mutated(data: bytes, dice: Random, words: tuple[bytes, ...], most: int = 6) -> bytes:
    """With one to `most` changes; `words` are what somebody would say in this protocol."""
    for _ in range(dice.randint(1, most)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 2, 4, 16, 200)))
        match dice.randrange(8):
            case 0:
                data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + dice.randbytes(dice.choice((1, 2, 5, 50))) + data[at:]
            case 2:
                data = data[:at] + data[end:]
            case 3:
                data = data[:at] + data[at:end] * dice.choice((2, 3, 50, 2_000)) + data[end:]
            case 4:
                data = data[:at]
            case 5:
                other = dice.randrange(len(data) + 1)
                data = data[:at] + data[other : other + end - at] + data[at:]
            case _:
                data = (
                    data[:at]
                    + dice.choice(words) * dice.choice((1, 1, 1, 2, 300))
                    + data[end if dice.random() < 0.5 else at :]
                )
    return data[:MOST_BYTES]
