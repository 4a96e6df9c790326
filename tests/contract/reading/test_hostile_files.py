"""Whatever stands in the files, the answer is contracts or a ConfigError whose every line has its place."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla_monitor.contract.advice import advice
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract, load_contracts
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import parse_document
from sla_monitor.errors import ConfigError
from sla_monitor.settings import Settings, load_settings
from tests.contract.support import HEAD, ROOT, SERVICES, problems

QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
LINE = re.compile(rf"[^:]+:[1-9]\d*:[1-9]\d*: (?:{QUOTED}|[^:'\"])+: \S.*")
"""file:line:column: key path: what is wrong"""
EXAMPLE = (
    (ROOT / "config/contracts/police-strategic-it.yaml")
    .read_bytes()
    .replace(b"../calendars/", str(ROOT / "config/calendars").encode() + b"/")
)
PARSED: dict[str, Any] = json.loads(json.dumps(plain(parse_document(EXAMPLE, "c.yaml").root), default=float))
SETTINGS = (ROOT / "config/sla-monitor.yaml").read_bytes()
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def contract_of(content: bytes) -> Contract | list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.yaml"
        path.write_bytes(content)
        try:
            contract = load_contract(path)
            advice(contract, 0)
        except ConfigError as error:
            return [line.removeprefix(folder) for line in error.problems]
        return contract


def settings_of(content: bytes) -> Settings | list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.yaml"
        path.write_bytes(content)
        try:
            return load_settings(path, {})
        except ConfigError as error:
            return [line.removeprefix(folder) for line in error.problems]


def assert_told(result: object) -> None:
    if isinstance(result, list):
        assert result
        assert [line for line in result if not LINE.fullmatch(line)] == []


@st.composite
def cut(draw: st.DrawFn, content: bytes) -> bytes:
    """A file in which a few stretches were replaced."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.integers(0, 12))
        junk = draw(
            st.sampled_from([b"", b" ", b"\n", b": ", b"- ", b"'", b"{", b"]", b"*a", b"&a", b"!", b"\x00", b"\xff"])
        )
        content = content[:start] + junk + content[end:]
    return content


WORDS = ["id", "kind", "versions", "from", "until", "ref", "hours", "x"]
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.sampled_from(["", "x", "5s", "2026-04-01", "${env:X}", "${file:/x}", "http://h/", "all", "K", 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [spot for key in keys for spot in spots(value[key])]


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """The example with a few values replaced, removed or added."""
    value = json.loads(json.dumps(PARSED))
    for _ in range(draw(st.integers(1, 4))):
        places = spots(value)
        container, key = places[draw(st.integers(0, len(places) - 1))]
        what = draw(st.sampled_from(["replace", "remove", "add"]))
        if what == "remove":
            del container[key]
        elif what == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(["versions", "from", "until", "ref", "x", "every"]))] = draw(JUNK)
        else:
            container[key] = draw(JUNK)
    return json.dumps(value).encode()


@FEW
@given(cut(EXAMPLE))
def test_a_damaged_contract_is_a_contract_or_told(content: bytes) -> None:
    assert_told(contract_of(content))


@FEW
@given(changed())
def test_a_changed_contract_is_a_contract_or_told(content: bytes) -> None:
    assert_told(contract_of(content))


@FEW
@given(JUNK | st.dictionaries(st.sampled_from(sorted(PARSED)), JUNK))
def test_junk_is_told(value: Any) -> None:
    assert isinstance(contract_of(json.dumps(value).encode()), list)


@FEW
@given(
    cut(SETTINGS)
    | st.dictionaries(st.sampled_from([*Settings.model_fields, "assess_every"]), JUNK).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_damaged_settings_are_settings_or_told(content: bytes) -> None:
    assert_told(settings_of(content))


def test_the_example_survives_these_tests_unchanged() -> None:
    assert isinstance(contract_of(json.dumps(PARSED).encode()), Contract)
    assert isinstance(settings_of(SETTINGS), Settings)


SECRET = "hunter2-never-told"
SPILLS = [
    f"bearer_token: {SECRET}",
    f"bearer_token: [{SECRET}]",
    f"bearer_token: {{{SECRET}: 1}}",
    f"bearer_token: '${{env:{SECRET}'",
    f"bearer_token: !{SECRET}",
    f"bearer_token: *{SECRET}",
    f"bearer_token: &{SECRET} 5",
    f"bearer_token: '{SECRET}",
    f"bearer_token: @{SECRET}",
    f"basic_auth: {SECRET}",
    f"basic_auth: {{username: a, password: {SECRET}}}",
    f"basic_auth: {{username: a, pasword: {SECRET}}}",
    f"basic_auth: {{username: a, password: {SECRET}, password: {SECRET}}}",
    f"headers: {{Authorization: {SECRET}}}",
    f"headers: {{X-Secret: '${{env:{SECRET}'}}",
    f"headers: [{SECRET}]",
    f"proxy: http://u:{SECRET}@h/",
    f"bearer_token: &p {SECRET}\n        every: *p",
    f"bearer_token: &p {SECRET}\n        family: *p",
    f"bearer_token: &p {SECRET}\n        expect: {{status: [*p]}}",
]  # fmt: skip


@pytest.mark.parametrize("text", SPILLS)
def test_a_secret_in_the_wrong_place_is_never_repeated(tmp_path: Path, text: str) -> None:
    lines = problems(tmp_path, SERVICES_WITH_HTTP + f"        {text}\n")
    assert lines
    assert all(LINE.fullmatch(line) for line in lines)
    assert SECRET not in "".join(lines)


SERVICES_WITH_HTTP = f"""{HEAD}services:
  - id: custody
    endpoints:
      - id: health
        kind: http
        url: http://h/
"""


def test_a_user_and_password_in_an_address_are_never_repeated(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, SERVICES_WITH_HTTP.replace("http://h/", f"https://u:{SECRET}@h/"))
    assert SECRET not in line


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + SERVICES + "kpi: 1\n")
    (tmp_path / "b.yaml").write_text("a: [\n")
    (tmp_path / "c.yml").write_text(HEAD + SERVICES.replace("tcp", "tpc"))
    (tmp_path / ".hidden.yaml").write_text("[")
    (tmp_path / "notes.txt").write_text("[")
    with pytest.raises(ConfigError) as caught:
        load_contracts(tmp_path)
    assert [line.removeprefix(f"{tmp_path}/") for line in caught.value.problems] == [
        "a.yaml:11:1: kpi: unknown key (did you mean kpis?)",
        "b.yaml:2:1: yaml: did not find expected node content",
        f"c.yml:1:5: id: contract 'small' is in {tmp_path}/a.yaml too (choose another id)",
        "c.yml:10:28: services.custody.endpoints.health.kind: no such kind (did you mean tcp?)",
    ]


def test_a_folder_without_contracts_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no contract"):
        load_contracts(tmp_path)
    with pytest.raises(ConfigError, match="No such file or directory"):
        load_contracts(tmp_path / "nowhere")
