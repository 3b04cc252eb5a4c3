# SPDX-License-Identifier: GPL-3.0-or-later
"""The escalation agent's page over HTTP: taking a case, its answer, call-backs, the resolution (E1 to E3)."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import UTC, datetime

import httpx
import pytest

from crm import callbacks, people, tasks
from crm.callbacks import CallBackView
from pipeline.clock import ManualClock
from pipeline.database import Database
from pipeline.settings import Settings
from service.hub import Hub
from tests.desk.casepages import NASTY, NASTY_SHOWN, escalated, move, person, send, stored
from tests.desk.conftest import PASSWORD, Browser, Desk
from tests.desk.folders import BEGAN, CALL_ID

pytestmark = pytest.mark.integration
KEY = "kunci-eskalasi-01"
ANSWER = "Dipotong PPh Pasal 26."


def fresh() -> str:
    """Return a key as the page makes one for each sending."""
    return str(uuid.uuid4())


async def step(browser: Browser, desk: Desk, to: str, version: int = 0, **fields: object) -> httpx.Response:
    """Press one of the case's buttons, on the stored version unless another is given."""
    case = stored(desk)
    sent = {"version": version or case.version, "request_key": fresh(), **fields}
    return await send(browser, f"/eskalasi/{case.id}/langkah/{to}", **sent)


async def calling_back(desk: Desk) -> Browser:
    """Bring a case to the call-back (E2) by Eka's hand; return her browser."""
    await escalated(desk)
    move(desk, "handling", "eka")
    move(desk, "calling_back", "eka", answer=ANSWER)
    return await desk.signed_in("eka")


def open_callback(desk: Desk) -> CallBackView:
    [item] = callbacks.callbacks_of_case(desk.hub.database, stored(desk).id)
    return item


async def act(browser: Browser, desk: Desk, action: str, version: int = 0, **fields: object) -> httpx.Response:
    """Press one of the call-back's buttons."""
    item = open_callback(desk)
    path = f"/eskalasi/{item.case_id}/telepon-balik/{item.id}/{action}"
    return await send(browser, path, **{"version": version or item.version, "request_key": fresh(), **fields})


async def test_a_step_that_is_sent_twice_is_taken_once(desk: Desk) -> None:
    case = await escalated(desk)
    eka = await desk.signed_in("eka")
    taken = await asyncio.gather(
        *(step(eka, desk, "handling", case.version, request_key="kunci-ambil-0001") for _ in range(3))
    )
    assert [one.status_code for one in taken] == [200, 200, 200]
    sent = {"version": stored(desk).version, "answer": ANSWER, "request_key": KEY}
    assert (await step(eka, desk, "calling_back", **sent)).status_code == 200
    assert (await step(eka, desk, "calling_back", **sent)).status_code == 200
    now = stored(desk)
    assert [entry.to_state for entry in now.timeline[-2:]] == ["handling", "calling_back"]
    assert (now.version, now.fields["answer"]) == (case.version + 2, ANSWER)
    assert len(callbacks.callbacks_of_case(desk.hub.database, case.id)) == 1


async def test_a_try_that_is_sent_twice_is_one_try(desk: Desk) -> None:
    eka = await calling_back(desk)
    version = open_callback(desk).version
    for _ in range(2):
        assert (await act(eka, desk, "dicoba", version, request_key=KEY)).status_code == 200
    assert len(open_callback(desk).attempts) == 1
    stale = await act(eka, desk, "dicoba", version, request_key="kunci-lain-0001")
    assert stale.status_code == 409
    assert len(open_callback(desk).attempts) == 1


async def test_a_stale_form_shows_both_texts_and_changes_nothing(desk: Desk) -> None:
    case = await escalated(desk)
    move(desk, "handling", "eka")
    opened = stored(desk).version
    eka = await desk.signed_in("eka")
    path = f"/eskalasi/{case.id}/simpan"
    assert (await send(eka, path, version=opened, answer="layar pertama", request_key=fresh())).status_code == 200
    before = stored(desk)
    other = await send(eka, path, version=opened, answer="layar kedua", request_key=KEY)
    onward = await step(eka, desk, "calling_back", opened, answer="layar ketiga")
    for refused, words in ((other, "layar kedua"), (onward, "layar ketiga")):
        assert refused.status_code == 409
        assert words in refused.text
        assert "layar pertama" in refused.text
    assert stored(desk) == before
    assert (await send(eka, path, version=before.version, answer="layar kedua", request_key=KEY)).status_code == 200


async def test_no_resolution_without_answer_and_call_back(desk: Desk) -> None:
    case = await escalated(desk)
    eka = await desk.signed_in("eka")
    await step(eka, desk, "handling")
    empty = await step(eka, desk, "calling_back", answer="  ")
    assert empty.status_code == 422
    assert "Jawaban" in empty.text
    early = await step(eka, desk, "resolved", answer=ANSWER)
    assert early.status_code == 422
    assert "Telepon balik" in early.text, "it names the step that comes first"
    await step(eka, desk, "calling_back", answer=ANSWER)
    silent = await step(eka, desk, "resolved", answer=ANSWER)
    assert silent.status_code == 422
    assert "Telepon balik" in silent.text
    assert (await act(eka, desk, "tercapai")).status_code == 422, "nobody has been reached without a try"
    await act(eka, desk, "dicoba")
    assert (await act(eka, desk, "tercapai")).status_code == 200
    done = await step(eka, desk, "resolved", answer=ANSWER, sikp_update="needed")
    assert done.status_code == 200
    assert stored(desk).state == "resolved"
    assert tasks.task_of_case(desk.hub.database, case.id) is not None


async def test_giving_up_needs_three_tries_and_a_reason(desk: Desk) -> None:
    eka = await calling_back(desk)
    for number in range(3):
        refused = await act(eka, desk, "menyerah", reason="Tidak diangkat.")
        assert refused.status_code == 422, number
        await act(eka, desk, "dicoba")
    unsaid = await act(eka, desk, "menyerah", reason=" ")
    assert unsaid.status_code == 422
    assert "Alasan" in unsaid.text
    assert open_callback(desk).state == "attempted"
    given_up = await act(eka, desk, "menyerah", reason=f"Tidak aktif {NASTY}")
    assert NASTY_SHOWN in given_up.text
    assert "<script>alert" not in given_up.text
    assert (await step(eka, desk, "resolved", answer=ANSWER)).status_code == 200


async def test_only_who_has_taken_the_case_works_on_it(desk: Desk) -> None:
    people.create_person(
        desk.hub.database, username="eko", name="Eko Uji", password=PASSWORD, roles=["escalation_agent"],
        extension="", now=desk.clock.now(),
    )  # fmt: skip
    await calling_back(desk)
    before, planned = stored(desk), open_callback(desk)
    eko = await desk.signed_in("eko")
    shown = (await eko.get(f"/eskalasi/{before.id}")).text
    assert "Eka Uji" in shown
    assert '<textarea id="answer"' not in shown
    refused = [
        await send(eko, f"/eskalasi/{before.id}/simpan", version=before.version, answer="lain", request_key=KEY),
        await step(eko, desk, "escalated"),
        await step(eko, desk, "resolved", answer="lain"),
        await act(eko, desk, "dicoba"),
        await send(eko, f"/eskalasi/{before.id}/rencana", due="2026-11-25T09:00", request_key=KEY),
    ]
    assert [one.status_code for one in refused] == [403] * 5
    assert (stored(desk), open_callback(desk)) == (before, planned)
    eka = await desk.signed_in("eka")
    assert (await step(eka, desk, "escalated")).status_code == 200
    assert (await step(eko, desk, "handling")).status_code == 200, "given back, anybody may take it"
    assert stored(desk).fields["answer"] == ANSWER


async def test_a_plan_is_in_the_offices_time_and_bad_ones_are_refused(desk: Desk) -> None:
    eka = await calling_back(desk)
    before = open_callback(desk)
    path = f"/eskalasi/{before.case_id}/rencana"
    for due in ("", "besok", "2026-13-40T09:00"):
        assert (await send(eka, path, due=due, request_key=fresh())).status_code == 422, due
    overlong = await send(eka, path, due="2026-11-25T09:00", phone="0" * 65, request_key=fresh())
    assert overlong.status_code == 422
    assert open_callback(desk) == before
    for _ in range(2):
        await send(eka, path, due="2026-11-25T09:00", phone="081299990000", request_key=KEY)
    again = open_callback(desk)
    assert again.due_at == datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert (again.phone, again.version) == ("081299990000", before.version + 1)
    assert "081299990000" in (await eka.get("/eskalasi/antrean")).text


async def test_the_queue_shows_whose_each_case_is(desk: Desk) -> None:
    case = await escalated(desk)
    eka = await desk.signed_in("eka")

    async def listed(sieve: str) -> bool:
        return case.number in (await eka.get(f"/eskalasi/antrean?saring={sieve}")).text

    assert [await listed(one) for one in ("semua", "saya", "menunggu")] == [True, False, True]
    move(desk, "handling", "eka")
    assert [await listed(one) for one in ("semua", "saya", "menunggu")] == [True, True, False]
    assert (await eka.get("/eskalasi?saring=apa")).status_code == 422


async def test_a_hub_that_was_started_anew_still_takes_the_answer(settings: Settings, database: Database) -> None:
    clock = ManualClock(BEGAN)
    before = Hub(settings, database, clock=clock)
    async with before.running():
        desk = Desk(before, before.app(), clock)
        case = await escalated(desk)
        move(desk, "handling", "eka")
        eka = await desk.signed_in("eka")
        page = (await eka.get(f"/eskalasi/{case.id}")).text
    form = dict(re.findall(r'name="(version)" value="(\d+)"', page)) | {"answer": ANSWER, "request_key": KEY}
    after = Hub(settings, database, clock=clock)
    async with after.running():
        again = Desk(after, after.app(), clock)
        same = again.browser()
        same.client.cookies, same.csrf = eka.client.cookies, eka.csrf
        saved = await send(same, f"/eskalasi/{case.id}/simpan", **form)
        assert saved.status_code == 200, saved.text
        shown = (await same.get(f"/eskalasi/{case.id}")).text
        assert f">{ANSWER}</textarea>" in shown
        lines = [item.name for item in after.spool.folder(CALL_ID).read("case")]
        assert lines[-1] == "case.noted"
    for client in (*desk.browsers, *again.browsers):
        await client.aclose()


async def test_markup_that_is_typed_stays_text(desk: Desk) -> None:
    case = await escalated(desk, question=f"Tanya {NASTY}")
    eka = await desk.signed_in("eka")
    pages = [(await eka.get("/eskalasi/antrean")).text]
    now = move(desk, "handling", "eka")
    desk.hub.casework.save(case.id, now.version, {"answer": f"Jawab {NASTY}"}, person(desk, "eka"))
    pages.append((await eka.get(f"/eskalasi/{case.id}")).text)
    stale = await send(eka, f"/eskalasi/{case.id}/simpan", version=1, answer=f"Lain {NASTY}", request_key=KEY)
    pages += [stale.text, (await step(eka, desk, "calling_back", answer=f"Lain {NASTY}")).text]
    planned = await send(
        eka, f"/eskalasi/{case.id}/rencana", due="2026-11-25T09:00", phone="<script>alert(2)</script>", request_key=KEY
    )
    pages.append(planned.text)
    for page in pages:
        assert NASTY_SHOWN in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
