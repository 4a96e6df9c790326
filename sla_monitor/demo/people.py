"""The people of the demo's desk: one of each part in a contract, all with one password that is made at each start."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sla_monitor.demo.certificates import write_private
from sla_monitor.demo.estate import Ports
from sla_monitor.demo.example import example_files
from sla_monitor.settings.desk.access_table import Role

CONTRACT = "police-strategic-it"
LISTEN = 9810
SURVEY = "  - id: KPI11\n"
"""The KPI whose figure the supplier owes every quarter, as the contract's file begins it."""
PEOPLE = {
    "contract.manager": ("Morgan Hill", Role.CONTRACT_MANAGER),
    "approver": ("Alex Reed", Role.APPROVER),
    "finance": ("Frances Boyd", Role.FINANCE),
    "supplier.manager": ("Sam Weaver", Role.SUPPLIER),
    "auditor": ("Audrey Lane", Role.AUDITOR),
}
"""By name: what pages call them, and what they are to the contract; the auditor reads all contracts, and the audit."""


def write_desk_demo(folder: Path, ports: Ports, listen: int, password_hash: str, month: str) -> Path:
    """Write the shipped example into an empty folder, pointing at an estate on these ports, with PEOPLE; the settings'
    path. The estate's own files belong into `var/demo` of the folder. `month`: the first that the record knows."""
    moved = {**dict(zip(asdict(Ports()).values(), asdict(ports).values(), strict=True)), LISTEN: listen}
    for name, text in example_files().items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(at_ports(text, moved) if name.endswith(".yaml") else text, encoding="utf-8")
    # The surveys of the quarters before would be owed, of years.
    contract = folder / f"config/contracts/{CONTRACT}.yaml"
    known = contract.read_text(encoding="utf-8").replace(SURVEY, f"{SURVEY}    from: {month}-01\n")
    contract.write_text(known, encoding="utf-8")
    secret = folder / "var" / "password"
    secret.parent.mkdir()
    write_private(secret, f"{password_hash}\n".encode())
    users = [
        {"name": name, "display": display, "password": "${file:../var/password}", "roles": [_grant(role)]}
        for name, (display, role) in PEOPLE.items()
    ]
    settings = folder / "config" / "sla-monitor.yaml"
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"\n# JSON is YAML.\ndesk: {json.dumps({'users': users})}\n")
    return settings


def _grant(role: Role) -> dict[str, Any]:
    return {"role": role} if role is Role.AUDITOR else {"role": role, "contracts": [CONTRACT]}


def at_ports(text: str, moved: dict[int, int]) -> str:
    """A file of the example, with other ports in place of its own."""
    known = "|".join(map(str, moved))
    return re.sub(rf"\b({known})\b", lambda match: f"{moved[int(match[1])]}", text)
