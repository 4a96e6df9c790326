"""A time-stamping authority on loopback: `openssl ts`, as the verifier of record has it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
certs = {folder}/ca.pem
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
"""


@dataclass(frozen=True)
class Authority:
    url: str
    certificates: Path


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def _furnish(folder: Path) -> None:
    folder.mkdir()
    (folder / "config").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca, tsa = folder / "ca", folder / "tsa"
    _openssl("req", "-x509", *key, "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-days", "9000", "-subj", "/CN=Root")
    _openssl("req", *key, "-keyout", f"{tsa}.key", "-out", f"{tsa}.csr", "-subj", "/CN=Stamps")
    _openssl(
        "x509", "-req", "-in", f"{tsa}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-out", f"{tsa}.pem",
        "-days", "9000", "-extfile", folder / "config", "-extensions", "ext",
    )  # fmt: skip


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    _furnish(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question, answer = folder / "question", folder / "answer"
            question.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            _openssl("ts", "-reply", "-config", folder / "config", "-queryfile", question, "-out", answer)
            body = answer.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_port}/", folder / "ca.pem")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
