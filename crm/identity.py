# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of tax and identity numbers: pure functions that say what is wrong, for the person who types.

Only the form is checked; whether a number exists, only the tax office's registers know.

* NPWP of 15 digits: 2 kind of taxpayer, 6 running number, 1 check digit, 3 tax office, 3 branch (000: the head office).
* NPWP of 16 digits: a person's NIK, or ``0`` and the old 15 digits.
* NIK, 16 digits: 2 province, 2 regency, 2 district, 6 date of birth (day + 40 for women), 4 running number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crm.errors import NumberError
from pipeline.catalog import text

NumberKind = Literal["npwp", "nik"]
# The first two digits of a NIK: the islands' ranges of province codes.
_PROVINCE = re.compile(r"1[1-9]|2[1]|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7]")
_SEPARATORS = re.compile(r"[\s.\-/]+")
_PHONE_SIGNS = re.compile(r"[\s().\-/]+")
NITKU_DIGITS = 22


@dataclass(frozen=True)
class NumberForm:
    """What a number looks like. ``problems`` are sentences; empty: the form is right."""

    kind: NumberKind
    digits: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the form is right."""
        return not self.problems

    @property
    def grouped(self) -> str:
        """The digits as people write them: ``09.254.294.3-407.000``, or groups of four."""
        return grouped(self.digits)

    def required(self) -> str:
        """Return the digits; raises NumberError with all problems when the form is wrong."""
        if self.problems:
            raise NumberError(" ".join(self.problems), remedy=text("crm.number_remedy"), problems=self.problems)
        return self.digits


def npwp_form(typed: str) -> NumberForm:
    """Check a typed NPWP of 15 or 16 digits; blanks, dots, hyphens and slashes do not count."""
    digits = _SEPARATORS.sub("", typed)
    problems = _digit_problems("npwp", digits, (15, 16))
    if not problems:
        if len(digits) == 15:
            problems = _old_npwp_problems(digits)
        else:
            problems = _old_npwp_problems(digits[1:]) if digits[0] == "0" else _nik_problems(digits)
    return NumberForm("npwp", digits, tuple(problems))


def nik_form(typed: str) -> NumberForm:
    """Check a typed NIK; blanks, dots, hyphens and slashes do not count."""
    digits = _SEPARATORS.sub("", typed)
    return NumberForm("nik", digits, tuple(_digit_problems("nik", digits, (16,)) or _nik_problems(digits)))


def phone_number(typed: str) -> str:
    """Return a telephone number as ``+62...``: one form for what callers' displays and people write.

    Raises:
        NumberError: not 6 to 15 digits.
    """
    bare = _PHONE_SIGNS.sub("", typed)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif bare.startswith("0"):
        bare = "+62" + bare[1:]
    elif bare.startswith("62"):
        bare = "+" + bare
    if not re.fullmatch(r"\+?[0-9]{6,15}", bare, re.ASCII):
        raise NumberError(text("crm.phone_bad", phone=typed[:40]), remedy=text("crm.phone_bad_remedy"))
    return bare


def grouped(digits: str) -> str:
    """Return a number's digits as people write them."""
    if len(digits) == 15:
        return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}.{digits[8]}-{digits[9:12]}.{digits[12:]}"
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def masked(digits: str) -> str:
    """Return a number of which only the last three digits can be read, for those who need not know it."""
    return "•" * max(len(digits) - 3, 0) + digits[-3:] if len(digits) > 6 else "•" * len(digits)


def _digit_problems(kind: NumberKind, digits: str, lengths: tuple[int, ...]) -> list[str]:
    what = text(f"crm.number_{kind}")
    if not digits:
        return [text("crm.number_empty", what=what)]
    signs = "".join(dict.fromkeys(sign for sign in digits if sign not in "0123456789"))
    if signs:
        return [text("crm.number_signs", what=what, signs=signs[:20])]
    if kind == "npwp" and len(digits) == NITKU_DIGITS:
        return [text("crm.number_nitku")]
    if len(digits) not in lengths:
        return [text("crm.number_length", what=what, length=len(digits), needs=" / ".join(map(str, lengths)))]
    if len(set(digits)) == 1:
        return [text("crm.number_alike", what=what)]
    return []


def _old_npwp_problems(digits: str) -> list[str]:
    office = digits[9:12]
    return [text("crm.number_office", digits=office)] if office == "000" else []


def _nik_problems(digits: str) -> list[str]:
    problems = []
    if not _PROVINCE.match(digits[:2]):
        problems.append(text("crm.number_region", digits=digits[:2]))
    if not _is_birth_date(digits[6:12]):
        problems.append(text("crm.number_birth", digits=digits[6:12]))
    if digits[12:] == "0000":
        problems.append(text("crm.number_serial"))
    return problems


def _is_birth_date(digits: str) -> bool:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    for century in (1900, 2000):
        try:
            date(century + year, month, day - 40 if day > 40 else day)
        except ValueError:
            continue
        return True
    return False
