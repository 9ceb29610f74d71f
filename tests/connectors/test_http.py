"""HTTP to partners: every outcome is a value, everything is counted, nothing secret gets out."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import pytest

from shared.connectors.http import Http, Lost, NotSent, Outcome, Reply, Request, Timeouts
from shared.connectors.http_faults import trouble_of
from shared.connectors.http_secrets import Authorize, Secrets, api_key, as_it_holds, basic, bearer, nobody
from shared.core.errors import BadSettings
from tests.kit.rest_server import Given, RestServer, serving

READ = Request("GET", "/api/v1/customers")
WRITE = Request("POST", "/api/v1/customers", body=b'{"name": "A"}', writes=True)
SECRET = {"token": "t0p-secret", "api_key": "k3y", "username": "u", "password": "pässword"}


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving(customers=[{"name": "A"}]) as server:
        yield server


def send(url: str, request: Request, **keys: object) -> tuple[Outcome, dict[str, int]]:
    http = Http(url, Secrets("crm", lambda _: SECRET), **keys)  # type: ignore[arg-type]  # keys of Http itself
    try:
        return http.send(request), http.calls
    finally:
        http.close()


def status(outcome: Outcome) -> int | None:
    return outcome.status if isinstance(outcome, Reply) else None


def test_an_answer_of_any_status_is_a_reply(server: RestServer) -> None:
    server.next_replies.append(Given(418, {"title": "teapot"}, {"X-Odd": "yes"}))

    outcome, calls = send(server.url, READ)

    assert isinstance(outcome, Reply)
    assert (outcome.status, outcome.headers["x-odd"]) == (418, "yes")
    assert calls == {"read": 1, "write": 0}


def test_a_refused_connection_was_surely_not_sent_and_is_no_call() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    outcome, calls = send(f"http://127.0.0.1:{port}", WRITE)

    assert outcome == NotSent("unreachable")
    assert calls == {"read": 0, "write": 0}


def test_a_lost_reply_to_a_write_is_lost_and_never_sent_again(server: RestServer) -> None:
    server.next_replies.append(Given(hangs_up=True, applies=True))

    outcome, calls = send(server.url, WRITE)

    assert isinstance(outcome, Lost)
    assert calls == {"read": 0, "write": 1}
    assert len(server.asked("POST")) == 1


def test_a_lost_reply_to_a_read_is_asked_for_once_more(server: RestServer) -> None:
    server.next_replies.append(Given(hangs_up=True))

    outcome, calls = send(server.url, READ)

    assert status(outcome) == 200
    assert calls == {"read": 2, "write": 0}


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_passing_failure_of_a_read_is_asked_for_once_more_and_only_once(server: RestServer, code: int) -> None:
    server.next_replies += [Given(code), Given(code), Given(200)]

    outcome, calls = send(server.url, READ)

    assert status(outcome) == code
    assert calls["read"] == 2


def test_who_says_when_to_come_again_is_not_asked_again_at_once(server: RestServer) -> None:
    server.next_replies.append(Given(503, headers={"Retry-After": "7"}))

    outcome, calls = send(server.url, READ)

    assert status(outcome) == 503
    assert calls["read"] == 1


def test_an_answer_that_breaks_off_is_lost(server: RestServer) -> None:
    server.next_replies.append(Given(201, {"id": 1, "name": "A"}, cut=5))

    outcome, _ = send(server.url, WRITE)

    assert isinstance(outcome, Lost)


def test_a_server_that_says_nothing_ends_in_a_time_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        outcome, calls = send(url, WRITE, timeouts=Timeouts(1.0, 0.05, 0.1))

    assert outcome == Lost("time-out")
    assert calls == {"read": 0, "write": 1}


@contextmanager
def a_socket_that_says(*parts: bytes, every_seconds: float = 0.0) -> Iterator[str]:
    """Answer one connection with these bytes, piece by piece, until the caller hangs up."""
    ended = threading.Event()

    def talk() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            for part in parts:
                connection.sendall(part)
                ended.wait(every_seconds)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        thread.join(5)


HEAD = b"HTTP/1.1 200 OK\r\n"


def test_an_answer_that_trickles_is_not_waited_for_for_ever() -> None:
    with a_socket_that_says(HEAD + b"Content-Length: 100000\r\n\r\n", *[b" "] * 1000, every_seconds=0.01) as url:
        outcome, _ = send(url, WRITE, timeouts=Timeouts(1.0, 1.0, 0.1))

    assert outcome == Lost("too-slow")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n", b"[1]"),
        (b"HTTP/1.0 200 OK\r\n\r\n[1]", b"[1]"),
        (HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"[1]"), b"[1]"),
    ],
)
def test_an_answer_may_come_in_any_wrapping_that_http_has(answer: bytes, body: bytes) -> None:
    with a_socket_that_says(answer) as url:
        outcome, _ = send(url, READ)

    assert isinstance(outcome, Reply)
    assert outcome.body == body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n[1", "cut-off"),
        (HEAD + b"Content-Length: 9\r\n\r\n[1]", "cut-off"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n[1]", "unreadable"),
        (b"nonsense\r\n\r\n", "reset"),
        (b"", "reset"),
    ],
)
def test_an_answer_to_a_write_that_makes_no_sense_is_lost(answer: bytes, reason: str) -> None:
    """Only of an answer that is cut off may the reset overtake the last bytes; then it shows as one."""
    with a_socket_that_says(answer) as url:
        outcome, calls = send(url, WRITE)

    possible = {Lost(reason), Lost("reset")} if reason == "cut-off" else {Lost(reason)}
    assert outcome in possible
    assert calls == {"read": 0, "write": 1}


def test_without_time_left_nothing_is_sent(server: RestServer) -> None:
    outcome, calls = send(server.url, WRITE, deadline=lambda: 0.4)

    assert outcome == NotSent("no-time-left")
    assert (calls, server.log) == ({"read": 0, "write": 0}, [])


@pytest.mark.parametrize(
    ("authorize", "header", "shown"),
    [
        (bearer, "authorization", "Bearer t0p-secret"),
        (basic, "authorization", "Basic dTpww6Rzc3dvcmQ="),
        (api_key("X-Api-Key"), "x-api-key", "k3y"),
        (api_key("Authorization", "Token "), "authorization", "Token k3y"),
        (as_it_holds("X-Api-Key"), "authorization", "Bearer t0p-secret"),
        (nobody, "authorization", None),
    ],
)
def test_credentials_go_out_as_the_partner_wants_them(
    server: RestServer, authorize: Authorize, header: str, shown: str | None
) -> None:
    send(server.url, READ, authorize=authorize)

    assert server.log[0].headers.get(header) == shown


@pytest.mark.parametrize(
    ("secret", "headers"),
    [
        ({"api_key": "k"}, {"X-Key": "k"}),
        ({"username": "u", "password": "p"}, {"Authorization": "Basic dTpw"}),
        ({"webhook_secret": "w"}, {}),
    ],
)
def test_without_a_way_the_secret_itself_says_which(secret: Mapping[str, str], headers: Mapping[str, str]) -> None:
    assert as_it_holds("X-Key")(secret) == headers


def in_turn(*secrets: Mapping[str, str]) -> Callable[[str], Mapping[str, str]]:
    left = list(secrets)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_a_401_reads_the_secret_again_and_uses_the_new_one(server: RestServer) -> None:
    server.manners.token = "new"
    http = Http(server.url, Secrets("crm", in_turn({"token": "old"}, {"token": "new"})), bearer)

    outcome = http.send(WRITE)
    http.close()

    assert status(outcome) == 201
    assert http.calls == {"read": 0, "write": 2}


def test_a_401_with_an_unchanged_secret_is_not_tried_again(server: RestServer) -> None:
    server.manners.token = "other"
    http = Http(server.url, Secrets("crm", lambda _: SECRET), bearer)

    outcome = http.send(READ)
    http.close()

    assert status(outcome) == 401
    assert http.calls == {"read": 1, "write": 0}


def test_a_secret_is_read_once_for_many_calls(server: RestServer) -> None:
    names: list[str] = []

    def read(name: str) -> Mapping[str, str]:
        names.append(name)
        return SECRET

    http = Http(server.url, Secrets("crm", read), bearer)
    for _ in range(3):
        http.send(READ)
    http.close()

    assert names == ["crm"]
    assert server.connections == 1


def test_a_secret_is_read_again_when_it_was_kept_long_enough() -> None:
    secrets = Secrets("crm", in_turn({"token": "a"}, {"token": "b"}), kept_seconds=0.0)

    assert [secrets.get(), secrets.get()] == [{"token": "a"}, {"token": "b"}]


@pytest.mark.parametrize("secret", [{}, {"password": "p"}, {"token": ""}])
def test_a_secret_that_lacks_what_is_needed_is_noticed_before_any_call(
    server: RestServer, secret: Mapping[str, str]
) -> None:
    http = Http(server.url, Secrets("crm", lambda _: secret), bearer)

    ended = http.send(READ)

    assert ended == NotSent("no-secret")
    assert trouble_of(ended).message == "secret crm: it has no token - add it"
    assert server.log == []


def test_a_secret_that_is_not_there_is_noticed_before_any_call(server: RestServer) -> None:
    def read(name: str) -> Mapping[str, str]:
        raise BadSettings("there is no such secret", name)

    http = Http(server.url, Secrets("crm", read), bearer)

    assert http.send(READ) == NotSent("no-secret")
    assert http.hidden() == ()


def test_nothing_secret_stands_in_what_is_shown_of_a_call() -> None:
    request = Request("POST", "/x", body=b"personal", headers={})

    assert "personal" not in repr(request)
    assert "personal" not in repr(Reply(200, {"set-cookie": "personal"}, b"personal"))


def test_a_read_follows_a_redirect_on_the_same_host(server: RestServer) -> None:
    server.next_replies.append(Given(301, headers={"Location": "/api/v1/customers?moved=1"}))

    outcome, calls = send(server.url, READ)

    assert status(outcome) == 200
    assert (calls["read"], server.log[1].query) == (2, {"moved": "1"})


@pytest.mark.parametrize("location", ["http://elsewhere.invalid/x", "ftp://127.0.0.1/x", ""])
def test_credentials_never_follow_a_redirect_to_another_host(server: RestServer, location: str) -> None:
    server.next_replies.append(Given(302, headers={"Location": location} if location else {}))

    outcome, calls = send(server.url, READ, authorize=bearer)

    assert status(outcome) == 302
    assert calls["read"] == 1


def test_a_write_follows_no_redirect(server: RestServer) -> None:
    server.next_replies.append(Given(307, headers={"Location": "/api/v1/others"}))

    outcome, calls = send(server.url, WRITE)

    assert (status(outcome), calls["write"]) == (307, 1)


def test_an_address_on_another_host_is_never_called(server: RestServer) -> None:
    outcome, _ = send(server.url, Request("GET", "http://elsewhere.invalid/x"))

    assert outcome == NotSent("foreign-host")


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_call(server: RestServer) -> None:
    server.next_replies.append(Given(200, [], {"Set-Cookie": "session=1; Path=/"}))
    http = Http(server.url, Secrets("", lambda _: {}))
    http.send(READ)
    http.send(READ)
    http.close()

    assert "cookie" not in server.log[1].headers
