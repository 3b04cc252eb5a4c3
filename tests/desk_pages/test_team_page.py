# SPDX-License-Identifier: GPL-3.0-or-later
"""The team leader's page in real browsers, beside the agent's, fed by the real hub."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crm import cases, tasks
from crm.audit_search import AuditQuery, search
from pipeline import events as ev
from tests.desk_pages.casemoves import QUESTION, consulting, move
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago
from tests.desk_pages.test_access import findings

pytestmark = pytest.mark.integration
TUTI, LUKMAN, RATNA = "tuti.contoh", "lukman.contoh", "ratna.contoh"


def opened(hub: House, visitors: Visitors, line: Line, username: str = TUTI) -> Page:
    """Wait for the consultation in the queue and open it."""
    page = visitors.visit(hub.url, username, path="/tim")
    case = cases.cases_of_call(hub.database, line.call_id)[0]
    page.locator(f'#queue a[href="/tim/{case.id}"]').click()
    expect(page.locator("#fact-question")).to_have_text(case.fields["question"])
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    return page


def audited(hub: House, action: str, about: str) -> int:
    """Return how many lines of the trail are about something."""
    rows = search(hub.database, AuditQuery(action=action), page=1).rows
    return sum(1 for row in rows if row.object_id == about)


def test_a_consultation_arrives_by_itself_and_is_followed_word_by_word(
    hub: House, visitors: Visitors, line: Line
) -> None:
    page = visitors.visit(hub.url, TUTI, path="/tim")
    case = consulting(line)
    row = page.locator("#queue li", has_text=case.number)
    expect(row).to_contain_text("Ratna Contoh")
    expect(row).to_contain_text(QUESTION)
    line.final("caller", "apakah pembayaran ke pemasok luar negeri dipotong", 4000)
    page.keyboard.press("F8")  # the oldest, which may be another test's
    page.wait_for_url("**/tim/*")
    row.locator("a").click()
    expect(page.locator("#turns")).to_contain_text("pemasok luar negeri")
    line.partial("agent", "saya tanyakan dulu", 9000)
    expect(page.locator("#turns .turn.partial")).to_contain_text("saya tanyakan dulu")
    expect(page.locator("#case-facts .ticked")).to_have_count(2)
    expect(page.locator("#case-facts .clock-time")).to_contain_text("lagi")
    expect(page.locator("#calls")).to_contain_text("Dewi Contoh")
    assert audited(hub, "transcript_viewed", line.call_id) == 1
    page.reload()
    expect(page.locator("#turns .turn.partial")).to_contain_text("saya tanyakan dulu")
    assert audited(hub, "transcript_viewed", line.call_id) == 1


def test_the_answer_needs_the_decision_on_sikp_and_reaches_the_agent(
    hub: House, visitors: Visitors, line: Line
) -> None:
    agent = visitors.visit(hub.url, RATNA)
    case = consulting(line)
    expect(agent.locator("#case-state")).to_have_text("Konsultasi")
    page = opened(hub, visitors, line)
    page.fill("#answer", "Ya, dipotong PPh Pasal 26 sebesar 20 persen.")
    expect(page.locator("#case-facts")).to_contain_text("Anda sedang membantu")
    page.locator("#answer").press("Control+Enter")
    assert cases.find_case(hub.database, case.id).state == "consulting", "no default decides about SIKP"
    assert page.locator("[name=sikp_update]:checked").count() == 0
    page.check("[name=sikp_update][value=needed]")
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("#outcome")).to_contain_text("layar Ratna Contoh")
    expect(page.locator("#outcome")).to_contain_text("Tugas pemutakhiran")
    expect(agent.locator("#answer")).to_have_value("Ya, dipotong PPh Pasal 26 sebesar 20 persen.")
    expect(agent.locator("#case-state")).to_have_text("Dijawab")
    assert tasks.task_of_case(hub.database, case.id) is not None
    expect(page.locator("#queue")).not_to_contain_text(case.number)


def test_an_answer_half_written_survives_a_reload(hub: House, visitors: Visitors, line: Line) -> None:
    consulting(line)
    page = opened(hub, visitors, line)
    page.fill("#answer", "Setengah jawaban")
    page.check("[name=sikp_update][value=not_needed]")
    page.reload()
    expect(page.locator("#answer")).to_have_value("Setengah jawaban")
    expect(page.locator("[name=sikp_update][value=not_needed]")).to_be_checked()
    page.click("#do-answer-back")
    expect(page.locator("#outcome")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(key => key.endsWith('jawab.tuti.contoh')).length") == 0


def test_two_leaders_do_not_answer_the_same_question(hub: House, visitors: Visitors, line: Line) -> None:
    case = consulting(line)
    one, other = opened(hub, visitors, line), opened(hub, visitors, line, LUKMAN)
    one.keyboard.press("F2")
    expect(one.locator("#case-facts")).to_contain_text("Anda sedang membantu")
    expect(other.locator("#case-facts")).to_contain_text("sedang dibantu oleh Tuti Contoh")
    expect(other.locator("#queue li", has_text=case.number)).to_contain_text("Tuti Contoh")
    expect(other.locator("#answer")).to_be_disabled()
    other.locator("#case-facts button", has_text="Ambil alih").click()
    expect(other.locator("#answer")).to_be_enabled()
    expect(one.locator("#answer")).to_be_disabled()
    assert audited(hub, "consultation_taken", case.number) == 2


def test_what_the_agent_wrote_meanwhile_is_shown_beside_ones_own(hub: House, visitors: Visitors, line: Line) -> None:
    case = consulting(line)
    page = opened(hub, visitors, line)
    page.fill("#answer", "Jawaban saya")
    stored = cases.find_case(hub.database, case.id)
    agent = hub.person(RATNA)
    hub.hub.casework.save(case.id, stored.version, {"answer": "Catatan agen", "topic": "PPh 26"}, agent)
    expect(page.locator("#stored-words")).to_have_text("Catatan agen")
    expect(page.locator("#answer")).to_have_value("Jawaban saya")
    page.click("#stored-keep")
    page.check("[name=sikp_update][value=not_needed]")
    page.click("#do-answer-back")
    expect(page.locator("#outcome")).to_be_visible()
    assert cases.find_case(hub.database, case.id).fields["answer"] == "Jawaban saya"


def test_an_escalation_carries_its_reason(hub: House, visitors: Visitors, line: Line) -> None:
    case = consulting(line)
    page = opened(hub, visitors, line)
    page.keyboard.press("F7")
    page.keyboard.type("Belum ada aturan untuk aset kripto luar negeri.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_contain_text("Agen Eskalasi")
    stored = cases.find_case(hub.database, case.id)
    assert (stored.state, stored.consultation.remark) == (
        "escalated", "Belum ada aturan untuk aset kripto luar negeri.",
    )  # fmt: skip


def test_the_leaders_own_telephone_joins_and_leaves(hub: House, visitors: Visitors, line: Line) -> None:
    consulting(line)
    page = opened(hub, visitors, line)
    page.keyboard.press("F6")
    expect(page.locator("#join")).to_contain_text("Memanggil telepon Anda (2190)")
    told = [args for command, args in hub.commands if command == "guest" and args["call_id"] == line.call_id]
    assert [(args["to"], args["mode"]) for args in told] == [("2190", "conference")]
    common = {"at": ago(0), "call_id": line.call_id, "to": "2190", "mode": "conference"}
    line.say(ev.GuestInvited(**common, person="Tuti Contoh"))
    line.say(ev.GuestJoined(**common))
    expect(page.locator("#join")).to_contain_text("Anda bicara dengan keduanya")
    assert audited(hub, "call_joined", line.call_id) == 1
    page.keyboard.press("F6")
    line.say(ev.GuestLeft(at=ago(0), call_id=line.call_id, to="2190", reason="no_answer"))
    expect(page.locator("#join")).to_contain_text("Telepon Anda tidak diangkat.")
    without = opened(hub, visitors, line, LUKMAN)
    without.keyboard.press("F6")
    expect(without.locator("#notice")).to_contain_text("ekstensi")


def test_the_pages_states_are_accessible(hub: House, visitors: Visitors, line: Line, axe_source: str) -> None:
    page = visitors.visit(hub.url, TUTI, path="/tim")
    assert findings(page, axe_source) == []
    consulting(line)
    line.final("caller", "saya lupa efin bagaimana cara minta efin lagi", 4000)
    page = opened(hub, visitors, line)
    expect(page.locator("#articles button").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#reader-use")).to_be_enabled()
    assert findings(page, axe_source) == []
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-source")).to_contain_text("lupa-efin")


def test_a_case_that_moved_on_says_so(hub: House, visitors: Visitors, line: Line) -> None:
    consulting(line)
    page = opened(hub, visitors, line)
    move(line, "answered", LUKMAN, answer="Sudah dijawab", sikp_update="not_needed")
    expect(page.locator("#case-facts")).to_contain_text("Dijawab oleh Lukman Contoh")
    expect(page.locator("#answer")).to_be_disabled()
