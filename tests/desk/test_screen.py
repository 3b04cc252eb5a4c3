# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of the screen log: each part once and in order, nothing believed, nothing lost without a mark.

The numbers in here are invented: they have the form of an NPWP or a NIK and belong to nobody.
"""

from __future__ import annotations

import gzip
import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import ScreenNotKeptError, ScreenPartError
from desk.journals import StreamJournal
from desk.screen_log import ScreenLogs, Sent
from desk.screen_part import mask_numbers, read_part
from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from pipeline.errors import MessageError
from pipeline.events import ScreenCaptured, ScreenMissed
from pipeline.screenlog import MAX_EVENTS_BYTES, gunzip, pack, runs_of, unpack
from tests.desk.conftest import Browser, Desk
from tests.desk.folders import BEGAN, CALL_ID, LiveFolder

PAGE, OTHER = "00000000000000aa", "00000000000000bb"
T0 = round(BEGAN.timestamp() * 1000)
NPWP = "09.254.294.3-407.000"

unit = pytest.mark.unit
integration = pytest.mark.integration


def moment(at_ms: int = T0, text: str = "teks", **more: Any) -> dict[str, Any]:
    data = {"source": 0, "texts": [{"id": 3, "value": text}], "attributes": [], "removes": [], "adds": []}
    return {"type": 3, "timestamp": at_ms, "data": data, **more}


def body(*events: dict[str, Any], gap: dict[str, Any] | None = None, packed: bool = True) -> bytes:
    raw = json.dumps({"gap": gap} if gap else {"events": events}).encode()
    return gzip.compress(raw) if packed else raw


def sent(part: int, content: bytes | None = None, *, page: str = PAGE, ahead_ms: int = 0, last: bool = False) -> Sent:
    return Sent(page, part, ahead_ms, last, body(moment(T0 + part * 1000)) if content is None else content)


def numbers(folder: LiveFolder) -> list[tuple[str, int]]:
    return [(item.page, item.part) for item in folder.folder.read("screen") if isinstance(item, ScreenCaptured)]


class Logs:
    """Screen logs on a spool with one call, as the hub has them."""

    def __init__(self, tmp_path: Path, **more: Any) -> None:
        self.spool, self.clock = Spool(tmp_path / "spool"), ManualClock(BEGAN)
        self.call = LiveFolder(self.spool).offered()
        self._more = more
        self.start()

    def start(self) -> None:
        """A hub that was killed starts anew: nothing is known but what lies in the folder."""
        journal = StreamJournal(self.spool, "screen")
        self.logs = ScreenLogs(
            self.spool, journal, self.clock, offset_ms=lambda _, at: round(at.timestamp() * 1000) - T0, **self._more
        )

    def take(self, part: Sent) -> str:
        return self.logs.take(CALL_ID, part)


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


@unit
def test_parts_are_kept_once_in_order_and_say_where_they_belong(logs: Logs) -> None:
    assert [logs.take(sent(n, ahead_ms=500)) for n in (1, 2, 2, 1)] == ["kept", "kept", "repeated", "repeated"]
    assert logs.take(sent(1, page=OTHER)) == "kept"
    logs.start()
    assert logs.take(sent(2)) == "repeated"
    assert logs.take(sent(3, last=True)) == "kept"
    assert numbers(logs.call) == [(PAGE, 1), (PAGE, 2), (OTHER, 1), (PAGE, 3)]
    first, *_ = logs.call.folder.read("screen")
    assert isinstance(first, ScreenCaptured)
    assert (first.offset_ms, first.page_ms, first.events, first.full) == (1500, T0 + 1000, 1, False)
    own, other = runs_of(logs.call.folder.read("screen"))
    assert (own.shift_ms, own.ended, other.ended) == (500, True, False)
    assert [event["timestamp"] for event in own.events] == [T0 + 1000, T0 + 2000, T0 + 3000]


@unit
def test_what_is_missing_is_marked(logs: Logs) -> None:
    logs.take(sent(1))
    assert logs.take(sent(4)) == "kept"
    gap = {"reason": "storage_full", "from_ms": T0 + 5000, "to_ms": T0 + 9000}
    assert logs.take(sent(5, body(gap=gap, packed=False))) == "kept"
    marks = [item for item in logs.call.folder.read("screen") if isinstance(item, ScreenMissed)]
    assert [(mark.reason, mark.parts) for mark in marks] == [("parts_missing", 2), ("storage_full", 0)]
    assert (marks[1].offset_ms, marks[1].page_ms, marks[1].until_page_ms) == (5000, T0 + 5000, T0 + 9000)
    assert len(runs_of(logs.call.folder.read("screen"))[0].missed) == 2


@unit
def test_a_log_has_a_longest_length_and_says_that_it_ended_there(tmp_path: Path) -> None:
    logs = Logs(tmp_path, max_log_bytes=1000)
    noise = [moment(T0 + n, text=string.ascii_letters[n % 50 :] + str(n)) for n in range(60)]
    answers = [logs.take(sent(n, body(*noise))) for n in range(1, 6)]
    assert answers[0] == "kept"
    assert answers[-1] == "full"
    stored = list(logs.call.folder.read("screen"))
    assert [item.reason for item in stored if isinstance(item, ScreenMissed)] == ["log_full"]
    logs.start()
    assert logs.take(sent(9)) == "full"
    assert len(list(logs.call.folder.read("screen"))) == len(stored)


@unit
def test_a_sealed_call_takes_nothing_and_is_no_error(logs: Logs) -> None:
    logs.take(sent(1))
    logs.call.folder.sealing_mark.touch()
    before = logs.call.folder.journal("screen").read_bytes()
    assert logs.take(sent(2)) == "sealed"
    assert logs.take(sent(2, b"whatever")) == "sealed"
    assert logs.call.folder.journal("screen").read_bytes() == before


@unit
def test_a_part_that_cannot_be_written_is_not_acknowledged(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.take(sent(1))
    monkeypatch.setattr("pipeline.journal.os.write", lambda fd, line: 0)
    with pytest.raises(ScreenNotKeptError):
        logs.take(sent(2))
    monkeypatch.undo()
    assert logs.take(sent(2)) == "kept"
    assert numbers(logs.call) == [(PAGE, 1), (PAGE, 2)]


@unit
@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x1f\x8b\x00", b"null", b"[]", b"{}", b'{"events":[]}', b'{"events":{}}', b"{" * 100_000,
        body({"type": 3, "timestamp": T0}), body(moment(at_ms=-1)), body(moment(at_ms=True)), body(moment(extra=1)),
        body({"type": 5, "timestamp": T0, "data": {}}), body({"type": 2, "timestamp": T0, "data": {"node": 1}}),
        body({"type": 3, "timestamp": T0, "data": {"source": 9}}), body(moment(at_ms=T0 + 10**9)),
        body(moment(), gap={"reason": "x", "from_ms": T0, "to_ms": T0}),
        gzip.compress(b'{"events":[1]}') + b"more", gzip.compress(b'{"events":[1]}')[:-4],
        gzip.compress(b'{"events":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
        body(moment(text="x", delay=json.loads("[" * 300 + "]" * 300))),
    ],
)  # fmt: skip
def test_what_is_no_screen_log_is_refused_and_leaves_no_trace(logs: Logs, content: bytes) -> None:
    with pytest.raises(ScreenPartError):
        logs.take(sent(1, content))
    assert not logs.call.folder.journal("screen").exists()


@unit
def test_a_decompression_bomb_is_stopped_at_its_limit() -> None:
    bomb = gzip.compress(b" " * (50 * MAX_EVENTS_BYTES))
    with pytest.raises(MessageError, match="more than"):
        gunzip(bomb)
    with pytest.raises(ScreenPartError):
        read_part(bomb)


@unit
@pytest.mark.parametrize(
    "written",
    [
        NPWP,
        "092542943407000",
        "3171 2345 6789 0001",
        "0925 4294 - 3407 - 000",
        "09,254,294,3",
        "EFIN 1234567890",
        "٠٩٢٥٤٢٩٤٣٤",
    ],
)
def test_long_numbers_lose_their_digits(written: str) -> None:
    assert not re.search(r"\d", mask_numbers(f"nomor {written}."))


@unit
@pytest.mark.parametrize(
    "plain", ["LI-2026-000123", "2026-11-24 10.42", "2026-11-24", "PER-11/PJ/2025 Pasal 4", "Rp125.000", "10.42.07"]
)
def test_what_is_no_number_of_a_person_stays(plain: str) -> None:
    assert mask_numbers(f"lihat {plain} ya") == f"lihat {plain} ya"


@unit
@given(
    digits=st.text("0123456789", min_size=15, max_size=16),
    glue=st.lists(st.sampled_from(["", " ", ".", "-", " - ", "/"]), min_size=16, max_size=16),
    before=st.sampled_from(["", "npwp ", "LI-", "2026-11-24 "]),
)
def test_no_grouping_of_an_identity_number_survives(digits: str, glue: list[str], before: str) -> None:
    number = "".join(digit + mark for digit, mark in zip(digits, glue, strict=False))
    assert not re.search(r"\d", mask_numbers(before + number).removeprefix(before))


@unit
def test_the_server_masks_what_a_page_did_not(logs: Logs) -> None:
    event = moment(text=f"npwp {NPWP}")
    event["data"]["attributes"] = [{"id": 4, "attributes": {"title": NPWP, NPWP: "x"}}]
    event["data"]["adds"] = [{"node": {"attributes": {"d": "M 10 20 30 40 50 60 70"}}}]
    logs.take(sent(1, body(event)))
    [kept] = runs_of(logs.call.folder.read("screen"))[0].events
    assert "254" not in json.dumps(kept)
    assert kept["data"]["texts"][0]["value"] == "npwp ••.•••.•••.•-•••.•••"
    assert kept["data"]["adds"][0]["node"]["attributes"]["d"] == "M 10 20 30 40 50 60 70", "a drawing is no number"


@unit
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=3), max_size=5))
def test_what_is_packed_is_unpacked(events: list[dict[str, Any]]) -> None:
    assert unpack(pack(events)) == events


@unit
@pytest.mark.parametrize("data", ["", "???", "bm9wZQ==", pack([])[:-8]])
def test_a_damaged_part_is_an_error_that_says_so(data: str) -> None:
    with pytest.raises(MessageError):
        unpack(data)


def url(part: int, *, call_id: str = CALL_ID, page: str = PAGE, more: str = "") -> str:
    return f"/api/screen/{call_id}?page={page}&part={part}{more}"


async def post(browser: Browser, address: str, content: bytes) -> Any:
    headers = {"X-CSRF-Token": browser.csrf, "Origin": "http://desk.test"}
    return await browser.client.post(address, content=content, headers=headers)


@integration
async def test_an_agent_sends_parts_of_an_own_call_only(desk: Desk) -> None:
    call = desk.call().offered().answered()
    now_ms = round(desk.clock.now().timestamp() * 1000)
    sari, bayu = await desk.signed_in("sari"), await desk.signed_in("bayu")
    content = body(moment(now_ms))
    assert (await post(bayu, url(1), content)).json()["error"]["code"] == "forbidden"
    assert (await post(sari, url(1, call_id="20261124T030000-00000000"), content)).status_code == 404
    assert (await post(sari, url(1, page="../../etc"), content)).status_code == 422
    assert (await post(sari, url(1), b"{}")).json()["error"]["code"] == "screen_part"
    assert (await post(sari, url(1), b"x" * 300_000)).status_code == 413
    assert (await post(sari, url(1), content)).json() == {"state": "kept"}
    assert (await post(sari, url(1), content)).json() == {"state": "repeated"}
    assert (await post(sari, url(2, more="&last=true"), content)).json() == {"state": "kept"}
    assert numbers(call) == [(PAGE, 1), (PAGE, 2)]


@integration
async def test_the_screen_log_is_no_news(desk: Desk) -> None:
    call = desk.call().offered().answered()
    sari = await desk.signed_in("sari")
    await post(sari, url(1), body(moment(round(desk.clock.now().timestamp() * 1000))))
    before = desk.hub.stream.cursor
    call.says("halo", tell=False)
    await desk.hub.ingest.catch_up()
    assert desk.hub.stream.cursor != before, "the folder was read"
    state = (await sari.get("/api/state?scope=agent")).text
    assert "screen" not in {item.stream for item in desk.hub.ingest._resumer.catch_up(CALL_ID)}
    assert "H4sI" not in state
