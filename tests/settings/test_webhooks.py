"""What webhooks may be set to, and what of it is doubted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla_monitor.configuration import read_configuration, settings_advice
from sla_monitor.errors import ConfigError
from sla_monitor.references import unreadable
from tests.register.office import Office

HOOK = '{{name: {name}, url: "{url}", secret: "${{file:secret}}", events: [decision]{more}}}'


def advised(folder: Path, *hooks: str) -> list[str]:
    Office.furnished(folder)
    path = folder / "sla-monitor.yaml"
    path.write_text("ledger: {path: ledger.db}\nwebhooks:\n" + "".join(f"  - {one}\n" for one in hooks))
    read = read_configuration(path)
    return [*settings_advice(path, read), *unreadable(path, read.settings, read.contracts, 0)]


def hook(name: str = "desk", url: str = "https://desk.example/in", more: str = ", contracts: [small]") -> str:
    return HOOK.format(name=name, url=url, more=more)


def test_clear_text_strange_contracts_and_secrets_that_cannot_be_read_are_doubted(tmp_path: Path) -> None:
    found = advised(
        tmp_path,
        hook(url="http://desk.example/in"),
        hook("near", "http://127.0.0.1:1/in", ", contracts: [smal]"),
    )
    assert [line.partition("webhooks.")[2] for line in found] == [
        "0.url: sends entries of the register in clear text over the network (use https)",
        "1.contracts.0: no contract is called smal (did you mean small?)",
        f"0.secret: {tmp_path}/secret: there is no such file (make it, or correct the path) [and in 1 more place]",
    ]


@pytest.mark.parametrize(
    ("hooks", "problem"),
    [
        ([hook(), hook()], "1.name: is that of another webhook, too"),
        ([hook(more="")], "0.contracts: is missing: a supplier is told of its own contracts alone"),
        ([hook(more=", contracts: [small], side: both")], "0.side: must be 'supplier' or 'authority'"),
    ],
)
def test_what_would_tell_others_or_be_mixed_up_is_refused(tmp_path: Path, hooks: list[Any], problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        advised(tmp_path, *hooks)
    assert problem in "\n".join(refused.value.problems)
