"""A host and a port, as settings write them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_ADDRESS = r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})"


def _address(value: str) -> str:
    match = re.fullmatch(_ADDRESS, value, re.ASCII)
    if match is None or int(match[2]) > 65535:
        raise ValueError("must be a host and a port (write 127.0.0.1:9810 or [::1]:9810)")
    return value


Address = Annotated[
    str,
    AfterValidator(_address),
    WithJsonSchema({"$comment": "host:port", "type": "string", "pattern": f"^{_ADDRESS}$"}),
]
