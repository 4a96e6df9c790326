"""A network of its own, on whose way every packet is answered by an ICMP error: run as a program by its test.

A TUN device in a new network namespace is the way: what our own host sends into it is read here, and answered with
whatever ICMP message is wanted. Prints a line of JSON for each.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import threading
from typing import NamedTuple

from sla_monitor.sla.observation import Finding
from tests.probe.looking import probed

TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
THERE = {4: "10.9.0.9", 6: "fd09::9"}


class Message(NamedTuple):
    """An ICMP message."""

    version: int
    kind: int
    code: int
    name: str


MESSAGES = [
    *(
        Message(4, 3, code, name)
        for code, name in enumerate(
            (
                "net unreachable", "host unreachable", "protocol unreachable", "port unreachable",
                "fragmentation needed",
                "source route failed", "net unknown", "host unknown", "host isolated", "net prohibited",
                "host prohibited", "net unreachable for the service", "host unreachable for the service",
                "administratively prohibited", "precedence violated", "precedence cut off",
            )
        )
    ),
    Message(4, 11, 0, "time to live exceeded"),
    Message(4, 12, 0, "parameter problem"),
    *(
        Message(6, 1, code, name)
        for code, name in enumerate(
            (
                "no route", "prohibited", "beyond the scope", "address unreachable", "port unreachable",
                "policy failed", "route rejected",
            )
        )
    ),
    Message(6, 3, 0, "hop limit exceeded"),
    Message(6, 4, 0, "parameter problem"),
]  # fmt: skip


def checksum(data: bytes) -> int:
    """Of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def error_about(packet: bytes, message: Message) -> bytes:
    """The ICMP error, from a router, about a packet."""
    if message.version == 4:
        quoted = packet[: 20 + 8]
        body = struct.pack("!BBHI", message.kind, message.code, 0, 0) + quoted
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        source, target = bytes((10, 9, 0, 254)), packet[12:16]
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 1, 0) + source + target
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body
    quoted = packet[:48]
    source, target = bytes.fromhex("fd09" + "0" * 24 + "0254"), packet[8:24]
    body = struct.pack("!BBHI", message.kind, message.code, 0, 0) + quoted
    pseudo = source + target + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return struct.pack("!IHBB", 0x60000000, len(body), 58, 64) + source + target + body


def main() -> None:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"way", TUN_WITHOUT_HEADER))
    for command in (
        "link set lo up", "link set way up", "addr add 10.9.0.1/24 dev way", "-6 addr add fd09::1/64 dev way nodad",
    ):  # fmt: skip
        subprocess.run(["ip", *command.split()], check=True)
    current = [MESSAGES[0]]

    def route() -> None:
        while packet := os.read(device, 65_536):
            message = current[0]
            transport = packet[9] if packet[0] >> 4 == 4 else packet[6]
            if packet[0] >> 4 == message.version and transport in {socket.IPPROTO_TCP, socket.IPPROTO_UDP}:
                os.write(device, error_about(packet, message))

    threading.Thread(target=route, daemon=True).start()
    for message in MESSAGES:
        current[0] = message
        there = THERE[message.version]
        tell(f"ICMPv{message.version} {message.name}", probed("tcp", host=there, port=9, timeout="400ms"))
        found = probed("dns", server=there, ask="www.example", timeout="400ms")
        tell(f"ICMPv{message.version} {message.name} over UDP", found)
    # What our own host refuses is another matter.
    for kind, version, network, host in (
        ("unreachable", "-4", "10.8.0.0/24", "10.8.0.1"),
        ("prohibit", "-4", "10.7.0.0/24", "10.7.0.1"),
        ("unreachable", "-6", "fd08::/64", "fd08::1"),
        ("prohibit", "-6", "fd07::/64", "fd07::1"),
    ):
        subprocess.run(["ip", version, "route", "add", kind, network], check=True)
        tell(f"our own route {version} {kind}", probed("tcp", host=host, port=9))
        tell(f"our own route {version} {kind} over UDP", probed("dns", server=host, ask="www.example"))
    tell("no route of our own", probed("tcp", host="192.0.2.1", port=9))
    tell("no route of our own over UDP", probed("dns", server="192.0.2.1", ask="www.example"))


def tell(what: str, found: Finding) -> None:
    print(json.dumps([what, found.outcome, found.reason]), flush=True)


if __name__ == "__main__":
    main()
