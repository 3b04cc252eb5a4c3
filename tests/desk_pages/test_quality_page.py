# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality staff in a real browser: a task becomes an article that the agent finds; nothing typed is lost."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from crm import tasks
from desk.unanswered import case_key
from tests.desk_pages.casemoves import consulting, move
from tests.desk_pages.conftest import Visitors, until
from tests.desk_pages.house import House, Line
from tests.desk_pages.test_access import findings
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration
KIKI, KURNIA, RATNA = "kiki.contoh", "kurnia.contoh", "ratna.contoh"
WORDS = ["berapa", "bagaimana", "kapan", "siapa", "dimana", "apakah", "hitung", "lapor"]


def task_of(hub: House, line: Line, question: str) -> int:
    """A consultation that the team leader answers with the wish to update SIKP."""
    case = consulting(line, question)
    line.final("agent", "kring pajak selamat pagi", 1000)
    line.final("caller", question, 4000)
    move(line, "answered", "tuti.contoh", answer="Tarifnya dua persen (contoh).", sikp_update="needed")
    line.end()
    found = tasks.task_of_case(hub.database, case.id)
    assert found is not None
    return found.id


def fill(page: Page, topic: str, subject: str) -> None:
    """Type a right article."""
    page.fill("#f-title", f"Tarif {subject}")
    page.fill("#f-topic", topic)
    page.fill("#f-questions", "\n".join(f"{word} tarif {subject}" for word in WORDS))
    page.fill("#f-answer", f"Tarif {subject} dua persen, contoh.")
    page.fill("#f-body", "Rincian dengan **tebal** dan <b onclick=alert(1)>bukan markah</b>.")


def saved(page: Page) -> None:
    """Wait until all that is typed is stored."""
    expect(page.locator("#saved")).to_have_text(re.compile(r"tersimpan \d\d\.\d\d\.\d\d"))


def test_from_the_task_to_the_article_that_the_agent_finds(hub: House, visitors: Visitors, line: Line) -> None:
    subject = "gamelan pusaka"
    page = visitors.visit(hub.url, KIKI)
    expect(page.locator("#queue")).not_to_contain_text(subject)
    task_id = task_of(hub, line, f"berapa tarif {subject} ya bu")
    row = page.locator(f"#queue a[data-task='{task_id}']")
    expect(row).to_contain_text(subject)  # by itself: the queue's news
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#task")).to_contain_text("dua persen (contoh)")
    expect(page.locator("#task .asked")).to_contain_text(subject)
    page.keyboard.press("Alt+a")
    expect(page.locator("#task .state-word")).to_have_text("dikerjakan")
    page.keyboard.press("Alt+t")
    expect(page.locator("#f-questions")).to_have_value(re.compile(subject))
    fill(page, "Kesenian", subject)
    saved(page)
    expect(page.locator("#f-id")).to_have_value("tarif-gamelan-pusaka")
    expect(page.locator("#beside strong")).to_have_text("tebal")
    expect(page.locator("#beside")).to_contain_text("<b onclick=alert(1)>")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#checks")).to_contain_text("8 dari 8 bentuk pertanyaan")
    page.keyboard.press("Control+Shift+Enter")
    if page.locator("#checks[data-warnings=yes]").count():
        page.keyboard.press("Control+Shift+Enter")
    page.wait_for_url("**/pemutakhiran/artikel/tarif-gamelan-pusaka**")
    expect(page.locator("[role=status]").last).to_contain_text("Versi 1 terbit")
    assert tasks.find_task(hub.database, task_id).state == "published"
    agent = visitors.visit(hub.url, RATNA)
    agent.keyboard.press("F8")
    agent.keyboard.press("/")
    agent.keyboard.type(f"tarif {subject}")
    agent.keyboard.press("Enter")
    expect(agent.locator("#articles")).to_contain_text(f"Tarif {subject}")
    agent.locator("#articles button", has_text=f"Tarif {subject}").first.click()
    expect(agent.locator("#reader-body")).to_contain_text("<b onclick=alert(1)>bukan markah</b>")
    assert agent.locator("#reader-body b[onclick]").count() == 0


def test_what_is_typed_survives_a_reload_and_a_dead_network(hub: House, visitors: Visitors) -> None:
    page = visitors.visit(hub.url, KIKI, path="/pemutakhiran/artikel")
    page.keyboard.press("Alt+n")
    page.wait_for_url("**/pemutakhiran/lembar/*")
    page.fill("#f-title", "Pajak angklung")
    page.keyboard.press("Control+s")
    saved(page)
    page.keyboard.press("Alt+b")
    page.keyboard.type("UU Contoh 1")
    page.context.set_offline(True)
    page.fill("#f-answer", "Diketik tanpa jaringan.")
    expect(page.locator("#saved")).to_contain_text("belum tersimpan")
    page.context.set_offline(False)
    saved(page)
    page.reload()
    expect(page.locator("#f-answer")).to_have_value("Diketik tanpa jaringan.")
    expect(page.locator("[data-part=regulation]")).to_have_value("UU Contoh 1")
    page.keyboard.press("Control+Enter")
    mistake = page.locator("#checks [data-field=questions]")
    expect(mistake).to_contain_text("Bentuk pertanyaan")
    mistake.click()
    expect(page.locator("#f-questions")).to_be_focused()
    discard = page.locator("#discard button")
    discard.click()
    expect(discard).to_have_text("Tekan lagi untuk membuang")
    discard.click()
    page.wait_for_url("**/pemutakhiran")


def test_two_tabs_of_one_sheet_and_a_version_published_meanwhile(hub: House, visitors: Visitors) -> None:
    store = hub.hub.articles
    name = f"kolintang-{uuid.uuid4().hex[:6]}"
    store.publish(article(name, "Pajak kolintang"), on=0, by="Kiki Contoh")
    first = visitors.visit(hub.url, KIKI, path=f"/pemutakhiran/artikel/{name}")
    first.keyboard.press("Alt+t")
    first.wait_for_url("**/pemutakhiran/lembar/*")
    second = visitors.visit(hub.url, KURNIA, path=first.url.removeprefix(hub.url))
    first.fill("#f-answer", "Jawaban tab pertama, contoh uji.")
    saved(first)
    second.fill("#f-answer", "Jawaban tab kedua, contoh uji.")
    expect(second.locator("#beside")).to_contain_text("Jawaban tab pertama")
    expect(second.locator("#beside")).to_contain_text("Jawaban tab kedua")
    second.locator("#keep-mine").click()
    saved(second)
    store.publish(article(name, "Pajak kolintang", body="Jawaban dari tempat lain, contoh."), on=1, by="Orang lain")
    second.keyboard.press("Control+Enter")
    expect(second.locator("#checks")).to_be_visible()
    second.keyboard.press("Control+Shift+Enter")
    expect(second.locator("#beside")).to_contain_text("Jawaban dari tempat lain")
    expect(second.locator("#beside")).to_contain_text("Jawaban tab kedua")
    second.locator(".clash button[type=submit]").click()
    expect(second.locator("h1")).to_contain_text("Versi 3")
    second.wait_for_load_state()
    second.keyboard.press("Alt+2")
    expect(second.locator("#beside del")).to_contain_text(["tempat"])
    expect(second.locator("#beside ins .sign").first).to_have_text("+")
    second.keyboard.press("Control+Enter")
    expect(second.locator("#checks")).to_be_visible()
    second.keyboard.press("Control+Shift+Enter")
    second.wait_for_url(f"**/pemutakhiran/artikel/{name}**")
    assert store.get(name).answer == "Jawaban tab kedua, contoh uji."


def test_a_cluster_opens_the_editor_with_its_forms(hub: House, visitors: Visitors, line: Line) -> None:
    case = consulting(line, "bagaimana pajak rebana keliling")
    line.end()
    page = visitors.visit(hub.url, KIKI, path="/pemutakhiran/pertanyaan")
    cluster = page.locator(".clusters > li", has_text="rebana keliling")
    expect(cluster).to_contain_text("ditanyakan ke team leader 1")
    cluster.get_by_role("button", name="Tulis artikel").click()
    page.wait_for_url("**/pemutakhiran/lembar/*")
    expect(page.locator("#f-questions")).to_have_value("bagaimana pajak rebana keliling")
    sheet = hub.hub.app().state.deps.sheets.get(int(page.url.rsplit("/", 1)[1]))
    assert sheet.questions == (case_key(case.id),)


def test_every_page_is_accessible_and_fits_the_screen(
    hub: House, visitors: Visitors, axe_source: str, line: Line
) -> None:
    task_of(hub, line, "apakah pajak suling bambu ada")
    page = visitors.visit(hub.url, KURNIA)
    expect(page.locator("#task .case-text").first).to_be_visible()
    assert page.locator("#task a[href^='/arsip/']").count() == 1
    addresses = [
        "/pemutakhiran",
        "/pemutakhiran/pertanyaan",
        "/pemutakhiran/artikel",
        "/pemutakhiran/artikel?saring=ditolak",
    ]
    name = hub.hub.articles.published()[0].id
    addresses.append(f"/pemutakhiran/artikel/{name}")
    for address in addresses:
        page.goto(f"{hub.url}{address}")
        expect(page.locator("h2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), address
        assert findings(page, axe_source) == [], address
    page.keyboard.press("Alt+t")
    page.wait_for_url("**/pemutakhiran/lembar/*")
    page.fill("#f-questions", "satu")
    for key in ("Alt+1", "Alt+2", "Alt+3"):
        page.keyboard.press(key)
        until(page, f"document.querySelector('[data-key=\"{key[-1]}\"]').getAttribute('aria-selected') === 'true'")
        expect(page.locator("#beside")).not_to_be_empty()
        assert findings(page, axe_source) == [], key
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
