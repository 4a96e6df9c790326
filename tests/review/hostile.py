"""The pack with the worst that a supplier, or a careless hand, may write into it."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.register.effective import effective_entries
from sla_monitor.review.pack_input import FirstFailures, PackInput
from tests.review.estate import case as plain_case
from tests.review.estate import entries
from tests.support.reconciled import reconciled

TEXTS = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.invalid","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "W" * 400,
    "\u202eright to left \u0627\u0644\u0639\u0631\u0628\u064a\u0629 and 🚔🔥",
    '#raw(read("/etc/passwd")) $ x^2 $ *bold* ] } \\ \\u{41} {{ 7 * 7 }}',
    "a\u0300\u0301\u0302\u0303" * 60,
    "\x1b[2J\x07\x00 line\r\nbreak\ttab",
)

RESPONSE = b"\xff\xfe" + "\n".join((TEXTS[0], TEXTS[1], TEXTS[4], TEXTS[5], TEXTS[7])).encode()


def case() -> PackInput:
    """Every note, name and reference is one of the texts, in turn."""
    made = plain_case()
    written = tuple(
        one.model_copy(
            update={
                "note": TEXTS[i % len(TEXTS)],
                "reference": TEXTS[(i + 1) % len(TEXTS)],
                "actor": TEXTS[(i + 2) % len(TEXTS)],
            }
        )
        for i, one in enumerate(entries())
    )
    seen = made.assessment
    kpis = tuple(replace(kpi, title=TEXTS[i], clause=TEXTS[-i - 1]) for i, kpi in enumerate(seen.kpis))
    services = tuple(replace(service, name=TEXTS[i]) for i, service in enumerate(seen.services))
    by_number = {one.number: one for one in written}
    about = tuple(by_number[one.number] for one in seen.entries)
    changed = replace(
        seen, title=TEXTS[0], supplier=TEXTS[1], kpis=kpis, services=services, entries=about, pending=about[1:2]
    )
    changed = reconciled(changed, TEXTS[:-1])  # the last one has controls, which the register refuses
    return replace(made, assessment=changed, register=effective_entries(written), first_failures=first_failures(made))


def first_failures(made: PackInput) -> FirstFailures:
    """Every detail is one of the texts, and every response all of them, with bytes that are no text."""
    found = {}
    for i, (place, observation) in enumerate((made.first_failures or {}).items()):
        said = replace(observation.finding, detail=TEXTS[i % len(TEXTS)], evidence=RESPONSE)
        found[place] = replace(observation, finding=said)
    return found
