"""`sla-monitor`, and `python -m sla_monitor`: the way in."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the commands, and run one.

    Loading takes most of a second, in which Ctrl-C would be a traceback through whatever is being loaded. Nothing is
    under way yet: the signal ends the process, as it does other programs. (One that is ignored stays so.)
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sla_monitor.cli import main as run_command

    signal.signal(signal.SIGINT, handler)
    run_command()


if __name__ == "__main__":
    main()
