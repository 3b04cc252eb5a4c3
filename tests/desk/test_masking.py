# SPDX-License-Identifier: GPL-3.0-or-later
"""Personal numbers reach no browser of a role that need not see them. All numbers are drawn by chance or invented."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asr.written import text_of, write
from desk.masking import MASK, is_masked, mask_json, mask_segments, mask_text, mask_told
from pipeline import events as ev
from pipeline.events import to_wire
from tests.desk.folders import BEGAN, CALL_ID

pytestmark = pytest.mark.unit

NUMBER = "092542943407000"  # an invented NPWP
DIGITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]
LEAK = 4  # as many digits of the number in a row as nobody may read
tax_numbers = st.sampled_from([15, 16]).flatmap(
    lambda n: st.text("0123456789", min_size=n, max_size=n).filter(lambda text: len(set(text)) > 4)
)
quick = settings(max_examples=120, deadline=None)


def groups(digits: str, sizes: list[int], sign: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return sign.join(part for part in [*parts, digits[at:]] if part)


def npwp(digits: str) -> str:
    return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}.{digits[8]}-{digits[9:12]}.{digits[12:]}"


def spoken(digits: str, filler: str = "") -> str:
    return " ".join(
        DIGITS[int(one)] + (f" {filler}" if filler and at % 4 == 3 else "") for at, one in enumerate(digits)
    )


FORMS: dict[str, Callable[[str], str]] = {
    "bare": lambda d: d,
    "npwp": npwp,
    "fours": lambda d: groups(d, [4, 4, 4, 4], " "),
    "threes": lambda d: groups(d, [3, 3, 3, 3, 3], "."),
    "hyphens": lambda d: groups(d, [2, 6, 4], "-"),
    "pairs": lambda d: groups(d, [2] * 8, " "),
    "wide": lambda d: "".join(chr(ord("０") + int(one)) for one in d),
    "spoken": spoken,
    "halting": lambda d: spoken(d, "eh"),
    "acknowledged": lambda d: spoken(d, "ya bu"),
    "pointed": lambda d: groups(spoken(d[:8]), [99], "") + " titik " + spoken(d[8:]),
    "in capitals": lambda d: spoken(d).upper(),
}


def read(text: str) -> str:
    """Return all digits of a text in order, also those in words, with a blank where anything else stands."""
    plain = unicodedata.normalize("NFKC", text).lower()
    for digit, word in enumerate(DIGITS):
        plain = re.sub(rf"\b{word}\b", str(digit), plain)
    return re.sub(r"(?<=\d)[^\w•]+(?=\d)", "", plain)


def leaks(text: str, digits: str) -> bool:
    told = read(text)
    return any(digits[at : at + LEAK] in told for at in range(len(digits) - LEAK + 1))


@quick
@given(
    tax_numbers,
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(["", "npwp saya ", "Rp5.000 untuk ", "(", "tgl 2026-11-24 "]),
    st.sampled_from(["", " ya", ".", ") selesai"]),
)
@example(NUMBER, "threes", "", "")
def test_a_number_is_found_in_every_form(digits: str, form: str, before: str, after: str) -> None:
    text = mask_text(f"{before}{FORMS[form](digits)}{after}")
    assert MASK in text
    assert not leaks(text.removeprefix(before), digits), text
    assert text.startswith(before.rstrip()[:3])


@quick
@given(tax_numbers, st.sampled_from(sorted(FORMS)))
def test_a_number_is_found_in_every_field_of_json(digits: str, form: str) -> None:
    planted = FORMS[form](digits)
    body = {
        "case": {"question": planted, "caller_identity": {"name": f"Budi {planted}"}, "timeline": [{"note": planted}]},
        "suggestions": {
            "query": planted,
            "articles": [{"quote": planted, "quoted": {"start": 0}, "matched_words": planted.split()}],
        },
        "proposed_class": {"reasons": planted.split()},
        "caller_number": planted,
        "fields": {planted: 1},
        "npwp": digits,
        "call_id": CALL_ID,
        "version": 3,
    }
    masked = mask_json(body)
    assert masked.pop("call_id") == CALL_ID
    assert not leaks(json.dumps(masked, ensure_ascii=False), digits)
    assert masked["version"] == 3
    assert masked["suggestions"]["articles"][0]["quoted"] is None


@pytest.mark.parametrize("text", [
    "Rp1.250.000.000", "bayar Rp125.000 lalu Rp250.000", "omzet 4.800.000.000 setahun", "SPT 2023, 2024, 2025",
    "LI-2026-000123", CALL_ID, "24/11/2026 sampai 31/12/2026", "2026-11-24T03:00:00.000Z", "Kring Pajak 1500200",
    "hubungi 0812-3456-7890", "kantor (021) 5250208", "PER-11/PJ/2025 dan PMK 81 Tahun 2024",
    "2b1f0a54-1234-4123-8123-123456789012", "tarif 0,5% dari 500.000.000", "pasal dua puluh satu ayat dua",
    "seratus dua puluh lima juta rupiah",
    "dua ribu dua puluh lima dua ribu dua puluh enam", "NIK dipakai sebagai NPWP mulai 2024", "<b>5</b>",
])  # fmt: skip
def test_what_is_no_personal_number_stays(text: str) -> None:
    assert mask_text(text) == text
    assert mask_json({"question": text}) == {"question": text}


def test_an_efin_is_found_where_its_name_stands() -> None:
    assert "8123" not in mask_text("EFIN saya 0812345678")
    assert mask_json({"efin": "1", "nik": "", "npwp": "12"}) == {"efin": MASK, "nik": "", "npwp": MASK}


def heard(text: str, at: int, leg: ev.Leg = "caller", *, with_words: bool = True) -> dict[str, Any]:
    """Return a final as the recogniser tells it, in wire form."""
    words = tuple(
        ev.Word(text=word, start_ms=at * 4000 + n * 200, end_ms=at * 4000 + n * 200 + 150, confidence=0.9)
        for n, word in enumerate(text.split())
    )
    tokens = write(words)
    spans = tuple(ev.WrittenWord(text=one.text, first=one.first, count=one.count) for one in tokens)
    return to_wire(
        ev.SegmentFinalized(
            at=BEGAN, call_id=CALL_ID, leg=leg, segment=at + 1, start_ms=at * 4000, end_ms=at * 4000 + 3000, text=text,
            words=words if with_words else (), decoded_to_ms=at * 4000 + 3000, confidence=0.9,
            written=text_of(tokens), written_words=spans if with_words else (),
        )
    )  # fmt: skip


@quick
@given(tax_numbers, st.lists(st.integers(1, 8), min_size=2, max_size=8), st.booleans(), st.booleans())
@example(NUMBER, [2, 3, 3, 1, 3, 3], True, True)
def test_a_number_told_over_several_utterances_is_found(
    digits: str, sizes: list[int], with_words: bool, answered: bool
) -> None:
    pieces = [one for one in groups(digits, sizes, " ").split()]
    turns: list[tuple[str, ev.Leg]] = [("selamat pagi saya mau tanya", "caller")]
    for piece in pieces:
        turns.append((spoken(piece), "caller"))
        turns += [("ya baik", "agent")] if answered else []
    segments = [heard(text, at, leg, with_words=with_words) for at, (text, leg) in enumerate(turns)]
    masked = mask_segments(segments)
    own = [one for one in masked if one["leg"] == "caller"]
    for get in (
        lambda one: one["text"],
        lambda one: one["written"],
        lambda one: " ".join(word["text"] for word in one["words"]),
        lambda one: " ".join(word["text"] for word in one["written_words"]),
    ):
        assert not leaks(" ".join(get(one) for one in own), digits)
    assert [len(one["words"]) for one in masked] == [len(one["words"]) for one in segments]
    times = [[(word["start_ms"], word["end_ms"]) for word in one["words"]] for one in masked]
    assert times == [[(word["start_ms"], word["end_ms"]) for word in one["words"]] for one in segments]
    assert masked[0]["text"] == "selamat pagi saya mau tanya"


def texts_of(told: dict[str, Any]) -> str:
    return json.dumps([told["text"], told.get("written"), [one["text"] for one in told["words"]]], ensure_ascii=False)


@quick
@given(tax_numbers, st.lists(st.integers(3, 6), min_size=3, max_size=3))
def test_nothing_of_a_number_that_was_asked_for_is_told_while_it_is_being_said(digits: str, sizes: list[int]) -> None:
    so_far = [heard("boleh sebutkan npwp bapak", 0, "agent")]
    for at, piece in enumerate(groups(digits, sizes, " ").split()):
        said = heard(spoken(piece), at + 1)
        assert not leaks(texts_of(mask_told(said, so_far)), digits)
        partial = to_wire(
            ev.PartialRecognized(
                at=BEGAN, call_id=CALL_ID, leg="caller", segment=at + 2, text=spoken(piece), audio_to_ms=1
            )
        )
        assert not leaks(texts_of(mask_told(partial, so_far)), digits)
        so_far.append(said)


def test_other_words_of_the_utterance_stay_as_they_were() -> None:
    [masked] = mask_segments([heard(f"nik saya {spoken('3201012345678901')} betul ya pak", 0)])
    assert masked["text"] == f"nik saya {MASK} betul ya pak"
    assert masked["written"].startswith("NIK saya ••••") and "betul" in masked["written"]
    assert [one["text"] for one in masked["words"]][:3] == ["nik", "saya", "•"]


def test_a_conversation_keeps_amounts_years_and_references() -> None:
    said = [
        heard("saya bayar seratus dua puluh lima ribu", 0),
        heard("spt tahun dua ribu dua puluh lima", 1),
        heard("pph pasal dua satu", 2),
        heard("jam delapan tiga puluh", 3),
        heard("tanggal tiga satu maret", 4),
    ]
    assert mask_segments(said) == said


def test_one_needing_role_is_enough_to_see_numbers() -> None:
    assert not is_masked({"supervisor", "team_leader"})
    assert is_masked({"supervisor", "quality_assessor", "quality_staff", "admin"})
    assert is_masked(())
