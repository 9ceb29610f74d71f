"""Files that stand as long as a stack: `.tandem/local.json` tells other processes of the one that was started last."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STATE_FILE = Path(__file__).resolve().parents[2] / ".tandem" / "local.json"


@contextmanager
def announced(state: Mapping[str, Any], path: Path = STATE_FILE) -> Iterator[None]:
    """The stack can be found until the end of the block, or until another one takes its place."""
    with standing(path, state):
        yield


@contextmanager
def standing(path: Path, content: Mapping[str, Any]) -> Iterator[None]:
    """The file stands until the end of the block; it stays if another stack has replaced it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(content))
    beside = path.with_suffix(f".{os.getpid()}")
    beside.touch(mode=0o600)  # it holds the token of the operators' routes
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    try:
        yield
    finally:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            path.unlink()
