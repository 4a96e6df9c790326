"""A small real machine: a Debian tree with our package installed as the how-to says, booted in a container.

The tree is made once by debootstrap and kept (in $SLA_MONITOR_TEST_CACHE, or var/test-cache). Each boot works on a
throw-away layer above it, where the package is installed afresh. $SLA_MONITOR_TEST_DEBIAN says which Debian it is; for
another one than this host's, the package is built in a tree of that one.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
LOCK = REPOSITORY / "requirements-all.lock"
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
RELEASE = os.environ.get("SLA_MONITOR_TEST_DEBIAN", "bookworm")
DEBIAN_PACKAGES = ("systemd", "python3", "procps")
BUILD_PACKAGES = ("debhelper", "dh-virtualenv", "dpkg-dev", "python3-venv")
BUILD = "dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes --no-check-builddeps"
TOOLS = ("debootstrap", "systemd-nspawn", "mount", "chroot", "dpkg-buildpackage", "dh_virtualenv")
BOOT_SECONDS = 1_500
"""What goes wrong inside the driver's own patience says so there: this is for a machine that does not even end."""


def what_is_missing() -> list[str]:
    """What this host lacks for a boot; nothing when all is there."""
    lacking = [f"{tool} (Debian: see PACKAGES in the Makefile)" for tool in TOOLS if not _has(tool)]
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


def debian(*more: str) -> Path:
    """A minimal Debian with systemd and Python, and more packages."""
    packages = (*DEBIAN_PACKAGES, *more)
    tree = cache() / f"{RELEASE}-{_key(*(name.encode() for name in packages))}"
    with _made_once(tree) as unfinished:
        if unfinished:
            run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", RELEASE, unfinished)
            shutil.rmtree(unfinished / "var/cache/apt", ignore_errors=True)
    return tree


def wheels() -> Path:
    """The locked dependencies as wheels, fetched once: neither a build nor a machine has a network."""
    folder = cache() / f"wheels-{RELEASE}-{_key(LOCK.read_bytes())}"
    with _made_once(folder) as unfinished:
        if unfinished:
            run(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:",
                f"--python-version={PYTHONS[RELEASE]}", "--require-hashes", "--requirement", LOCK,
                "--dest", unfinished)  # fmt: skip
    return folder


def build_package(folder: Path) -> Path:
    """The Debian package of the project as it stands here, built for the machine's release of Debian."""
    fetched = wheels()
    run(sys.executable, REPOSITORY / "tools/deb_source.py", folder / "source")
    build = f"cd {{}}/source && PIP_ARGUMENTS='--extra-pip-arg=--no-index --extra-pip-arg=--find-links={{}}' {BUILD}"
    if platform.freedesktop_os_release().get("VERSION_CODENAME") == RELEASE:
        run("sh", "-c", build.format(folder, fetched))
        return _only_package(folder)
    with machine(folder / "builder", debian(*BUILD_PACKAGES)) as root:
        shutil.copytree(folder / "source", root / "build/source")
        shutil.copytree(fetched, root / "build/wheels")
        run("chroot", root, "sh", "-c", build.format("/build", "/build/wheels"))
        return Path(shutil.copy(_only_package(root / "build"), folder))


def _only_package(folder: Path) -> Path:
    (package,) = folder.glob("sla-monitor_*.deb")
    return package


def next_package(package: Path, folder: Path) -> Path:
    """The same program as the next version of the package, with other settings of its own."""
    unpacked, made = folder / "unpacked", folder / "next.deb"
    run("dpkg-deb", "--raw-extract", package, unpacked)
    control, settings = unpacked / "DEBIAN/control", unpacked / "etc/sla-monitor/sla-monitor.yaml"
    control.write_text(re.sub(r"^Version: (.*)$", r"Version: \1+next", control.read_text(), flags=re.M))
    settings.write_text(settings.read_text() + "# New in this version.\n")
    run("dpkg-deb", "--build", "-Zzstd", "-z1", unpacked, made)
    return made


def build_wheel(folder: Path) -> Path:
    """The project itself, as it stands here."""
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", folder, REPOSITORY)
    (wheel,) = folder.glob("sla_monitor-*.whl")
    return wheel


@contextmanager
def machine(folder: Path, lower: Path) -> Iterator[Path]:
    """The root of a machine to prepare and boot; what is written there is gone at the end, the tree below untouched."""
    layers, root = folder / "layers", folder / "root"
    for each in (layers, root):
        each.mkdir(parents=True)
    with ExitStack() as mounts:
        # Memory, because the upper layer must not itself lie on an overlay, as it would in many CI containers.
        _mount(mounts, layers, "tmpfs", "mode=0755,size=2g")
        for name in ("upper", "work"):
            (layers / name).mkdir()
        _mount(mounts, root, "overlay", f"lowerdir={lower},upperdir={layers}/upper,workdir={layers}/work")
        yield root


def _mount(mounts: ExitStack, on: Path, kind: str, options: str) -> None:
    run("mount", "-t", kind, "-o", options, kind, on)
    mounts.callback(run, "umount", "--recursive", "--lazy", on)


def install(root: Path, package: Path) -> None:
    shutil.copy(package, root)
    run("chroot", root, "dpkg", "--install", f"/{package.name}")


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
