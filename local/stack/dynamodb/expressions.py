"""Reads the expressions of DynamoDB into trees: conditions, filters, key conditions and projections.

Grammar: "Condition and filter expressions, operators, and functions" of the developer guide. A bare word that is
reserved is refused as AWS refuses it, so that a missing `#name` is found here and not in production.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from local.stack.dynamodb.errors import validation

Part = str | int


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute, or an element inside one: ("address", "lines", 0)."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A placeholder like `:value`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function: of a condition, `size`, `if_not_exists` or `list_append`."""

    function: str
    arguments: tuple["Operand", ...]


Operand = Path | Given | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """left (= <> < <= > >=) right."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """low <= operand <= high."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """The operand is one of several."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """AND, OR, or NOT with one part."""

    word: str
    parts: tuple["Condition", ...]


Condition = Compare | Between | In | Call | Junction

_TOKEN = re.compile(r"\s*(?:(:\w+|#\w+|[A-Za-z_]\w*)|(\d+)|(<>|<=|>=|[=<>()\[\].,+-]))")
_FUNCTIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
_OPERATORS = ("=", "<>", "<", "<=", ">", ">=")
_KEYWORDS = ("AND", "OR", "NOT", "BETWEEN", "IN")
_RESERVED = frozenset(ReservedKeywords.get_reserved_keywords())


class Reader:
    """Reads one expression from left to right; `used` collects the placeholders that it names."""

    def __init__(self, text: str, names: Mapping[str, str], kind: str) -> None:
        self.kind, self.names = kind, names
        self.tokens = self._tokens(text)
        self.position = 0
        self.used: set[str] = set()

    def condition(self) -> Condition:
        """A whole condition, to the end of the text."""
        result = self._or()
        self.end()
        return result

    def paths(self) -> tuple[Path, ...]:
        """A projection: paths with commas, to the end of the text."""
        result = [self.path()]
        while self.take(","):
            result.append(self.path())
        self.end()
        return tuple(result)

    def path(self) -> Path:
        """One document path, its `#names` resolved."""
        parts: list[Part] = [self._name(self.next())]
        while self.peek() in (".", "["):
            if self.take("."):
                parts.append(self._name(self.next()))
            else:
                self.take("[")
                parts.append(int(self.next()))
                self.expect("]")
        return Path(tuple(parts))

    def operand(self) -> Operand:
        """A placeholder, `size(path)` or a path."""
        token = self.peek()
        if token.startswith(":"):
            self.used.add(self.next())
            return Given(token)
        if token == "size" and self.peek(1) == "(":
            self.next()
            self.next()
            inner = self.path()
            self.expect(")")
            return Call("size", (inner,))
        return self.path()

    def peek(self, ahead: int = 0) -> str:
        """The token that comes, "" at the end."""
        at = self.position + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def next(self) -> str:
        """Takes the next token."""
        token = self.peek()
        if not token:
            raise self.wrong("<EOF>")
        self.position += 1
        return token

    def take(self, token: str) -> bool:
        """Takes the token if it comes now; keywords in any case."""
        if self.peek().upper() != token.upper():
            return False
        self.position += 1
        return True

    def expect(self, token: str) -> None:
        """Takes the token or refuses the expression."""
        if not self.take(token):
            raise self.wrong(self.peek() or "<EOF>")

    def end(self) -> None:
        """Refuses anything that is left."""
        if self.peek():
            raise self.wrong(self.peek())

    def wrong(self, token: str) -> Exception:
        """A syntax error at this token."""
        return validation(f'Invalid {self.kind}: Syntax error; token: "{token}", near: "{" ".join(self.tokens)}"')

    def _tokens(self, text: str) -> list[str]:
        found, at = [], 0
        text = text.rstrip()
        if not text:
            raise validation(f"Invalid {self.kind}: The expression can not be empty;")
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise validation(f'Invalid {self.kind}: Syntax error; token: "{text[at : at + 1]}"')
            found.append(match.group(match.lastindex or 0))
            at = match.end()
        return found

    def _name(self, token: str) -> str:
        if token.startswith("#"):
            if token not in self.names:
                raise validation(
                    f"Invalid {self.kind}: An expression attribute name used in the document path is not defined; "
                    f"attribute name: {token}"
                )
            self.used.add(token)
            return self.names[token]
        if not (token[0].isalpha() or token[0] == "_"):
            raise self.wrong(token)
        if token.upper() in _RESERVED:
            raise validation(f"Invalid {self.kind}: Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def _or(self) -> Condition:
        parts = [self._and()]
        while self.take("OR"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def _and(self) -> Condition:
        parts = [self._not()]
        while self.take("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Junction("AND", tuple(parts))

    def _not(self) -> Condition:
        if self.take("NOT"):
            return Junction("NOT", (self._not(),))
        if self.take("("):
            inner = self._or()
            self.expect(")")
            return inner
        if self.peek() in _FUNCTIONS and self.peek(1) == "(":
            return self._function()
        return self._comparison()

    def _function(self) -> Call:
        function = self.next()
        self.expect("(")
        arguments: list[Operand] = [self.operand()]
        while self.take(","):
            arguments.append(self.operand())
        self.expect(")")
        if len(arguments) != _FUNCTIONS[function]:
            raise validation(
                f"Invalid {self.kind}: Incorrect number of operands for operator or function; operator or function: "
                f"{function}, number of operands: {len(arguments)}"
            )
        return Call(function, tuple(arguments))

    def _comparison(self) -> Condition:
        left = self.operand()
        if self.take("BETWEEN"):
            low = self.operand()
            self.expect("AND")
            return Between(left, low, self.operand())
        if self.take("IN"):
            self.expect("(")
            options = [self.operand()]
            while self.take(","):
                options.append(self.operand())
            self.expect(")")
            return In(left, tuple(options))
        operator = self.next()
        if operator not in _OPERATORS:
            raise self.wrong(operator)
        return Compare(operator, left, self.operand())


Names = tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=1024)
def read_condition(text: str, names: Names, kind: str) -> tuple[Condition, frozenset[str]]:
    """The tree of a condition and the placeholders in it; `names` are the pairs of ExpressionAttributeNames."""
    reader = Reader(text, dict(names), kind)
    return reader.condition(), frozenset(reader.used)


@functools.lru_cache(maxsize=1024)
def read_projection(text: str, names: Names) -> tuple[tuple[Path, ...], frozenset[str]]:
    """The paths of a ProjectionExpression and the placeholders in it."""
    reader = Reader(text, dict(names), "ProjectionExpression")
    return reader.paths(), frozenset(reader.used)
