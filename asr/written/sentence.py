# SPDX-License-Identifier: GPL-3.0-or-later
"""Capitals and punctuation by light rules: only what is nearly always right.

An utterance of the recogniser is written as one sentence. It begins with a capital and ends with a full stop, or
with a question mark when it asks. Commas stand where the official spelling (EYD) demands them and the words alone
show it: before "tetapi", after an opening greeting or answer, around forms of address.
"""

from __future__ import annotations

from collections.abc import Sequence

from asr.written.names import NAMES
from asr.written.questions import asks
from asr.written.tokens import Piece, word_set
from asr.written.vocabulary import BUT, FORMS_OF_ADDRESS, SHORT_FORMS_OF_ADDRESS

_INTERJECTIONS = word_set("halo hai assalamualaikum waalaikumsalam permisi oh")
_GREETINGS = tuple(("selamat", time) for time in ("pagi", "siang", "sore", "malam"))
_FREE_ANSWERS = ("baik", "iya", "oke", "ya")  # with a comma even when nobody is called by name
_ANSWERS = (
    ("terima", "kasih", "banyak"), ("terima", "kasih"), ("mohon", "maaf"), ("iya", "betul"), ("iya", "benar"),
    ("baik",), ("iya",), ("ya",), ("oke",), ("maaf",), ("betul",), ("benar",), ("siap",), ("tentu",), ("boleh",),
    ("bisa",), ("sudah",), ("belum",), ("tidak",),
)  # fmt: skip
_CLAUSE_STARTS = word_set(
    """
    saya kalau kalo karena nanti untuk yang silakan tapi tetapi jadi ini itu boleh bisa apakah sudah udah belum tidak
    nggak enggak terus asal lalu mohon tolong apa bagaimana gimana berapa ada akan kami sampai masih biasanya coba kok
    soalnya maaf sebentar selama supaya setelah sebelum sebenarnya memang cuma hanya ternyata kemudian misalnya tinggal
    """
)
_TAKE_A_PERSON = word_set(
    """
    dengan nama dari ke sama untuk kata oleh milik kepada pada buat bersama punya halo hai selamat pagi siang sore
    malam si dan atau kasih seorang seperti kayak bapak ibu pak bu mas mbak kak di itu
    """
)
_VERBS = ("sudah", "belum", "bisa", "boleh", "tidak")
_CLINGS = word_set("untuk dan atau itu ini sekali nya kan lah atas yang ya di")


def punctuated(pieces: Sequence[Piece], words: Sequence[str]) -> list[Piece]:
    """Return the pieces with the sentence's capital, commas and end mark."""
    if not pieces:
        return []
    texts = [piece.text for piece in pieces]
    for at in _commas(pieces, words):
        texts[at] += ","
    texts[-1] += "?" if asks(words) else "."
    first = pieces[0]
    if first.kind != "term" and texts[0][:1].isalpha():
        texts[0] = texts[0][0].upper() + texts[0][1:]
    return [piece._replace(text=text) for piece, text in zip(pieces, texts, strict=True)]


def _commas(pieces: Sequence[Piece], words: Sequence[str]) -> list[int]:
    """Return the pieces after which a comma stands."""
    found = {at - 1 for at, piece in enumerate(pieces) if 0 < at < len(pieces) - 1 and piece.text in BUT}
    by_end = {piece.after: at for at, piece in enumerate(pieces[:-1])}
    ends = _opening(words)
    if len(words) > 1 and words[-1] in SHORT_FORMS_OF_ADDRESS and words[-2] not in FORMS_OF_ADDRESS:
        ends.append(len(words) - 1)
    for at in range(len(words) - 1):
        if _calls(words, at):
            ends += [at, at + 1]
    return sorted(found | {by_end[end] for end in ends if end in by_end})


def _calls(words: Sequence[str], at: int) -> bool:
    """Return whether "Pak" or "Bu" in the middle calls somebody: what follows begins a new clause."""
    following, previous = words[at + 1], words[at - 1] if at else ""
    begins = following in _CLAUSE_STARTS or (following.endswith("nya") and len(following) > 5)
    return words[at] in SHORT_FORMS_OF_ADDRESS and begins and previous not in _TAKE_A_PERSON


def _opening(words: Sequence[str]) -> list[int]:
    """Return where the parts of an opening end: "halo | selamat pagi | bu dewi | saya mau ..."."""
    ends, at = [], 0
    while at < len(words) and words[at] in _INTERJECTIONS:
        at += 1
        ends.append(at)
    length = _answer_length(words, at)
    if length and not (at + length < len(words) and words[at + length] in _CLINGS):
        at += length
        ends.append(at)
    if at and at < len(words) and words[at] in FORMS_OF_ADDRESS:
        at += 1
        while at < len(words) and words[at] in NAMES:
            at += 1
        ends.append(at)
    return ends


def _answer_length(words: Sequence[str], at: int) -> int:
    """Return how many words from ``at`` on greet or answer, so that a comma stands behind them."""
    for phrase in (*_GREETINGS, *_ANSWERS):
        after = at + len(phrase)
        if tuple(words[at:after]) == phrase:
            called = after < len(words) and words[after] in FORMS_OF_ADDRESS
            if (
                called and words[after] not in SHORT_FORMS_OF_ADDRESS and words[at] in _VERBS
            ):  # "sudah ibu klik": she has
                called = after + 1 == len(words) or words[after + 1] in _CLAUSE_STARTS
            if phrase in _GREETINGS or called or words[at] in _FREE_ANSWERS:
                return len(phrase)
    return 0
