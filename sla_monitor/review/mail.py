"""A pack by e-mail, through one SMTP server. Only what is said in the settings is ever sent to anybody."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formatdate

from sla_monitor.errors import ReviewError
from sla_monitor.review.blocks import Pack
from sla_monitor.review.chapters.cover import restated
from sla_monitor.review.chapters.summary import headline
from sla_monitor.review.entry_words import decision_needed
from sla_monitor.review.pack_input import PackInput
from sla_monitor.settings import Mail

TIMEOUT_S = 30.0
TYPES = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""What is attached; tables and JSON stay in the folder."""


def message(case: PackInput, pack: Pack, files: Mapping[str, bytes], mail: Mail, now_ms: int) -> EmailMessage:
    """The message with its attachments. Raises ReviewError where nobody is named for the contract."""
    recipients = mail.recipients(case.assessment.contract, case.copy)
    if not recipients:
        whose = "suppliers" if case.copy == "supplier" else "to"
        raise ReviewError(
            f"reviews.mail.{whose} names no recipient for {case.assessment.contract} (add who gets this copy)"
        )
    made = EmailMessage(SMTP)
    made["From"], made["To"] = mail.sender, ", ".join(recipients)
    made["Date"] = formatdate(now_ms / 1000)
    made["Message-ID"] = f"<{pack.name}.{case.digest[:32]}.{now_ms}@{mail.sender.partition('@')[2]}>"
    made["Subject"] = f"{pack.title}: {pack.subtitle} ({pack.status.lower()})"
    made.set_content("\n".join(_body(case, pack)))
    for name, content in files.items():
        if (kind := TYPES.get(name.rpartition(".")[2])) is not None:
            letters = {"charset": "utf-8"} if kind[0] == "text" else {}
            made.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name, params=letters)
    return made


def _body(case: PackInput, pack: Pack) -> Iterator[str]:
    yield f"{pack.title}\n{pack.subtitle}, {pack.status.lower()}\n"
    yield headline(case)
    if case.assessment.restatement is not None:
        yield f"\n{restated(case, case.assessment.restatement)}"
    yield "\nTo be decided:"
    yield from (f"- {line}" for line in decision_needed(case))
    yield f"\nSHA-256 of the assessment: {case.digest}"
    if case.head:
        yield f"\nUp to here the record cannot be changed unseen any more; keep this line:\n{case.head}"


def describe_message(made: EmailMessage) -> str:
    """What would be sent, in words."""
    attached = [f"  {part.get_filename()}, {_size(part):,} bytes" for part in made.iter_attachments()]
    body = made.get_body(("plain",))
    heads = [f"{name}: {made[name]}" for name in ("From", "To", "Subject")]
    return "\n".join([*heads, "", body.get_content() if body else "", "Attached:", *attached])


def _size(part: Message) -> int:
    content = part.get_payload(decode=True)
    return len(content) if isinstance(content, bytes) else 0


def send(made: EmailMessage, mail: Mail) -> None:
    """Hand the message to the server. Raises ReviewError with the server's words, and SecretError."""
    password = mail.password.reveal() if mail.password else ""
    try:
        with _connected(mail) as server:
            if mail.user is not None:
                server.login(mail.user, password)
            server.send_message(made)
    except (OSError, smtplib.SMTPException) as error:
        raise ReviewError(f"{mail.host}:{mail.port}: the pack was not sent: {_why(error)}") from None


@contextmanager
def _connected(mail: Mail) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted as the settings ask, or not at all there."""
    trust = ssl.create_default_context(cafile=mail.ca_file)
    if mail.security == "tls":
        with smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=trust) as server:
            yield server
        return
    with smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S) as server:
        if mail.security == "starttls":
            server.starttls(context=trust)
        yield server


def _why(error: Exception) -> str:
    """The reason in one line; what a server says is cut and holds no control characters."""
    said = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return said[:200] or type(error).__name__
