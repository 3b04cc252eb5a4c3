# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of quality staff's pages, for :mod:`tests.desk_pages.screenshots`. Everybody in them is invented."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from pipeline import events as ev
from tests.desk_pages.casemoves import consulting, move
from tests.desk_pages.house import House, Line, ago

KURNIA = "kurnia.contoh"
QUESTIONS = (
    ("apakah pembayaran ke influencer luar negeri dipotong pph", "Dipotong PPh Pasal 26 menurut P3B (contoh)."),
    ("bagaimana lapor penghasilan dari sewa kos kosan", "Sebagai penghasilan sewa yang bersifat final (contoh)."),
    ("siapa yang menerbitkan bukti potong kalau pembayarnya kedutaan", "Kedutaan bukan pemotong (contoh)."),
)  # fmt: skip


def ask(hub: House, question: str, answer: str, name: str) -> None:
    """A consultation that ends with a task to update SIKP."""
    line = Line(hub)
    consulting(line, question, name)
    line.final("agent", "kring pajak dengan ratna ada yang bisa dibantu", 1000)
    line.final("caller", f"pagi mas saya mau tanya {question}", 6000)
    line.final("agent", "baik saya tanyakan dulu ke team leader mohon ditunggu", 15_000)
    move(line, "answered", "tuti.contoh", answer=answer, sikp_update="needed")
    for number in range(2):
        line.say(
            ev.SuggestionsShown(
                at=ago(60 - number), call_id=line.call_id, query=question, articles=(), no_answer=True,
                no_answer_probability=0.8, question=number + 1,
            )
        )  # fmt: skip
    line.end()
    line.close()


def quality(picture: Callable[[str], None], page: Page, hub: House) -> None:
    """Walk through tasks, clusters, lists and the editor; ``picture`` saves what the page shows under a name."""
    for (question, answer), name in zip(QUESTIONS, ("Dewi Contoh", "Eko Contoh", "Tono Contoh"), strict=True):
        ask(hub, question, answer, name)
    page.goto(f"{hub.url}/pemutakhiran")
    expect(page.locator("#task .turns")).to_be_visible()
    picture("pemutakhiran")
    page.goto(f"{hub.url}/pemutakhiran/pertanyaan")
    expect(page.locator(".clusters > li").first).to_be_visible()
    picture("pertanyaan")
    page.goto(f"{hub.url}/pemutakhiran/artikel?saring=perlu-verifikasi")
    picture("artikel-daftar")
    page.goto(f"{hub.url}/pemutakhiran")
    page.keyboard.press("Alt+t")
    page.wait_for_url("**/pemutakhiran/lembar/*")
    picture("penyunting-baru")
    page.goto(f"{hub.url}/pemutakhiran/artikel")
    page.locator("tbody a").nth(3).click()
    page.wait_for_url("**/pemutakhiran/artikel/*")
    page.keyboard.press("Alt+t")
    page.wait_for_url("**/pemutakhiran/lembar/*")
    picture("penyunting")
    page.fill("#f-answer", page.input_value("#f-answer").replace(" dan ", " serta ") + " Kalimat baru sebagai contoh.")
    page.keyboard.press("Alt+2")
    expect(page.locator("#beside ins .sign").first).to_be_visible()
    picture("penyunting-perubahan")
    page.fill("#f-effective_from", "2030-01-01")
    page.fill("#f-effective_to", "2029-01-01")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#checks .late")).to_be_visible()
    picture("penyunting-periksa-salah")
    page.fill("#f-effective_to", "2031-01-01")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#checks .found")).to_be_visible()
    picture("penyunting-periksa")
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_timeout(1500)
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_url("**/pemutakhiran/artikel/*")
    picture("artikel")
