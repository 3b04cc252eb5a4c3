# SPDX-License-Identifier: GPL-3.0-or-later
"""One call from recording to completed transcript, with an engine that hears beeps and a clock moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from asr.session import ORPHAN_S, SETTLE_S, CallSession
from pipeline.clock import ManualClock
from pipeline.events import Event, PartialRecognized, SegmentFinalized, TranscriptCompleted
from tests.asr.calls import FakeSoftphone, completed, growing_header, segments, silence, spoken
from tests.asr.fakes import BeepModel, beep, sentence

pytestmark = pytest.mark.unit


class Desk:
    """A softphone, a clock, and sessions that follow its call."""

    def __init__(self, spool: Path) -> None:
        self.phone = FakeSoftphone(spool, 1)
        self.folder = self.phone.folder
        self.clock = ManualClock()
        self.model = BeepModel()
        self.published: list[Event] = []
        self.sessions: list[CallSession] = []

    def session(self) -> CallSession:
        session = CallSession(self.folder, self.model, self.published.append, self.clock, block_ms=100)
        self.sessions.append(session)
        return session

    def of(self, kind: type[Event]) -> list[Event]:
        return [item for item in self.published if isinstance(item, kind)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    for session in made.sessions:
        session.close()


def run(session: CallSession, until: Callable[[], bool] = lambda: False) -> None:
    """Decode all there is now."""
    session.poll()
    while session.advance() and not until():
        session.poll()


def test_an_ordinary_call_is_transcribed_on_both_legs(desk: Desk) -> None:
    phone, session = desk.phone, desk.session()
    run(session)
    phone.start(sync_tone_ms=100)
    phone.write("caller", np.concatenate([beep(9000, 0.1), sentence(1000, 2000)]))
    phone.write("agent", np.concatenate([beep(9000, 0.1), beep(8000, 1.4)]))  # tone and announcement
    run(session)
    phone.bridge(1500)
    phone.write("agent", sentence(3000))
    phone.write("caller", beep(4000, 0.25))  # still speaking at hang-up
    phone.hang_up()
    run(session)
    assert spoken(desk.folder, "caller") == "w1000 w2000 w4000"
    assert spoken(desk.folder, "agent") == "w3000"
    assert segments(desk.folder, "agent")[0].start_ms == 1500
    assert [item.segment for item in segments(desk.folder, "caller")] == [1, 2]
    done = completed(desk.folder)
    assert (done["caller"].segments, done["agent"].segments) == (2, 1)
    assert done["caller"].decoded_to_ms == phone.samples["caller"] // 8
    assert session.done


def test_stored_events_are_published_after_they_are_on_disk_with_their_number(desk: Desk) -> None:
    seen: list[tuple[Event, int]] = []

    def publish(item: Event) -> None:
        seen.append((item, len(list(desk.folder.read("transcript")))))

    session = CallSession(desk.folder, desk.model, publish, desk.clock, block_ms=100)
    desk.sessions.append(session)
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
    desk.phone.hang_up()
    run(session)
    stored = [(item, lines) for item, lines in seen if isinstance(item, SegmentFinalized | TranscriptCompleted)]
    assert [(item.seq, lines) for item, lines in stored] == [(1, 1), (2, 2), (3, 3)]
    partial = next(item for item, _ in seen if isinstance(item, PartialRecognized))
    assert (partial.leg, partial.segment, partial.text) == ("caller", 1, "w1000")


def test_a_final_is_told_as_heard_and_as_written(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start()
    desk.phone.write("caller", sentence(1000, 2000))
    desk.phone.hang_up()
    run(session)
    final = segments(desk.folder, "caller")[0]
    assert (final.text, final.written) == ("w1000 w2000", "W1000 w2000.")
    assert [(word.text, word.first, word.count) for word in final.written_words] == [("W1000", 0, 1), ("w2000.", 1, 1)]


def test_nothing_is_decoded_before_its_block_is_whole(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start(header=b"")
    session.poll()
    assert not session.advance()
    desk.folder.audio("caller").write_bytes(growing_header() + bytes(2 * 800 + 1598))
    session.poll()
    assert not session.advance()
    with desk.folder.audio("caller").open("ab") as file:
        file.write(bytes(2))
    session.poll()
    assert session.advance()


def test_a_call_that_was_never_bridged_has_an_empty_agent_leg(desk: Desk) -> None:
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
    desk.phone.write("agent", np.concatenate([beep(9000, 0.1), beep(8000, 0.7)]))
    session = desk.session()
    desk.phone.hang_up()
    run(session)
    assert spoken(desk.folder, "caller") == "w1000"
    assert completed(desk.folder)["agent"].segments == 0


def test_audio_that_arrives_after_the_announced_end_is_waited_for(desk: Desk) -> None:
    audio = np.concatenate([silence(0.1), sentence(1000), beep(2000)])
    session = desk.session()
    desk.phone.start()
    desk.phone.samples = {"caller": audio.size, "agent": 0}
    desk.phone.hang_up()  # the journal is ahead of the file
    run(session)
    assert "caller" not in completed(desk.folder)
    desk.phone.write("caller", audio)
    run(session)
    assert spoken(desk.folder, "caller") == "w1000 w2000"
    assert session.done


def test_a_file_shorter_than_announced_is_completed_when_it_stops_growing(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), beep(1000, 0.45)]))
    desk.phone.samples["caller"] += 8000
    desk.phone.hang_up()
    run(session)
    assert not session.done
    desk.clock.advance(SETTLE_S + 0.1)
    run(session)
    assert session.done
    assert spoken(desk.folder, "caller") == "w1000"


def test_a_dead_softphone_leaves_a_complete_transcript(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start()
    desk.phone.bridge(100)
    desk.phone.write("caller", np.concatenate([silence(0.1), beep(1000, 0.45)]))
    run(session)
    desk.clock.advance(ORPHAN_S - 1)
    run(session)
    assert not session.done
    desk.phone.end("softphone_died")
    desk.phone.close_recording(gap=True)
    run(session)
    assert spoken(desk.folder, "caller") == "w1000"
    assert session.done


def test_a_softphone_that_never_comes_back_does_not_hold_the_transcript_up_for_ever(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), beep(1000, 0.45)]))
    run(session)
    desk.clock.advance(ORPHAN_S + 1)
    run(session)
    assert session.done
    assert spoken(desk.folder, "caller") == "w1000"


def test_growth_keeps_a_call_open(desk: Desk) -> None:
    session = desk.session()
    desk.phone.start()
    for _ in range(5):
        desk.phone.write("caller", silence(1))
        desk.clock.advance(ORPHAN_S - 1)
        run(session)
    assert not completed(desk.folder)


def test_a_second_session_goes_on_where_the_journal_ends(desk: Desk) -> None:
    phone = desk.phone
    phone.start()
    phone.bridge(100)
    audio = np.concatenate([silence(0.1), sentence(1000), sentence(2000), beep(3000, 0.6)])
    phone.write("caller", audio)
    phone.write("agent", np.concatenate([silence(0.1), sentence(5000)]))
    first = desk.session()
    run(first)
    assert spoken(desk.folder, "caller") == "w1000 w2000"
    first.close()  # dies in the middle of w3000
    phone.write("caller", np.concatenate([beep(3000, 0.3), silence(0.8)]))
    phone.hang_up()
    second = desk.session()
    run(second)
    caller = segments(desk.folder, "caller")
    assert [(item.segment, item.text) for item in caller] == [(1, "w1000"), (2, "w2000"), (3, "w3000")]
    assert caller[2].start_ms == round((0.1 + 1.0 + 1.0) * 1000)
    assert caller[2].end_ms == caller[2].start_ms + 900
    assert spoken(desk.folder, "agent") == "w5000"
    assert second.done


def test_a_session_on_a_completed_call_does_nothing(desk: Desk) -> None:
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
    desk.phone.hang_up()
    run(desk.session())
    before = desk.folder.journal("transcript").read_bytes()
    again = desk.session()
    run(again)
    assert again.done
    assert desk.folder.journal("transcript").read_bytes() == before


def test_wrong_rate_is_told_and_the_other_leg_goes_on(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.phone.start()
    desk.phone.bridge(100)
    desk.folder.audio("agent").write_bytes(growing_header(rate_hz=16000) + bytes(32000))
    desk.phone.write("caller", np.concatenate([silence(0.1), sentence(1000)]))
    session = desk.session()
    run(session)
    logged = capsys.readouterr()
    assert "agent.wav" in logged.out + logged.err
    assert "16000" in logged.out + logged.err
    assert not completed(desk.folder)
    desk.phone.hang_up()
    run(session)
    assert spoken(desk.folder, "caller") == "w1000"
    assert completed(desk.folder)["agent"].segments == 0


def test_a_call_without_any_audio_file_completes(desk: Desk) -> None:
    desk.phone.start()
    for leg in ("caller", "agent"):
        desk.folder.audio(leg).unlink()
    desk.phone.bridge(100)
    desk.phone.end("error")
    session = desk.session()
    run(session)
    desk.clock.advance(SETTLE_S + 0.1)
    run(session)
    assert session.done


def test_abandon_completes_with_what_there_is(desk: Desk) -> None:
    desk.phone.start()
    desk.phone.write("caller", np.concatenate([silence(0.1), sentence(1000), beep(2000)]))
    session = desk.session()
    run(session)
    session.abandon()
    done = completed(desk.folder)
    assert (done["caller"].segments, done["agent"].segments) == (1, 0)


def test_lag_is_the_longer_backlog(desk: Desk) -> None:
    desk.phone.start(sync_tone_ms=100)
    desk.phone.bridge(100)
    desk.phone.write("caller", silence(2.1))
    desk.phone.write("agent", silence(5.1))
    session = desk.session()
    session.poll()
    session.advance()
    assert session.lag_ms() == 4900
    assert session.live_legs == 2
