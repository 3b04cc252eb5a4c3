# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the TOML file of settings is, and the one value that is needed before settings can be read: the language.

Apart from :mod:`pipeline.settings` because even "your settings are wrong" has to be said in the user's language.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path


def config_path() -> Path:
    """Return the TOML file that settings are read from (it need not exist)."""
    return Path(os.environ.get("KRING_CONFIG", "kring.toml"))


def configured_language() -> str:
    """Return ``language`` as written in the file, or an empty string; a broken file is reported elsewhere."""
    return _language_in(config_path().absolute())


@cache
def _language_in(path: Path) -> str:
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("language", ""))
    except (OSError, ValueError):
        return ""
