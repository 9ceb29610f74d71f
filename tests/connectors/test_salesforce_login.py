"""Salesforce's login by a signed JWT: what is claimed, a signature that a crypto library takes, keys that cannot be."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.connectors.http import Http, NotSent, Request
from shared.connectors.http_secrets import Secrets
from shared.connectors.salesforce import connect
from shared.connectors.salesforce.rs256 import signature
from shared.connectors.salesforce.session import Session
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.salesforce_bench import SECRET, connected, settings
from tests.kit.clock import FakeClock
from tests.kit.one_token import Busy, OneToken


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    """Make a key."""
    return rsa.generate_private_key(65537, 2048)


def pem(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    """Return a key as it stands in a secret."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def part(text: str) -> bytes:
    """Return a part of a JWT."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_jwt_claims_who_we_are_for_a_short_while_and_is_signed(key: RSAPrivateKey) -> None:
    fake = SalesforceFake()
    secret = {"client_id": "a-client", "username": "sync@example.com", "private_key": pem(key)}
    with serving(fake):
        system = connected(fake.url, lambda _name: secret, auth="jwt", audience="https://test.salesforce.com")
        assert not isinstance(system.list("customer", None), Trouble)
        system.close()

    (form,) = fake.logins
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    head, claims, signed = form["assertion"].split(".")
    assert json.loads(part(head)) == {"alg": "RS256", "typ": "JWT"}
    said = json.loads(part(claims))
    assert (said["iss"], said["sub"], said["aud"]) == ("a-client", "sync@example.com", "https://test.salesforce.com")
    assert 0 < said["exp"] - FakeClock().now().timestamp() <= 180
    key.public_key().verify(part(signed), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_signature_is_that_of_a_crypto_library_to_the_letter(key: RSAPrivateKey, form: PrivateFormat) -> None:
    for message in (b"", b"a message", bytes(range(256)) * 9):
        assert signature(message, pem(key, form)) == key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def test_keys_that_cannot_be_are_told_and_never_shown(key: RSAPrivateKey) -> None:
    whole = pem(key)
    lines = whole.splitlines()
    wrong = [
        "",
        "no key",
        whole.replace("PRIVATE", "PUBLIC"),
        "\n".join([lines[0], *lines[5:]]),
        "\n".join([lines[0], "!", lines[-1]]),
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(65537, 1024)),
    ]
    for text in wrong:
        with pytest.raises(BadSettings) as told:
            signature(b"a message", text)
        assert lines[3] not in str(told.value)


def test_a_key_that_cannot_be_trips_the_system_without_a_call() -> None:
    fake = SalesforceFake()
    secret = {"client_id": "a-client", "username": "sync@example.com", "private_key": "no key"}
    with serving(fake):
        system = connected(fake.url, lambda _name: secret, auth="jwt")
        trouble = system.list("customer", None)
        system.close()

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.whole_system) == (Next.AUTH, True)
    assert "private_key" in trouble.message
    assert fake.log == []


def a_session(tokens: OneToken, waits: list[float], url: str) -> Session:
    """Return a session whose waiting passes in no time; the other function is done after two glances."""

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2 and url:
            tokens.held = json.dumps({"access": "00D-access-1", "url": url})

    secrets = Secrets("crm", lambda _name: SECRET)
    return Session(settings(url or "http://127.0.0.1:1"), lambda at: Http(at, secrets), tokens, FakeClock(), sleep)


def test_who_is_not_first_to_log_in_waits_for_the_token() -> None:
    fake = SalesforceFake()
    waits: list[float] = []
    with serving(fake):
        session = a_session(Busy(), waits, fake.url)
        ended = session.send(Request("GET", f"{session.root}/query?q=SELECT"))
        session.close()

    assert not isinstance(ended, Trouble)
    assert (len(waits), fake.logins, len(fake.log)) == (2, [], 1)


def test_a_login_elsewhere_that_takes_too_long_is_tried_again_later() -> None:
    waits: list[float] = []

    ended = a_session(Busy(), waits, "").send(Request("GET", "/services/data"))

    assert isinstance(ended, Trouble)
    assert (ended.code, ended.next) == ("login-under-way", Next.RETRYABLE)
    assert sum(waits) == pytest.approx(3.0)


def test_calls_go_to_the_address_that_the_login_gave_and_are_counted_together() -> None:
    tokens = OneToken(held=json.dumps({"access": "00D-access-1", "url": "https://acme.my.salesforce.invalid"}))
    fake = SalesforceFake()
    with serving(fake):
        session = a_session(tokens, [], fake.url)
        ended = session.send(Request("GET", "/services/data"))
        session.close()

    assert ended == NotSent("unreachable")
    assert fake.log == []


def test_a_login_under_a_secret_that_was_changed_meanwhile_reads_it_again() -> None:
    fake, tokens, secret = SalesforceFake(), OneToken(), dict(SECRET)
    with serving(fake):
        system = connect(settings(fake.url), lambda _name: dict(secret), tokens, FakeClock())
        assert not isinstance(system.list("customer", None), Trouble)
        secret |= fake.expire()
        tokens.held = None
        assert not isinstance(system.list("customer", None), Trouble)
        system.close()

    assert tokens.refused == []
    assert len(fake.logins) == 3
