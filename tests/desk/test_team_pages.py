# SPDX-License-Identifier: GPL-3.0-or-later
"""The team leader's page over HTTP: the decision on a consultation, and the own telephone in the call."""

from __future__ import annotations

import asyncio
import re

import pytest

from crm import people, queues, tasks
from crm.audit_search import AuditQuery, search
from pipeline import events as ev
from pipeline.clock import ManualClock
from pipeline.database import Database
from pipeline.settings import Settings
from service.hub import Hub
from tests.desk.casepages import NASTY, NASTY_SHOWN, consulting, move, person, send, stored
from tests.desk.conftest import PASSWORD, Desk
from tests.desk.folders import BEGAN, CALL_ID
from tests.desk.test_api import softphone

pytestmark = pytest.mark.integration
KEY = "kunci-jawab-0001"
DECISION = {"answer": "Ya, dipotong.", "sikp_update": "needed", "request_key": KEY}


def give_extension(desk: Desk, username: str, number: str) -> None:
    people.change_person(desk.hub.database, person(desk, username).id, extension=number, now=desk.clock.now())


def actions(desk: Desk, about: str) -> list[str]:
    rows = search(desk.hub.database, AuditQuery(object_id=about)).rows
    return [row.action for row in rows]


async def test_nobody_drops_a_guest_who_is_not_the_own_telephone(desk: Desk) -> None:
    give_extension(desk, "tono", "2190")
    call = desk.call().offered().answered()
    tono = await desk.signed_in("tono")
    path = f"/tim/panggilan/{CALL_ID}/tinggalkan"
    async with softphone(desk, {"guest_drop": {}}) as got:
        call.add(ev.GuestInvited, to="2102", person="Bayu Uji", mode="consult")
        refused = await send(tono, path)
        assert refused.status_code == 409
        assert "Bayu Uji" in refused.text
        give_extension(desk, "tono", "")
        assert (await send(tono, path)).status_code == 409
        assert got == []
        assert "call_left" not in actions(desk, CALL_ID)
        give_extension(desk, "tono", "2190")
        call.add(ev.GuestLeft, to="2102", reason="hung_up")
        call.add(ev.GuestInvited, to="2190", person="Tono Uji", mode="conference")
        assert (await send(tono, path)).status_code == 200
    assert got == [("guest_drop", {"call_id": CALL_ID})]
    assert "call_left" in actions(desk, CALL_ID)


async def test_an_answer_that_is_sent_twice_works_once(desk: Desk) -> None:
    case = await consulting(desk)
    tono = await desk.signed_in("tono")
    path = f"/tim/{case.id}/jawab"
    first = await send(tono, path, version=case.version, **DECISION)
    again = await send(tono, path, version=case.version, **DECISION)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Sari Uji" in first.text
    now = stored(desk)
    assert (now.state, now.version, now.fields["answer"]) == ("answered", case.version + 1, "Ya, dipotong.")
    assert [entry.to_state for entry in now.timeline].count("answered") == 1
    assert tasks.task_of_case(desk.hub.database, case.id) is not None
    assert queues.consultations(desk.hub.database, now=desk.clock.now()) == []


async def test_an_escalation_that_is_sent_twice_works_once(desk: Desk) -> None:
    case = await consulting(desk)
    tono = await desk.signed_in("tono")
    sent = {"version": case.version, "reason": "Belum ada aturannya.", "request_key": KEY}
    answers = await asyncio.gather(*(send(tono, f"/tim/{case.id}/eskalasi", **sent) for _ in range(3)))
    assert [one.status_code for one in answers] == [200, 200, 200]
    now = stored(desk)
    assert (now.state, now.version, now.consultation.remark) == ("escalated", case.version + 1, "Belum ada aturannya.")


async def test_a_stale_decision_shows_both_texts_and_changes_nothing(desk: Desk) -> None:
    case = await consulting(desk)
    desk.hub.casework.save(case.id, case.version, {"answer": "Catatan agen."}, person(desk, "sari"))
    before = stored(desk)
    tono = await desk.signed_in("tono")
    answered = await send(tono, f"/tim/{case.id}/jawab", version=case.version, **DECISION)
    assert answered.status_code == 409
    assert "Ya, dipotong." in answered.text
    assert "Catatan agen." in answered.text
    passed_on = await send(
        tono, f"/tim/{case.id}/eskalasi", version=case.version, reason="Sulit.", request_key="kunci-lain-01"
    )
    assert passed_on.status_code == 409
    assert "Sulit." in passed_on.text
    assert stored(desk) == before
    assert tasks.task_of_case(desk.hub.database, case.id) is None
    right = await send(tono, f"/tim/{case.id}/jawab", version=before.version, **DECISION)
    assert right.status_code == 200, "the refused try has not used the key up"


async def test_neither_sikp_nor_the_answer_nor_a_reason_can_be_skipped(desk: Desk) -> None:
    case = await consulting(desk)
    tono = await desk.signed_in("tono")
    for path, sent, missing in (
        ("jawab", {**DECISION, "sikp_update": ""}, "SIKP"),
        ("jawab", {**DECISION, "answer": "  "}, "Jawaban"),
        ("eskalasi", {"reason": " \n", "request_key": KEY}, "Alasan"),
    ):
        refused = await send(tono, f"/tim/{case.id}/{path}", version=case.version, **sent)
        assert refused.status_code == 422, path
        assert missing in refused.text
    assert (await send(tono, f"/tim/{case.id}/jawab", version=1, answer="x", request_key=KEY)).status_code == 409
    entah = await send(tono, f"/tim/{case.id}/jawab", version=case.version, **{**DECISION, "sikp_update": "mungkin"})
    assert entah.status_code == 422
    assert stored(desk) == case


async def test_only_who_has_taken_a_consultation_decides(desk: Desk) -> None:
    people.create_person(
        desk.hub.database, username="lukman", name="Lukman Uji", password=PASSWORD, roles=["team_leader"],
        extension="", now=desk.clock.now(),
    )  # fmt: skip
    case = await consulting(desk)
    tono, lukman = await desk.signed_in("tono"), await desk.signed_in("lukman")
    assert "Anda sedang membantu" in (await send(tono, f"/tim/{case.id}/ambil")).text
    shown = (await lukman.get(f"/tim/{case.id}")).text
    assert "sedang dibantu oleh Tono Uji" in shown
    assert len(re.findall(r"<fieldset disabled>", shown)) == 2
    for path, sent in (
        ("ambil", {}),
        ("jawab", {"version": case.version, **DECISION}),
        ("eskalasi", {"version": case.version, "reason": "x", "request_key": KEY}),
    ):
        refused = await send(lukman, f"/tim/{case.id}/{path}", **sent)
        assert refused.status_code == 403, path
        assert "Tono Uji" in refused.text
    assert (stored(desk).state, stored(desk).consultation.remark) == ("consulting", "")
    await send(lukman, f"/tim/{case.id}/lepas")
    assert stored(desk).consultation.taken_by == "Tono Uji", "nobody releases a colleague's"
    assert "Anda sedang membantu" in (await send(lukman, f"/tim/{case.id}/ambil", alih="true")).text
    assert (await send(tono, f"/tim/{case.id}/jawab", version=case.version, **DECISION)).status_code == 403
    assert (await send(lukman, f"/tim/{case.id}/jawab", version=case.version, **DECISION)).status_code == 200
    assert actions(desk, case.number).count("consultation_taken") == 2


async def test_a_case_that_waits_for_no_leader_says_where_it_is(desk: Desk) -> None:
    case = await consulting(desk)
    now = move(desk, "escalated", "tono")
    tono = await desk.signed_in("tono")
    for path, sent in (
        ("ambil", {}),
        ("lepas", {}),
        ("jawab", {"version": now.version, **DECISION}),
        ("eskalasi", {"version": now.version, "reason": "x", "request_key": KEY}),
    ):
        refused = await send(tono, f"/tim/{case.id}/{path}", **sent)
        assert refused.status_code == 422, path
        assert "eskalasi" in refused.text.lower()
    assert stored(desk) == now
    shown = (await tono.get(f"/tim/{case.id}")).text
    assert len(re.findall(r"<fieldset disabled>", shown)) == 2
    assert (await tono.get("/tim/999999")).status_code == 404


async def test_a_hub_that_was_started_anew_still_takes_the_answer(settings: Settings, database: Database) -> None:
    clock = ManualClock(BEGAN)
    before = Hub(settings, database, clock=clock)
    async with before.running():
        desk = Desk(before, before.app(), clock)
        case = await consulting(desk)
        tono = await desk.signed_in("tono")
        page = (await tono.get(f"/tim/{case.id}")).text
    form = dict(re.findall(r'name="(version|request_key)" value="(\w*)"', page)) | DECISION
    after = Hub(settings, database, clock=clock)
    async with after.running():
        again = Desk(after, after.app(), clock)
        same = again.browser()
        same.client.cookies, same.csrf = tono.client.cookies, tono.csrf
        answered = await send(same, f"/tim/{case.id}/jawab", **form)
        assert answered.status_code == 200, answered.text
        assert stored(again).state == "answered"
        lines = [item.name for item in after.spool.folder(CALL_ID).read("case")]
        assert lines.count("case.transitioned") == len(stored(again).timeline) - 1
    for client in (*desk.browsers, *again.browsers):
        await client.aclose()


async def test_markup_that_is_typed_stays_text(desk: Desk) -> None:
    case = await consulting(desk, question=f"Tanya {NASTY}")
    desk.hub.casework.save(case.id, case.version, {"answer": f"Catatan {NASTY}"}, person(desk, "sari"))
    tono = await desk.signed_in("tono")
    typed = await send(tono, f"/tim/{case.id}/jawab", version=1, **{**DECISION, "answer": f"Jawab {NASTY}"})
    pages = [typed.text, (await tono.get(f"/tim/{case.id}")).text, (await tono.get("/tim/antrean")).text]
    reason = {"reason": f"Alasan {NASTY}", "request_key": "kunci-lain-01"}
    pages.append((await send(tono, f"/tim/{case.id}/eskalasi", version=1, **reason)).text)
    assert (await send(tono, f"/tim/{case.id}/eskalasi", version=stored(desk).version, **reason)).status_code == 200
    pages.append((await tono.get(f"/tim/{case.id}/kasus")).text)
    for page in pages:
        assert NASTY_SHOWN in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
