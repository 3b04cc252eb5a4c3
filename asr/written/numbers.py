# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities in running speech: money, percentages, counts. What stays in words is decided here.

The official spelling (EYD) wants small numbers in running prose as words ("dua anak", "satu hal"): below ten they
stay words unless a sign, a unit or a position asks for figures. Estimates ("dua tiga ratus ribu") stay words too:
there is no figure for them.
"""

from __future__ import annotations

from asr.written.calendar import YEARS
from asr.written.quantities import Quantity, is_large, read_quantity, written
from asr.written.tokens import Line, Piece, word_set
from asr.written.vocabulary import MONTHS
from pipeline.spoken import SCALES, UNITS, read_number

_POSITION = word_set(
    """
    halaman formulir form angka bulan kelas golongan lampiran blok lantai rt rw versi pembetulan opsi menu kolom baris
    seri poin butir
    """
)
_NUMBERED = word_set("nomor nomornya tanggal tanggalnya tertanggal")
_MONEY = word_set(
    """
    bayar membayar dibayar bayarnya dibayarkan pembayaran setor menyetor disetor setoran harga harganya seharga
    gaji gajinya bergaji upah honor honorarium komisi bonus tunjangan thr omzet omset omzetnya bruto neto
    penghasilan penghasilannya pendapatan denda dendanya sanksi bunga biaya biayanya tagihan tagihannya nilai
    nilainya senilai nominal nominalnya sebesar transfer ditransfer utang hutang piutang uang duit jual dijual
    menjual beli dibeli membeli sewa menyewa meterai materai ptkp cicilan angsuran angsurannya mengangsur
    pinjaman modal laba rugi keuntungan untung restitusi saldo tabungan deposito rupiah terutang dpp kurang
    lebih pajaknya iuran sumbangan zakat hibah warisan pesangon pensiun kena dipotong potongan dapat terima
    menerima diterima total totalnya tarif sebulan setahun sebulannya setahunnya
    """
)
_COUNTED = word_set(
    """
    orang karyawan pegawai unit lembar buah kali hari bulan tahun minggu jam menit detik meter kilometer kilo
    kilogram gram ton liter anak transaksi dokumen faktur wajib saham lot dolar euro yen ringgit data digit
    karakter halaman rumah mobil motor ekor hektar hektare watt nomor angka kuintal kg pcs dus botol batang
    persen peserta nasabah
    """
)
_AFTER_MONEY = word_set("rupiah perak sebulan setahun sehari rupiahnya")
_MONEY_BEHIND = word_set("bayar dibayar dibayarkan membayar beli membeli setor disetor dipotong ditransfer harganya")
_MONEY_REACH, _BEHIND_REACH = 7, 3
_SCALE_NAMES = {size: name for name, size in reversed(SCALES.items()) if size >= 10**6}
_ABOUT = ("ratusan", "puluhan", "belasan")  # "empat juta lima ratusan": about so much, and no figure for it
_ORDINAL = word_set(
    """
    yang hari bulan tahun halaman urutan masa abad pembetulan angsuran cicilan pasal baris
    """
)


def quantity(line: Line, index: int) -> list[Piece]:
    """Return the written form of the quantity that begins here; its words where it stays in words."""
    found = read_quantity(line.numerals, index)
    if found is None:
        return []
    if line.word(found.after) in _ABOUT:
        return [Piece(line.word(at), at + 1, "number") for at in range(index, found.after + 1)]
    for rule in (_numbered, _estimate, _percent, _fraction, _money, _position, _year):
        pieces = rule(line, index, found)
        if pieces:
            return pieces
    if found.integral and found.whole < 10:
        return [Piece(word, index + at + 1, "number") for at, word in enumerate(line.words[index : found.after])]
    exact = line.word(found.after) in _COUNTED
    return [Piece(_amount(line, found, exact=exact), found.after, "number")]


def _numbered(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Figures after "nomor" and "tanggal", whatever follows, and around months."""
    if not found.integral or found.whole >= 10**6:
        return []
    day = line.word(found.after) in MONTHS and 1 <= found.whole <= 31
    month = line.word(index - 1) == "bulan" and "tanggal" in line.before(index, 7) and 1 <= found.whole <= 12
    if day or month or line.word(index - 1) in _NUMBERED:
        return [Piece(str(found.whole), found.after, "number")]
    return []


def _estimate(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Keep "dua tiga ratus ribu" and "lima enam orang" in words; a number begun again is no estimate."""
    following = read_quantity(line.numerals, found.after)
    if following is None or not found.integral or not found.whole:
        return []
    leading = following.whole
    while leading >= 1000 and leading % 1000 == 0:
        leading //= 1000
    next_digit = found.whole < 10 and str(leading).rstrip("0") == str(found.whole + 1)
    scaled = leading < 1000 <= following.whole and found.whole < leading <= found.whole * 10 and found.whole % 10 == 0
    if not (next_digit or scaled):
        return []
    return [Piece(line.word(at), at + 1, "number") for at in range(index, following.after)]


def _percent(line: Line, index: int, found: Quantity) -> list[Piece]:
    if line.word(found.after) != "persen":
        return []
    return [Piece(f"{written(found)}%", found.after + 1, "number")]


def _fraction(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Return "11/12" for "sebelas per dua belas"."""
    if line.word(found.after) != "per" or not found.integral or found.whole == 0:
        return []
    lower = read_number(line.numerals, found.after + 1)
    if lower is None or not found.whole < lower[0] <= 1000 or line.word(lower[1]) in _COUNTED:
        return []
    return [Piece(f"{found.whole}/{lower[0]}", lower[1], "number")]


def _money(line: Line, index: int, found: Quantity) -> list[Piece]:
    named = line.word(found.after) in ("rupiah", "perak")
    if not named and not (is_large(found) and _among_money(line, index, found)):
        return []
    if found.integral and found.whole in YEARS and found.whole != 2000 and not named:
        return []
    after = found.after + 1 if named else found.after
    return [Piece(f"Rp{_amount(line, found, exact=named)}", after, "number")]


def _among_money(line: Line, index: int, found: Quantity) -> bool:
    follower = line.word(found.after)
    if follower in _COUNTED or line.word(index - 1) in _POSITION:
        return False
    if follower in _AFTER_MONEY or any(word in _MONEY for word in line.before(index, _MONEY_REACH)):
        return True
    return any(word in _MONEY_BEHIND for word in line.words[found.after : found.after + _BEHIND_REACH])


def _amount(line: Line, found: Quantity, *, exact: bool) -> str:
    """Return the figure of an amount or count.

    "Dua juta lima ratus" without a unit is left open as "2 juta 500": some mean 2.000.500 by it, most 2.500.000.
    """
    rest = found.whole % 1000
    size = next((size for size in _SCALE_NAMES if found.whole >= size), 0)
    if exact or not size or not rest or found.whole % size != rest or found.whole // size >= 1000:
        return written(found)
    return f"{found.whole // size} {_SCALE_NAMES[size]} {rest}"


def _position(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Figures after words like "halaman", unless something is counted."""
    if not found.integral or found.scale:
        return []
    if line.word(index - 1) in _POSITION and line.word(found.after) not in _COUNTED:
        return [Piece(str(found.whole), found.after, "number")]
    return []


def _year(line: Line, index: int, found: Quantity) -> list[Piece]:
    """A number like a year is a year, unless something is counted with it; "dua ribu" alone is too round for that."""
    if not found.integral or found.whole not in YEARS or found.whole == 2000 or line.word(found.after) in _COUNTED:
        return []
    return [Piece(str(found.whole), found.after, "number")]


def ordinal(line: Line, index: int) -> list[Piece]:
    """Return "ke-21" for "kedua puluh satu", and for "ke dua puluh satu" after a word that is counted off."""
    word = line.word(index)
    if word == "ke" and line.word(index - 1) in _ORDINAL:
        found = read_number(line.numerals, index + 1)
    elif word.startswith("ke") and word[2:] in UNITS and line.word(index + 1) in ("belas", "puluh", "ratus"):
        found = read_number([*line.numerals[:index], word[2:], *line.numerals[index + 1 :]], index)
    else:
        return []
    return [Piece(f"ke-{found[0]}", found[1], "number")] if found else []
