"""Mutated bodies in random charsets, judged as a probe judges them: nothing raises, nothing holds the loop up, and what
is well in an encoding that is known is found well.

`python -m tests.fuzz.bodies COUNT SEED` prints what went wrong.
"""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import closing
from typing import Any

from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.probe import Loop, Stopwatch
from sla_monitor.probe.judging.judging import SMALL_NS, Judge
from sla_monitor.probe.verdict import Failure, Verdict
from sla_monitor.sla.observation import Reason

LOOP_LIMIT_S = 2 * SMALL_NS / 1e9
"""Processor time for what is judged in the loop: twice what is reckoned with, for a processor that is shared."""

BODY_LIMIT = 1 << 20
ALLOWED = {None, Reason.BODY_UNEXPECTED, Reason.TOO_COSTLY}

ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
    *("latin-1", "iso8859-2", "cp1251", "cp437", "shift_jis", "gb18030", "euc-kr", "big5", "koi8-r", "mac-roman"),
]
LABELS = [
    *("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32be", "latin1", "ISO-8859-2", "windows-1251", "cp437"),
    *("Shift_JIS", "gb2312", "euc-kr", "big5", "koi8-r", "macintosh", "utf-7", "hz-gb-2312", "idna", "zlib", "x" * 60),
    *("iso-2022-jp", "unicode_escape", "replacement", "x-user-defined", "\xff", "'", '"utf-8"', "utf-8;charset=latin1"),
]
PATHS = [
    *("$.status", "$.items[*].status", "$..status", "$.items[?@.status=='ok'].n", "$[?match(@.status, 'o.*')]", "$..*"),
    *("$[0]", "$.items[-1]", "$..[?@.n > 1]", "$[?search(@, '(a+)+')]", "$['status','items']", "$[::2]", "$"),
    *("$[?count(@.*) > 1]", "$[?length(@) < 5]", "$..items[?@.n == $.status]", "$.items[*]['n','status']"),
]
DEAR_PATHS = ["$..*..*", "$[?count(@..*) > 3]", "$[?search(@.a, @.b)]"]
CONDITIONS: list[dict[str, Any]] = [
    *({"equals": value} for value in ("ok", 1, True, None)),
    *({"exists": value} for value in (True, False)),
    *({"at_least": 1}, {"at_most": 10}, {"matches": "^o"}, {"matches": r"(?i)\bok\b.{0,20}"}),
]
PIECES = [
    *(
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        '"\\ud800"',
        '"\\udc00\\ud800"',
        "9" * 5_000,
        "0." + "9" * 900,
        "-",
        "null",
    ),
    *(
        '{"a":{}}',
        "[[[]]]",
        "[" * 50,
        "{" * 5,
        '{"":' * 20,
        "]" * 3,
        ",,",
        '"',
        "\\",
        "\\u12",
        "\0",
        "\ufeff",
        "\U0001f600",
    ),
    *(
        '"status":"ok",',
        '"status":1,',
        "1.7976931348623157e308",
        "5e-324",
        "é",
        "漢字",
        '"a":"\\\\w{99}",',
        "true",
        "/**/",
    ),
    *("<meta charset=", "<!--", '<?xml encoding="', "a" * 300, " " * 100, "\u2028", "\ud800"),
]


def run(count: int, seed: int) -> list[str]:
    """What went wrong in so many cases; the seed and the case's number say which."""
    chance = random.Random(seed)
    problems: list[str] = []
    with closing(Loop()) as loop:
        for number in range(count):
            terms = _terms(chance)
            body, content_type, is_well = _body(chance)
            try:
                problems += [f"{number}: {what}" for what in _judge(loop, terms, body, content_type, is_well=is_well)]
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                problems.append(
                    f"{number}: {type(error).__name__}: {error} ({terms}, {content_type}, {bytes(body[:80])!r})"
                )
    return problems


def _judge(loop: Loop, terms: dict[str, Any], body: bytearray, content_type: str, *, is_well: bool) -> list[str]:
    judge = Judge(
        HttpExpectations.model_validate({"json": [{"path": "$.status", "equals": "ok"}]} if is_well else terms)
    )

    async def probe() -> tuple[Verdict | None, float]:
        watch = Stopwatch(loop, 10_000)
        began = time.thread_time()
        try:
            return await judge.of_body(watch, body, content_type), time.thread_time() - began
        except Failure as failure:
            return failure.verdict, time.thread_time() - began
        finally:
            watch.stop()

    verdict, took_s = loop.run(probe())
    reason = verdict and verdict.reason
    problems = []
    if reason not in ALLOWED:
        problems.append(f"is {verdict} ({terms}, {content_type}, {bytes(body[:80])!r})")
    if is_well and verdict is not None:
        problems.append(f"is well, and is {verdict} ({content_type}, {bytes(body[:80])!r})")
    # Elsewhere, what is counted here is the handing over, and perhaps the start of a process.
    if judge._expect.most_ns_of_body(body, SMALL_NS) <= SMALL_NS and took_s > LOOP_LIMIT_S:
        problems.append(f"took {took_s * 1000:.1f} ms in the loop ({terms}, {content_type}, {bytes(body[:80])!r})")
    return problems


def _terms(chance: random.Random) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if chance.random() < 0.7:
        paths = DEAR_PATHS if chance.random() < 0.03 else PATHS
        terms["json"] = [
            {"path": chance.choice(paths), **chance.choice(CONDITIONS)} for _ in range(chance.randrange(1, 3))
        ]
    if chance.random() < 0.4:
        terms["body_contains"] = chance.sample(["ok", "status", "é", "x" * 40, "漢"], 2)
    if chance.random() < 0.3:
        terms["body_lacks"] = chance.sample(["error", "\ufffd", "aaab"], 1)
    if chance.random() < 0.3:
        terms["body_matches"] = chance.choice(
            ["^.{0,9}status", r"\bok\b", "(?s)a.{40}b.{40}[cd]", r"(\w+\s)*$", "(a+)+$"]
        )
    return terms


def _body(chance: random.Random) -> tuple[bytearray, str, bool]:
    """A body, its content type, and whether it is well: JSON as it should be, in a charset that can be known."""
    document: Any = {
        "status": "ok",
        "items": [{"n": n, "status": chance.choice(["ok", "é", None])} for n in _few(chance)],
    }
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.2:
        text = chance.choice(["<html><head>", "", "\n"]) + text + " " * chance.randrange(9)
    if chance.random() < 0.02:
        text = chance.choice(PIECES) * chance.randrange(20_000)
    is_well = chance.random() < 0.15
    if is_well:
        encoding = chance.choice(ENCODINGS[:8])
        declared = f"; charset={encoding.removesuffix('-sig')}" if chance.random() < 0.5 else ""
        return bytearray(json.dumps(document).encode(encoding)), f"application/json{declared}", True
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(PIECES) * chance.choice([1, 1, 1, 30]) + text[at + chance.randrange(9) :]
    body = bytearray(text.encode(chance.choice(ENCODINGS), "ignore")[:BODY_LIMIT])
    for _ in range(chance.choice([0, 0, 1, 5, 50])):
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)
    label = f"; charset={chance.choice(LABELS)}" if chance.random() < 0.7 else ""
    return body, chance.choice(["application/json", "text/html", "", "\xff;;"]) + label, False


def _few(chance: random.Random) -> range:
    return range(chance.choice([0, 1, 3, 3, 10, 10, 100, 2_000 if chance.random() < 0.1 else 5]))


if __name__ == "__main__":
    found = run(int(sys.argv[1]), int(sys.argv[2]))
    print(*found, f"{len(found)} of {sys.argv[1]} went wrong", sep="\n")
