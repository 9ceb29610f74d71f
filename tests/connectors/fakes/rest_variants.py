"""Plain REST systems with other manners: offset pages and whole records, links and patches, tokens by OAuth."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.connectors.fakes.base import Asked, Given, Row
from tests.connectors.fakes.rest import RestFake

TOKEN_PATH = "/oauth/token"
CLIENT = {"client_id": "tandem client", "client_secret": "a-client+secret"}
HOUSE = "north"
"""The company whose customers are asked for, by a header that only this entity needs."""


class OffsetFake(RestFake):
    """Pages by offset with the number of all, and updates that are whole records (PUT), one call each."""

    at = "offset"

    def paged(self, asked: Asked, shown: list[Row], following: str | None) -> Given:
        """Answer one page."""
        del asked, following
        return Given(200, {"customers": shown, "meta": {"total": len(self.rows)}})

    def updated(self, asked: Asked, row: Row) -> Given:
        """Replace a customer; what is left out is lost."""
        if asked.method != "PUT":
            return self.wrong(asked, "no such method", 405)
        lost = dict.fromkeys(("phone", "external_ref"))
        return Given(200, self.keep({**lost, "name": "", "note": "", **asked.body, "id": row["id"]}))


class LinkFake(RestFake):
    """Pages by the header Link, to addresses as it knows itself; updates by merge patch; a header of its own."""

    def served(self, asked: Asked) -> Given:
        """Answer a request that says whose customers it is about."""
        if asked.headers.get("x-house") != HOUSE:
            return self.wrong(asked, "the header X-House is missing")
        if asked.headers.get("accept-language") != "en":
            return self.wrong(asked, "the header of all calls is missing")
        return super().served(asked)

    def media(self, asked: Asked) -> str:
        """Return what a body must be said to be."""
        return "application/merge-patch+json" if asked.method == "PATCH" else "application/json"

    def paged(self, asked: Asked, shown: list[Row], following: str | None) -> Given:
        """Answer one page: a bare list, and where the next one begins in a header."""
        query = urlencode({**asked.query, self.at: following}) if following is not None else ""
        link = f'<https://inside.example{quote(asked.path)}?{query}>; rel="next", </>; rel="up"'
        return Given(200, [_without_nothing(row) for row in shown], {"Link": link} if query else {})

    def updated(self, asked: Asked, row: Row) -> Given:
        """Lay a merge patch over a customer (RFC 7386): nothing takes a member away."""
        if asked.method != "PATCH":
            return self.wrong(asked, "no such method", 405)
        return Given(200, _without_nothing(self.keep({**row, **asked.body})))


class OAuthFake(RestFake):
    """Tokens by client credentials in the header, which end; updates by JSON patch (RFC 6902)."""

    def __init__(self) -> None:
        super().__init__()
        self.logins: list[Mapping[str, str]] = []
        self.takes_clients = True

    def expire(self) -> Mapping[str, str]:
        """Let all tokens end; the next login has another one."""
        self.credential = "a-newer-credential"
        return {}

    def lock_out(self) -> None:
        """Take no token and no client any more."""
        self.credential, self.takes_clients = None, False

    def is_let_in(self, asked: Asked) -> bool:
        """Tell whether a request carries the token, or asks for one."""
        return asked.path == TOKEN_PATH or super().is_let_in(asked)

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        return self._logged_in(asked) if asked.path == TOKEN_PATH else super().served(asked)

    def media(self, asked: Asked) -> str:
        """Return what a body must be said to be."""
        return "application/json-patch+json" if asked.method == "PATCH" else "application/json"

    def updated(self, asked: Asked, row: Row) -> Given:
        """Carry out a JSON patch, or the plain fields of an item in a batch."""
        if isinstance(asked.body, Mapping):
            return super().updated(asked, row)
        steps: list[dict[str, Any]] = asked.body
        if any(step["op"] != "add" or step["path"].count("/") != 1 for step in steps):
            return self.wrong(asked, "only members of the record can be added")
        return Given(200, self.keep({**row, **{step["path"][1:]: step["value"] for step in steps}}))

    def _logged_in(self, asked: Asked) -> Given:
        form = dict(parse_qsl(asked.raw.decode()))
        self.logins.append(form)
        pair = f"{CLIENT['client_id'].replace(' ', '+')}:{CLIENT['client_secret'].replace('+', '%2B')}"
        if asked.method != "POST" or form != {"grant_type": "client_credentials", "scope": "customers"}:
            return self.wrong(asked, f"no such login: {sorted(form)}")
        if asked.headers.get("authorization") != f"Basic {b64encode(pair.encode()).decode()}" or not self.takes_clients:
            return Given(401, {"error": "invalid_client", "error_description": "unknown client"})
        return Given(200, {"access_token": self.credential, "token_type": "Bearer", "expires_in": 1800})


def _without_nothing(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
