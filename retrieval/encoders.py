# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the encoder is that a setting names: a folder, or the name of a model that is on this machine already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retrieval.dense import MODEL_FILE


def find_encoder(setting: str, folders: Sequence[Path]) -> Path | None:
    """Return the model's folder; None when ``setting`` is empty, which means BM25 alone.

    A name is looked for in ``folders`` (``<folder>/<name>`` and ``<folder>/<name>/model``) and in the cache that
    Hugging Face's tools fill; nothing is ever downloaded. A folder that does not exist is returned as well: loading
    it says what is missing.
    """
    if not setting.strip():
        return None
    given = Path(setting.strip()).expanduser()
    for place in (given, *(folder / given for folder in folders)):
        for found in (place, place / "model"):
            if (found / MODEL_FILE).is_file():
                return found
    return _cached(setting.strip()) or given


def _cached(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, MODEL_FILE)
    except HFValidationError:  # an absolute path is no name
        return None
    return Path(found).parent if isinstance(found, str) else None
