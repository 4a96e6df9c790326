"""The last guard of secrets."""

from __future__ import annotations

from sla_monitor.contract.reading.model_file import Hider
from sla_monitor.contract.reading.nodes import START, Problem
from sla_monitor.contract.reading.yaml_file import parse_document


def hidden(text: str, message: str) -> str:
    return Hider(parse_document(text.encode(), "f").root).hidden(Problem("f", START, "key", message)).message


def test_a_secret_is_hidden_wherever_it_is_repeated() -> None:
    assert hidden("password: hunter2", "'hunter2' is not hunter2") == "(hidden) is not (hidden)"


def test_a_secret_is_hidden_whatever_it_was_nested_in() -> None:
    assert hidden("api_key: {a: [hunter2]}", "what hunter2 is") == "what (hidden) is"


def test_a_short_secret_is_hidden_where_it_is_quoted_and_leaves_words_alone() -> None:
    assert hidden("token: is", "'is' is wrong") == "(hidden) is wrong"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert hidden("{token: hunter, password: hunter2}", "hunter2") == "(hidden)"


def test_a_reference_and_other_values_may_be_told() -> None:
    assert hidden("{token: '${env:TOKEN}', host: portal}", "${env:TOKEN} portal") == "${env:TOKEN} portal"


def test_a_placeholder_may_be_told_and_what_stands_around_it_may_not() -> None:
    text = "services: [{for_each: site, token: '${site.tok}', password: 'hunter${site.id}'}]"
    assert hidden(text, "${site.tok} is not in the row") == "${site.tok} is not in the row"
    assert hidden(text, "'hunterhq' is wrong") == "'(hidden)hq' is wrong"
    assert hidden("token: '${file:/run/${site.id}}'", "${file:/run/hq}") == "${file:/run/hq}"
