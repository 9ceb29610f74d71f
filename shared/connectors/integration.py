"""Reads `integration.toml`, the contract with the user, into the rules of the merge and the settings of the connectors.

`check` returns everything that is wrong with a file; `load` returns the installation, or raises with the same list.
A file without an error can be started with: its names lead somewhere, its intervals are intervals, its rules can be.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel

from shared.connectors.catalog import CONNECTORS
from shared.connectors.configuration_checks import check_entity_table
from shared.connectors.configuration_grammar import EntityTable, MatchingTable
from shared.connectors.configuration_lines import line_of
from shared.connectors.configuration_names import check_entity
from shared.connectors.configuration_problems import BadIntegration, Finding, Problem, choose
from shared.connectors.configuration_reading import read, read_what_can_be
from shared.connectors.configuration_rules import integration_of
from shared.connectors.configuration_systems import read_system
from shared.connectors.configuration_taking_part import Described, check_taking_part, taking_part
from shared.core.integration import Integration
from shared.core.quota import UNLIMITED, Quota
from shared.ports.capabilities import Capabilities

TOP = ("systems", "entities", "matching")


@dataclass(frozen=True, slots=True)
class Connection:
    """How a system is reached: its connector, that connector's settings, the name of its secret (or no name), and what
    it allows."""

    connector: str
    settings: BaseModel
    secret: str
    quota: Quota = UNLIMITED


@dataclass(frozen=True, slots=True)
class Installation:
    """What one `integration.toml` says: the rules of the merge, and per system how it is reached."""

    integration: Integration
    connections: Mapping[str, Connection]


@dataclass(slots=True)
class _Reading:
    """What has been understood of a file so far, and what has not."""

    findings: list[Finding] = field(default_factory=list)
    systems: dict[str, Described] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    tables: dict[str, EntityTable] = field(default_factory=dict)
    matching: MatchingTable = field(default_factory=MatchingTable)


def load(path: Path | str, connectors: Mapping[str, Capabilities] = CONNECTORS) -> Installation:
    """Return the installation that a file describes; raise `BadIntegration` with all problems if there are any."""
    return load_text(_text(Path(path)), str(path), connectors)


def load_text(text: str, file: str, connectors: Mapping[str, Capabilities] = CONNECTORS) -> Installation:
    """Return the installation that a text describes; problems name it `file`."""
    reading = _read(text, file, connectors)
    _stop_at(_problems(reading.findings, text, file))
    part = taking_part(reading.systems, reading.tables)
    version = sha256(text.encode()).hexdigest()[:16]
    integration = integration_of(version, reading.systems, reading.tables, part)
    matching = reading.matching
    integration = replace(integration, matching=tuple(matching.by), transfer=matching.transfer)
    return Installation(integration, reading.connections)


def check(path: Path | str, connectors: Mapping[str, Capabilities] = CONNECTORS) -> list[Problem]:
    """Return everything that is wrong with a file, in the order of its lines."""
    try:
        text = _text(Path(path))
        return _problems(_read(text, str(path), connectors).findings, text, str(path))
    except BadIntegration as bad:
        return list(bad.problems)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadIntegration(
            [Problem(str(path), 1, "there is no such file", "copy the example integration.toml")]
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadIntegration(
            [Problem(str(path), 1, f"cannot be read: {error}", "save it as a UTF-8 text file")]
        ) from error


def _read(text: str, file: str, connectors: Mapping[str, Capabilities]) -> _Reading:
    reading = _Reading()
    document = _document(text, file)
    reading.findings += [
        Finding((key,), f"unknown table or key `{key}`", choose(key, TOP)) for key in document if key not in TOP
    ]
    _read_systems(reading, _tables(reading, document, "systems"), connectors)
    _read_entities(reading, _tables(reading, document, "entities"))
    _read_matching(reading, document.get("matching", {}))
    reading.findings += check_taking_part(reading.systems, reading.tables)
    part = taking_part(reading.systems, reading.tables)
    for entity, table in reading.tables.items():
        reading.findings += check_entity_table(reading.systems, entity, table, part.get(entity, ()))
    if not part and not reading.findings:
        remedy = "describe one entity in two systems, such as [systems.<name>.entities.customer]"
        reading.findings.append(Finding(("systems",), "no entity is kept in step", remedy))
    return reading


def _document(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise BadIntegration([Problem(file, line, f"this is not TOML: {what}", _syntax_remedy(what))]) from error


def _syntax_remedy(what: str) -> str:
    if "overwrite" in what or "twice" in what or "redefine" in what:
        return "the key or table stands there twice, keep one of the two"
    if "Invalid value" in what:
        return 'text stands in quotes: key = "value"'
    return 'a line is [table], key = "value", or # comment; keys with [ ] or . in them stand in quotes'


def _tables(reading: _Reading, document: Mapping[str, object], name: str) -> dict[str, dict[str, object]]:
    """Return the tables under a name; what is no table is noted."""
    tables = document.get(name, {})
    if not isinstance(tables, dict):
        reading.findings.append(Finding((name,), f"`{name}` must be tables", f"write [{name}.<name>]"))
        return {}
    for key, table in tables.items():
        if not isinstance(table, dict):
            reading.findings.append(Finding((name, key), f"`{key}` must be a table", f"write [{name}.{key}]"))
    return {key: table for key, table in tables.items() if isinstance(table, dict)}


def _read_systems(
    reading: _Reading, tables: Mapping[str, dict[str, object]], connectors: Mapping[str, Capabilities]
) -> None:
    if not tables:
        reading.findings.append(Finding(("systems",), "there is no system", "add [systems.<name>], see the example"))
    for name, table in tables.items():
        system, settings, findings = read_system(name, table, connectors)
        reading.findings += findings
        reading.systems[name] = system
        if settings is not None:
            secret = str(getattr(settings, "secret", ""))
            reading.connections[name] = Connection(str(table["connector"]), settings, secret, system.quota)


def _read_entities(reading: _Reading, tables: Mapping[str, dict[str, object]]) -> None:
    for entity, table in tables.items():
        unknown = check_entity(entity, ("entities", entity))
        model, findings = read_what_can_be(EntityTable, table, ("entities", entity))
        reading.findings += unknown + findings
        if model is not None and not unknown:
            reading.tables[entity] = model


def _read_matching(reading: _Reading, table: object) -> None:
    if not isinstance(table, dict):
        reading.findings.append(Finding(("matching",), "`matching` must be a table", "write [matching]"))
        return
    model, findings = read(MatchingTable, table, ("matching",))
    reading.findings += findings
    reading.matching = reading.matching if model is None else model


def _problems(findings: Iterable[Finding], text: str, file: str) -> list[Problem]:
    found = {Problem(file, line_of(text, finding.place), finding.what, finding.remedy) for finding in findings}
    return sorted(found, key=lambda problem: (problem.line, problem.what))


def _stop_at(problems: list[Problem]) -> None:
    if problems:
        raise BadIntegration(problems)
