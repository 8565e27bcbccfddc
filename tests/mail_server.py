"""A mail server on loopback that speaks SMTP, keeps what it is given, and refuses what it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What arrived, and how the server is to behave."""

    port: int = 0
    arrived: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)  # of every mail that was taken
    refused: set[str] = field(default_factory=set)  # addresses it knows nobody by
    breaks_at_data: bool = False
    hold: threading.Event | None = None  # waits for it before it takes a mail

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.arrived if mail["To"] == address]


class _Conversation(socketserver.StreamRequestHandler):
    """One connection, command by command (RFC 5321, as much as a sender needs)."""

    server: _Server
    timeout = 30

    def handle(self) -> None:
        self.recipients: list[str] = []
        self.say("220 mail.test ready")
        while line := self.rfile.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self.say("221 bye")
                return
            if not self.answer(verb.upper(), rest):
                return

    def answer(self, verb: str, rest: str) -> bool:
        """Answer one command; False ends the connection without a word."""
        if verb == "EHLO":
            self.say("250-mail.test\r\n250 8BITMIME")
        elif verb == "RCPT":
            self.recipient(rest)
        elif verb == "DATA":
            return self.data()
        else:
            if verb in ("MAIL", "RSET"):
                self.recipients = []
            self.say("250 fine")
        return True

    def recipient(self, rest: str) -> None:
        address = rest.partition("<")[2].partition(">")[0]
        if address in self.server.mailbox.refused:
            self.say("550 5.1.1 no such mailbox canary-detail")
            return
        self.recipients.append(address)
        self.say("250 fine")

    def data(self) -> bool:
        mailbox = self.server.mailbox
        if mailbox.breaks_at_data:
            return False
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if mailbox.hold is not None:
            mailbox.hold.wait(30)
        mailbox.arrived.append(message_from_bytes(b"".join(lines), policy=policy.default))
        mailbox.recipients += self.recipients
        self.say("250 taken")
        return True

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__(("127.0.0.1", mailbox.port), _Conversation)


@contextmanager
def mail_server(port: int = 0) -> Iterator[Mailbox]:
    """A running server; its port is free again when the block ends."""
    mailbox = Mailbox(port=port)
    server = _Server(mailbox)
    mailbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield mailbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
