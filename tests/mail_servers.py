"""Mail servers on this machine: one that speaks SMTP, one that answers as Postmark's API does; and one that is away."""

import json
import smtplib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

from django.core.mail.backends.base import BaseEmailBackend


class OutOfOrder(BaseEmailBackend):
    """It takes nothing."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected


class _Smtp(StreamRequestHandler):
    """What https://www.rfc-editor.org/rfc/rfc5321 asks of a server at least; how it answers RCPT and DATA is the test's."""

    def handle(self):
        self._say("220 mail.test")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].decode().upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._say(self.server.answers.get(verb, "250 ok"))
            if verb == "DATA" and self.server.answers.get(verb, "354").startswith("354"):
                self.server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self._say(self.server.answers["."])

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def smtp_server(**answers):
    """A server that answers so; `taken` holds the mails that it took."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.daemon_threads = True
        server.answers = {"DATA": "354 go on", ".": "250 taken", **answers}
        server.taken = []
        with _running(server):
            yield server


class _Postmark(BaseHTTPRequestHandler):
    """https://postmarkapp.com/developer/api/email-api"""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, self.headers["X-Postmark-Server-Token"], body))
        status, answer = self.server.answer
        content = json.dumps({"To": body["To"], "SubmittedAt": "2026-12-01T10:00:00Z", **answer}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextmanager
def postmark():
    """Postmark: `answer` is what it says to the next calls, `calls` what it was asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Postmark) as server:
        server.daemon_threads = True
        server.answer = (200, {"ErrorCode": 0, "Message": "OK", "MessageID": "4d2b-1"})
        server.calls = []
        with _running(server):
            yield server


@contextmanager
def _running(server):
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
