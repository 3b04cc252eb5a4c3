# SPDX-License-Identifier: GPL-3.0-or-later
"""Taxpayers: entered with numbers of the right form, found again, changed without overwriting. Invented people."""

from __future__ import annotations

import pytest

from crm import cases, taxpayers
from crm.errors import ConflictError, FieldError, NotFoundError, NumberError, RequestReusedError
from tests.crm.paths import opened

pytestmark = pytest.mark.integration
NIK, NPWP = "3174055203880007", "09.254.294.3-407.000"


@pytest.fixture
def siti(db, staff, now):
    return taxpayers.create_taxpayer(
        db, name="Siti Contoh", npwp=NPWP, nik=NIK, phone="0812-3456-7890", person=staff.agent, now=now
    )


def test_numbers_are_kept_as_digits(db, siti):
    assert (siti.npwp, siti.nik, siti.phone, siti.version) == ("092542943407000", NIK, "+6281234567890", 1)
    assert taxpayers.find_taxpayer(db, siti.id) == siti


def test_numbers_may_be_unknown(db, staff, now):
    found = taxpayers.create_taxpayer(db, name="Budi Contoh", person=staff.agent, now=now)
    assert (found.npwp, found.nik, found.phone) == ("", "", "")


def test_everything_that_is_wrong_is_said_at_once(db, staff, now):
    with pytest.raises(NumberError) as refused:
        taxpayers.create_taxpayer(db, name="X", npwp="123", nik="abc", person=staff.agent, now=now)
    assert refused.value.problems == ("NPWP: 3 digits; it needs 15 / 16.", 'NIK: "abc" is no digit.')
    with pytest.raises(FieldError):
        taxpayers.create_taxpayer(db, name=" ", person=staff.agent, now=now)
    with pytest.raises(FieldError):
        taxpayers.create_taxpayer(db, name="x" * 201, person=staff.agent, now=now)
    assert taxpayers.search_taxpayers(db, "X") == []


@pytest.mark.parametrize(
    "query", ["siti", NPWP, "0092542943407000", "3174 0552 0388 0007", "+62 812 3456 7890", "_iti"]
)
def test_found_by_name_and_numbers(db, siti, query):
    assert taxpayers.search_taxpayers(db, query) == ([siti] if query != "_iti" else [])


def test_found_by_the_callers_number(db, siti):
    assert taxpayers.taxpayers_of_phone(db, "081234567890") == [siti]
    for number in ("", "anonymous", "2101", "%"):
        assert taxpayers.taxpayers_of_phone(db, number) == []


def test_a_stale_page_gets_both_contents(db, staff, siti, now):
    changed = taxpayers.change_taxpayer(
        db, siti.id, 1, name="Siti Contoh", npwp=NPWP, phone="0811111111", person=staff.agent, now=now
    )
    assert (changed.version, changed.nik) == (2, "")
    with pytest.raises(ConflictError, match="taxpayer") as conflict:
        taxpayers.change_taxpayer(db, siti.id, 1, name="Siti C.", person=staff.agent, now=now)
    assert (conflict.value.yours["name"], conflict.value.theirs["name"], conflict.value.version) == (
        "Siti C.", "Siti Contoh", 2,
    )  # fmt: skip
    same = taxpayers.change_taxpayer(
        db, siti.id, 2, name="Siti Contoh", npwp=NPWP, phone="0811111111", person=staff.agent, now=now
    )
    assert same.version == 2


def test_entered_twice_by_one_press_is_one(db, staff, now):
    made = [
        taxpayers.create_taxpayer(db, name="Budi Contoh", person=staff.agent, now=now, request_key="k" * 20)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(taxpayers.search_taxpayers(db, "budi")) == 1
    with pytest.raises(RequestReusedError):
        taxpayers.create_taxpayer(db, name="Lain", person=staff.agent, now=now, request_key="k" * 20)


def test_a_case_is_a_taxpayers(db, staff, siti, now):
    case = opened(db, staff, now)
    case = cases.save_fields(db, case.id, 1, {"taxpayer_id": siti.id}, person=staff.agent, now=now).case
    assert case.wire()["taxpayer_id"] == siti.id
    assert [item.id for item in taxpayers.cases_of_taxpayer(db, siti.id)] == [case.id]
    with pytest.raises(FieldError, match="no such taxpayer"):
        cases.save_fields(db, case.id, 2, {"taxpayer_id": 999}, person=staff.agent, now=now)


def test_numbers_are_masked_for_those_who_need_not_see_them(db, staff, siti):
    seen, hidden = siti.wire(staff.agent), siti.wire(staff.assessor)
    assert (seen["npwp"], seen["phone"]) == (NPWP, "+6281234567890")
    for number in ("npwp", "nik", "phone"):
        assert hidden[number].startswith("•••••") and len(hidden[number].strip("•")) == 3


def test_nobody(db, staff, now):
    with pytest.raises(NotFoundError):
        taxpayers.find_taxpayer(db, 5)
    with pytest.raises(NotFoundError):
        taxpayers.change_taxpayer(db, 5, 1, name="x", person=staff.agent, now=now)
