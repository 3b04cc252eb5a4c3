# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls in one decoding thread: fairness, isolation of errors, handing over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asr.claims import try_claim
from asr.pool import MOST_ATTEMPTS, MOST_FAILURES, RETRY_S, SLICE_S, DecodePool
from pipeline.clock import ManualClock
from pipeline.events import Event, PartialRecognized
from tests.asr.calls import FakeSoftphone, completed, silence, spoken
from tests.asr.fakes import BeepEngine, BeepModel, beep, sentence

pytestmark = pytest.mark.unit


class TickingClock(ManualClock):
    """Time passes with every look at the clock, as it does while decoding."""

    def monotonic_s(self) -> float:
        self.advance(SLICE_S / 10)
        return super().monotonic_s()


class Bench:
    """A pool that the test turns by hand."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool
        self.clock = TickingClock()
        self.published: list[Event] = []
        self.model = BeepModel()
        self.pool = DecodePool(self.model, self.published.append, self.clock, block_ms=100, poll_ms=20)

    def call(self, number: int) -> FakeSoftphone:
        phone = FakeSoftphone(self.spool, number)
        phone.start()
        phone.bridge(100)
        claim = try_claim(phone.folder)
        assert claim is not None
        self.pool.take(claim)
        return phone

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.pool.turn()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.pool.stop()
    made.pool.run()  # ends at once and closes what is open


def test_calls_are_finished_and_their_claims_released(bench: Bench) -> None:
    phones = [bench.call(number) for number in range(3)]
    for number, phone in enumerate(phones):
        phone.write("caller", np.concatenate([silence(0.1), sentence(1000 * (number + 1))]))
        phone.write("agent", silence(1))
        phone.hang_up()
    assert bench.pool.calls == 3
    bench.turn(30)
    assert [spoken(phone.folder, "caller") for phone in phones] == ["w1000", "w2000", "w3000"]
    assert bench.pool.calls == 0
    assert bench.pool.idle.is_set()
    assert bench.pool.calls_taken == 3
    assert all((phone.folder.path / ".asr.lock").exists() for phone in phones)


def test_a_live_call_is_served_every_round_beside_a_long_backlog(bench: Bench) -> None:
    behind = bench.call(1)
    behind.write("caller", np.concatenate([sentence(1000)] * 120))
    live = bench.call(2)
    live.write("caller", silence(0.1))
    for value in range(1000, 6000, 1000):
        live.write("caller", np.concatenate([beep(value, 0.2), silence(0.4)]))
        bench.turn()
        heard = [item for item in bench.published if isinstance(item, PartialRecognized)]
        mine = [item for item in heard if item.call_id == live.folder.call_id]
        assert mine[-1].text.split()[-1] == f"w{value}"
    assert bench.pool.figures["lag_ms"] > 60_000  # the backlog was not simply finished in between
    bench.turn(10)
    assert spoken(behind.folder, "caller")  # but it moves


def test_backlogs_take_turns(bench: Bench) -> None:
    phones = [bench.call(number) for number in range(3)]
    for phone in phones:
        phone.write("caller", np.concatenate([sentence(1000)] * 60))
    bench.turn(25)
    done = [len(spoken(phone.folder, "caller").split()) for phone in phones]
    assert min(done) > 0
    assert max(done) - min(done) <= 2


def test_an_error_is_retried_from_the_disk_and_loses_no_words(bench: Bench) -> None:
    class FailsOnce(BeepModel):
        def engine(self) -> BeepEngine:
            engine = super().engine()
            if len(self.engines) == 1:
                engine.result = _broken  # type: ignore[method-assign]
            return engine

    bench.pool._model = FailsOnce()
    phone = bench.call(1)
    phone.write("caller", np.concatenate([silence(0.1), sentence(1000), sentence(2000)]))
    phone.hang_up()
    bench.turn(5)
    assert spoken(phone.folder, "caller") == ""
    bench.clock.advance(RETRY_S)
    bench.turn(30)
    assert spoken(phone.folder, "caller") == "w1000 w2000"
    assert set(completed(phone.folder)) == {"caller", "agent"}


def test_a_call_that_always_fails_is_closed_and_the_others_never_notice(bench: Bench) -> None:
    bad = bench.call(1)
    good = bench.call(2)
    for phone in (bad, good):
        phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
        phone.hang_up()
    bad.folder.audio("caller").unlink()
    bad.folder.audio("caller").mkdir()  # opening it raises IsADirectoryError each time
    for _ in range(MOST_FAILURES + 1):
        bench.turn(10)
        bench.clock.advance(RETRY_S)
    assert spoken(good.folder, "caller") == "w1000"
    assert set(completed(bad.folder)) == {"caller", "agent"}
    assert bench.pool.calls == 0


def test_a_call_over_which_workers_died_is_not_decoded_again(bench: Bench) -> None:
    phone = bench.call(1)
    phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
    bench.pool._admit()
    bench.pool._entries[phone.folder.call_id].claim.attempt = MOST_ATTEMPTS + 1
    bench.turn(2)
    assert completed(phone.folder)["caller"].segments == 0
    assert bench.model.engines == []


def test_stop_releases_unfinished_calls_for_the_next_worker(bench: Bench) -> None:
    phone = bench.call(1)
    phone.write("caller", np.concatenate([silence(0.1), sentence(1000), beep(2000, 0.5)]))
    bench.turn(10)
    bench.pool.stop()
    bench.pool.run()
    assert spoken(phone.folder, "caller") == "w1000"
    assert not completed(phone.folder)
    claim = try_claim(phone.folder)
    assert claim is not None
    assert claim.attempt == 1
    claim.release()


def _broken() -> list:  # type: ignore[type-arg]
    raise RuntimeError("the native decoder complained")
