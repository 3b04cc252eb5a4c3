# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions as records: entered, assigned, switched off."""

from __future__ import annotations

import pytest

from crm.errors import AccountError, NotFoundError
from crm.extensions import ExtensionView, add_extensions, list_extensions, set_enabled
from crm.people import change_person, find_person, person_of_extension

pytestmark = pytest.mark.integration


def test_extensions_of_the_settings_are_entered_once(db, staff):
    assert add_extensions(db, ["2102", "2103", "2103"]) == ["2103"]
    assert add_extensions(db, ["2102", "2103"]) == []
    assert list_extensions(db) == [
        ExtensionView("2101", True, staff.agent.id, "Sari Contoh"),
        ExtensionView("2102", True, staff.colleague.id, "Bima Contoh"),
        ExtensionView("2103", True, None, ""),
    ]
    with pytest.raises(AccountError):
        add_extensions(db, ["21x3"])


def test_one_that_is_switched_off_is_nobodys_telephone_now(db, staff, now):
    set_enabled(db, "2101", False, now=now)
    assert find_person(db, "sari").extension == ""
    add_extensions(db, ["2109"])
    set_enabled(db, "2109", False, now=now)
    with pytest.raises(AccountError, match="2109 is switched off"):
        change_person(db, staff.agent.id, extension="2109", now=now)
    assert person_of_extension(db, "2101").id == staff.agent.id  # whose calls they were is still known
    set_enabled(db, "2101", True, now=now)
    assert find_person(db, "sari").extension == "2101"
    with pytest.raises(NotFoundError, match="no extension 9999"):
        set_enabled(db, "9999", False, now=now)


def test_a_freed_extension_stays_on_record(db, staff, now):
    change_person(db, staff.agent.id, extension="", now=now)
    assert list_extensions(db)[0] == ExtensionView("2101", True, None, "")
    assert change_person(db, staff.leader.id, extension="2101", now=now).extension == "2101"
