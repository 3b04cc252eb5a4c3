# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand-written everyday Indonesian sentences: `*.txt`, one sentence a line, lower case, numbers as words."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def lines() -> list[str]:
    """Return all sentences of all subjects, in file order; `#` starts a comment line."""
    return [
        line.strip()
        for path in sorted(_HERE.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
