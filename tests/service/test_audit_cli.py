# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring audit`` on a database that the command line itself wrote into."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from tests.service.test_cli import kring

pytestmark = pytest.mark.integration


def said(tmp_path: Path, *args: str, code: int = 0, stdin: str = "") -> str:
    result = kring(*args, folder=tmp_path, stdin=stdin)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout if code in (0, 1) else result.stderr


def test_from_an_added_person_to_a_broken_chain(tmp_path: Path) -> None:
    for name in ("sari", "bima"):
        said(tmp_path, "user", "add", name, "--name", name, "--role", "agent", stdin="kuda-nil-berenang\n")
    verified = said(tmp_path, "audit", "verify")
    assert "2 entries, all in place" in verified
    noted = verified.split()[-1]
    assert noted.startswith("2:")
    found = json.loads(said(tmp_path, "audit", "search", "--text", "bima", "--json"))
    assert [(one["action"], one["object_id"], one["address"]) for one in found["rows"]] == [
        ("person_added", "bima", "console")
    ]
    assert found["rows"][0]["person"].startswith("os:")
    assert "person:sari" in said(tmp_path, "audit", "search", "--object", "person:sari")
    rows = list(csv.DictReader(io.StringIO(said(tmp_path, "audit", "export", "--csv"))))
    assert [row["action"] for row in rows] == ["person_added", "person_added", "trail_exported"]
    assert "3 entries" in said(tmp_path, "audit", "verify", "--noted", noted)
    with sqlite3.connect(tmp_path / "data" / "kring.db") as database:
        database.execute("DROP TRIGGER audit_entry_update")
        database.execute("UPDATE audit_entry SET object_id = 'tono' WHERE serial = 2")
    database.close()
    assert "breaks at entry 2: it was changed" in said(tmp_path, "audit", "verify", code=1)


@pytest.mark.parametrize("args", [("verify", "--noted", "1:x"), ("search", "--since", "kemarin")])
def test_what_cannot_be_asked(tmp_path: Path, args: tuple[str, ...]) -> None:
    assert "kring:" in said(tmp_path, "audit", *args, code=3)
