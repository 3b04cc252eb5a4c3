# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of NPWP, NIK and telephone numbers. All numbers are invented."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import NumberError
from crm.identity import grouped, masked, nik_form, npwp_form, phone_number

pytestmark = pytest.mark.unit

NIK = "3174055203880007"  # Jakarta Selatan, a woman, born 12 March 1988
digit = st.sampled_from("0123456789")


@st.composite
def niks(draw):
    province = draw(st.sampled_from(["11", "19", "21", "31", "36", "51", "64", "73", "82", "91"]))
    born = draw(st.dates(date(1930, 1, 1), date(2010, 12, 31)))
    day = born.day + draw(st.sampled_from([0, 40]))
    return f"{province}{draw(st.integers(101, 9999)):04d}{day:02d}{born:%m%y}{draw(st.integers(1, 9999)):04d}"


@st.composite
def old_npwps(draw):
    head = draw(st.integers(10**8, 10**9 - 1))
    return f"{head}{draw(st.integers(1, 999)):03d}{draw(st.integers(0, 999)):03d}"


@given(niks())
def test_a_nik_is_a_nik_and_a_persons_npwp(number):
    assert nik_form(number).ok
    assert npwp_form(number).ok
    assert npwp_form(grouped(number)).required() == number


@given(old_npwps().filter(lambda number: len(set(number)) > 1))
def test_an_old_npwp_is_taken_in_both_lengths_and_as_it_is_written(number):
    assert npwp_form(number).ok
    assert npwp_form(f"0{number}").ok
    assert npwp_form(npwp_form(number).grouped).required() == number


@given(st.one_of(niks(), old_npwps()), st.data())
def test_a_number_with_a_digit_less_is_never_taken(number, data):
    place = data.draw(st.integers(0, len(number) - 1))
    shorter = number[:place] + number[place + 1 :]
    form = nik_form(shorter)
    assert not form.ok
    if len(shorter) != 15:
        assert not npwp_form(shorter).ok


@given(st.text(max_size=40))
def test_anything_typed_is_taken_or_told_what_is_wrong(typed):
    for check in (npwp_form, nik_form):
        form = check(typed)
        if form.ok:
            assert form.required().isdigit() and form.digits.isascii() and len(form.digits) in (15, 16)
        else:
            with pytest.raises(NumberError) as refused:
                form.required()
            assert refused.value.problems == form.problems
    try:
        found = phone_number(typed)
    except NumberError:
        return
    assert phone_number(found) == found


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "NPWP: empty."),
        ("09.254.29x.3-407.0O0", 'NPWP: "xO" is no digit.'),
        ("09.254.294.3-407.00", "NPWP: 14 digits; it needs 15 / 16."),
        ("0" * 15, "NPWP: all digits are the same."),
        ("09.254.294.3-000.000", r"NPWP: 000 is no tax office \(digits 10-12\)."),
        ("0317405520388000700001", "22"),
        (NIK + "000000", "22 digits are a place of business"),
        ("٠٩٢٥٤٢٩٤٣٤٠٧٠٠٠", "is no digit"),
    ],
)
def test_what_is_wrong_with_an_npwp(typed, problem):
    with pytest.raises(NumberError, match=problem):
        npwp_form(typed).required()


@pytest.mark.parametrize(
    ("typed", "problems"),
    [
        (NIK, ()),
        ("20" + NIK[2:], ("NIK: 20 (digits 1-2) is no province.",)),
        (NIK[:6] + "310288" + NIK[12:], ("NIK: 310288 (digits 7-12) is no date of birth.",)),
        (NIK[:6] + "290200" + NIK[12:], ()),
        (NIK[:6] + "720388" + NIK[12:], ("NIK: 720388 (digits 7-12) is no date of birth.",)),
        (NIK[:12] + "0000", ("NIK: the last four digits are 0000.",)),
        (
            "99" + NIK[2:6] + "001388" + "0000",
            (
                "NIK: 99 (digits 1-2) is no province.",
                "NIK: 001388 (digits 7-12) is no date of birth.",
                "NIK: the last four digits are 0000.",
            ),
        ),
    ],
)
def test_everything_that_is_wrong_with_a_nik_is_said_at_once(typed, problems):
    assert nik_form(typed).problems == problems


@pytest.mark.parametrize("typed", ["0812-3456-7890", "+62 812 3456 7890", "62 (812) 34567890", "0062 81234567890"])
def test_one_telephone_number_in_many_ways_of_writing(typed):
    assert phone_number(typed) == "+6281234567890"


@pytest.mark.parametrize("typed", ["anonymous", "", "12345", "0812x", "9" * 20, "sip:2101@127.0.0.1"])
def test_no_telephone_numbers(typed):
    with pytest.raises(NumberError, match="no telephone number"):
        phone_number(typed)


def test_masked_numbers_tell_nothing_but_the_end():
    assert masked(NIK) == "•" * 13 + "007"
    assert masked("12345") == "•••••"
    assert masked("") == ""
    assert grouped("092542943407000") == "09.254.294.3-407.000"
    assert grouped(NIK) == "3174 0552 0388 0007"
