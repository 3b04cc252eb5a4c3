# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the proof is required, a test whose peer is missing runs (and fails); elsewhere it is skipped."""

from __future__ import annotations

import pytest

from tests.peers import need

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("variable", "programs", "skipped"),
    [
        ("", ("no-such-program",), True),
        ("CI", ("no-such-program",), False),
        ("KRING_REQUIRE_PEERS", ("sh", "no-such-program"), False),
        ("", ("sh",), False),
    ],
)
def test_need(monkeypatch: pytest.MonkeyPatch, variable: str, programs: tuple[str, ...], skipped: bool) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("KRING_REQUIRE_PEERS", raising=False)
    if variable:
        monkeypatch.setenv(variable, "1")
    mark = need(*programs).mark
    assert mark.args == (skipped,)
    if skipped:
        assert "no-such-program" in mark.kwargs["reason"]
