# SPDX-License-Identifier: GPL-3.0-or-later
"""Words to pronunciations: what spelling shows, what the tables add, variants, and what cannot be read."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.asr_id.lexicon import LexiconError, pronounce, pronounce_ranked, spell
from models.asr_id.lexicon.marks import unmarked
from models.asr_id.lexicon.rules import read
from models.asr_id.lexicon.tables import raw_table, tables
from models.asr_id.phones import PHONES
from models.demo_speech.g2p import phones_of
from models.demo_speech.script import read_script

pytestmark = pytest.mark.unit

BEST = """
satu            s a t u
yang            y a ng
tanya           t a ny a
syarat          sy a r a t
khusus          kh u s u s
tanggal         t a ng g a l
verifikasi      f e r i f i k a s i
massa           m a s a
selamat         s @ l a m a t
besar           b @ s a r
besok           b e s o k
boleh           b o l e h
kode            k o d e
empat           @ m p a t
ekor            e k o r
komputer        k o m p u t @ r
dokumen         d o k u m e n
rekening        r e k @ n i ng
kereta          k @ r e t a
mereka          m @ r e k a
persen          p @ r s e n
tertera         t @ r t @ r a
merek           m e r e k
mereknya        m e r e k ny a
bermerek        b @ r m e r e k
berbeda         b @ r b e d a
menyewakan      m @ ny e w a k a n
pengecekan      p @ ng @ c e k a n
dicek           d i c e k
memeriksa       m @ m @ r i k s a
memberikan      m @ m b @ r i k a n
mengekspor      m @ ng e k s p o r
keempat         k @ q @ m p a t
terendah        t @ r @ n d a h
pendingin       p @ n d i ng i n
keterlambatan   k @ t @ r l a m b a t a n
pakai           p a k ai
pakaian         p a k ai a n
nilainya        n i l ai ny a
mulailah        m u l ai l a h
main            m a i n
permainan       p @ r m a i n a n
air             a i r
perairan        p @ r a i r a n
laut            l a u t
lautan          l a u t a n
saudara         s au d a r a
pulau           p u l au
kemauan         k @ m au a n
menandai        m @ n a n d a i
sepoi           s @ p oi
maaf            m a q a f
pertanyaan      p @ r t a ny a q a n
bapak           b a p a q
tidaknya        t i d a q ny a
nggak           ng g a q
gak             g a q
gimana          g i m a n a
udah            u d a h
cepet           c @ p @ t
temen           t @ m @ n
banget          b a ng @ t
pake            p a k e
ngecek          ng @ c e k
ngecekin        ng @ c e k i n
nyari           ny a r i
makasih         m a k a s i h
npwp            e n p e w e p e
npwpnya         e n p e w e p e ny a
spt             e s p e t e
pph             p e p e h a
umkm            u e m k a e m
efin            e f i n
nik             n i k
coretax         k o r t e k s
e-filing        i f ai l i ng
online          o n l ai n
didownload      d i d au n l o t
emailnya        i m e l ny a
pelan-pelan     p @ l a n p @ l a n
nggih           ng g i h
monggo          m o ng g o
punten          p u n t @ n
pe              p e
we              w e
en              e n
ha              h a
zet             z e t
p               p e
em              e m
hmm             h m
""".strip().splitlines()

VARIANTS = """
tahun       t a u n
lihat       l i a t
sudah       u d a h
jumat       j u m q a t
maaf        m a a f
bapak       b a p a k
pajak       p a j a q
izin        i j i n
syarat      s a r a t
khusus      k u s u s
aktif       a k t i p
faktur      p a k t u r
jawab       j a w a p
seorang     s @ q o r a ng
terima      t r i m a
nik         e n i k a
efin        i f i n
hpp         h a p e p e
uu          u u
ter         t e r
coretax     k o r e t a k s
email       e m ai l
handphone   h e n p o n
cv          s i f i
masukkan    m a s u k k a n
e-registration  i r e j i s t r e sy @ n
bagaimana   b a g a i m a n a
""".strip().splitlines()


@pytest.mark.parametrize("line", BEST, ids=lambda line: str(line).split()[0])
def test_best_reading(line: str) -> None:
    word, *phones = line.split()
    assert " ".join(pronounce(word)[0]) == " ".join(phones)


@pytest.mark.parametrize("line", VARIANTS, ids=lambda line: str(line).split()[0])
def test_variant_is_among_the_readings(line: str) -> None:
    word, *phones = line.split()
    assert tuple(phones) in pronounce(word)


def test_colloquial_f_as_p_stands_behind_the_standard_reading() -> None:
    assert pronounce("aktif")[0][-1] == "f"
    assert pronounce_ranked("aktif")["a", "k", "t", "i", "p"] > 1


def test_best_costs_nothing_and_costs_rise() -> None:
    for word in ("verifikasi", "pemeliharaan", "coretax", "xylofon"):
        costs = list(pronounce_ranked(word).values())
        assert costs[0] == 0
        assert costs == sorted(costs)


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"[a-z]{1,18}", fullmatch=True))
def test_any_word_of_letters_has_one_to_four_different_readings(word: str) -> None:
    readings = pronounce(word)
    assert 1 <= len(readings) <= 4
    assert len(set(readings)) == len(readings)
    assert all(readings)
    assert {phone for phones in readings for phone in phones} <= set(PHONES)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=2, max_size=4))
def test_any_hyphenated_word_is_read(parts: list[str]) -> None:
    readings = pronounce("-".join(parts))
    assert 1 <= len(readings) <= 4
    assert all(readings)


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("", "kosong"),
        ("-", "kosong"),
        ("1721", "'1'"),
        ("pajak!", "'!'"),
        ("Pajak", "'P'"),
        ("café", "é"),
        ("a b", "' '"),
    ],
)
def test_unreadable_word_is_an_error_that_names_the_character(word: str, named: str) -> None:
    with pytest.raises(LexiconError) as caught:
        pronounce(word)
    assert named in str(caught.value)


def test_marked_spelling_with_an_unknown_character_is_an_error() -> None:
    with pytest.raises(LexiconError, match="ö"):
        read("schön")


def test_spell() -> None:
    assert spell("npwp") == ("en", "pe", "we", "pe")
    assert spell("A1-b") == ("a", "satu", "be")
    for letter in "abcdefghijklmnopqrstuvwxyz":
        assert pronounce(letter)[0] == pronounce(*spell(letter))[0], letter
    with pytest.raises(LexiconError, match="%"):
        spell("a%")
    with pytest.raises(LexiconError):
        spell("-")


def test_spelled_abbreviation_sounds_like_its_letters() -> None:
    for abbreviation in ("npwp", "ktp", "ppnbm", "skpkbt", "atm", "sppt"):
        letters = sum((pronounce(name)[0] for name in spell(abbreviation)), ())
        assert pronounce(abbreviation)[0] == letters


def test_every_entry_of_the_tables_is_readable() -> None:
    for word in [*tables().roots, *tables().respelled]:
        assert {phone for phones in pronounce(word) for phone in phones} <= set(PHONES), word


def test_no_root_is_in_two_lists_and_no_word_in_two_tables() -> None:
    lists = tomllib.loads((files("models.asr_id.lexicon") / "data" / "roots.toml").read_text("utf-8"))
    roots = [unmarked(word) for name in ("full", "schwa", "mixed", "vowels") for word in lists[name].split()]
    assert sorted({word for word in roots if roots.count(word) > 1}) == []
    words = [word for name in ("casual", "loan", "regional") for word in raw_table(name)["words"]]
    words += raw_table("abbreviations")["read"]
    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_every_word_of_the_demo_is_read_as_it_was_spoken() -> None:
    words = {word for line in read_script() for word in line.text.split()}
    assert len(words) > 200
    assert [word for word in sorted(words) if phones_of(word) not in pronounce(word)] == []


def test_command_prints_readings_and_names_what_it_cannot_read() -> None:
    command = [sys.executable, "-m", "models.asr_id.lexicon", "tahun", "a1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "t a h u n" in done.stdout
    assert "t a u n" in done.stdout
    assert "'1'" in done.stderr
    assert "Traceback" not in done.stderr
