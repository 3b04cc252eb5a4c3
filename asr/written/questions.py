# SPDX-License-Identifier: GPL-3.0-or-later
"""Does an utterance ask? Read off its words alone: question words, offers, requests, tags at its end.

A question word behind a verb of knowing or checking begins a clause ("saya tidak tahu bagaimana") and asks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from asr.written.tokens import word_set
from asr.written.vocabulary import BUT, FORMS_OF_ADDRESS, SHORT_FORMS_OF_ADDRESS

_QUESTIONS = word_set(
    """
    apakah bagaimana gimana berapa berapakah kapan kapankah kenapa mengapa siapa siapakah dimana dimanakah
    bagaimanakah bisakah bolehkah haruskah perlukah adakah benarkah betulkah sudahkah masihkah bukankah manakah
    mana
    """
)
_ALWAYS_ASKS = frozenset(word for word in _QUESTIONS if word.endswith("kah")) - {"apakah"}
_EMBEDS = word_set(
    """
    tahu cek dicek lihat dilihat jelaskan dijelaskan pastikan dipastikan tergantung paham mengerti informasikan
    sebutkan periksa memeriksa konfirmasi bingung memastikan menjelaskan
    """
)
_EMBEDS_NEXT = word_set("lupa ingat cari hitung dihitung sesuai catat")  # only right before
_ASKS_ANYWAY = word_set("tanya bertanya menanyakan tanyakan nanya")
_NOT_ASKING_AFTER = word_set("pun namanya adanya")  # "siapa pun", "apa namanya"
_OPENINGS = word_set(
    """
    halo hai baik oke iya ya maaf mohon permisi selamat pagi siang sore malam pak bu bapak ibu mas mbak kak
    assalamualaikum terus lalu jadi berarti nah kalau begitu dan tapi tetapi oh eh untuk itu ini
    """
)
_READ_BACK = word_set("ulangi ulang bacakan terakhirnya")
_MAY_I = word_set(
    """
    saya kami tahu minta dibantu diulang tolong dijelaskan disebutkan dieja
    """
)
_CONFIRMS = word_set(
    """
    berarti jadi begitu gitu sudah belum masih harus wajib cukup benar betul termasuk sama perlu langsung kan
    bukan tidak nggak enggak gak boleh bisa kena ada
    """
)
_WHETHER = word_set("sudah udah harus bisa boleh perlu masih benar betul tetap wajib")  # "apa sudah ..." = apakah
_NO_TAG_AFTER = word_set("kayaknya saya sih ya enggak nggak gak tapi kalau kalo juga itu memang yang oh kan")
_POSSIBLE = word_set("bisa boleh perlu ada harus kena wajib dapat masih")
_TELLS = word_set(
    """
    terima kasih silakan mohon tunggu ditunggu sebentar baik oke bantu tolong coba maaf iya siap nanti
    """
)
_OFFERS = (("ada", "yang", "bisa"), ("ada", "lagi", "yang"), ("ada", "hal", "lain"))


def asks(words: Sequence[str]) -> bool:
    """Return whether the sentence is a question, as far as its words show it."""
    if any(word in _ALWAYS_ASKS for word in words) or _offers(words):
        return True
    if any(_question_word(words, at) for at in range(len(words))):
        return True
    return _may_i(words) or _asks_at_end(words)


def _question_word(words: Sequence[str], at: int) -> bool:
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if following in _NOT_ASKING_AFTER:
        return False
    before = words[max(0, at - 4) : at]
    if word == "mana":
        return at > 0 and words[at - 1] in ("di", "ke", "dari", "yang", "lewat") and not _embedded(before)
    if word == "apa":
        return _apa(words, at, following) and not _embedded(before)
    return word in _QUESTIONS and not _embedded(before)


def _embedded(before: Sequence[str]) -> bool:
    """Return whether a question word after these words begins a subordinate clause ("saya tahu berapa ...")."""
    pairs = pairwise(before)
    wants_to_know = any(second == "tahu" and first in ("mau", "boleh", "ingin", "bisa") for first, second in pairs)
    if wants_to_know or any(word in _ASKS_ANYWAY for word in before):
        return False
    return any(word in _EMBEDS for word in before) or any(word in _EMBEDS_NEXT for word in before[-1:])


def _apa(words: Sequence[str], at: int, following: str) -> bool:
    """ "Apa" asks at the beginning, at the end and in "apa saja"; elsewhere it is often a filler or a joint."""
    previous = words[at - 1] if at else ""
    if following == "apa" or previous in ("apa", "tidak", "nggak", "enggak", "gak"):
        return False  # "tidak apa apa"
    if following in _WHETHER and previous not in ("itu", "seperti"):
        return True
    opening = all(word in _OPENINGS for word in words[:at])
    closing = all(word in ("ya", "itu", "ini", "sih", *SHORT_FORMS_OF_ADDRESS) for word in words[at + 1 :])
    return opening or closing or following in ("saja", "aja") or previous in ("itu", "untuk", "karena")


def _offers(words: Sequence[str]) -> bool:
    return any(tuple(words[at : at + 3]) in _OFFERS for at in range(len(words)))


def _may_i(words: Sequence[str]) -> bool:
    """ "Boleh saya ...", "bisa diulang ...": a request put as a question."""
    for at, word in enumerate(words[:-1]):
        if word in ("boleh", "bisa") and all(one in _OPENINGS for one in words[:at]):
            subject = at > 0 and words[at - 1] in ("bapak", "ibu", "kakak")  # "bapak bisa minta ..." tells
            return words[at + 1] in _MAY_I and (not subject or words[at + 1] == "tahu")
    return False


def _asks_at_end(words: Sequence[str]) -> bool:
    ending = [word for word in words if word not in FORMS_OF_ADDRESS]
    if len(ending) < 3:
        return False
    if ending[-1] in ("kan", "bukan") or tuple(ending[-2:]) in (
        ("atau", "tidak"),
        ("atau", "belum"),
        ("atau", "bukan"),
    ):
        return True
    if tuple(ending[-2:]) in (("apa", "tidak"), ("atau", "nggak"), ("apa", "nggak"), ("ya", "kan")):
        return True
    if _either_or(ending[:-1] if ending[-1] == "ya" else ending) or _reads_back(ending):
        return True
    told = any(word in _TELLS for word in ending)
    return ending[-1] == "ya" and not told and any(word in _CONFIRMS for word in ending[:-1])


def _either_or(words: Sequence[str]) -> bool:
    """ "Sudah aktif belum", "bisa dicicil nggak": the negation at the end asks."""
    if words[-1] in ("nggak", "enggak", "gak"):
        return words[-2] not in _NO_TAG_AFTER
    if any(word in BUT for word in words):
        return False
    if words[-1] == "belum":
        return ("sudah" in words[:-1] or "udah" in words[:-1]) and "masih" not in words
    return words[-1] == "tidak" and any(word in _POSSIBLE for word in words[:-1]) and "saya" not in words[-3:]


def _reads_back(words: Sequence[str]) -> bool:
    """ "Saya ulangi satu dua ... betul": what was read back is to be confirmed."""
    return words[-1] in ("betul", "benar", "ya") and any(word in _READ_BACK for word in words[:-1])
