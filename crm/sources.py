# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the text of a field came from: the stretch of the transcript that a page filled it in from.

A source belongs to the text as it was saved with it. A text that is changed without a source has none any more:
nobody must be told that the caller said what an agent wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from crm.errors import FieldError
from crm.fields import FIELDS, field_label
from pipeline.catalog import text

Source = dict[str, Any]  # leg, segment, start_ms, end_ms
_LEGS = ("caller", "agent")
_NUMBERS = ("segment", "start_ms", "end_ms")


def check_sources(given: Mapping[str, object]) -> dict[str, Source | None]:
    """Return sources by field, None where a field is to have none.

    Raises:
        FieldError: no text field, or not a stretch of a transcript.
    """
    return {name: _check(name, source) for name, source in given.items()}


def changed_sources(
    stored: Mapping[str, Source], given: Mapping[str, Source | None], changed: Collection[str]
) -> dict[str, Source | None]:
    """Return what changes: sources given anew, and those of ``changed`` fields for which none is given (None)."""
    wanted = {**{name: None for name in changed}, **given}
    return {name: source for name, source in wanted.items() if stored.get(name) != source}


def _check(name: str, source: object) -> Source | None:
    rule = FIELDS.get(name)
    if rule is None or rule.holds != "text":
        raise _wrong(name)
    if source is None:
        return None
    if not isinstance(source, Mapping) or set(source) != {"leg", *_NUMBERS} or source["leg"] not in _LEGS:
        raise _wrong(name)
    numbers = [source[key] for key in _NUMBERS]
    if any(isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31 for number in numbers):
        raise _wrong(name)
    if source["start_ms"] > source["end_ms"]:
        raise _wrong(name)
    return {"leg": source["leg"], **{key: source[key] for key in _NUMBERS}}


def _wrong(name: str) -> FieldError:
    return FieldError(text("crm.source_wrong", field=field_label(name[:60])), remedy=text("crm.field_wrong_remedy"))
