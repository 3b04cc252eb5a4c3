# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a case that people fill in: one table of names, kinds and limits, and the check against it.

Texts are cleaned of control characters (they would break PostgreSQL and exports) and never cut: what is too long is
refused with the limit named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crm.errors import FieldError
from pipeline.catalog import text

FieldValue = str | int | bool | None
# Why a call was answered and nothing was asked.
NO_QUESTION_REASONS = ("silent_caller", "wrong_number", "dropped", "test_call")


@dataclass(frozen=True)
class FieldRule:
    """What a field holds: ``text`` up to ``most`` characters, one of ``choices``, a ``flag``, or a ``number``."""

    holds: Literal["text", "choice", "flag", "number"]
    most: int = 0
    choices: tuple[str, ...] = ()


FIELDS: dict[str, FieldRule] = {
    "question": FieldRule("text", most=8000),
    "topic": FieldRule("text", most=200),
    "kind": FieldRule("choice", choices=("", "interpretation", "information")),
    "caller_name": FieldRule("text", most=200),
    "npwp_checked": FieldRule("flag"),
    "name_checked": FieldRule("flag"),
    "efin_checked": FieldRule("flag"),
    "bill_checked": FieldRule("flag"),
    "taxpayer_id": FieldRule("number"),
    "answer": FieldRule("text", most=16000),
    "article_id": FieldRule("text", most=120),
    "article_version": FieldRule("number"),
    "sikp_update": FieldRule("choice", choices=("", "needed", "not_needed")),
    "no_question_reason": FieldRule("choice", choices=("", *NO_QUESTION_REASONS)),
}
_IDENTITY = {
    "name": "caller_name",
    "npwp_checked": "npwp_checked",
    "name_checked": "name_checked",
    "efin_checked": "efin_checked",
    "bill_checked": "bill_checked",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check_fields(given: Mapping[str, object]) -> dict[str, FieldValue]:
    """Return cleaned values by flat field name.

    ``caller_identity`` may be given as the pages show it, nested: ``{"name", "npwp_checked", ...}``. A null clears
    a field.

    Raises:
        FieldError: unknown field, wrong kind of value, or too long; the message names the field.
    """
    return {name: _check(name, value) for name, value in _flat(given).items()}


def _flat(given: Mapping[str, object]) -> dict[str, object]:
    flat = {name: value for name, value in given.items() if name != "caller_identity"}
    identity = given.get("caller_identity")
    if identity is None:
        return flat
    if not isinstance(identity, Mapping):
        raise _wrong("caller_identity")
    for name, value in identity.items():
        if name not in _IDENTITY:
            raise _unknown(f"caller_identity.{name}")
        flat[_IDENTITY[name]] = value
    return flat


def _check(name: str, value: object) -> FieldValue:
    rule = FIELDS.get(name)
    if rule is None:
        raise _unknown(name)
    if rule.holds == "flag":
        return _flag(name, value)
    if rule.holds == "number":
        return _number(name, value)
    if value is not None and not isinstance(value, str):
        raise _wrong(name)
    cleaned = clean_text(value or "")
    if rule.holds == "choice" and cleaned not in rule.choices:
        raise FieldError(
            text("crm.field_choice", field=field_label(name), value=cleaned[:40]),
            remedy=text("crm.field_choice_remedy", choices=", ".join(choice for choice in rule.choices if choice)),
        )
    return check_text(name, cleaned, most=rule.most) if rule.holds == "text" else cleaned


def check_text(name: str, typed: str, *, most: int) -> str:
    """Return a cleaned text; FieldError names the field when it is longer than ``most`` characters."""
    cleaned = clean_text(typed)
    if len(cleaned) > most:
        raise FieldError(
            text("crm.field_long", field=field_label(name), length=len(cleaned), most=most),
            remedy=text("crm.field_long_remedy"),
        )
    return cleaned


def _flag(name: str, value: object) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _wrong(name)
    return value


def _number(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise _wrong(name)
    return value


def clean_text(value: str) -> str:
    """Return a text without control characters and without blanks around it."""
    return _CONTROL.sub("", value).strip()


def field_label(name: str) -> str:
    """Return a field's name as a person reads it."""
    label = text(f"crm.field_{name}")
    return name if label.startswith("crm.") else label


def _unknown(name: str) -> FieldError:
    return FieldError(text("crm.field_unknown", field=name[:60]), remedy=text("crm.field_wrong_remedy"))


def _wrong(name: str) -> FieldError:
    return FieldError(text("crm.field_wrong", field=field_label(name)), remedy=text("crm.field_wrong_remedy"))
