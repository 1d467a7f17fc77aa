"""Prints the alerts that Alertmanager sends by webhook: ``receiver.py PORT``."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Takes every message, and prints a line for each alert in it."""

    def do_POST(self) -> None:
        """Take a message."""
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in message["alerts"]:
            labels = alert["labels"]
            print(self.path, alert["status"], labels.get("priority"), labels["alertname"], flush=True)
        self.send_response(200)
        self.end_headers()

    def log_request(self, *_: object) -> None:
        """Say nothing of requests."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Receiver).serve_forever()  # noqa: S104 - within its container
