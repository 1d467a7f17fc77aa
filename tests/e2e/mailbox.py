"""An SMTP server on loopback that asks for an account, and keeps every message."""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

USER, PASSWORD = "alertmanager", "a-password-of-the-end-to-end-tests"
_ACCOUNT = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
_ANSWERS = {
    "EHLO": "250-mailbox\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


@dataclass
class Mailbox:
    """A server on ``port``. ``refused`` has the commands that it did not take."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __enter__(self) -> Mailbox:
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                self.wfile.write(b"220 mailbox ready\r\n")
                while line := self.rfile.readline().decode().strip():
                    answer = mailbox.answer(line)
                    self.wfile.write(f"{answer}\r\n".encode())
                    if answer.startswith("354"):
                        self.wfile.write(f"{mailbox.keep(self.data())}\r\n".encode())
                    if answer.startswith("221"):
                        return

            def data(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(line.removeprefix(b"."))
                return b"".join(lines)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, line: str) -> str:
        """Return the answer to a command."""
        verb, _, rest = line.partition(" ")
        if verb == "RCPT":
            self.recipients.append(rest)
        if (verb == "AUTH" and rest != f"PLAIN {_ACCOUNT}") or verb not in _ANSWERS:
            self.refused.append(line)
            return "554 no"
        return _ANSWERS[verb]

    def keep(self, data: bytes) -> str:
        """Keep a message; return the answer to it."""
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 kept"
