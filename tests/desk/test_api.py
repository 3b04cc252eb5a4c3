# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON API against a running hub: snapshots, commands to a softphone on a real bus, cases, articles."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from crm import people
from crm.models import Case
from desk.records import repair_cases
from pipeline import events as ev
from pipeline.bus import Broker, BusClient
from pipeline.callfolder import CallFolder
from pipeline.errors import CommandRefusedError
from retrieval.feedback import FeedbackIndex
from tests.desk.conftest import Desk
from tests.desk.folders import BEGAN, CALL_ID

pytestmark = pytest.mark.integration


async def opened_case(desk: Desk) -> dict[str, Any]:
    """Offer and answer a call and return its case as the agent's page gets it."""
    desk.call().offered().answered()
    await desk.hub.records.drained()
    await asyncio.sleep(0)
    case = desk.hub.live.calls[CALL_ID].case
    assert case is not None
    return case


async def test_an_answered_call_has_a_case_whose_clock_runs_from_the_answer(desk: Desk) -> None:
    case = await opened_case(desk)
    assert case["number"].startswith("LI-2026-")
    assert case["state"] == "received"
    assert case["call_id"] == CALL_ID
    assert case["article_id"] is None
    assert [step["to"] for step in case["next"]] == ["recorded", "closed"]
    lines = list(desk.hub.spool.folder(CALL_ID).read("case"))
    [line] = lines
    assert isinstance(line, ev.CaseOpened)
    assert (line.agent, line.seq, line.offset_ms) == ("sari", 1, 0)
    assert (line.deadline_at - BEGAN).total_seconds() == 4 + 900


async def test_a_call_answered_twice_on_the_bus_has_one_case(desk: Desk) -> None:
    call = desk.call().offered().answered()
    for item in call.folder.read("call"):
        desk.hub.ingest.accept(item)
    await desk.hub.ingest.catch_up()
    await desk.hub.records.drained()
    assert len(list(call.folder.read("case"))) == 1


async def test_lines_that_a_killed_hub_did_not_write_are_added_from_the_database(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    await browser.post(
        f"/api/cases/{case['case_id']}/transition", {"version": 1, "to": "recorded", "fields": {"question": "efin"}}
    )
    folder = desk.hub.spool.folder(CALL_ID)
    written = [item.name for item in folder.read("case")]
    desk.hub._case_journal.close()
    folder.journal("case").unlink()
    await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    repaired = list(folder.read("case"))
    assert [item.name for item in repaired] == written == ["case.opened", "case.transitioned"]
    assert isinstance(repaired[1], ev.CaseTransitioned)
    assert (repaired[1].from_state, repaired[1].to_state, repaired[1].step) == ("received", "recorded", "2")
    assert repaired[1].fields == {"question": "efin"}  # one change is missing, so it is known which one it was


async def test_what_was_typed_is_in_the_case_journal_again_after_the_hub_was_killed(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    path = f"/api/cases/{case['case_id']}"
    await browser.post(f"{path}/save", {"version": 1, "fields": {"question": "lupa"}})
    kept = desk.hub.spool.folder(CALL_ID).journal("case").read_bytes()
    await browser.post(f"{path}/save", {"version": 2, "fields": {"question": "lupa efin", "topic": "EFIN"}})
    typed = {"answer": "ke kantor", "caller_identity": {"name": "Budi Uji", "npwp_checked": True}}
    moved = await browser.post(f"{path}/transition", {"version": 3, "to": "recorded", "fields": typed})
    assert moved.status_code == 200, moved.text
    desk.hub._case_journal.close()
    folder = desk.hub.spool.folder(CALL_ID)
    folder.journal("case").write_bytes(kept)
    await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    *_, step, note = repaired = list(folder.read("case"))
    assert [item.name for item in repaired] == ["case.opened", "case.noted", "case.transitioned", "case.noted"]
    assert isinstance(step, ev.CaseTransitioned)
    assert isinstance(note, ev.CaseNoted)
    assert step.fields == {}  # several changes are missing: nobody knows which of them brought what
    assert note.fields == {
        "question": "lupa efin", "topic": "EFIN", "answer": "ke kantor", "caller_name": "Budi Uji",
        "npwp_checked": True,
    }  # fmt: skip


async def test_a_change_made_while_the_journals_are_repaired_is_written_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await opened_case(desk)
    sari = people.find_person(desk.hub.database, "sari")
    assert sari is not None
    save = partial(desk.hub.casework.save, int(case["case_id"]), 1, {"question": "lupa efin"}, sari)
    saving = threading.Thread(target=save)
    read = CallFolder.read

    def meanwhile(folder: CallFolder, stream: ev.Stream) -> Iterator[ev.CallEvent]:
        yield from list(read(folder, stream))
        saving.start()
        saving.join(0.5)

    with monkeypatch.context() as patched:
        patched.setattr(CallFolder, "read", meanwhile)
        await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    await asyncio.to_thread(saving.join)
    names = [item.name for item in desk.hub.spool.folder(CALL_ID).read("case")]
    assert names == ["case.opened", "case.noted"]


async def test_a_note_that_a_killed_hub_did_not_write_is_added_too(desk: Desk) -> None:
    case = await opened_case(desk)
    folder = desk.hub.spool.folder(CALL_ID)
    kept = folder.journal("case").read_bytes()
    browser = await desk.signed_in("sari")
    await browser.post(f"/api/cases/{case['case_id']}/save", {"version": 1, "fields": {"question": "lupa efin"}})
    desk.hub._case_journal.close()
    folder.journal("case").write_bytes(kept)
    await asyncio.to_thread(repair_cases, desk.hub.spool, desk.hub.casework)
    [_, note] = folder.read("case")
    assert isinstance(note, ev.CaseNoted)
    assert note.fields == {"question": "lupa efin"}


async def test_the_archive_closes_a_documented_case(desk: Desk) -> None:
    case = await opened_case(desk)
    with desk.hub.database.write() as session:
        stored = session.get_one(Case, int(case["case_id"]))
        stored.state = "documented"
        session.commit()
    sealed = ev.BundleSealed(at=BEGAN, call_id=CALL_ID, bundle="x", manifest_sha256="0", complete=True)
    desk.hub.ingest.accept(sealed)
    await desk.hub.records.drained()
    await asyncio.sleep(0)
    known = desk.hub.live.calls[CALL_ID].case
    assert known is not None
    assert known["state"] == "closed"
    assert desk.hub.live.current_call("2101") is desk.hub.live.calls[CALL_ID]  # the call itself is still up here


async def test_the_agents_snapshot_holds_the_whole_call(desk: Desk) -> None:
    await opened_case(desk)
    call = desk.call()
    call.says("saya lupa efin")
    call.partial("untuk lapor")
    desk.hub.ingest.accept(ev.ExtensionStateChanged(at=BEGAN, extension="2101", state="talking", call_id=CALL_ID))
    state = (await (await desk.signed_in("sari")).get("/api/state?scope=agent")).json()
    assert state["person"]["username"] == "sari"
    assert state["extension"] == {"number": "2101", "state": "talking", "device": "sip", "answer": "device"}
    live = state["call"]
    assert live["state"] == "talking"
    assert [item["text"] for item in live["segments"]] == ["saya lupa efin"]
    assert live["partials"]["caller"]["text"] == "untuk lapor"
    assert live["case"]["state"] == "received"
    assert live["recording"] is True
    assert state["cursor"] == desk.hub.stream.cursor
    assert state["day"]["calls"] == 1


async def test_the_board_has_no_transcript_but_the_last_words(desk: Desk) -> None:
    await opened_case(desk)
    desk.call().says("saya lupa efin")
    desk.hub.ingest.accept(ev.ProcessStarted(at=BEGAN, process="asr.1", pid=1, restarts=2))
    desk.hub.ingest.accept(
        ev.WorkerMeasured(at=BEGAN, process="asr.1", pid=1, rss_bytes=2**20, cpu_s=1.5, figures={"lag_ms": 250.0})
    )
    state = (await (await desk.signed_in("dewi")).get("/api/state?scope=board")).json()
    [call] = state["calls"]
    assert "segments" not in call
    assert call["last_text"] == "saya lupa efin"
    assert call["agent_name"] == "Sari Uji"
    assert state["today"]["answered"] == 1
    assert state["cases"]["received"] == 1
    assert [case["call_id"] for case in state["open_cases"]] == [CALL_ID]
    assert state["health"]["asr_lag_s"] == 0.25
    assert {"name": "asr.1", "state": "running", "restarts": 2, "rss_mb": 1.0, "cpu_s": 1.5} in (
        state["health"]["processes"]
    )
    assert [row["number"] for row in state["extensions"]] == ["2101", "2102"]


async def test_a_failed_sealing_is_on_the_board_until_it_succeeds(desk: Desk) -> None:
    async def failed() -> list[dict[str, str]]:
        state = (await (await desk.signed_in("dewi")).get("/api/state?scope=board")).json()
        found: list[dict[str, str]] = state["health"]["sealing_failed"]
        return found

    assert await failed() == []
    desk.hub.ingest.accept(ev.SealingFailed(at=BEGAN, call_id=CALL_ID, problem="Cakram arsip penuh."))
    assert await failed() == [{"call_id": CALL_ID, "problem": "Cakram arsip penuh."}]
    desk.hub.ingest.accept(
        ev.BundleSealed(at=BEGAN, call_id=CALL_ID, bundle="x", manifest_sha256="0" * 64, complete=True)
    )
    assert await failed() == []


async def test_saving_and_moving_a_case_reaches_database_journal_and_stream(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    path = f"/api/cases/{case['case_id']}"
    saved = await browser.post(f"{path}/save", {"version": 1, "fields": {"question": "lupa EFIN <b>"}})
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 2
    moved = await browser.post(
        f"{path}/transition", {"version": 2, "to": "recorded", "fields": {"caller_identity": {"name": "Budi"}}}
    )
    assert moved.status_code == 200, moved.text
    body = moved.json()["case"]
    assert (body["state"], body["caller_identity"]["name"], body["question"]) == ("recorded", "Budi", "lupa EFIN <b>")
    await asyncio.sleep(0)
    names = [item.name for item in desk.hub.spool.folder(CALL_ID).read("case")]
    assert names == ["case.opened", "case.noted", "case.transitioned"]
    found = desk.hub.stream.after(0, lambda message: message.extension == "2101")
    assert found is not None
    assert [message.name for message in found[0]].count("case") == 3


async def test_a_stale_version_is_a_conflict_that_carries_the_stored_case(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    path = f"/api/cases/{case['case_id']}/save"
    await browser.post(path, {"version": 1, "fields": {"question": "satu"}})
    refused = await browser.post(path, {"version": 1, "fields": {"question": "dua"}})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "version_conflict"
    assert refused.json()["case"]["question"] == "satu"


async def test_a_request_that_is_sent_again_works_once(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    path = f"/api/cases/{case['case_id']}"
    step = {"version": 1, "to": "recorded", "fields": {"question": "efin"}, "request_key": "press-000001"}
    first, again = [await browser.post(f"{path}/transition", step) for _ in range(2)]
    assert (first.status_code, again.json()) == (200, first.json())
    reused = await browser.post(f"{path}/save", {"version": 2, "fields": {}, "request_key": "press-000001"})
    assert (reused.status_code, reused.json()["error"]["code"]) == (422, "request_reused")


async def test_a_step_that_lacks_something_says_what(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    refused = await browser.post(f"/api/cases/{case['case_id']}/transition", {"version": 1, "to": "recorded"})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "procedure"
    assert refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/cases/x/save", {"version": 1, "fields": {}}, 422),
        ("/api/cases/1/save", {"version": 1}, 422),
        ("/api/cases/1/save", [1, 2], 422),
        ("/api/cases/999/save", {"version": 1, "fields": {}}, 404),
        ("/api/calls/../command", {"command": "hold"}, 404),
        ("/api/calls/x/command", {"command": "hold"}, 422),
        (f"/api/calls/{CALL_ID}/command", {"command": "format"}, 422),
        (f"/api/calls/{CALL_ID}/command", {"command": "hold"}, 404),
        (f"/api/calls/{CALL_ID}/suggestions/a/eaten", {"version": 1}, 422),
    ],
)
async def test_bad_requests_have_the_one_error_shape(desk: Desk, path: str, body: object, status: int) -> None:
    response = await (await desk.signed_in("sari")).post(path, body)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"code", "message", "remedy"}
    assert "Traceback" not in response.text


async def test_a_huge_body_is_refused(desk: Desk) -> None:
    case = await opened_case(desk)
    browser = await desk.signed_in("sari")
    path = f"/api/cases/{case['case_id']}/save"
    response = await browser.post(path, {"version": 1, "fields": {"question": "x" * 400_000}})
    assert response.status_code == 413
    assert (await browser.post(path, {"version": 1, "fields": {"question": "x" * 8000}})).status_code == 200


@asynccontextmanager
async def softphone(
    desk: Desk, answers: dict[str, Any], *, extension: str = "2101"
) -> AsyncIterator[list[tuple[str, dict[str, Any]]]]:
    """The extension's peer on a real bus; yields the commands that it got."""
    got: list[tuple[str, dict[str, Any]]] = []

    async def obey(command: str, args: dict[str, Any]) -> dict[str, Any]:
        got.append((command, args))
        if command not in answers:
            raise CommandRefusedError("the call is not held")
        result: dict[str, Any] = answers[command]
        return result

    path = desk.hub.settings.bus_path
    async with Broker(path), BusClient(path, f"softphone.{extension}", on_command=obey) as peer:
        async with asyncio.timeout(10):
            await peer.connected.wait()
            await desk.hub.bus.connected.wait()
        yield got


async def test_a_button_reaches_the_softphone_of_the_own_extension(desk: Desk) -> None:
    desk.call().offered()
    browser = await desk.signed_in("sari")
    async with softphone(desk, {"answer": {"state": "answering"}}) as got:
        response = await browser.post(f"/api/calls/{CALL_ID}/command", {"command": "answer"})
        assert (response.status_code, response.json()["result"]) == (200, {"state": "answering"})
        assert got == [("answer", {"call_id": CALL_ID})]
        refused = await browser.post(f"/api/calls/{CALL_ID}/command", {"command": "resume"})
        assert refused.status_code == 409
        assert "Lanjutkan" in refused.json()["error"]["message"]
        assert "Berdering" in refused.json()["error"]["message"]


async def test_a_softphone_that_is_away_is_named(desk: Desk) -> None:
    desk.call(extension="2102").offered()
    browser = await desk.signed_in("bayu")
    async with softphone(desk, {}) as got:
        response = await browser.post(f"/api/calls/{CALL_ID}/command", {"command": "answer"})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "softphone_away"
    assert "2102" in response.json()["error"]["message"]
    assert got == []


async def test_a_button_for_a_call_that_is_over_goes_nowhere(desk: Desk) -> None:
    desk.call().offered().ended("caller_abandoned")
    browser = await desk.signed_in("sari")
    response = await browser.post(f"/api/calls/{CALL_ID}/command", {"command": "hangup"})
    assert (response.status_code, response.json()["error"]["code"]) == (409, "call_over")


async def test_what_the_agent_did_with_an_article_is_kept(desk: Desk) -> None:
    await opened_case(desk)
    browser = await desk.signed_in("sari")
    for action in ("opened", "used", "rejected"):
        response = await browser.post(f"/api/calls/{CALL_ID}/suggestions/uji-efin/{action}", {"version": 2})
        assert response.status_code == 200, response.text
    lines = list(desk.hub.spool.folder(CALL_ID).read("suggestions"))
    assert [(line.name, line.seq) for line in lines] == [
        ("suggestion.opened", 1), ("suggestion.used", 2), ("suggestion.rejected", 3),
    ]  # fmt: skip
    assert isinstance(lines[0], ev.SuggestionOpened)
    assert (lines[0].person, lines[0].version, lines[0].query) == ("sari", 2, "")


async def test_an_article_found_by_hand_keeps_what_was_searched_for(desk: Desk) -> None:
    await opened_case(desk)
    browser = await desk.signed_in("sari")
    response = await browser.post(
        f"/api/calls/{CALL_ID}/suggestions/uji-efin/used", {"version": 2, "query": "nomor efin hilang"}
    )
    assert response.status_code == 200, response.text
    [used] = list(desk.hub.spool.folder(CALL_ID).read("suggestions"))
    assert isinstance(used, ev.SuggestionUsed)
    assert used.query == "nomor efin hilang"


async def test_a_question_answered_without_sikp_is_kept(desk: Desk) -> None:
    await opened_case(desk)
    sari, other = await desk.signed_in("sari"), await desk.signed_in("bayu")
    url = f"/api/calls/{CALL_ID}/answered-without-sikp"
    assert (await other.post(url, {"question": "x"})).status_code == 403
    assert (await sari.post(url, {"question": "cara lapor aset virtual"})).status_code == 200
    [kept] = list(desk.hub.spool.folder(CALL_ID).read("suggestions"))
    assert isinstance(kept, ev.AnsweredWithoutSikp)
    assert (kept.person, kept.query, kept.question) == ("sari", "cara lapor aset virtual", 1)


async def test_feedback_is_indexed_once_also_when_history_is_read_again(desk: Desk) -> None:
    await opened_case(desk)
    browser = await desk.signed_in("sari")
    await browser.post(f"/api/calls/{CALL_ID}/suggestions/uji-efin/rejected", {"version": 1, "query": "efin hilang"})
    await browser.post(f"/api/calls/{CALL_ID}/answered-without-sikp", {"question": "efin hilang"})
    await asyncio.sleep(0)
    for item in desk.hub.spool.folder(CALL_ID).read("suggestions"):
        desk.hub.records.take_event(item)
    await desk.hub.records.drained()
    facts = FeedbackIndex(desk.hub.database).facts()
    assert [(one.action, one.query) for one in facts] == [("rejected", "efin hilang"), ("without_sikp", "efin hilang")]


async def wait_for_search(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while not desk.hub.search.status().articles:
            await asyncio.sleep(0.01)


async def test_an_article_is_shown_without_its_dangers(desk: Desk) -> None:
    await wait_for_search(desk)
    body = (await (await desk.signed_in("sari")).get("/api/articles/uji-efin")).json()
    assert body["version"] == 2
    assert body["legal_basis"] == [{"text": "PER-0/PJ/0000 Pasal 0", "in_force_from": None, "in_force_to": None}]
    assert body["in_force"] is True
    assert "<strong>kantor pajak</strong>" in body["html"]
    assert "<table>" in body["html"]
    assert "<script" not in body["html"]
    assert 'href="javascript' not in body["html"]
    assert "<img" not in body["html"]


async def test_unknown_articles_and_drafts_are_not_there(desk: Desk) -> None:
    await wait_for_search(desk)
    browser = await desk.signed_in("sari")
    for article in ("tidak-ada", "uji-rancangan", "..%2F..%2Fetc"):
        response = await browser.get(f"/api/articles/{article}")
        assert response.status_code == 404
        assert response.json()["error"]["message"]


async def test_searching_by_hand(desk: Desk) -> None:
    await wait_for_search(desk)
    browser = await desk.signed_in("kiki")
    body = (await browser.get("/api/search", params={"q": "saya lupa efin"})).json()
    assert body["articles"][0]["article_id"] == "uji-efin"
    assert body["no_answer"] is False
    assert (await browser.get("/api/search", params={"q": ""})).json()["articles"] == []
    assert (await browser.get("/api/search", params={"q": "x" * 5000})).status_code == 422


async def test_a_mistake_of_ours_shows_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await wait_for_search(desk)

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(desk.hub.search, "search", broken)
    monkeypatch.setattr(desk.hub.live, "current_call", broken)
    browser = await desk.signed_in("sari")
    for path in ("/api/search?q=efin", "/agen"):
        response = await browser.get(path)
        assert response.status_code == 500
        assert "secret detail" not in response.text
        assert "Traceback" not in response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert (await browser.get("/api/search?q=efin")).json()["error"]["code"] == "internal"


async def test_hostile_names_and_words_stay_text_on_the_page(desk: Desk) -> None:
    call = desk.call(caller_name="</script><script>alert(1)</script>").offered()
    call.says("</script><img src=x onerror=alert(1)>")
    page = (await (await desk.signed_in("sari")).get("/agen")).text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "\\u003c/script\\u003e" in page
