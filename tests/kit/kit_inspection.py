"""The kit's checks of inspectors: what is set up well is well, and each thing that is not is told with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from shared.connectors.http_secrets import ReadSecret
from shared.core.inspection import Finding, Result, ToCreate
from shared.flows.operating.check_system import inspected
from shared.ports.inspection import Inspectable, Inspector
from shared.ports.system import System
from tests.connectors.fakes.base import serving
from tests.kit.clock import FakeClock
from tests.kit.kit_bench import CUSTOMER
from tests.kit.kit_room import leave_out, where

TEN_MINUTES = timedelta(minutes=10)
SOMEBODY = "Nadia Secretive"


@dataclass(frozen=True)
class InspectionBench:
    """One connector's inspector, asked about one `entity`.

    `reference` is the field that holds our record id (nothing where none has to be created), `mapped` another one that
    the mapping uses, both as `object.name`; `where_denied` the object of which rights are taken away. `share` lets two
    records show one reference where that is all that tells.
    """

    name: str
    make_fake: Callable[[], Any]
    connect: Callable[[str, ReadSecret], System]
    secret: Mapping[str, str]
    mapped: str
    denied: str
    reference: ToCreate | None = None
    share: Callable[[Any], None] | None = None
    missing: Result = Result.FAILED
    entity: str = CUSTOMER

    @contextmanager
    def stand(self) -> Iterator[InspectionStand]:
        """Set up a partner in which two customers stand."""
        fake = self.make_fake()
        fake.put(SOMEBODY, "+1 512 555 9999")
        fake.put("Another")
        with serving(fake):
            secret = dict(self.secret)
            system = self.connect(fake.url, lambda _name: dict(secret))
            assert isinstance(system, Inspectable)
            stand = InspectionStand(self, fake, secret, system.inspector())
            try:
                yield stand
            finally:
                stand.inspector.close()
                system.close()  # type: ignore[attr-defined]  # every connector over HTTP has it


@dataclass
class InspectionStand:
    """A partner, and what asks it about itself."""

    bench: InspectionBench
    fake: Any
    secret: dict[str, str] = field(repr=False)
    inspector: Inspector

    def found(self, ours: timedelta = timedelta()) -> list[Finding]:
        """Return what is found, by a clock of ours that goes wrong by so much."""
        return list(
            inspected(self.inspector, "crm", [self.bench.entity], FakeClock(self.fake.now + ours), lambda *_: None)
        )

    def of(self, check: str, ours: timedelta = timedelta()) -> list[Finding]:
        """Return what one check found."""
        return [each for each in self.found(ours) if each.check == check]


def needs_a_field(bench: InspectionBench) -> bool:
    """Return whether a field has to be created for our record id."""
    return bench.reference is not None


class InspectionKit:
    """All checks of an inspector."""

    bench: ClassVar[InspectionBench]

    def __init_subclass__(cls) -> None:
        """Leave out what the partner has no room for."""
        leave_out(cls, cls.bench)

    @pytest.fixture
    def stand(self) -> Iterator[InspectionStand]:
        """Set up the partner; afterwards no request may have broken its contract, and nothing may have changed."""
        with self.bench.stand() as stand:
            before = dict(stand.fake.shown())
            yield stand
            assert stand.fake.problems == []
            assert dict(stand.fake.shown()) == before

    def test_a_system_that_is_set_up_well_is_well(self, stand: InspectionStand) -> None:
        found = stand.found()

        assert [each for each in found if each.result is Result.FAILED] == []
        results = {each.check: each.result for each in found}
        assert results["credentials"] is results["clock"] is results["fields"] is Result.OK
        assert any(each.result is Result.OK for each in found if each.check == "permissions")
        assert "webhooks" in results
        assert all(each.remedy for each in found if each.result in (Result.FAILED, Result.WARNING))

    def test_a_wrong_credential_is_told_with_what_to_do_and_nothing_more_is_asked(self, stand: InspectionStand) -> None:
        stand.fake.lock_out()

        (found,) = stand.found()

        assert (found.check, found.result) == ("credentials", Result.FAILED)
        assert "secret of crm" in found.remedy
        assert len(stand.fake.log) <= 3

    def test_a_clock_ten_minutes_off_is_a_warning(self, stand: InspectionStand) -> None:
        (ahead,) = stand.of("clock", -TEN_MINUTES)
        (behind,) = stand.of("clock", TEN_MINUTES)

        assert ahead.result is behind.result is Result.WARNING
        assert "10 min ahead" in ahead.seen
        assert "10 min behind" in behind.seen
        assert "time service" in ahead.remedy

    @where(needs_a_field)
    def test_a_missing_reference_field_is_told_as_the_field_to_create(self, stand: InspectionStand) -> None:
        assert stand.bench.reference is not None
        stand.fake.lost.add(f"{stand.bench.reference.object}.{stand.bench.reference.name}")

        (found,) = stand.of("reference")

        assert found.result is stand.bench.missing
        assert found.create == stand.bench.reference
        for part in (found.create.name, found.create.type, "unique"):
            assert part in found.remedy

    @where(needs_a_field)
    def test_a_reference_whose_values_are_not_unique_is_told(self, stand: InspectionStand) -> None:
        assert stand.bench.reference is not None
        stand.fake.shared.add(f"{stand.bench.reference.object}.{stand.bench.reference.name}")
        before = dict(stand.fake.shown())
        if stand.bench.share is not None:
            stand.bench.share(stand.fake)

        (found,) = stand.of("reference")

        assert dict(stand.fake.shown()) == before
        assert found.result in (Result.FAILED, Result.WARNING, Result.NOT_VISIBLE)
        assert "unique" in found.seen
        assert "only once" in found.remedy

    def test_a_mapped_field_that_is_missing_is_named(self, stand: InspectionStand) -> None:
        stand.fake.lost.add(stand.bench.mapped)

        (found,) = (each for each in stand.of("fields") if each.result is not Result.OK)

        assert found.result is stand.bench.missing
        assert stand.bench.mapped.rpartition(".")[2] in found.seen
        assert found.create is not None
        assert found.remedy

    def test_a_right_that_lacks_is_told(self, stand: InspectionStand) -> None:
        stand.fake.denied.add(stand.bench.denied)

        found = [each for each in stand.of("permissions") if each.result is Result.FAILED]

        assert len(found) >= 1
        assert all(each.remedy for each in found)

    def test_no_secret_and_nothing_of_a_record_is_told(self, stand: InspectionStand) -> None:
        stand.fake.denied.add(stand.bench.denied)
        told = str(stand.found())
        stand.fake.lock_out()
        told += str(stand.found())

        for text in (*stand.secret.values(), SOMEBODY, "555 9999"):
            assert text not in told
