"""Certificates made anew for each run, and the promise that no probe leaves a thread behind."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pycares
import pytest
import trustme

TOKEN = "s3cr3t-t0k3n"
SECRET = "${env:PROBE_SECRET}"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """What SECRET refers to is TOKEN."""
    monkeypatch.setenv("PROBE_SECRET", TOKEN)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """A good certificate for 127.0.0.1 and localhost."""
    return server_context(authority.issue_cert("127.0.0.1", "::1", "localhost"))


@pytest.fixture(scope="session", autouse=True)
def cares() -> None:
    """pycares starts one thread with its first channel, which lives as long as the process."""
    pycares.Channel().close()


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Whatever a test's probes started has ended when the test has."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 60
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left
