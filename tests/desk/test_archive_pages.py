# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive's pages and media over bundles that the recorder really sealed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from crm.audit import verify
from crm.audit_search import AuditQuery, search
from desk.listening import AGAIN_S
from desk.records import catch_up_archive
from pipeline import events as ev
from recorder.archive import Archive
from recorder.seal import Sealed, Sealer
from tests.desk.conftest import Browser, Desk
from tests.recorder.folders import TONE_FILE, CallMaker

pytestmark = pytest.mark.integration


async def sealed_call(desk: Desk, **more: Any) -> Sealed:
    """Seal a call of two seconds and let the hub take it in as after a restart."""
    hub = desk.hub
    maker = CallMaker(hub.spool, **more)
    sealer = Sealer(hub.spool, hub.settings.archive_dir, clock=desk.clock, tone_file=TONE_FILE)
    sealed = sealer.seal(maker.write())
    catch_up_archive(hub.database, hub.archive, hub.records.take_event)
    await hub.records.drained()
    return sealed


def page_data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found.group(1))
    return data


async def assessor(desk: Desk) -> Browser:
    return await desk.signed_in("ayu")


async def test_a_sealed_call_is_on_the_list_and_found_by_number_and_day(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    browser = await assessor(desk)
    for query, there in (("", True), ("q=7788", True), ("q=9999", False), ("tanggal=2026-11-24", True),
                         ("tanggal=2026-11-23", False)):  # fmt: skip
        page = await browser.get(f"/arsip?{query}")
        assert page.status_code == 200
        assert (sealed.manifest.call_id in page.text) is there, query
    assert (await browser.get("/arsip?tanggal=kemarin")).status_code == 422
    assert (await browser.get("/arsip?hal=0")).status_code == 422


async def test_the_player_page_has_everything_on_one_time_line(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    response = await (await assessor(desk)).get(f"/arsip/{sealed.manifest.call_id}?tujuan=assessment")
    call = page_data(response.text)["call"]
    assert call["has_audio"] is True
    assert call["integrity"] == "intact", call["problems"]
    assert call["duration_ms"] == 2000
    assert call["manifest_sha256"] == sealed.manifest_sha256
    assert call["events"][0]["event"] == "call.offered"
    assert [item["event"] for item in call["case_events"]] == ["case.opened", "case.transitioned"]


async def test_audio_comes_whole_and_in_ranges(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    data = (sealed.bundle / "call.flac").read_bytes()
    browser = await assessor(desk)
    path = f"/arsip/{sealed.manifest.call_id}/audio.flac?tujuan=assessment"
    whole = await browser.get(path)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "audio/flac"
    part = await browser.get(path, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, data[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(data)}"
    tail = await browser.get(path, headers={"Range": "bytes=-50"})
    assert (tail.status_code, tail.content) == (206, data[-50:])
    beyond = await browser.get(path, headers={"Range": f"bytes={len(data) + 10}-"})
    assert beyond.status_code == 416


async def test_peaks_and_transcript(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    browser = await assessor(desk)
    peaks = (await browser.get(f"/arsip/{sealed.manifest.call_id}/peaks.json")).json()
    assert peaks["sample_rate_hz"] == 8000
    assert len(peaks["caller"]) == len(peaks["agent"]) == -(-16000 // peaks["samples_per_peak"])
    assert 0 < max(peaks["caller"]) <= 1
    said = (await browser.get(f"/arsip/{sealed.manifest.call_id}/transcript.json?tujuan=legal")).json()
    assert [(item["leg"], item["text"]) for item in said] == [("caller", "saya lupa efin"), ("agent", "baik bapak")]
    assert all(item["words"] for item in said)


async def test_an_altered_recording_is_marked_on_list_and_player(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    audio = sealed.bundle / "call.flac"
    data = bytearray(audio.read_bytes())
    data[-1] ^= 1
    audio.chmod(0o640)
    audio.write_bytes(data)
    browser = await assessor(desk)
    call = page_data((await browser.get(f"/arsip/{sealed.manifest.call_id}?tujuan=legal")).text)["call"]
    assert call["integrity"] == "problem"
    assert any("call.flac" in problem for problem in call["problems"])
    assert "call.flac" in (await browser.get("/arsip")).text


async def test_a_bundle_without_manifest_breaks_no_page(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    (sealed.bundle / "manifest.json").unlink()
    browser = await assessor(desk)
    listed = await browser.get("/arsip")
    assert listed.status_code == 200
    assert "manifest.json" in listed.text
    response = await browser.get(f"/arsip/{sealed.manifest.call_id}")
    assert response.status_code == 500
    assert "Traceback" not in response.text


def trail(desk: Desk) -> list[tuple[str, str, str, str, str]]:
    found = reversed(search(desk.hub.database, AuditQuery(object_kind="call")).rows)
    return [(one.person, one.action, one.object_id, one.purpose, one.address) for one in found]


async def test_a_recording_opens_for_a_purpose_only_and_the_trail_says_which(desk: Desk) -> None:
    call_id = (await sealed_call(desk)).manifest.call_id
    browser = await assessor(desk)
    page = f"/arsip/{call_id}"
    asked = await browser.get(page)
    assert asked.status_code == 200
    assert 'name="tujuan"' in asked.text
    assert "page-data" in asked.text and "segments" not in page_data(asked.text)
    for path in (
        f"{page}/audio.flac",
        f"{page}/transcript.json",
        f"{page}/audio.flac?tujuan=iseng",
        f"{page}?tujuan=x",
    ):
        assert (await browser.get(path)).status_code == 422, path
    assert trail(desk) == []
    assert (await browser.get(f"{page}?tujuan=complaint")).status_code == 200
    for _ in range(3):
        assert (
            await browser.get(f"{page}/audio.flac?tujuan=complaint", headers={"Range": "bytes=0-9"})
        ).status_code == 206
    await browser.get(f"{page}/transcript.json?tujuan=complaint")
    opened = ("ayu", "recording_opened", call_id, "complaint", "127.0.0.1")
    played = ("ayu", "recording_played", call_id, "complaint", "127.0.0.1")
    assert trail(desk) == [opened, played]
    desk.clock.advance(AGAIN_S + 1)
    await browser.get(f"{page}/audio.flac?tujuan=complaint")
    await (await desk.signed_in("dewi")).get(f"{page}/audio.flac?tujuan=complaint")
    assert [one[0] for one in trail(desk)] == ["ayu", "ayu", "ayu", "dewi"]
    assert verify(desk.hub.database).broken is None


@pytest.mark.parametrize("call_id", ["20261124T000000-00000000", "..", "%2e%2e%2f%2e%2e%2fkring.db", "x", "%00"])
@pytest.mark.parametrize("what", ["", "/audio.flac", "/peaks.json", "/transcript.json"])
async def test_what_is_no_bundle_is_not_found(desk: Desk, call_id: str, what: str) -> None:
    response = await (await assessor(desk)).get(f"/arsip/{call_id}{what}")
    assert response.status_code in (404, 303)
    assert response.headers.get("location", "/") in ("/", "/arsip")  # ".." ends at the start page


async def test_an_agent_opens_an_unfinished_case_of_a_call_that_is_sealed_already(desk: Desk) -> None:
    sealed = await sealed_call(desk)
    call_id = sealed.manifest.call_id
    browser = await desk.signed_in("sari")
    opened = await browser.get(f"/api/calls/{call_id}")
    assert opened.status_code == 200, opened.text
    call = opened.json()["call"]
    assert (call["state"], len(call["segments"])) == ("ended", 2)
    assert call["case"]["state"] == "received"
    recent = (await browser.get("/api/state?scope=agent")).json()["recent"]
    assert recent[0]["call_id"] == call_id
    assert recent[0]["case_deadline_at"]
    assert (await (await desk.signed_in("bayu")).get(f"/api/calls/{call_id}")).status_code == 403


async def test_the_archive_is_taken_in_once(desk: Desk) -> None:
    await sealed_call(desk)
    again: list[ev.Event] = []
    catch_up_archive(desk.hub.database, Archive(desk.hub.settings.archive_dir), again.append)
    assert again == []
