# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's page in a real browser, fed by the real hub through a real bus and real journals."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, TimeoutError, expect

from crm import cases
from pipeline import events as ev
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago

pytestmark = pytest.mark.integration

RATNA = "ratna.contoh"
QUESTION = "saya mau lapor spt tahunan tapi saya lupa efin bagaimana cara minta efin lagi"
WRITTEN_QUESTION = "Saya mau lapor SPT tahunan, tapi saya lupa EFIN bagaimana cara minta EFIN lagi?"
SAVED = re.compile(r"tersimpan \d\d\.")
NASTY = '<img src=x onerror="window.hacked=1">'


def talking(line: Line, page: Page, name: str = "Dewi Contoh") -> None:
    """Bring a call up and wait until the page shows its case."""
    line.ring(name=name)
    line.answer()
    expect(page.locator("#case-number")).to_have_text(line.house.case_number(line.call_id))


def test_a_call_rings_and_is_answered_with_a_key(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    line.ring(name="Dewi Contoh", number="081255507788")
    expect(page.locator("#caller-name")).to_have_text("Dewi Contoh")
    expect(page.locator("#caller-number")).to_have_text("081255507788")
    expect(page.locator("#do-answer")).to_be_enabled()
    expect(page.locator("#do-hold")).to_be_disabled()
    page.keyboard.press("F2")
    hub.obeyed("answer", line.call_id)
    line.answer()
    expect(page.locator("#call-phase")).to_contain_text("Bicara")
    expect(page.locator("#lamp-recording")).to_contain_text("direkam")
    expect(page.locator("#case-clock")).to_contain_text("lagi")
    page.keyboard.press("F3")
    line.say(ev.CallHeld(at=ago(0), call_id=line.call_id, by="agent"))
    expect(page.locator("#do-hold")).to_contain_text("Lanjutkan")
    hub.obeyed("hold", line.call_id)


def test_a_partial_becomes_its_final_in_place(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.partial("caller", "saya lu", 4000)
    row = page.locator("#turns .turn.partial")
    expect(row).to_contain_text("saya lu")
    row.evaluate("node => { node.dataset.mine = 'yes' }")
    line.partial("caller", "saya lupa", 4000)
    expect(row).to_contain_text("saya lupa")
    line.final("caller", "saya lupa efin", 4000, doubtful=("efin",))
    expect(page.locator("#turns .turn[data-mine=yes]")).to_contain_text("Saya lupa EFIN.")
    expect(page.locator("#turns .turn")).to_have_count(1)
    expect(page.locator("#turns .partial")).to_have_count(0)
    expect(page.locator("#turns .doubtful")).to_have_text("EFIN.")


def test_a_number_is_written_in_figures_and_says_what_was_heard(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("agent", "dendanya seratus ribu rupiah", 4000)
    figure = page.locator("#turns .turn span")
    expect(figure).to_have_text("Rp100.000.")
    expect(figure).to_have_attribute("title", "Terdengar: seratus ribu rupiah")


def test_who_has_scrolled_up_is_left_alone(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    for n in range(30):
        line.final("caller", f"kalimat ke {n} dari penelepon yang cukup panjang untuk dua baris penuh", 3000 + n * 5000)
    expect(page.locator("#turns .turn")).to_have_count(30)
    box = page.locator("#conversation")
    assert box.evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight") < 40
    box.evaluate("node => { node.scrollTop = 100 }")
    line.final("caller", "kalimat terbaru", 200_000)
    expect(page.locator("#to-latest")).to_be_visible()
    assert box.evaluate("node => node.scrollTop") == 100
    page.click("#to-latest")
    expect(page.locator("#to-latest")).to_be_hidden()
    assert box.evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight") < 40


def test_the_answer_of_a_suggestion_goes_into_the_case_by_keyboard(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", QUESTION, 4000)
    expect(page.locator("#articles")).to_contain_text("Lupa EFIN")
    expect(page.locator("#question")).to_have_value(WRITTEN_QUESTION)
    expect(page.locator("#question-source")).to_contain_text(re.compile(r"dari \d\d\.\d\d\.\d\d W"))
    titles = page.locator("#articles .article-title").all_inner_texts()
    page.keyboard.press(str(titles.index("Lupa EFIN") + 1))
    expect(page.locator("#reader-body")).to_contain_text("EFIN")
    expect(page.locator("#reader-use")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).not_to_have_value("")
    expect(page.locator("#answer-article")).to_contain_text("lupa-efin")
    expect(page.locator(".fate.used")).to_have_text("dipakai")
    expect(page.locator("#saved")).to_have_text(SAVED)
    stored = cases.cases_of_call(hub.database, line.call_id)[0]
    assert stored.fields["article_id"] == "lupa-efin"
    assert stored.fields["question"] == WRITTEN_QUESTION
    used = [item for item in line.folder.read("suggestions") if isinstance(item, ev.SuggestionUsed)]
    assert [item.person for item in used] == [RATNA]


def test_the_case_walks_the_procedure_and_names_what_is_missing(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.fill("#question", "kapan batas lapor spt")
    page.click("#case-actions button.primary")
    expect(page.locator("#case-state")).to_have_text("Dicatat")
    expect(page.locator("#case-actions .primary")).to_be_enabled()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#saved")).to_contain_text("Isi dulu: Jenis")
    page.check("input[name=kind][value=information]")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case-state")).to_have_text("Klasifikasi")
    expect(page.locator("#case-rail .stop.done")).to_have_count(2)
    page.reload()
    expect(page.locator("#question")).to_have_value("kapan batas lapor spt")
    expect(page.locator("input[name=kind][value=information]")).to_be_checked()


def test_two_people_typing_see_both_texts(hub: House, visitors: Visitors, line: Line) -> None:
    one, other = visitors.visit(hub.url, RATNA), visitors.visit(hub.url, RATNA)
    talking(line, one)
    expect(other.locator("#case-number")).to_contain_text("LI-")
    other.route("**/api/cases/*/save", later)
    other.fill("#topic", "isi dari layar kedua")
    one.fill("#topic", "isi dari layar pertama")
    asked = [page for page in (one, other) if _conflict(page)]
    assert len(asked) == 1, "exactly one of the two must be asked"
    panel = asked[0].locator("#conflict")
    expect(panel).to_contain_text("isi dari layar pertama")
    expect(panel).to_contain_text("isi dari layar kedua")
    mine = asked[0].input_value("#topic")
    panel.locator("button.primary").click()
    expect(panel).to_be_hidden()
    loser = other if asked[0] is one else one
    expect(loser.locator("#topic")).to_have_value(mine)


def later(route: Route) -> None:
    """Hold a request back a little, so that the other page's comes first."""
    threading.Event().wait(0.05)
    route.continue_()


def _conflict(page: Page) -> bool:
    try:
        page.locator("#conflict").wait_for(state="visible", timeout=2500)
    except TimeoutError:
        return False
    return True


def test_nothing_that_a_caller_or_an_article_says_becomes_markup(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    page.route(
        "**/api/articles/**",
        lambda route: route.fulfill(
            json={
                "article_id": "x", "version": 1, "title": NASTY, "topic": "", "in_force": False,
                "legal_basis": [{"text": NASTY, "in_force_from": None, "in_force_to": None}],
                "html": f'<p onclick="window.hacked=1">aman{NASTY}</p><script>window.hacked=1</script>'
                '<a href="javascript:window.hacked=1">tautan</a>',
                "effective_from": None, "effective_to": None, "verification": NASTY,
            }
        ),
    )  # fmt: skip
    talking(line, page, name=NASTY)
    expect(page.locator("#caller-name")).to_have_text(NASTY)
    line.final("agent", f"{NASTY} lupa efin <script>window.hacked=1</script>", 4000)
    expect(page.locator("#turns")).to_contain_text("<script>window.hacked=1</script>")
    line.final("caller", QUESTION, 9000)
    expect(page.locator("#articles button").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#reader-body")).to_contain_text("aman")
    assert page.locator("#reader-body").inner_html() == "<p>aman</p>tautan"
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.hacked") is None
    blocked = [fault for fault in visitors.faults if "inline event handler" in fault and "blocked" in fault]
    assert visitors.faults == blocked  # the policy spoke while the text was parsed; nothing else happened
    visitors.faults.clear()


def test_search_by_hand_with_the_slash_key(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.keyboard.press("/")
    page.keyboard.type("meterai", delay=10)
    expect(page.locator("#articles")).to_contain_text("meterai", ignore_case=True)
    expect(page.locator("#sikp-status")).to_contain_text("hasil pencarian")
    page.keyboard.press("Escape")
    expect(page.locator("#sikp-empty")).to_be_visible()


def test_no_answer_is_said_in_words_with_the_next_step(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", "bagaimana cara memasak rendang padang yang enak", 4000)
    notice = page.locator("#no-answer")
    expect(notice).to_contain_text("SIKP kemungkinan tidak memuat jawabannya")
    expect(notice.get_by_role("button")).to_have_text("Konsultasi Team Leader (langkah 3d)")
    expect(notice.get_by_role("button")).to_be_disabled()
    expect(notice).to_contain_text("LIP20-0015 langkah G.3d")
    expect(notice).to_contain_text(re.compile(r"kemungkinan \d+ %"))


def test_the_words_behind_the_first_suggestion_are_marked_in_the_transcript(
    hub: House, visitors: Visitors, line: Line
) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", QUESTION, 4000)
    expect(page.locator("#articles")).to_contain_text("Lupa EFIN")
    expect(page.locator("#articles .quote mark").first).to_be_visible()
    marked = page.locator("#turns .because")
    expect(marked.first).to_be_visible()
    assert {"lupa", "EFIN"} <= {word.strip(",.?") for word in marked.all_inner_texts()}


def test_a_class_is_proposed_with_its_reason_and_a_person_chooses(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", "apakah poin belanja termasuk objek pph pasal dua satu menurut undang undang", 4000)
    proposal = page.locator("#kind-proposal")
    expect(proposal).to_contain_text("Usulan: Interpretasi peraturan")
    expect(proposal).to_contain_text("“termasuk objek”")
    expect(page.locator("input[name=kind]:checked")).to_have_count(0)
    proposal.get_by_role("button").click()
    expect(page.locator("input[name=kind][value=interpretation]")).to_be_checked()
    expect(proposal.get_by_role("button")).to_have_count(0)
    page.reload()
    expect(page.locator("#kind-proposal")).to_contain_text("Usulan: Interpretasi peraturan")


def test_not_helpful_and_answered_without_sikp_are_kept(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", QUESTION, 4000)
    expect(page.locator("#articles button").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#reader-reject")).to_be_enabled()
    page.click("#reader-reject")
    expect(page.locator(".fate.rejected")).to_have_text("tidak membantu")
    with page.expect_response("**/answered-without-sikp"):
        page.get_by_role("button", name="Dijawab tanpa SIKP").click()
    expect(page.locator("#sikp-without")).to_contain_text("Tercatat")
    expect(page.locator("#sikp-without button")).to_be_disabled()
    kept = list(line.folder.read("suggestions"))
    assert [item.name for item in kept if isinstance(item, ev.SuggestionRejected | ev.AnsweredWithoutSikp)] == [
        "suggestion.rejected",
        "question.answered_without_sikp",
    ]
    assert all(
        item.query == QUESTION for item in kept if isinstance(item, ev.SuggestionRejected | ev.AnsweredWithoutSikp)
    )


def test_an_ended_rule_says_so_in_the_list_and_in_the_reader(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    row = {
        "article_id": "lama", "version": 1, "title": "Aturan lama", "score": 0.9, "matched_words": (), "quote": "",
        "question": "bagaimana aturan lama", "in_force": False, "effective_to": "2024-12-31",
        "legal_basis": ({"text": "PER-0/PJ/2020 Pasal 1", "in_force_from": "2020-01-01"},),
    }  # fmt: skip
    page.route(
        "**/api/articles/**",
        lambda route: route.fulfill(
            json={
                "article_id": "lama", "version": 1, "title": "Aturan lama", "topic": "", "html": "<p>isi</p>",
                "legal_basis": [{"text": "PER-0/PJ/2020 Pasal 1", "in_force_from": "2020-01-01", "in_force_to": None}],
                "effective_from": None, "effective_to": "2024-12-31", "in_force": False, "verification": "",
            }
        ),
    )  # fmt: skip
    line.say(
        ev.SuggestionsShown(
            at=ago(0), call_id=line.call_id, query="aturan lama", articles=(ev.SuggestedArticle.model_validate(row),)
        )
    )
    expect(page.locator("#articles .validity")).to_contain_text("Aturan ini berakhir tanggal 31 Desember 2024")
    expect(page.locator("#articles .basis")).to_have_text("PER-0/PJ/2020 Pasal 1 (berlaku sejak 1 Januari 2020)")
    expect(page.locator("#articles .quote")).to_contain_text("mirip pertanyaan")
    page.keyboard.press("1")
    expect(page.locator("#reader-validity")).to_contain_text("berakhir tanggal 31 Desember 2024")
    expect(page.locator("#reader-meta")).to_contain_text("berlaku sejak 1 Januari 2020")


def test_the_page_itself_never_scrolls(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    for n in range(12):
        line.final("caller", f"{QUESTION} {n}", 4000 + n * 9000)
    expect(page.locator("#turns .turn")).to_have_count(12)
    size = page.evaluate(
        "[document.documentElement.scrollHeight, innerHeight, document.documentElement.scrollWidth, innerWidth]"
    )
    assert size[0] <= size[1]
    assert size[2] <= size[3]


def test_after_the_call_the_documentation_can_be_finished_later(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page, name="Tono Contoh")
    number = page.inner_text("#case-number")
    line.final("caller", "kapan batas lapor spt tahunan", 4000)
    line.end()
    expect(page.locator("#call-phase")).to_contain_text("Ditutup penelepon")
    page.keyboard.press("F8")
    expect(page.locator("#conversation-idle")).to_contain_text(number)
    page.locator("#conversation-idle button", has_text=number).click()
    expect(page.locator("#case-number")).to_have_text(number)
    expect(page.locator("#turns")).to_contain_text("Kapan batas lapor")


def test_a_restarted_hub_loses_nothing_of_what_was_said(visitors: Visitors, tmp_path: Path) -> None:
    first = House(tmp_path)
    first.start()
    page = visitors.visit(first.url, RATNA)
    played = Line(first)
    talking(played, page)
    played.final("caller", "sebelum putus", 4000)
    expect(page.locator("#turns")).to_contain_text("Sebelum putus")
    first.stop()
    expect(page.locator("#link-banner")).to_contain_text("terputus")
    page.fill("#topic", "diketik saat putus")
    second = House(tmp_path, first.settings.http_port)
    second.start()
    try:
        played.house = second
        played.final("caller", "sesudah tersambung", 9000)
        expect(page.locator("#turns")).to_contain_text("Sesudah tersambung", timeout=15_000)
        expect(page.locator("#turns .turn")).to_have_count(2)
        expect(page.locator("#link-banner")).to_be_hidden()
        expect(page.locator("#saved")).to_have_text(SAVED)
        stored = cases.cases_of_call(second.database, played.call_id)[0]
        assert stored.fields["topic"] == "diketik saat putus"
    finally:
        played.close()
        page.close()
        second.stop()
