# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page with data in it: axe-core light and dark, all controls by keyboard, and no scrolling at 1366x768.

The list of pages is held against the application's own routes: a new page without a visit fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from crm import people, tasks
from desk.app import access_rules
from pipeline.clock import SystemClock
from retrieval.sheets import SheetStore
from tests.desk_pages.archive_maker import finished_call, seal
from tests.desk_pages.casemoves import consulting, escalated, move
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import PASSWORD, House, Line, house
from tests.desk_pages.test_access import findings

pytestmark = pytest.mark.integration

RATNA, SARI, TUTI, EKO, KIKI, ADMIN = (
    "ratna.contoh", "sari.contoh", "tuti.contoh", "eko.contoh", "kiki.contoh", "admin.contoh",
)  # fmt: skip


@dataclass
class Office:
    """A house with something on every page."""

    house: House
    sealed: str
    waiting: int
    escalated: int
    task: int
    article: str
    sheet: int
    person: int
    live: str


# route -> who visits it and where that is
PAGES: dict[str, tuple[str, Callable[[Office], str]]] = {
    "/masuk": ("", lambda office: "/masuk"),
    "/agen": (RATNA, lambda office: "/agen"),
    "/papan": (SARI, lambda office: "/papan"),
    "/arsip": (SARI, lambda office: "/arsip"),
    "/arsip/{call_id}": (SARI, lambda office: f"/arsip/{office.sealed}?tujuan=assessment"),
    "purpose": (SARI, lambda office: f"/arsip/{office.sealed}"),
    "not found": (SARI, lambda office: "/tidak-ada"),
    "/tim": (TUTI, lambda office: "/tim"),
    "/tim/{case_id}": (TUTI, lambda office: f"/tim/{office.waiting}"),
    "/tim/panggilan/{call_id}": (TUTI, lambda office: f"/tim/panggilan/{office.live}"),
    "/eskalasi": (EKO, lambda office: "/eskalasi"),
    "/eskalasi/{case_id}": (EKO, lambda office: f"/eskalasi/{office.escalated}"),
    "/pemutakhiran": (KIKI, lambda office: "/pemutakhiran"),
    "/pemutakhiran?tugas": (KIKI, lambda office: f"/pemutakhiran?tugas={office.task}"),
    "/pemutakhiran/artikel": (KIKI, lambda office: "/pemutakhiran/artikel"),
    "/pemutakhiran/artikel/{article_id}": (KIKI, lambda office: f"/pemutakhiran/artikel/{office.article}"),
    "/pemutakhiran/pertanyaan": (KIKI, lambda office: "/pemutakhiran/pertanyaan"),
    "/pemutakhiran/lembar/{sheet_id}": (KIKI, lambda office: f"/pemutakhiran/lembar/{office.sheet}"),
    "/admin": (ADMIN, lambda office: "/admin"),
    "/admin/orang/baru": (ADMIN, lambda office: "/admin/orang/baru"),
    "/admin/orang/{person_id}": (ADMIN, lambda office: f"/admin/orang/{office.person}"),
    "/admin/ekstensi": (ADMIN, lambda office: "/admin/ekstensi"),
    "/admin/pengaturan": (ADMIN, lambda office: "/admin/pengaturan"),
    "/admin/kesehatan": (ADMIN, lambda office: "/admin/kesehatan"),
    "/penyiapan/{place}": (ADMIN, lambda office: "/penyiapan/orang"),
    "/audit": (ADMIN, lambda office: "/audit"),
    "/audit/{serial}": (ADMIN, lambda office: "/audit/1"),
    "/audit/periksa": (ADMIN, lambda office: "/audit/periksa"),
    "/sandi": (RATNA, lambda office: "/sandi"),
}
# Parts that one of the pages above fetches into itself, files, and addresses that only lead on.
NO_PAGES = {
    "/", "/healthz", "/arsip/{call_id}/audio.flac", "/arsip/{call_id}/peaks.json", "/arsip/{call_id}/transcript.json",
    "/tim/antrean", "/tim/panggilan", "/tim/{case_id}/kasus", "/tim/panggilan/{call_id}/gabung", "/eskalasi/antrean",
    "/eskalasi/{case_id}/kasus", "/eskalasi/{case_id}/telepon-balik", "/pemutakhiran/tugas",
    "/pemutakhiran/tugas/{task_id}", "/pemutakhiran/pertanyaan/kelompok", "/pemutakhiran/lembar/{sheet_id}/pratinjau",
    "/pemutakhiran/lembar/{sheet_id}/perubahan", "/pemutakhiran/lembar/{sheet_id}/periksa",
    "/pemutakhiran/lembar/{sheet_id}/bentrok", "/admin/ekstensi/tabel", "/admin/kesehatan/isi", "/audit/ekspor",
    "/penyiapan", "/penyiapan/mulai/{token}",
}  # fmt: skip


def test_every_page_is_visited() -> None:
    routes = {path for method, path in access_rules() if method == "GET" and not path.startswith("/api/")}
    visited = {path for path in PAGES if path.startswith("/") and "?" not in path}
    assert routes == visited | NO_PAGES
    assert not visited & NO_PAGES


def make_office(running: House) -> Office:
    """Fill a house: sealed, live, waiting and escalated calls, a task, an article being written."""
    database = running.database
    admin = people.create_person(
        database, username=ADMIN, name="Admin Contoh", password=PASSWORD, roles=("admin",), extension="",
        now=datetime.now(UTC),
    )  # fmt: skip
    old = finished_call(running)
    running.case_number(old.call_id, ended=True)
    seal(running, old.folder)
    noted = Line(running)
    consulting(noted, "Berapa tarif jasa gamelan pusaka?")
    move(noted, "answered", TUTI, answer="Dua persen (contoh).", sikp_update="needed")
    noted.end()
    noted.close()
    other = Line(running)
    raised = escalated(other)
    other.end()
    other.close()
    live = Line(running)
    waiting = consulting(live)
    live.final("caller", "apakah pembayaran ke pemasok luar negeri dipotong", 4000, doubtful=("pemasok",))
    live.partial("agent", "saya tanyakan dulu", 9000)
    noted_case = running.hub.casework.case_of(noted.call_id)
    assert noted_case is not None
    task = tasks.task_of_case(database, noted_case.id)
    assert task is not None
    article = running.hub.articles.published()[0].id
    sheets = SheetStore(database, running.hub.articles, SystemClock())
    sheet = sheets.begin_version(article, by=KIKI)
    return Office(running, old.call_id, waiting.id, raised.id, task.id, article, sheet.id, admin.id, live.call_id)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with house(tmp_path_factory.mktemp("office")) as running:
        for number in ("2101", "2102", "2103"):
            Line(running, number).extension_state("ready")
        made = make_office(running)
        yield made


def opened(office: Office, visitors: Visitors, name: str) -> Page:
    username, path = PAGES[name]
    page = visitors.visit(office.house.url, username, path=path(office))
    expect(page.locator("#main")).to_be_visible()
    page.wait_for_timeout(400)  # fragments that the page fetches into itself
    return page


STOPS = """() => {
  const seen = new Set();
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
  return [...all].filter(node => {
    if (node.disabled || node.tabIndex < 0 || node.type === "hidden") return false;
    if (!node.checkVisibility({visibilityProperty: true}) || node.closest("[inert]")) return false;
    if (node.type === "radio") {
      const group = (node.form?.id ?? "") + node.name;
      if (seen.has(group)) return false;
      seen.add(group);
    }
    return true;
  }).length;
}"""
HERE = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  window.stops ??= new Map();
  const radio = node.type === "radio" ? (node.form?.id ?? "") + node.name : null;
  const key = radio ?? node;
  const again = window.stops.has(key);
  window.stops.set(key, true);
  const near = [node, node.parentElement, node.closest("label")].filter(Boolean).map(one => getComputedStyle(one));
  const outlined = one => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0;
  const box = node.getBoundingClientRect();
  return {
    again, ringed: near.some(one => outlined(one) || one.boxShadow !== "none"),
    inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight, count: window.stops.size,
    name: `${node.tagName.toLowerCase()}#${node.id}.${node.className} ${node.textContent.trim().slice(0, 30)}`,
  };
}"""


@pytest.mark.parametrize("name", list(PAGES))
def test_the_page_passes_axe_and_is_worked_by_keyboard_alone(
    office: Office, visitors: Visitors, axe_source: str, name: str
) -> None:
    page = opened(office, visitors, name)
    height = page.evaluate("document.scrollingElement.scrollHeight - innerHeight")
    assert height <= 1, f"the page scrolls by {height} px"
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    assert findings(page, axe_source) == []
    page.emulate_media(color_scheme="light")
    page.evaluate("document.activeElement.blur()")
    wanted, reached, unseen = page.evaluate(STOPS), 0, []
    for _ in range(wanted + 40):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None:
            continue
        if here["again"] and reached >= wanted:
            break
        reached = here["count"]
        if not (here["ringed"] and here["inside"]):
            unseen.append(here["name"])
    assert unseen == []
    assert reached >= wanted, f"Tab reaches {reached} of {wanted} controls"
