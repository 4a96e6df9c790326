"""A small real machine: a Debian 12 tree with the program installed as the how-to says, booted in a container.

The tree is made once and kept (in $SLA_MONITOR_TEST_CACHE, or var/test-cache): Debian by debootstrap, then the
locked dependencies. Each boot works on a throw-away layer above it, where the project itself is installed afresh.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
LOCK = REPOSITORY / "requirements.lock"
DEBIAN_PACKAGES = ("systemd", "python3", "python3-venv", "procps")
TOOLS = ("debootstrap", "systemd-nspawn", "mount", "chroot")
PROGRAM = "opt/sla-monitor"
BOOT_SECONDS = 240


def what_is_missing() -> list[str]:
    """What this host lacks for a boot; nothing when all is there."""
    lacking = [f"{tool} (Debian: apt-get install debootstrap systemd-container)" for tool in TOOLS if not _has(tool)]
    return lacking + ([] if os.geteuid() == 0 else ["root (run the tests as root, or with sudo)"])


def _has(tool: str) -> bool:
    return shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is not None


def run(*command: str | Path, seconds: float = 600) -> None:
    """Run it to the end; what it printed is in the error when it fails."""
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    try:
        subprocess.run(
            command, check=True, timeout=seconds, stdin=subprocess.DEVNULL, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{command}: status {error.returncode}\n{error.output.decode()[-4000:]}") from None


def _key(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


@contextmanager
def _made_once(folder: Path) -> Iterator[Path | None]:
    """A folder to fill, which takes its name only when it is whole; None when it is there already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            yield None
            return
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        yield unfinished
        unfinished.rename(folder)


def cache() -> Path:
    return Path(os.environ.get("SLA_MONITOR_TEST_CACHE") or REPOSITORY / "var" / "test-cache").absolute()


def debian() -> Path:
    """A minimal Debian 12 with systemd and Python."""
    tree = cache() / f"debian-{_key(*(name.encode() for name in DEBIAN_PACKAGES))}"
    with _made_once(tree) as unfinished:
        if unfinished:
            run("debootstrap", "--variant=minbase", f"--include={','.join(DEBIAN_PACKAGES)}", "bookworm", unfinished)
            shutil.rmtree(unfinished / "var/cache/apt", ignore_errors=True)
    return tree


def wheels() -> Path:
    """The locked dependencies as wheels, fetched here because the container has no network."""
    folder = cache() / f"wheels-{_key(LOCK.read_bytes())}"
    with _made_once(folder) as unfinished:
        if unfinished:
            run(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11",
                "--require-hashes", "--requirement", LOCK, "--dest", unfinished)  # fmt: skip
    return folder


def with_dependencies() -> Path:
    """Debian with a virtual environment in /opt/sla-monitor that holds the locked dependencies."""
    base, fetched = debian(), wheels()
    tree = cache() / f"tree-{_key(base.name.encode(), fetched.name.encode())}"
    with _made_once(tree) as unfinished:
        if unfinished:
            run("cp", "-a", "--reflink=auto", base, unfinished)
            run("cp", "-r", fetched, unfinished / "wheels")
            shutil.copy(LOCK, unfinished / "requirements.lock")
            run("chroot", unfinished, "python3", "-m", "venv", f"/{PROGRAM}")
            run("chroot", unfinished, f"/{PROGRAM}/bin/pip", "install", "--quiet", "--no-index",
                "--find-links=/wheels", "--require-hashes", "--requirement=/requirements.lock")  # fmt: skip
    return tree


def build_wheel(folder: Path) -> Path:
    """The project itself, as it stands here."""
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", folder, REPOSITORY)
    (wheel,) = folder.glob("sla_monitor-*.whl")
    return wheel


@contextmanager
def machine(folder: Path) -> Iterator[Path]:
    """The root of a machine to prepare and boot; what is written there is gone at the end, the cache untouched."""
    lower, layers, root = with_dependencies(), folder / "layers", folder / "root"
    for each in (layers, root):
        each.mkdir(parents=True)
    with ExitStack() as mounts:
        # Memory, because the upper layer must not itself lie on an overlay, as it would in many CI containers.
        _mount(mounts, layers, "tmpfs", "mode=0755,size=1g")
        for name in ("upper", "work"):
            (layers / name).mkdir()
        _mount(mounts, root, "overlay", f"lowerdir={lower},upperdir={layers}/upper,workdir={layers}/work")
        yield root


def _mount(mounts: ExitStack, on: Path, kind: str, options: str) -> None:
    run("mount", "-t", kind, "-o", options, kind, on)
    mounts.callback(run, "umount", "--recursive", "--lazy", on)


def install(root: Path, wheel: Path) -> None:
    """The last step of the how-to: the project without its dependencies, which are there."""
    shutil.copy(wheel, root)
    run("chroot", root, f"/{PROGRAM}/bin/pip", "install", "--quiet", "--no-index", "--no-deps", f"/{wheel.name}")


def boot(root: Path) -> None:
    """Boot it with no network but its own loopback, and wait until it powers itself off."""
    command = ["systemd-nspawn", f"--directory={root}", "--boot", "--register=no", "--keep-unit", "--private-network"]
    # What a real machine lets the unit do, and a container of Debian 12 does not.
    command.append("--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self")
    with (root / "console").open("wb") as console, subprocess.Popen(
        [*command, "--console=pipe"], stdin=subprocess.DEVNULL, stdout=console, stderr=console
    ) as container:  # fmt: skip
        try:
            container.wait(BOOT_SECONDS)
        finally:
            end(container)


def end(container: subprocess.Popen[bytes]) -> None:
    """Politely first: a container whose nspawn is killed lives on without it."""
    for way in (container.terminate, container.terminate, container.kill):
        if container.poll() is None:
            way()
            with suppress(subprocess.TimeoutExpired):
                container.wait(10)
