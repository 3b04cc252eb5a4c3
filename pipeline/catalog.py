# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a user sees, in one catalogue: ``locale/id.toml`` (the default) and ``locale/en.toml``.

A key is ``section.key``. Both files must hold the same keys with the same placeholders; a test checks it. A
missing key is an error in tests and shows as the key itself to a user, so that a page never breaks.

Settings are told apart: their help in English stands beside them in ``pipeline/settings.py`` (docs/settings.md is made
from it), in Indonesian in ``id.toml`` alone; :mod:`pipeline.settings_texts` gives either. Log lines are not in here.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path

from pipeline.config_file import configured_language

LANGUAGES = ("id", "en")
_FOLDER = Path(__file__).parent / "locale"


@cache
def messages(language: str) -> dict[str, str]:
    """Return the flat key -> text table of a language; raises KeyError for an unknown language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    tree = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": value for section, table in tree.items() for key, value in table.items()}


def default_language() -> str:
    """Return the language of messages: ``KRING_LANGUAGE``, else ``language`` in the TOML file, else Indonesian."""
    chosen = os.environ.get("KRING_LANGUAGE") or configured_language()
    return chosen if chosen in LANGUAGES else "id"


def text(key: str, /, *, language: str | None = None, **params: object) -> str:
    """Return the text of ``key`` with ``{placeholders}`` filled from ``params``."""
    template = messages(language or default_language()).get(key)
    return template.format(**params) if template is not None else key
