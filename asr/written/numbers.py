# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities in running speech: money, percentages, counts. What stays in words is decided here.

The official spelling (EYD) wants small numbers in running prose as words ("dua anak", "satu hal"): below ten they
stay words unless a sign, a unit or a position asks for figures. Estimates ("dua tiga ratus ribu") stay words too:
there is no figure for them.
"""

from __future__ import annotations

from asr.written.calendar import YEARS
from asr.written.quantities import Quantity, grouped, is_large, read_quantity, written
from asr.written.tokens import Line, Piece, word_set
from asr.written.vocabulary import MONTHS
from pipeline.spoken import read_number

_POSITION = word_set(
    """
    halaman angka bulan kelas golongan lampiran blok lantai rt rw versi pembetulan opsi menu kolom baris seri
    poin butir
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
    menerima diterima total totalnya tarif
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
_MONEY_REACH = 7
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
    for rule in (_estimate, _percent, _fraction, _money, _position, _year):
        pieces = rule(line, index, found)
        if pieces:
            return pieces
    if found.integral and found.whole < 10:
        return [Piece(word, index + at + 1, "number") for at, word in enumerate(line.words[index : found.after])]
    return [Piece(written(found), found.after, "number")]


def _estimate(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Keep "dua tiga ratus ribu" and "lima enam orang" in words; a number begun again is no estimate."""
    following = read_quantity(line.numerals, found.after)
    if following is None or not found.integral or following.whole <= found.whole:
        return []
    small = found.whole < 10 and following.whole == found.whole + 1
    scaled = found.whole < 1000 <= following.whole and following.whole % 1000 == 0
    if not (small or scaled):
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
    follower = line.word(found.after)
    named = follower in ("rupiah", "perak")
    if not named and not (is_large(found) and _among_money(line, index, follower)):
        return []
    if found.integral and found.whole in YEARS and found.whole != 2000 and not named:
        return []
    after = found.after + 1 if named else found.after
    return [Piece(f"Rp{_amount(line, found, named=named)}", after, "number")]


def _among_money(line: Line, index: int, follower: str) -> bool:
    if follower in _COUNTED or line.word(index - 1) in _POSITION | _NUMBERED:
        return False
    return follower in _AFTER_MONEY or any(word in _MONEY for word in line.before(index, _MONEY_REACH))


def _amount(line: Line, found: Quantity, *, named: bool) -> str:
    """Return the figure of an amount; "dua juta lima ratus" is "2 juta 500": nobody can tell which 500 are meant."""
    rest = found.whole % 10**6
    last = line.word(found.after - 1)
    if not named and found.whole > 10**6 and 0 < rest < 1000 and rest % 100 == 0 and last in ("ratus", "seratus"):
        return f"{grouped(found.whole // 10**6)} juta {rest}"
    return written(found)


def _position(line: Line, index: int, found: Quantity) -> list[Piece]:
    """Figures after "nomor", before a month and for ordinals in figures ("pembetulan ke-2")."""
    if not found.integral or found.scale:
        return []
    day = line.word(found.after) in MONTHS and 1 <= found.whole <= 31
    previous = line.word(index - 1)
    if day or previous in _NUMBERED or (previous in _POSITION and line.word(found.after) not in _COUNTED):
        return [Piece(str(found.whole), found.after, "number")]
    return []


def _year(line: Line, index: int, found: Quantity) -> list[Piece]:
    """A number like a year is a year, unless something is counted with it; "dua ribu" alone is too round for that."""
    if not found.integral or found.whole not in YEARS or found.whole == 2000 or line.word(found.after) in _COUNTED:
        return []
    return [Piece(str(found.whole), found.after, "number")]


def ordinal(line: Line, index: int) -> list[Piece]:
    """Return "ke-21" for "ke dua puluh satu" after a word that is counted off."""
    if line.word(index) != "ke" or line.word(index - 1) not in _ORDINAL:
        return []
    found = read_number(line.numerals, index + 1)
    return [Piece(f"ke-{found[0]}", found[1], "number")] if found else []
