# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality staff's work over HTTP: a task becomes an article, sheets, checks, clashes, clusters, the audit trail."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from crm import audit_search, cases, tasks
from crm.audit_search import AuditQuery
from desk.masking import MASK
from desk.sheet_pages import both_changed, merged_fields
from desk.worddiff import pieces
from pipeline import events as ev
from retrieval.sheetfields import SheetFields, fields_of
from tests.desk.conftest import HOST, Browser, Desk
from tests.desk.folders import CALL_ID
from tests.desk.test_api import wait_for_search
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration

NASTY = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
WORDS = ("berapa", "kapan", "dimana", "siapa", "bagaimana", "mengapa", "lapor", "bayar")
FORMS = "\n".join(f"pajak sapi perah {word}" for word in WORDS)


def full(**changes: object) -> dict[str, object]:
    """Return the fields of a right article."""
    fields = SheetFields(
        id="pajak-sapi-perah", title="Pajak sapi perah", topic="Peternakan", questions=FORMS,
        answer="Sapi perah dikenai pajak contoh.", body="Rincian **contoh** untuk uji.",
    )  # fmt: skip
    return {**fields.model_dump(), **changes}


async def task_of(desk: Desk, question: str = "berapa pajak sapi perah", answer: str = "lima persen, contoh") -> int:
    """Play a consultation that the team leader answers with the wish to update SIKP; return the task's id."""
    desk.call().offered().answered().says(question)
    await desk.hub.records.drained()
    database, now = desk.hub.database, desk.clock.now()
    case = desk.hub.casework.case_of(CALL_ID)
    assert case is not None
    from crm import people

    agent, leader = people.find_person(database, "sari"), people.find_person(database, "tono")
    fields = {"question": question, "kind": "information", "topic": "Peternakan"}
    for to, person, more in (
        ("recorded", agent, fields), ("classified", agent, {}), ("searching", agent, {}), ("consulting", agent, {}),
        ("answered", leader, {"answer": answer, "sikp_update": "needed"}),
    ):  # fmt: skip
        case = cases.transition(database, case.id, case.version, to, more, person=person, now=now).case
    found = tasks.task_of_case(database, case.id)
    assert found is not None
    return found.id


async def submit(browser: Browser, path: str, **fields: object) -> object:
    """Send a form as the page does."""
    headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST, "HX-Request": "true"}
    return await browser.client.post(path, data={name: str(value) for name, value in fields.items()}, headers=headers)


async def sheet_for(browser: Browser, **fields: object) -> int:
    """Begin a sheet and fill it in."""
    begun = await submit(browser, "/pemutakhiran/artikel", article_id=fields.pop("article_id", ""))
    sheet_id = int(begun.headers["location"].rsplit("/", 1)[1])  # type: ignore[attr-defined]
    if fields:
        saved = await browser.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": fields})
        assert saved.status_code == 200, saved.text
    return sheet_id


async def publish(browser: Browser, sheet_id: int, version: int = 2, **more: object) -> object:
    body = {"version": version, "acknowledged": True, "request_key": str(uuid.uuid4()), **more}
    return await browser.post(f"/api/sheets/{sheet_id}/publish", body)


async def test_a_task_becomes_an_article_that_the_next_call_finds(desk: Desk) -> None:
    await wait_for_search(desk)
    task_id = await task_of(desk, answer="lima persen; NPWP 01.234.567.8-901.000")
    kiki = await desk.signed_in("kiki")
    page = (await kiki.get("/pemutakhiran")).text
    assert "berapa pajak sapi perah" in page
    assert "01.234.567" not in page
    assert "/arsip/" not in page.split("<main")[1]  # no right to listen, no link
    taken = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/take", version=1, request_key="kunci-satu-1")
    assert "Kembalikan" in taken.text  # type: ignore[attr-defined]
    begun = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/tulis/artikel")
    address = begun.headers["location"]  # type: ignore[attr-defined]
    again = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/tulis/artikel")
    assert again.headers["location"] == address  # type: ignore[attr-defined]
    sheet_id = int(address.rsplit("/", 1)[1])
    assert desk.app.state.deps.sheets.get(sheet_id).fields.answer == f"lima persen; NPWP {MASK}"
    saved = await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": full()})
    assert saved.json()["version"] == 2
    done = await publish(kiki, sheet_id)
    assert done.json()["address"] == "/pemutakhiran/artikel/pajak-sapi-perah?terbit=1"  # type: ignore[attr-defined]
    task = tasks.find_task(desk.hub.database, task_id)
    assert (task.state, task.article_id, task.article_version) == ("published", "pajak-sapi-perah", 1)
    found = (await kiki.get("/api/search", params={"q": "pajak sapi perah"})).json()["articles"]
    assert found[0]["article_id"] == "pajak-sapi-perah"
    twice = await publish(kiki, sheet_id)
    assert twice.status_code == 200  # type: ignore[attr-defined]
    assert desk.hub.articles.get("pajak-sapi-perah").version == 1
    entries = audit_search.search(desk.hub.database, AuditQuery(object_id="pajak-sapi-perah")).rows
    assert [(one.person, one.action) for one in entries] == [("kiki", "article_published")]
    assert "LI-2026" in entries[0].detail
    leads = await kiki.get(f"/pemutakhiran/lembar/{sheet_id}")
    assert leads.headers["location"] == "/pemutakhiran/artikel/pajak-sapi-perah"


async def test_a_task_is_declined_with_a_reason_only_and_never_by_two(desk: Desk) -> None:
    task_id = await task_of(desk)
    kiki = await desk.signed_in("kiki")
    assert "tidak ada" not in (await submit(kiki, f"/pemutakhiran/tugas/{task_id}/take", version=1)).text  # type: ignore[attr-defined]
    empty = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/decline", version=2, reason="  ")
    assert empty.status_code == 422  # type: ignore[attr-defined]
    stale = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/decline", version=1, reason="sudah ada artikelnya")
    assert stale.status_code == 409  # type: ignore[attr-defined]
    assert "sudah ada artikelnya" in stale.text  # type: ignore[attr-defined]
    done = await submit(kiki, f"/pemutakhiran/tugas/{task_id}/decline", version=2, reason=f"sudah ada {NASTY}")
    assert "&lt;script&gt;" in done.text  # type: ignore[attr-defined]
    assert "<script>" not in done.text  # type: ignore[attr-defined]
    assert tasks.find_task(desk.hub.database, task_id).state == "declined"
    shown = (await kiki.get("/pemutakhiran?tampil=selesai")).text
    assert "berapa pajak sapi perah" in shown


async def test_every_mistake_is_named_by_field_and_nothing_is_published(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    basis = [{"regulation": "UU", "in_force_from": "kemarin", "note": ""}]
    wrong = full(
        id="Bukan Slug", title="ab", questions="satu\nsatu", related="tidak-ada", effective_from="2026-13-40",
        legal_basis=basis, verification="entah",
    )  # fmt: skip
    sheet_id = await sheet_for(kiki, **wrong)
    checks = (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}/periksa")).text
    named = set(re.findall(r'data-field="(\w+)"', checks))
    assert named >= {"id", "title", "questions", "related", "effective_from", "legal_basis", "verification"}
    refused = await publish(kiki, sheet_id)
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert refused.json()["error"]["code"] == "sheet_problems"  # type: ignore[attr-defined]
    assert [one.id for one in desk.hub.articles.published()] == ["uji-efin", "uji-sanksi"]


async def test_an_id_that_is_taken_and_forms_of_another_article_are_told(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    other = desk.hub.articles.get("uji-efin")
    sheet_id = await sheet_for(kiki, **full(id="uji-efin", questions="\n".join(other.questions)))
    checks = (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}/periksa")).text
    assert 'data-field="id"' in checks
    saved = await kiki.post(
        f"/api/sheets/{sheet_id}/save", {"version": 2, "fields": full(questions="\n".join(other.questions))}
    )
    checks = (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}/periksa")).text
    assert 'href="/pemutakhiran/artikel/uji-efin"' in checks
    assert "dari 8 bentuk pertanyaan" in checks
    unread = await publish(kiki, sheet_id, saved.json()["version"], acknowledged=False)
    assert unread.status_code == 422  # type: ignore[attr-defined]
    assert (await publish(kiki, sheet_id, saved.json()["version"])).status_code == 200  # type: ignore[attr-defined]


async def test_a_stale_save_gives_both_texts_and_a_repeated_one_works_once(desk: Desk) -> None:
    kiki = await desk.signed_in("kiki")
    sheet_id = await sheet_for(kiki, **full())
    repeated = await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": full()})
    assert (repeated.status_code, repeated.json()["version"]) == (200, 2)
    stale = await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": full(answer="Lain sama sekali.")})
    assert stale.status_code == 409
    assert stale.json()["stored"]["fields"]["answer"] == "Sapi perah dikenai pajak contoh."
    overlong = await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 2, "fields": full(title="x" * 2001)})
    assert overlong.status_code == 422
    assert "Judul" in overlong.json()["error"]["message"]
    nonsense = await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 2, "fields": {"title": ["x"]}})
    assert nonsense.status_code == 422


async def test_two_editors_of_one_article_lose_nothing(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    store = desk.hub.articles
    store.publish(article("kerbau", "Pajak kerbau"), on=0, by="Kiki Uji")
    sheet_id = await sheet_for(kiki, article_id="kerbau")
    assert await sheet_for(kiki, article_id="kerbau") == sheet_id  # one sheet an article
    mine = fields_of(store.get("kerbau")).model_copy(update={"answer": "Jawaban saya tentang kerbau."})
    await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": mine.model_dump()})
    theirs = article("kerbau", "Pajak kerbau putih", body="Jawaban mereka tentang kerbau putih.")
    store.publish(theirs, on=1, by="orang lain")
    refused = await publish(kiki, sheet_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "article_stale")  # type: ignore[attr-defined]
    clash = (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}/bentrok")).text
    assert "Jawaban saya tentang kerbau." in clash
    assert "Jawaban mereka tentang kerbau putih." in clash
    await submit(kiki, f"/pemutakhiran/lembar/{sheet_id}/gabung", version=2, onto=2, pakai_answer="mine")
    done = await publish(kiki, sheet_id, 3)
    assert done.status_code == 200, done.text  # type: ignore[attr-defined]
    newest = store.get("kerbau")
    assert (newest.version, newest.title, newest.answer) == (3, "Pajak kerbau putih", "Jawaban saya tentang kerbau.")


async def test_retiring_needs_a_reason_that_stays_in_history_and_trail(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    path = "/pemutakhiran/artikel/uji-sanksi/tarik"
    assert (await submit(kiki, path, version=1, reason=" ")).status_code == 422  # type: ignore[attr-defined]
    version = desk.hub.articles.get("uji-sanksi").version
    for _ in range(2):
        done = await submit(kiki, path, version=version, reason="aturannya dicabut")
        assert done.status_code == 303, done.text  # type: ignore[attr-defined]
    history = desk.hub.articles.history("uji-sanksi")
    assert (history[0].article.status, history[0].note) == ("retired", "aturannya dicabut")
    assert "aturannya dicabut" in (await kiki.get("/pemutakhiran/artikel/uji-sanksi")).text
    entries = audit_search.search(desk.hub.database, AuditQuery(action="article_retired")).rows
    assert [(one.object_id, "aturannya dicabut" in one.detail) for one in entries] == [("uji-sanksi", True)]
    again = await submit(kiki, path, version=version + 1, reason="lagi")
    assert again.status_code == 409  # type: ignore[attr-defined]


async def test_a_discarded_sheet_is_gone_and_in_the_trail(desk: Desk) -> None:
    kiki = await desk.signed_in("kiki")
    sheet_id = await sheet_for(kiki, **full())
    assert (await submit(kiki, f"/pemutakhiran/lembar/{sheet_id}/buang", version=1)).status_code == 409  # type: ignore[attr-defined]
    assert (await submit(kiki, f"/pemutakhiran/lembar/{sheet_id}/buang", version=2)).status_code == 303  # type: ignore[attr-defined]
    assert (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}")).status_code == 404
    entries = audit_search.search(desk.hub.database, AuditQuery(action="article_draft_discarded")).rows
    assert [(one.person, one.object_id) for one in entries] == [("kiki", "pajak-sapi-perah")]


async def test_markup_in_every_field_stays_text(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    forms = "\n".join(f"{NASTY} bentuk {number}" for number in range(8))
    basis = [{"regulation": NASTY, "article": NASTY, "paragraph": NASTY, "note": NASTY}]
    nasty = full(
        title=f"Judul {NASTY}", topic=NASTY, questions=forms, answer=f"{NASTY} [x](javascript:alert(3))",
        body=f"{NASTY}\n\n![x](x.png)", audience=NASTY, owner=NASTY, legal_basis=basis,
    )  # fmt: skip
    sheet_id = await sheet_for(kiki, **nasty)
    done = await publish(kiki, sheet_id, note=NASTY)
    assert done.status_code == 200, done.text  # type: ignore[attr-defined]
    second = await sheet_for(kiki, article_id="pajak-sapi-perah")
    texts = [
        (await kiki.get(path)).text
        for path in (
            f"/pemutakhiran/lembar/{second}", f"/pemutakhiran/lembar/{second}/pratinjau",
            f"/pemutakhiran/lembar/{second}/perubahan", f"/pemutakhiran/lembar/{second}/periksa",
            "/pemutakhiran/artikel/pajak-sapi-perah", "/pemutakhiran/artikel", "/pemutakhiran/artikel?q=bentuk",
        )
    ]  # fmt: skip
    reader = (await kiki.get("/api/articles/pajak-sapi-perah")).json()["html"]
    for text in [*texts, reader]:
        assert "<img" not in text
        assert "<script>" not in text
        assert 'href="javascript' not in text


async def test_a_number_in_an_article_survives_the_editor_and_is_warned_of(desk: Desk) -> None:
    await wait_for_search(desk)
    kiki = await desk.signed_in("kiki")
    example = "Contoh bentuk NPWP: 0012 3456 7890 1234."
    sheet_id = await sheet_for(kiki, **full(body=example))
    page = (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}")).text
    assert example in page
    assert "NPWP, NIK" in (await kiki.get(f"/pemutakhiran/lembar/{sheet_id}/periksa")).text


def shown(call_id: str, query: str, at: datetime, *, no_answer: bool) -> ev.SuggestionsShown:
    return ev.SuggestionsShown(
        at=at, call_id=call_id, question=1, query=query, articles=(), provisional=False, no_answer=no_answer,
        no_answer_probability=0.9,
    )  # fmt: skip


async def test_clusters_of_unanswered_questions_open_the_editor_and_can_be_marked(desk: Desk) -> None:
    await wait_for_search(desk)
    await task_of(desk)
    index = desk.hub.records._feedback
    now = desk.clock.now()
    for number in (1, 2):
        index.take(shown(f"20261123T03000{number}-0000beef", "berapa pajak mata uang kripto", now, no_answer=True))
    index.take(shown(CALL_ID, "pajak sapi perah berapa ya", now, no_answer=True))
    kiki = await desk.signed_in("kiki")
    clusters = (await kiki.get("/pemutakhiran/pertanyaan/kelompok")).text
    assert clusters.index("kripto") < clusters.index("sapi perah")
    assert clusters.count("<li>") == 2  # the consultation is the call's own question
    assert "ditanyakan ke team leader 1" in clusters
    keys = re.findall(r'name="keys" value="([^"]*kripto|[^"]*)"', clusters)[0]
    begun = await submit(kiki, "/pemutakhiran/pertanyaan/tulis", keys=keys, forms="berapa pajak mata uang kripto")
    sheet_id = int(begun.headers["location"].rsplit("/", 1)[1])  # type: ignore[attr-defined]
    sheet = desk.app.state.deps.sheets.get(sheet_id)
    assert (sheet.fields.questions, len(sheet.questions)) == ("berapa pajak mata uang kripto", 2)
    await kiki.post(f"/api/sheets/{sheet_id}/save", {"version": 1, "fields": full()})
    assert (await publish(kiki, sheet_id)).status_code == 200  # type: ignore[attr-defined]
    left = (await kiki.get("/pemutakhiran/pertanyaan/kelompok")).text
    assert "kripto" not in left
    keys = re.findall(r'name="keys" value="([^"]*)"', left)[0]
    unknown = await submit(kiki, "/pemutakhiran/pertanyaan/terjawab", keys=keys, article_id="tidak-ada")
    assert unknown.status_code == 404  # type: ignore[attr-defined]
    marked = await submit(kiki, "/pemutakhiran/pertanyaan/terjawab", keys=keys, article_id="uji-efin")
    assert "sapi" not in marked.text  # type: ignore[attr-defined]


async def test_lists_of_articles_that_need_a_look(desk: Desk) -> None:
    await wait_for_search(desk)
    soon = (desk.clock.now().astimezone(UTC) + timedelta(days=30)).date()
    desk.hub.articles.publish(
        article("kerbau", "Pajak kerbau", legal_basis=({"regulation": "PER-1", "in_force_to": soon},),
                verification="terverifikasi"), on=0, by="Kiki",
    )  # fmt: skip
    index = desk.hub.records._feedback
    common = {"at": desk.clock.now(), "call_id": CALL_ID, "question": 1, "query": "x", "version": 2, "person": "sari"}
    index.take(ev.SuggestionUsed(**common, article_id="uji-efin"))
    index.take(ev.SuggestionRejected(**common, article_id="uji-sanksi"))
    kiki = await desk.signed_in("kiki")

    async def listed(sieve: str) -> set[str]:
        text = (await kiki.get(f"/pemutakhiran/artikel?saring={sieve}")).text
        return set(re.findall(r'<td><a href="/pemutakhiran/artikel/([\w-]+)"', text))

    assert await listed("semua") == {"kerbau", "uji-efin", "uji-sanksi"}
    assert await listed("hukum-berakhir") == {"kerbau"}
    assert await listed("ditolak") == {"uji-sanksi"}
    assert await listed("tak-terpakai") == {"kerbau", "uji-sanksi"}
    assert await listed("perlu-verifikasi") == {"uji-efin", "uji-sanksi"}


def test_words_that_stayed_came_and_went() -> None:
    found = pieces("Tarif 10 persen.\nTetap.", "Tarif 11 persen saja.\nTetap.")
    assert "".join(one.text for one in found if one.kind != "removed") == "Tarif 11 persen saja.\nTetap."
    assert "".join(one.text for one in found if one.kind != "added") == "Tarif 10 persen.\nTetap."
    assert ("removed", "10") in [(one.kind, one.text) for one in found]


def test_a_merge_keeps_mine_where_only_i_changed_and_asks_where_both_did() -> None:
    base = SheetFields(title="a", topic="a", owner="a")
    mine, theirs = (
        base.model_copy(update={"title": "m", "topic": "m"}),
        base.model_copy(update={"title": "t", "owner": "t"}),
    )
    assert both_changed(base, mine, theirs) == ["title"]
    kept = merged_fields(base, mine, theirs, {"pakai_title": "mine"})
    assert (kept.title, kept.topic, kept.owner) == ("m", "m", "t")
    assert merged_fields(base, mine, theirs, {"pakai_title": "theirs"}).title == "t"
