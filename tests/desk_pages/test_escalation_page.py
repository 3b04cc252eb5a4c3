# SPDX-License-Identifier: GPL-3.0-or-later
"""The escalation agent's page in a real browser: from the queue over the call-back to the resolution."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from crm import callbacks, cases, tasks
from pipeline import events as ev
from pipeline.clock import OFFICE_ZONE
from tests.desk_pages.archive_maker import finished_call, seal
from tests.desk_pages.casemoves import QUESTION, escalated, move
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago
from tests.desk_pages.test_access import findings

pytestmark = pytest.mark.integration
EKO = "eko.contoh"


def opened(hub: House, visitors: Visitors, line: Line) -> Page:
    """Wait for the case in the queue and open it."""
    page = visitors.visit(hub.url, EKO, path="/eskalasi")
    case = cases.cases_of_call(hub.database, line.call_id)[0]
    page.locator("#queue .cases a", has_text=case.number).click()
    expect(page.locator("#case-part")).to_contain_text(QUESTION)
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    return page


def taken(hub: House, visitors: Visitors, line: Line, answer: str = "Dipotong PPh Pasal 26.") -> Page:
    """Take the case and bring it to the call-back (E2)."""
    page = opened(hub, visitors, line)
    page.keyboard.press("F2")
    expect(page.locator("#case-part .state-word")).to_have_text("Ditangani eskalasi")
    page.fill("#answer", answer)
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("#case-part .state-word")).to_have_text("Telepon balik")
    return page


def test_an_escalation_arrives_by_itself_with_its_whole_context(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, EKO, path="/eskalasi")
    case = escalated(line)
    row = page.locator("#queue .cases li", has_text=case.number)
    expect(row).to_contain_text("menunggu diambil")
    line.final("caller", "apakah pembayaran ke pemasok luar negeri dipotong", 4000)
    page = opened(hub, visitors, line)
    expect(page.locator("#turns")).to_contain_text("pemasok luar negeri")
    expect(page.locator(".steps").first).to_contain_text("3a")
    page.keyboard.press("F2")
    expect(row.locator(".lamp")).to_contain_text("Anda menanganinya")
    page.locator(".sieve a", has_text="Menunggu").first.click()
    expect(page.locator("#queue")).not_to_contain_text(case.number)


def test_what_is_typed_is_stored_while_typing_and_survives_a_reload(hub: House, visitors: Visitors, line: Line) -> None:
    case = escalated(line)
    page = opened(hub, visitors, line)
    page.keyboard.press("F2")
    page.fill("#answer", "Rancangan jawaban")
    expect(page.locator("#saved")).to_contain_text("✓ tersimpan")
    assert cases.find_case(hub.database, case.id).fields["answer"] == "Rancangan jawaban"
    page.reload()
    expect(page.locator("#answer")).to_have_value("Rancangan jawaban")
    page.fill("#answer", "Rancangan kedua")
    expect(page.locator("#saved")).to_contain_text("✓ tersimpan")
    page.locator("#case-part button", has_text="Kembalikan").click()
    expect(page.locator("#case-part .state-word")).to_have_text("Eskalasi")
    stored = cases.find_case(hub.database, case.id)
    assert (stored.state, stored.fields["answer"]) == ("escalated", "Rancangan kedua")


def test_a_taxpayer_who_is_called_back_and_reached(hub: House, visitors: Visitors, line: Line) -> None:
    case = escalated(line)
    page = taken(hub, visitors, line)
    page.check("[name=sikp_update][value=needed]")
    expect(page.locator("#saved")).to_contain_text("✓")
    page.locator("#case-part button", has_text="Selesaikan").click()
    expect(page.locator("#notice")).to_contain_text("Telepon balik")
    back = Line(hub, "2103")
    hub.dialled = back.call_id
    page.keyboard.press("F2")
    page.wait_for_url(f"**panggilan={back.call_id}")
    told = [args for command, args in hub.commands if command == "dial"][-1]
    assert (told["number"], told["case_id"]) == ("081255507788", case.id)
    back.ring(direction="out")
    page.reload()
    expect(page.locator("#call-strip")).to_be_visible()
    back.answer()
    expect(page.locator("#strip-phase")).to_contain_text("Bicara")
    back.final("agent", "selamat siang dari kring pajak", 4000)
    expect(page.locator("#turns")).to_contain_text("Selamat siang")
    page.keyboard.press("F3")
    hub.obeyed("hold", back.call_id)
    expect(page.locator("#callbacks")).to_contain_text("tercapai")
    page.locator("#case-part button", has_text="Selesaikan").click()
    expect(page.locator("#case-part .state-word")).to_have_text("Terselesaikan")
    assert tasks.task_of_case(hub.database, case.id) is not None
    back.end()
    back.close()
    assert cases.cases_of_call(hub.database, back.call_id) == [], "a call-back opens no case of its own"


def test_three_tries_and_then_given_up_with_a_reason(hub: House, visitors: Visitors, line: Line) -> None:
    case = escalated(line)
    page = taken(hub, visitors, line)
    person = hub.person(EKO)
    for _ in range(3):
        [item] = callbacks.callbacks_of_case(hub.database, case.id)
        callbacks.attempt(hub.database, item.id, item.version, call_id=None, person=person, now=ago(0))
    hub.hub.floor.changed("callbacks")
    page.fill("#give-up-reason", "Nomor tidak aktif")
    page.locator("#callbacks button", has_text="Hentikan").click()
    expect(page.locator("#callbacks")).to_contain_text("Nomor tidak aktif")
    page.locator("#case-part button", has_text="Selesaikan").click()
    expect(page.locator("#case-part .state-word")).to_have_text("Terselesaikan")


def test_a_planned_call_back_stands_on_top_with_its_time(hub: House, visitors: Visitors, line: Line) -> None:
    case = escalated(line)
    page = taken(hub, visitors, line)
    due = ago(0).astimezone(OFFICE_ZONE) + timedelta(hours=2)
    page.fill("[name=due]", due.strftime("%Y-%m-%dT%H:%M"))
    page.fill("[name=phone]", "081299990000")
    page.locator("#callbacks .plan button").click()
    row = page.locator("#queue .due li", has_text=case.number)
    expect(row).to_contain_text("081299990000")
    expect(row).to_contain_text(due.strftime("%H.%M"))


def test_a_case_of_an_archived_call_shows_its_transcript(hub: House, visitors: Visitors) -> None:
    call = finished_call(hub, name="Wawan Contoh")
    hub.case_number(call.call_id, ended=True)
    move(call, "recorded", question=QUESTION)
    move(call, "classified", kind="interpretation")
    move(call, "escalated")
    seal(hub, call.folder)
    hub.hub.live.calls.pop(call.call_id, None)
    page = opened(hub, visitors, call)
    expect(page.locator("#turns .turn").first).to_be_visible()


def test_two_tabs_see_both_texts(hub: House, visitors: Visitors, line: Line) -> None:
    escalated(line)
    one = opened(hub, visitors, line)
    one.keyboard.press("F2")
    other = opened(hub, visitors, line)
    one.fill("#answer", "dari layar pertama")
    expect(one.locator("#saved")).to_contain_text("✓ tersimpan")
    other.fill("#answer", "dari layar kedua")
    expect(other.locator("#notice")).to_contain_text("dari layar pertama")
    expect(other.locator("#notice")).to_contain_text("dari layar kedua")
    expect(other.locator("#answer")).to_have_value("dari layar kedua")


def test_the_page_is_accessible_and_does_not_scroll(
    hub: House, visitors: Visitors, line: Line, axe_source: str
) -> None:
    page = visitors.visit(hub.url, EKO, path="/eskalasi")
    assert findings(page, axe_source) == []
    escalated(line)
    page = taken(hub, visitors, line)
    assert findings(page, axe_source) == []
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


def test_the_strip_of_an_unanswered_call_says_so(hub: House, visitors: Visitors, line: Line) -> None:
    escalated(line)
    page = taken(hub, visitors, line)
    back = Line(hub, "2103")
    hub.dialled = back.call_id
    back.ring(direction="out")
    page.keyboard.press("F2")
    page.wait_for_url(f"**panggilan={back.call_id}")
    expect(page.locator("#strip-phase")).to_contain_text("Memanggil")
    back.say(ev.CallEnded(at=ago(0), call_id=back.call_id, reason="no_answer", talk_ms=0))
    expect(page.locator("#strip-phase")).to_contain_text("Tidak diangkat")
    back.close()
