# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent's page takes over from Python stays the same as it is there."""

from __future__ import annotations

import json
import re

import pytest

from crm.fields import FIELDS
from pipeline.settings import PROJECT_DIR
from tests.desk_pages.turn_vectors import VECTORS, document, vectors

pytestmark = pytest.mark.unit


def test_the_browsers_cases_for_the_order_of_turns_are_what_python_says() -> None:
    assert VECTORS.read_text(encoding="utf-8") == document(), "run: python -m tests.desk_pages.turn_vectors"


def test_the_cases_hold_what_is_hard() -> None:
    pieces = [piece for talk in vectors() for piece in talk["pieces"]]
    assert sum(piece["first"] > 0 for piece in pieces) > 20
    assert any(not item["words"] for talk in vectors() for item in talk["segments"])
    assert any("Rp" in piece["written"] for piece in pieces)


def test_the_page_counts_the_same_limits_as_the_server() -> None:
    source = (PROJECT_DIR / "desk/ts/core/limits.ts").read_text(encoding="utf-8")
    table = re.search(r"MOST_CHARS = (\{.*?\})", source, re.DOTALL)
    assert table is not None
    limits = json.loads(re.sub(r"(\w+):", r'"\1":', table[1]).replace(",\n}", "\n}").replace(", }", " }"))
    assert limits == {name: FIELDS[name].most for name in limits}
    assert {"question", "topic", "answer", "caller_name"} <= set(limits)
