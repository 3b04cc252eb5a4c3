# SPDX-License-Identifier: GPL-3.0-or-later
"""What an office sets for itself while the service runs: one declared table of names, kinds and bounds.

Where the configuration file has a value for the same thing, that is the default. A change is in force at once
(:attr:`Office.current`), is kept with who made it, and stands in the audit trail.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from crm import audit
from crm.agents import PAUSE_REASONS
from crm.audit import Fact
from crm.callbacks import TRIES_LEAST
from crm.errors import FieldError, NotFoundError
from crm.fields import clean_text
from crm.guards import enter_request, refuse_stale
from crm.models import OfficeSetting
from crm.office_store import newest, put
from crm.views import PersonView
from pipeline.catalog import text
from pipeline.database import Database

Value = str | int | float | tuple[str, ...]


@dataclass(frozen=True)
class OfficeValues:
    """All values in force. ``wrap_up_most_s``: after so long in wrap-up an agent is ready again, 0: never;
    ``callback_tries``: after how many tries a taxpayer may be given up at the earliest."""

    office_name: str = ""
    pause_reasons: tuple[str, ...] = PAUSE_REASONS
    case_limit_s: int = 900
    case_warning_s: int = 600
    wrap_up_most_s: int = 0
    callback_tries: int = TRIES_LEAST
    no_answer_threshold: float = 0.4


@dataclass(frozen=True)
class Rule:
    """What one setting holds: ``text`` up to ``most`` characters, a whole ``number`` or a ``share`` between ``least``
    and ``most``, or some of ``choices``. Name and help are ``desk.office_<name>`` and ``desk.office_<name>_help``."""

    name: str
    holds: Literal["text", "number", "share", "choices"]
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    unit: str = ""


RULES: tuple[Rule, ...] = (
    Rule("office_name", "text", most=80),
    Rule("pause_reasons", "choices", choices=PAUSE_REASONS),
    Rule("case_limit_s", "number", least=60, most=7200, unit="s"),
    Rule("case_warning_s", "number", least=30, most=7199, unit="s"),
    Rule("wrap_up_most_s", "number", least=0, most=3600, unit="s"),
    Rule("callback_tries", "number", least=1, most=10),
    Rule("no_answer_threshold", "share", least=0, most=1),
)
_BY_NAME = {rule.name: rule for rule in RULES}


@dataclass(frozen=True)
class Setting:
    """One setting as it is now. ``version`` 0: never set, the default holds; ``own``: the office's value holds."""

    rule: Rule
    value: Value
    default: Value
    version: int
    own: bool
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True)
class Change:
    """A line of a setting's history; ``value`` None: the default again."""

    at: datetime
    person: str
    value: Value | None


class Office:
    """The office's settings. Thread-safe: what is in force is one value that is replaced as a whole.

    Parameters:
        defaults: what holds where the office has set nothing.
    """

    def __init__(self, database: Database, defaults: OfficeValues) -> None:
        self._db, self._defaults = database, defaults
        self.current = defaults
        self.reload()

    def reload(self) -> None:
        """Read what is in force (blocks)."""
        with self._db.read() as session:
            rows = newest(session)
        own = {name: _loaded(name, row) for name, row in rows.items() if name in _BY_NAME and row.value}
        self.current = replace(self._defaults, **own)

    def settings(self) -> list[Setting]:
        """Return all settings in the order of :data:`RULES` (blocks)."""
        with self._db.read() as session:
            rows = newest(session)
        return [self._setting(rule, rows.get(rule.name)) for rule in RULES]

    def history(self, *, most: int = 30) -> list[tuple[str, Change]]:
        """Return the newest changes of all settings, newest first (blocks)."""
        with self._db.read() as session:
            rows = session.scalars(select(OfficeSetting).order_by(OfficeSetting.id.desc()).limit(most))
            return [
                (row.name, Change(row.at, row.person_name, _loaded(row.name, row) if row.value else None))
                for row in rows
                if row.name in _BY_NAME
            ]

    def change(
        self,
        name: str,
        typed: Sequence[str],
        *,
        version: int,
        person: PersonView | None,
        now: datetime,
        request_key: str = "",
    ) -> Setting:
        """Set what was typed (several for choices; nothing at all: the default again); in force at once.

        Raises:
            NotFoundError: no such setting.
            FieldError: not a value that the setting may have.
            ConflictError: somebody set it since ``version``.
        """
        rule = _BY_NAME.get(name)
        if rule is None:
            raise NotFoundError(text("crm.setting_unknown"), remedy=text("crm.setting_unknown_remedy"))
        value = read_value(rule, typed)
        self._check_together(name, value)
        with self._db.write() as session:
            _, repeated = enter_request(session, request_key, ("setting", name, *typed), person=person, now=now)
            before = self._setting(rule, newest(session).get(name))
            if not repeated:
                theirs = {"setting": shown(before.value)}
                refuse_stale("setting", before.version, version, {"setting": ", ".join(typed)}, theirs)
                put(session, name, value, person=person, now=now)
                detail = {"from": shown(before.value), "to": shown(self._or_default(name, value))}
                audit.add(session, Fact("setting_changed", ("setting", name), detail=detail), now=now)
            after = self._setting(rule, newest(session).get(name))
            session.commit()
        self.reload()
        return after

    def _setting(self, rule: Rule, row: OfficeSetting | None) -> Setting:
        default: Value = asdict(self._defaults)[rule.name]
        own = row is not None and bool(row.value)
        value = _loaded(rule.name, row) if row is not None and row.value else default
        by, at = (row.person_name, row.at) if row else ("", None)
        return Setting(rule, value, default, row.id if row else 0, own, at, by)

    def _or_default(self, name: str, value: Value | None) -> Value:
        default: Value = asdict(self._defaults)[name]
        return default if value is None else value

    def _check_together(self, name: str, value: Value | None) -> None:
        both = {**asdict(self.current), name: self._or_default(name, value)}
        if both["case_warning_s"] >= both["case_limit_s"]:
            raise FieldError(text("crm.setting_warning_late"), remedy=text("crm.setting_warning_late_remedy"))


def read_value(rule: Rule, typed: Sequence[str]) -> Value | None:
    """Return the value that was typed, checked against its rule; None = nothing typed. Raises FieldError."""
    given = [clean_text(one) for one in typed if clean_text(one)]
    if rule.holds == "choices":
        if not given or not set(given) <= set(rule.choices):
            raise FieldError(text("crm.setting_choice"), remedy=text("crm.setting_choice_remedy"))
        return tuple(choice for choice in rule.choices if choice in given)
    if not given:
        return None
    if rule.holds == "text":
        if len(given[0]) > rule.most:
            raise FieldError(text("crm.setting_long", most=int(rule.most)), remedy=text("crm.field_long_remedy"))
        return given[0]
    try:
        number = int(given[0]) if rule.holds == "number" else float(given[0].replace(",", "."))
    except ValueError:
        number = float("nan")
    if not rule.least <= number <= rule.most:
        least, most = f"{rule.least:g}", f"{rule.most:g}"
        raise FieldError(
            text("crm.setting_range", least=least, most=most), remedy=text("crm.setting_range_remedy", example=most)
        )
    return number


def shown(value: Value) -> str:
    """Return a value in words for the trail and for comparisons."""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _loaded(name: str, row: OfficeSetting) -> Any:
    value = json.loads(row.value)
    return tuple(value) if _BY_NAME.get(name, RULES[0]).holds == "choices" else value
