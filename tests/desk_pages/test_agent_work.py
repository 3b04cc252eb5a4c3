# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent at work in a real browser: own state, the caller's history, several questions, guest, transfer, keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from crm import cases, people, taxpayers
from pipeline import events as ev
from tests.desk_pages.archive_maker import finished_call
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago
from tests.desk_pages.test_agent_page import NASTY, QUESTION, RATNA, SAVED, WRITTEN_QUESTION, talking

pytestmark = pytest.mark.integration

SERIOUS = """axe.run().then(result => result.violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => [one.id, one.nodes.map(node => node.target.join(' '))]))"""
NPWP = "09.254.294.3-407.000"  # invented


def commands(hub: House, name: str) -> list[dict[str, Any]]:
    """Return what softphones were told by this name, without the call's id."""
    return [
        {key: value for key, value in args.items() if key != "call_id"} for told, args in hub.commands if told == name
    ]


def told(page: Page, hub: House, name: str, args: dict[str, Any]) -> None:
    """Wait until a softphone was told this."""
    for _ in range(160):
        if args in commands(hub, name):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{name} {args} never came: {hub.commands[-4:]}")


def test_own_state_by_keyboard_and_ready_after_the_call_with_one_key(
    hub: House, visitors: Visitors, line: Line
) -> None:
    page = visitors.visit(hub.url, RATNA)
    expect(page.locator("#agent-state")).to_be_visible()
    page.keyboard.press("F1")
    expect(page.locator("#agent-menu")).to_be_visible()
    page.get_by_role("menuitemradio", name="Ibadah").click()
    expect(page.locator("#agent-words")).to_have_text("Jeda: Ibadah")
    expect(page.locator("#agent-time")).to_have_text(re.compile(r"00:\d\d"))
    page.keyboard.press("F1")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#agent-words")).to_have_text("Siap")
    expect(page.locator("#agent-state")).to_be_focused()
    talking(line, page)
    expect(page.locator("#agent-words")).to_have_text("Menelepon")
    line.end()
    expect(page.locator("#agent-words")).to_have_text("Pendokumentasian")
    expect(page.locator("#do-ready")).to_be_visible()
    page.wait_for_timeout(50)
    page.keyboard.press("F2")
    expect(page.locator("#agent-words")).to_have_text("Siap")
    expect(page.locator("#conversation-idle")).to_contain_text("Dokumentasi yang belum selesai")


def test_the_callers_history_pops_up_with_the_ring(hub: House, visitors: Visitors, line: Line) -> None:
    before = finished_call(hub, name="Dewi Contoh")
    hub.case_number(before.call_id, ended=True)
    number = "081255507788"
    ratna = people.find_person(hub.database, RATNA)
    assert ratna is not None
    taxpayers.create_taxpayer(hub.database, name=f"Dewi {NASTY}", npwp=NPWP, phone=number, person=ratna, now=ago(0))
    page = visitors.visit(hub.url, RATNA)
    line.ring(name="Dewi Contoh", number=number)
    expect(page.locator("#caller-pane")).to_be_visible()
    expect(page.locator("#taxpayers")).to_contain_text("Dewi <img")
    expect(page.locator("#caller-history")).to_contain_text("Kasus sebelumnya")
    line.answer()
    expect(page.locator("#caller-pane")).to_be_hidden()
    expect(page.locator("#case-number")).to_contain_text("LI-")
    page.keyboard.press("F10")
    expect(page.locator("#taxpayer-search")).to_be_focused()
    page.locator("#taxpayers button").first.click()
    expect(page.locator("#case-taxpayer")).to_contain_text("Dewi <img")
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert cases.cases_of_call(hub.database, line.call_id)[0].fields["taxpayer_id"] is not None
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_new_taxpayers_wrong_number_is_told_at_its_field(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page, name="Cici Contoh")
    page.keyboard.press("F10")
    page.click("#taxpayer-new")
    expect(page.locator("#new-name")).to_have_value("Cici Contoh")
    page.fill("#new-npwp", "123")
    page.keyboard.press("Enter")
    expect(page.locator("#new-npwp-problem")).to_contain_text("3 angka")
    expect(page.locator("#new-npwp")).to_be_focused()
    page.fill("#new-npwp", NPWP)
    page.keyboard.press("Enter")
    expect(page.locator("#case-taxpayer-name")).to_contain_text("Cici Contoh")
    expect(page.locator("#taxpayer-form")).to_be_hidden()


def test_two_questions_keep_their_own_texts_and_clocks(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", QUESTION, 4000)
    expect(page.locator("#question")).to_have_value(WRITTEN_QUESTION)
    page.route("**/save", lambda route: route.abort())
    page.fill("#topic", "EFIN")
    page.unroute("**/save")
    page.keyboard.press("Alt+b")
    expect(page.locator("#case-tabs [role=tab]")).to_have_count(2)
    expect(page.locator("#question")).to_have_value("")
    expect(page.locator("#topic")).to_have_value("")
    line.final("agent", "efin bisa diminta lewat surel kantor pajak dengan foto ktp dan npwp", 14_000)
    line.final("caller", "kapan batas lapor spt tahunan", 22_000)
    expect(page.locator("#question")).to_have_value(re.compile("[Kk]apan batas lapor"))
    page.keyboard.press("Alt+k")
    expect(page.locator("#question")).to_have_value(WRITTEN_QUESTION)
    expect(page.locator("#topic")).to_have_value("EFIN")
    expect(page.locator("#case-tabs .tab-clock").first).to_contain_text("◔")
    expect(page.locator("#saved")).to_have_text(SAVED)
    page.reload()
    expect(page.locator("#case-tabs [role=tab]")).to_have_count(2)
    first, second = cases.cases_of_call(hub.database, line.call_id)
    assert (first.fields["topic"], second.fields["topic"]) == ("EFIN", "")


def test_where_a_prefilled_text_comes_from_is_kept_and_marked(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", QUESTION, 4000)
    line.final("agent", "efin bisa diminta lewat surel kantor pajak dengan foto ktp dan npwp", 14_000)
    expect(page.locator("#answer")).to_have_value(re.compile("foto KTP"))
    expect(page.locator("#answer-source")).to_contain_text(" P ↗")
    page.click("#question-source button")
    expect(page.locator("#turns .revealed").first).to_have_text("Saya")
    expect(page.locator("#saved")).to_have_text(SAVED)
    stored = cases.cases_of_call(hub.database, line.call_id)[0].wire()
    assert stored["sources"]["question"]["leg"] == "caller"
    page.fill("#answer", "Ditulis sendiri oleh agen.")
    line.final("agent", "jadi bapak kirim saja surelnya hari ini juga dari alamat bapak sendiri", 30_000)
    expect(page.locator("#turns")).to_contain_text("alamat bapak sendiri", ignore_case=True)
    expect(page.locator("#answer")).to_have_value("Ditulis sendiri oleh agen.")
    expect(page.locator("#answer-source")).to_contain_text("pakai dari percakapan")


def test_a_text_that_is_too_long_is_counted_and_not_sent(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.fill("#topic", "x" * 230)
    expect(page.locator("#topic-count")).to_contain_text("230 huruf, paling banyak 200")
    expect(page.locator("#saved")).to_contain_text("tidak ada yang dipotong")
    page.fill("#question", "kapan batas lapor")
    page.wait_for_timeout(900)
    stored = cases.cases_of_call(hub.database, line.call_id)[0]
    assert (stored.fields["topic"], stored.fields["question"]) == ("", "kapan batas lapor")
    page.reload()
    expect(page.locator("#topic")).to_have_value("x" * 230)
    page.fill("#topic", "EFIN")
    expect(page.locator("#saved")).to_have_text(SAVED)


def test_what_was_typed_while_the_network_was_broken_survives_a_reload(
    hub: House, visitors: Visitors, line: Line
) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.route("**/save", lambda route: route.abort())
    page.fill("#answer", "diketik tanpa jaringan")
    expect(page.locator("#saved")).to_contain_text("dicoba lagi; ketikan Anda aman")
    page.reload()
    expect(page.locator("#answer")).to_have_value("diketik tanpa jaringan")
    page.unroute("**/save")
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert cases.cases_of_call(hub.database, line.call_id)[0].fields["answer"] == "diketik tanpa jaringan"


def test_consultation_conference_and_hand_over(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.keyboard.press("F6")
    row = page.locator("#phone-panel .person-row", has_text="Tuti Contoh")
    expect(row).to_contain_text("Team Leader")
    row.click()
    page.keyboard.press("Enter")
    told(page, hub, "guest", {"to": "2190", "mode": "consult", "person": "Tuti Contoh"})
    common: dict[str, Any] = {"at": ago(0), "call_id": line.call_id, "to": "2190"}
    line.say(ev.GuestInvited(**common, person="Tuti Contoh", mode="consult"))
    expect(page.locator("#guest-words")).to_contain_text("Tuti Contoh (2190): sedang dipanggil")
    line.say(ev.GuestJoined(**common, mode="consult"))
    expect(page.locator("#guest-words")).to_contain_text("konsultasi, Wajib Pajak ditahan")
    page.keyboard.press("F6")
    page.keyboard.press("Enter")
    told(page, hub, "guest_mode", {"mode": "conference"})
    line.say(ev.GuestModeChanged(**common, mode="conference"))
    page.reload()
    expect(page.locator("#guest-words")).to_contain_text("bicara bertiga")
    page.keyboard.press("F7")
    expect(page.locator("#phone-panel")).to_contain_text("Serahkan Wajib Pajak kepada Tuti Contoh")
    page.keyboard.press("Enter")
    told(page, hub, "transfer_attended", {})
    line.say(ev.GuestLeft(**common, reason="hung_up"))
    expect(page.locator("#guest-bar")).to_be_hidden()
    expect(page.locator("#conversation-note")).to_contain_text("menutup telepon")


def test_a_slip_transfers_nobody_and_keys_are_sent(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.keyboard.press("F7")
    page.fill("#phone-number", "12a")
    page.keyboard.press("Enter")
    expect(page.locator("#phone-problem")).to_contain_text("2 sampai 20 angka")
    page.fill("#phone-number", "0812-555-07700")
    page.get_by_role("button", name="Alihkan langsung").click()
    expect(page.locator(".confirm")).to_contain_text("081255507700")
    page.keyboard.press("Enter")  # the cursor stands on "no"
    expect(page.locator(".confirm")).to_have_count(0)
    assert commands(hub, "transfer") == []
    page.fill("#phone-number", "081255507700")
    page.get_by_role("button", name="Alihkan langsung").click()
    page.keyboard.press("y")
    told(page, hub, "transfer", {"to": "081255507700"})
    line.say(ev.TransferStarted(at=ago(0), call_id=line.call_id, to="081255507700"))
    expect(page.locator("#guest-words")).to_contain_text("Mengalihkan ke 081255507700")
    line.say(ev.TransferFailed(at=ago(0), call_id=line.call_id, to="081255507700", sip_code=486))
    expect(page.locator("#conversation-note")).to_contain_text("Panggilan masih pada Anda")
    page.keyboard.press("Alt+n")
    page.keyboard.type("5#")
    expect(page.locator("#pad-shown")).to_have_text("5#")
    told(page, hub, "dtmf", {"digits": "5"})
    page.keyboard.press("Escape")
    expect(page.locator("#phone-panel")).to_be_hidden()


def to_search(page: Page) -> None:
    """Walk the case to step 3b."""
    page.fill("#question", "berapa tarif yang berlaku untuk hal ini")
    page.check("input[name=kind][value=information]")
    for state in ("Dicatat", "Klasifikasi", "Pencarian"):
        expect(page.locator("#case-actions .primary")).to_be_enabled()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#case-state")).to_have_text(state)


def test_the_team_leaders_answer_arrives_live_with_its_name(hub: House, visitors: Visitors, line: Line) -> None:
    hub.publish(ev.ExtensionStateChanged(at=ago(0), extension="2190", state="ready"), "2101")
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    to_search(page)
    before = len(commands(hub, "guest"))
    page.locator("#case-actions [data-to=consulting]").click()
    expect(page.locator("#case-state")).to_have_text("Konsultasi")
    expect(page.locator("#case-news")).to_contain_text("Menunggu Team Leader")
    for _ in range(160):
        if len(commands(hub, "guest")) > before:
            break
        page.wait_for_timeout(50)
    assert commands(hub, "guest")[before:] == [{"to": "2190", "mode": "consult", "person": "Tuti Contoh"}]
    case = cases.cases_of_call(hub.database, line.call_id)[0]
    tuti = people.find_person(hub.database, "tuti.contoh")
    assert tuti is not None
    hub.hub.casework.move(
        case.id, case.version, "answered", {"answer": "Tarifnya nol persen.", "sikp_update": "not_needed"}, tuti
    )
    expect(page.locator("#case-news")).to_contain_text("Jawaban dari Tuti Contoh")
    expect(page.locator("#answer")).to_have_value("Tarifnya nol persen.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case-state")).to_have_text("Dokumentasi")


def test_interpretation_is_escalated_and_says_what_comes_next(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.fill("#question", "apakah poin belanja termasuk objek pajak")
    page.check("input[name=kind][value=interpretation]")
    for state in ("Dicatat", "Klasifikasi", "Eskalasi"):
        expect(page.locator("#case-actions .primary")).to_be_enabled()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#case-state")).to_have_text(state)
    expect(page.locator("#case-news")).to_contain_text("menelepon balik ke 081255507788")


def test_a_call_without_a_question_is_closed_with_its_reason(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.click(".empty-call summary")
    page.locator(".empty-call button").first.click()
    expect(page.locator("#case-state")).to_have_text("Selesai")
    expect(page.locator("#case-news")).to_contain_text("Ditutup tanpa pertanyaan")


def test_a_double_click_takes_one_step(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.fill("#question", "kapan batas lapor spt")
    expect(page.locator("#saved")).to_have_text(SAVED)
    sent: list[str] = []

    def count(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["request_key"])
        route.continue_()

    page.route("**/transition", count)
    page.locator("#case-actions .primary").dblclick()
    expect(page.locator("#case-state")).to_have_text("Dicatat")
    assert len(sent) == 1
    assert re.fullmatch(r"[0-9a-f-]{36}", sent[0])
    assert cases.cases_of_call(hub.database, line.call_id)[0].state == "recorded"


def test_only_ticks_of_the_proof_of_identity_are_stored(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    boxes = page.locator("#caller_identity input")
    assert boxes.evaluate_all("nodes => nodes.map(node => [node.id, node.type])") == [
        [name, "checkbox"] for name in ("name_checked", "npwp_checked", "efin_checked", "bill_checked")
    ]
    expect(page.locator("#identity-hint")).to_contain_text("nama lengkap")
    page.check("#name_checked")
    expect(page.locator("#identity-hint")).to_contain_text("NPWP")
    page.check("#bill_checked")
    expect(page.locator("#saved")).to_have_text(SAVED)
    stored = cases.cases_of_call(hub.database, line.call_id)[0].fields
    assert (stored["name_checked"], stored["npwp_checked"], stored["bill_checked"]) == (True, False, True)


def test_the_agents_page_has_no_serious_accessibility_findings(
    hub: House, visitors: Visitors, line: Line, axe_source: str
) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.keyboard.press("Alt+b")
    expect(page.locator("#case-tabs [role=tab]")).to_have_count(2)
    for key in ("F1", "F6", "F7", "F10"):
        page.keyboard.press(key)
        page.wait_for_timeout(120)
        page.evaluate(axe_source)
        found = page.evaluate(SERIOUS)
        assert found == [], key
        page.keyboard.press("Escape")
