# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be written into a case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import FieldError
from crm.fields import FIELDS, check_fields

pytestmark = pytest.mark.unit


def test_nested_identity_is_taken_flat():
    given_fields = {"caller_identity": {"name": " Siti Contoh ", "npwp_checked": True, "efin_checked": None}}
    assert check_fields(given_fields) == {"caller_name": "Siti Contoh", "npwp_checked": True, "efin_checked": False}


def test_null_clears():
    assert check_fields({"article_id": None, "article_version": None}) == {"article_id": "", "article_version": None}


def test_control_characters_go_line_breaks_stay():
    assert check_fields({"question": "a\x00b\x1b[31m\nc\td"}) == {"question": "ab[31m\nc\td"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"npwp": "09.254.294.3-407.000"}, "no field npwp"),
        ({"caller_identity": {"npwp": "1"}}, "no field caller_identity.npwp"),
        ({"caller_identity": "Siti"}, "Proof of identity has a value of the wrong kind"),
        ({"question": 5}, "Question has a value of the wrong kind"),
        ({"npwp_checked": "yes"}, "NPWP checked has a value of the wrong kind"),
        ({"article_version": True}, "Article version has a value of the wrong kind"),
        ({"article_version": -1}, "Article version"),
        ({"article_version": 2**31}, "Article version"),
        ({"kind": "rumour"}, "Choices: interpretation, information"),
        ({"topic": "x" * 201}, "201 characters, at most 200"),
    ],
)
def test_refused(fields, message):
    with pytest.raises(FieldError, match=message):
        check_fields(fields)


def test_there_is_no_field_for_an_identity_number():
    assert not {name for name in FIELDS if any(word in name for word in ("npwp", "nik", "efin"))} - {
        "npwp_checked",
        "efin_checked",
    }


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from([*FIELDS, "caller_identity", "x"]), anything))
def test_any_input_is_cleaned_or_refused(fields):
    try:
        cleaned = check_fields(fields)
    except FieldError as error:
        assert error.message and error.remedy
    else:
        assert check_fields(cleaned) == cleaned
