# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail's pages: search, one entry, the chain, export (which stands in the trail itself)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from crm import audit
from crm.audit import Fact
from crm.audit_search import AuditQuery, search
from tests.desk.conftest import Desk

pytestmark = pytest.mark.integration
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def trail(desk: Desk) -> Desk:
    for number in range(60):
        fact = Fact("case_moved", ("case", f"LI-2026-{number:06d}"), person="sari", detail={"step": "2"})
        audit.record(desk.hub.database, fact, now=desk.clock.now())
    fact = Fact("recording_opened", ("call", EVIL), person="ayu", purpose=f"penilaian {EVIL}")
    audit.record(desk.hub.database, fact, now=desk.clock.now())
    return desk


async def test_search_by_each_field_and_by_pages(trail: Desk) -> None:
    dewi = await trail.signed_in("dewi")
    page = (await dewi.get("/audit")).text
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "hal=2" in page
    for query, wanted in (
        ("orang=AYU", 1), ("tindakan=case_moved", 60), ("jenis=case&id=LI-2026-000007", 1), ("kata=penilaian", 1),
        ("kata=%00%25", 0), ("dari=2026-11-24&sampai=2026-11-24&orang=sari", 60), ("sampai=2026-11-23&orang=sari", 0),
        ("tindakan=case_moved&hal=999", 60),
    ):  # fmt: skip
        assert f">{wanted} catatan<" in (await dewi.get(f"/audit?{query}")).text, query
    bad = await dewi.get("/audit?dari=kemarin")
    assert (bad.status_code, "tidak dapat dibaca" in bad.text) == (200, True)
    assert (await dewi.get(f"/audit?kata={'x' * 300}")).status_code == 422


async def test_one_entry(trail: Desk) -> None:
    dewi = await trail.signed_in("dewi")
    [row] = search(trail.hub.database, AuditQuery(action="recording_opened")).rows
    page = (await dewi.get(f"/audit/{row.serial}")).text
    assert row.entry_hash in page
    assert EVIL not in page
    for missing in ("999999", "0", "-1", "99999999999999"):
        assert (await dewi.get(f"/audit/{missing}")).status_code == 404


async def test_the_chain_is_checked(trail: Desk) -> None:
    dewi = await trail.signed_in("dewi")
    assert "semuanya utuh" in (await dewi.get("/audit/periksa")).text
    with trail.hub.database.connection() as connection:
        connection.execute(text("DROP TRIGGER audit_entry_update"))
        connection.execute(text("UPDATE audit_entry SET person = 'orang-lain' WHERE serial = 20"))
    broken = (await dewi.get("/audit/periksa")).text
    assert "putus pada catatan 20" in broken


async def test_the_export_holds_the_filter_and_is_noted_first(trail: Desk) -> None:
    dewi = await trail.signed_in("dewi")
    lines = (await dewi.get("/audit/ekspor?bentuk=jsonl&orang=ayu")).text.splitlines()
    assert [json.loads(line)["object_id"] for line in lines] == [EVIL]
    table = await dewi.get("/audit/ekspor?bentuk=csv&tindakan=case_moved")
    assert len(table.text.splitlines()) == 61
    assert "attachment" in table.headers["content-disposition"]
    noted = search(trail.hub.database, AuditQuery(action="trail_exported")).rows
    assert [(row.person, row.object_id) for row in noted] == [("dewi", "csv"), ("dewi", "jsonl")]
    assert (await dewi.get("/audit/ekspor?bentuk=exe")).status_code == 422
