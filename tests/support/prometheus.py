"""A real Prometheus that scrapes monitors every second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen

from tests.support.ports import free_port


@contextmanager
def scraping(port: int, folder: Path, *more: int) -> Iterator[str]:
    """Its address, while it runs; `port` is the monitor's, and `folder` holds its configuration and its data; `more`:
    those of further monitors."""
    own = free_port()
    targets = [{"targets": [f"127.0.0.1:{one}" for one in (port, *more)]}]
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "sla_monitor", "static_configs": targets}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{own}",
    ]
    with Popen(["prometheus", *arguments], stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{own}"
        finally:
            process.kill()
