# SPDX-License-Identifier: GPL-3.0-or-later
"""An invented NPWP is planted in a call; no route gives any of it to a role that need not see it."""

from __future__ import annotations

import asyncio
import re

import pytest

from crm import cases, people
from crm.audit_search import AuditQuery, search
from desk.app import access_rules
from desk.masking import MASK, is_masked
from pipeline import events as ev
from tests.desk.conftest import PEOPLE, Desk
from tests.desk.folders import BEGAN, CALL_ID
from tests.desk.hostile import attacks, routes
from tests.desk.test_archive_pages import page_data, sealed_call
from tests.desk.test_masking import heard, leaks, npwp, spoken
from tests.recorder.folders import CallMaker

pytestmark = pytest.mark.integration

NUMBER = "925429343407123"  # invented
# Hashes, tokens, cursors and times (this runs at any hour): digits of every kind, now and then four of the number's.
BY_CHANCE = re.compile(
    r"(?=[\w-]*[A-Za-z])[\w-]{20,}|\b[0-9a-f]{8}-\d+\b|\d{4}-\d\d-\d\d[T ]\d\d[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?"
)
MASKED = [name for name, (_, roles, _) in PEOPLE.items() if is_masked(roles)]
SEEING = [name for name, (_, roles, _) in PEOPLE.items() if not is_masked(roles)]


def told_in(text: str) -> bool:
    """Tell whether a response gives any stretch of the number away."""
    return leaks(BY_CHANCE.sub("", text), NUMBER)


def segment(text: str, at: int, leg: ev.Leg = "caller") -> ev.SegmentFinalized:
    wire = heard(text, at, leg)
    wire.pop("event")
    return ev.SegmentFinalized.model_validate(wire)


def tell(desk: Desk) -> dict[str, str]:
    """Play a call in which the number is told in pieces, typed into the case and quoted by a suggestion."""
    call = desk.call().offered().answered()
    call.write(segment("boleh sebutkan npwp bapak", 0, "agent"))
    for at, piece in enumerate((NUMBER[:6], NUMBER[6:11], NUMBER[11:])):
        call.write(segment(f"{spoken(piece)} ya", at + 1))
    call.write(
        ev.SuggestionsShown(
            at=BEGAN, call_id=CALL_ID, query=f"npwp {spoken(NUMBER)}",
            articles=(
                ev.SuggestedArticle(article_id="uji-efin", version=1, title="EFIN", score=0.9, quote=npwp(NUMBER)),
            ),
        )
    )  # fmt: skip
    return {"call_id": CALL_ID, "article_id": "uji-efin"}


async def typed(desk: Desk) -> dict[str, str]:
    """Type the number into the case; return what the addresses need."""
    known = tell(desk)
    await desk.hub.records.drained()
    case = desk.hub.casework.case_of(CALL_ID)
    sari = people.find_person(desk.hub.database, "sari")
    assert case is not None and sari is not None
    fields = {
        "question": f"NPWP saya {npwp(NUMBER)} salah",
        "caller_name": f"Budi {NUMBER}",
        "topic": spoken(NUMBER)[:190],
    }
    case = desk.hub.casework.save(case.id, case.version, fields, sari)
    assert NUMBER[:2] in str(cases.find_case(desk.hub.database, case.id).fields["question"])
    return {**known, "case_id": str(case.id), "version": str(case.version)}


@pytest.mark.parametrize("username", MASKED)
async def test_no_route_gives_it_to_a_role_that_need_not_see_it(desk: Desk, username: str) -> None:
    known = await typed(desk)
    browser = await desk.signed_in(username)
    [role] = PEOPLE[username][1]
    rules, told, seen = access_rules(), [], 0
    for method, route in routes():
        allowed = rules[method, route.path][0]
        if method != "GET" or (allowed is not None and role not in allowed):
            continue
        for scope in ("agent", "board") if route.path == "/api/state" else ("",):
            address = next(iter(attacks(method, route, known))).address
            response = await browser.get(f"/api/state?scope={scope}" if scope else address)
            seen += response.status_code == 200
            if told_in(response.text):
                told.append(address)
    assert told == []
    assert seen >= 2


@pytest.mark.parametrize("username", ["tono", "dewi", "admin"])
async def test_the_wallboard_masks_for_everybody(desk: Desk, username: str) -> None:
    await typed(desk)
    browser = await desk.signed_in(username)
    state = await browser.get("/api/state?scope=board")
    assert not told_in(state.text)
    assert MASK in state.json()["calls"][0]["last_text"]
    page = await browser.get("/papan")
    assert not told_in(page.text)
    assert page_data(page.text)["cursor"] if "cursor" in page_data(page.text) else page_data(page.text)["snapshot"]


@pytest.mark.parametrize(
    ("username", "address", "masked"),
    [
        ("dewi", "/api/live?scope=board", True),
        ("tono", "/api/live?scope=board", True),
        ("dewi", f"/api/live?scope=work&call={CALL_ID}", True),
        ("admin", f"/api/live?scope=work&call={CALL_ID}", True),
        ("tono", f"/api/live?scope=work&call={CALL_ID}", False),
        ("eka", f"/api/live?scope=work&call={CALL_ID}", False),
        ("sari", "/api/live?scope=agent", False),
    ],
)
async def test_the_live_stream_masks_by_role(desk: Desk, username: str, address: str, masked: bool) -> None:
    browser = await desk.signed_in(username)
    cursor = desk.hub.stream.cursor
    tell(desk)
    desk.call(call_id=CALL_ID).partial(f"npwp saya {spoken(NUMBER)}")
    streaming = asyncio.create_task(browser.get(f"{address}&cursor={cursor}"))
    while not desk.hub.stream.readers:
        await asyncio.sleep(0)
    desk.hub.stream.close()
    response = await streaming
    assert response.status_code == 200
    assert "segment.finalized" in response.text
    assert told_in(response.text) is not masked
    if masked:
        assert '"start_ms":4000' in response.text and '"written_words"' in response.text


@pytest.mark.parametrize("username", SEEING)
async def test_caseworkers_see_it_in_full(desk: Desk, username: str) -> None:
    known = await typed(desk)
    browser = await desk.signed_in(username)
    if username == "sari":
        state = (await browser.get("/api/state?scope=agent")).json()
        assert state["call"]["case"]["question"] == f"NPWP saya {npwp(NUMBER)} salah"
    if username == "tono":
        assert npwp(NUMBER) in (await browser.get(f"/tim/{known['case_id']}")).text


async def archived(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """Seal a call in which the number is told in pieces."""

    def written(maker: CallMaker) -> None:
        said = [("boleh sebutkan npwp bapak", "agent"), (spoken(NUMBER[:7]), "caller"), (spoken(NUMBER[7:]), "caller")]
        legs = {"caller": 0, "agent": 0}
        for at, (text, leg) in enumerate(said):
            legs[leg] += 1
            item = segment(text, at, leg)  # type: ignore[arg-type]
            maker.append("transcript", item.model_copy(update={"call_id": maker.call_id, "segment": legs[leg]}))
        for name, count in legs.items():
            maker.append(
                "transcript",
                ev.TranscriptCompleted(at=BEGAN, call_id=maker.call_id, leg=name, segments=count, decoded_to_ms=2000),
            )

    monkeypatch.setattr(CallMaker, "write_transcript", written)
    return (await sealed_call(desk)).manifest.call_id


async def test_the_player_masks_and_an_assessor_may_have_it_shown_for_the_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await archived(desk, monkeypatch)
    address = f"/arsip/{call_id}/transcript.json?tujuan=assessment"
    for username in ("dewi", "admin", "ayu"):
        browser = await desk.signed_in(username)
        answer = await browser.get(address)
        assert not told_in(answer.text)
        assert [len(one["words"]) for one in answer.json()] == [4, 7, 8]
        assert not told_in((await browser.get(f"/arsip/{call_id}?tujuan=assessment")).text)
        assert (await browser.get(f"{address}&nomor=tampil")).status_code == (200 if username == "ayu" else 403)
    assert leaks((await (await desk.signed_in("tono")).get(address)).text, NUMBER)
    shown = await (await desk.signed_in("ayu")).get(f"{address}&nomor=tampil")
    assert told_in(shown.text)
    rows = search(desk.hub.database, AuditQuery(action="identity_shown")).rows
    assert {(one.person, one.object_id, one.purpose, one.address) for one in rows} == {
        ("ayu", call_id, "assessment", "127.0.0.1")
    }
    assert (await browser.get(f"/arsip/{call_id}/transcript.json?nomor=tampil")).status_code == 422
