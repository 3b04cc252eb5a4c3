# SPDX-License-Identifier: GPL-3.0-or-later
"""Capitals and punctuation by light rules: only what is nearly always right.

An utterance of the recogniser is written as one sentence. It begins with a capital and ends with a full stop, or
with a question mark when it asks. Commas stand where the official spelling (EYD) demands them and the words alone
show it: before "tetapi", after an opening greeting, around a form of address at either end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from asr.written.names import NAMES
from asr.written.tokens import Piece, word_set

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
_CLINGS = word_set("untuk dan atau itu ini sekali nya kan lah atas yang ya di")
_VOCATIVES = word_set("pak bu mas mbak kak")
_LONG_VOCATIVES = _VOCATIVES | {"bapak", "ibu", "kakak"}
_BUT = word_set("tetapi tapi sedangkan melainkan")
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
    found = {at - 1 for at, piece in enumerate(pieces) if 0 < at < len(pieces) - 1 and piece.text in _BUT}
    by_end = {piece.after: at for at, piece in enumerate(pieces[:-1])}
    ends = _opening(words)
    if len(words) > 1 and words[-1] in _VOCATIVES and words[-2] not in _LONG_VOCATIVES:
        ends.append(len(words) - 1)
    for at in range(len(words) - 1):
        if _calls(words, at):
            ends += [at, at + 1]
    return sorted(found | {by_end[end] for end in ends if end in by_end})


def _calls(words: Sequence[str], at: int) -> bool:
    """Return whether "Pak" or "Bu" in the middle calls somebody: what follows begins a new clause."""
    following, previous = words[at + 1], words[at - 1] if at else ""
    begins = following in _CLAUSE_STARTS or (following.endswith("nya") and len(following) > 5)
    return words[at] in _VOCATIVES and begins and previous not in _TAKE_A_PERSON


def _opening(words: Sequence[str]) -> list[int]:
    """Return where the parts of an opening end: "halo | selamat pagi | bu dewi | saya mau ..."."""
    ends, at = [], 0
    while at < len(words) and words[at] in _INTERJECTIONS:
        at += 1
        ends.append(at)
    for phrase in (_GREETINGS, _ANSWERS):
        length = next((len(one) for one in phrase if tuple(words[at : at + len(one)]) == one), 0)
        called = at + length < len(words) and words[at + length] in _LONG_VOCATIVES
        if length and (phrase is _GREETINGS or called or words[at] in _FREE_ANSWERS):
            at += length
            ends.append(at)
            break
    if at and at < len(words) and words[at] in _LONG_VOCATIVES:
        at += 1
        while at < len(words) and words[at] in NAMES:
            at += 1
        ends.append(at)
    return [end for end in ends if not (end < len(words) and words[end] in _CLINGS)]


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
    closing = all(word in ("ya", "itu", "ini", "sih", *_VOCATIVES) for word in words[at + 1 :])
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
    ending = [word for word in words if word not in _LONG_VOCATIVES]
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
    if any(word in _BUT for word in words):
        return False
    if words[-1] == "belum":
        return ("sudah" in words[:-1] or "udah" in words[:-1]) and "masih" not in words
    return words[-1] == "tidak" and any(word in _POSSIBLE for word in words[:-1]) and "saya" not in words[-3:]


def _reads_back(words: Sequence[str]) -> bool:
    """ "Saya ulangi satu dua ... betul": what was read back is to be confirmed."""
    return words[-1] in ("betul", "benar", "ya") and any(word in _READ_BACK for word in words[:-1])
