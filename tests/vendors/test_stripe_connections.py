"""How findr reaches Stripe: who it believes to be Stripe, and whom it lets redirect it."""

import ssl
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bookings.payments.stripe.client import call
from findr import clock
from findr.vendors.errors import VendorError

SECONDS = 10


@contextmanager
def serving(answer, context=None):
    """Its port, and the paths that it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer(self)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


def an_object(handler):
    body = b'{"object": "balance"}'
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def balance(base, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE = "sk_test_1", base
    return call(SECONDS, lambda it: it.raw_request("get", "/v1/balance")).data


@pytest.fixture
def own_certificate(tmp_path):
    """A server's side of TLS whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = clock.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(1).not_valid_before(now - timedelta(days=9999)).not_valid_after(now + timedelta(days=9999))
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return context


def test_whoever_no_authority_vouches_for_is_not_stripe(own_certificate, settings):
    with serving(an_object, own_certificate) as (port, asked), pytest.raises(VendorError) as failure:
        balance(f"https://localhost:{port}", settings)

    assert failure.value.retryable
    assert "SSL" in str(failure.value.__cause__)
    assert asked == []  # Nobody was shown the secret key.


def test_nobody_is_followed_elsewhere(settings):
    with serving(an_object) as (elsewhere, asked):

        def redirect(handler):
            handler.send_response(302)
            handler.send_header("Location", f"http://127.0.0.1:{elsewhere}/v1/balance")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with serving(redirect) as (port, first), pytest.raises(VendorError):
            balance(f"http://127.0.0.1:{port}", settings)

    assert (len(first), asked) == (1, [])


def test_no_proxy_of_the_environment_is_asked(settings, monkeypatch):
    with serving(an_object) as (port, asked):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert balance(f"http://127.0.0.1:{port}", settings) == {"object": "balance"}

    assert asked == ["/v1/balance"]


def test_a_connection_that_stripe_has_closed_meanwhile_is_made_anew(settings):
    """Its idle connections end without a word."""

    def and_close(handler):
        an_object(handler)
        handler.close_connection = True

    with serving(and_close) as (port, asked):
        for _ in range(3):
            assert balance(f"http://127.0.0.1:{port}", settings) == {"object": "balance"}

    assert len(asked) == 3
