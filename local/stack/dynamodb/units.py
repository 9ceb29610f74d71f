"""Read and write units by AWS's rule, from the sizes of the items ("DynamoDB read and write operations").

4 kB read strongly consistent cost 1 unit, eventually consistent half of it, 1 kB written costs 1; inside a transaction
both cost double. Each entry of a secondary index that a write adds, changes or removes is a write of its own.
"""

import math
import threading
from dataclasses import dataclass, field

READ_STRONG, READ_EVENTUAL, READ_TRANSACTION = 1.0, 0.5, 2.0
_READ_BYTES, _WRITE_BYTES = 4096, 1024


def read_units(size: int, factor: float) -> float:
    """Units of one read of this many bytes; nothing found costs as much as the smallest item."""
    return max(1, math.ceil(size / _READ_BYTES)) * factor


def write_units(size: int) -> float:
    """Units of one write of this many bytes."""
    return float(max(1, math.ceil(size / _WRITE_BYTES)))


@dataclass(slots=True)
class Cost:
    """What one request costs in one table and its indexes."""

    read: float = 0.0
    write: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All units together."""
        return self.read + self.write + sum(self.indexes.values())


class Meter:
    """Adds up what all requests cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = self._write = 0.0

    def add(self, cost: Cost, reads_index: bool = False) -> None:
        """Counts one request; units in indexes are reads for a query and writes otherwise."""
        in_indexes = sum(cost.indexes.values())
        with self._lock:
            self._read += cost.read + (in_indexes if reads_index else 0.0)
            self._write += cost.write + (0.0 if reads_index else in_indexes)

    def totals(self) -> dict[str, float]:
        """Since the stack was started."""
        with self._lock:
            return {"read_units": self._read, "write_units": self._write}
