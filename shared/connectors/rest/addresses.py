"""Addresses of calls: paths below the base URL, ids and values quoted, queries put together."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

from shared.connectors.rest.settings import EntitySettings


def filled(template: str, *values: str) -> str:
    """Return a template with each `{}` filled by one value, quoted for a URL."""
    for value in values:
        template = template.replace("{}", quote(value, safe=""), 1)
    return template


def asked(path: str, *queries: str) -> str:
    """Return a path with queries added; each may begin with ? or & or with neither."""
    path, _, own = path.partition("?")
    parts = [part.lstrip("?&") for part in (own, *queries)]
    query = "&".join(part for part in parts if part)
    return f"{path}?{query}" if query else path


def parameter(name: str, value: object) -> str:
    """Return one parameter of a query."""
    return f"{quote(name, safe='[]')}={quote(str(value), safe='')}"


def one(given: EntitySettings, external_id: str) -> str:
    """Return the address of one record to read."""
    template = given.read.one if given.read is not None else None
    if template is None:
        return below(given.path, external_id)
    return lookup(given.path, template, external_id)


def below(path: str, external_id: str) -> str:
    """Return the address of one record: the path, then its id; where the path ends with a slash, so does this."""
    path, mark, own = path.partition("?")
    end = "/" if path.endswith("/") else ""
    return f"{path.rstrip('/')}/{quote(external_id, safe='')}{end}{mark}{own}"


def lookup(path: str, template: str, *values: str) -> str:
    """Return the address of a look-up: a query on the path, or a path of its own."""
    found = filled(template, *values)
    return found if found.startswith("/") else asked(path, found)


def is_address(token: str) -> bool:
    """Tell whether what a page names as the next one is an address rather than a token."""
    return "://" in token or token.startswith("?") or (token.startswith("/") and "?" in token)


def onwards(base_url: str, path: str, link: str) -> str:
    """Return the address of a next page on our own host, whatever host the partner calls itself by."""
    base = urlsplit(base_url)
    target = urlsplit(urljoin(f"{base_url}/{path.lstrip('/')}", link))
    return f"{base.scheme}://{base.netloc}{target.path}" + (f"?{target.query}" if target.query else "")
