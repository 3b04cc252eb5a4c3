# SPDX-License-Identifier: GPL-3.0-or-later
"""How single words and set phrases are written: abbreviations, products, months, institutions, doubled words."""

from __future__ import annotations

from asr.written.names import PLACES_OF_TWO
from asr.written.tokens import word_set

MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni",
    "juli", "agustus", "september", "oktober", "november", "desember",
)  # fmt: skip
DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu")  # "minggu" is a week as well: only after "hari"

SHORT_FORMS_OF_ADDRESS = word_set("pak bu mas mbak kak bang")
FORMS_OF_ADDRESS = SHORT_FORMS_OF_ADDRESS | {"bapak", "ibu", "kakak"}
BUT = word_set("tetapi tapi sedangkan melainkan")

# Abbreviations written in capitals throughout. Those without a vowel need no entry: nothing else looks like that.
CAPITALS = word_set(
    """
    aeoi ai ajb apbd apbn ar aro asn atm bca bni bpa bpe bppu bri bsi bua bumd bumn but ceo cod dak dau diy dki
    edc efin eur faq hgu id idr idx ijk imb ip iso it iui kap kbli kia kik kis kitap kitas kki kua kup kur lspop
    mou nib nik nitku njop njoptkp nop npik ojk op oss otp pib pin pjap pkpu pmse ppat ppe ppid ppu qris ri rups
    sba sbu sia sikp sim sipp siujk siup slik sop sp2dk spbu spop sse ter tin tki tku tni ugm ui ukm umk umkm
    ump umr url usb usd uu vat vip wa wna wni
    """
)
NO_ABBREVIATION = word_set("hm hmm hmmm mm mmm sst ssst pst brr dkk dll dst tgl yth ny nn ttd kl jl")

# Words and abbreviations written in a way of their own.
OWN_SPELLING = {
    "pph": "PPh", "ppn": "PPN", "ppnbm": "PPnBM", "pphtb": "PPhTB", "coretax": "Coretax", "ibilling": "e-Billing",
    "efaktur": "e-Faktur", "e-faktur": "e-Faktur", "ebupot": "e-Bupot", "e-bupot": "e-Bupot", "efiling": "e-Filing",
    "e-filing": "e-Filing", "ebilling": "e-Billing", "e-billing": "e-Billing", "eform": "e-Form", "e-form": "e-Form",
    "espt": "e-SPT", "e-spt": "e-SPT", "emeterai": "e-Meterai", "e-meterai": "e-Meterai", "m-pajak": "M-Pajak",
    "ektp": "e-KTP", "e-ktp": "e-KTP", "e-registration": "e-Registration", "e-nofa": "e-Nofa", "enofa": "e-Nofa",
    "ecommerce": "e-commerce", "whatsapp": "WhatsApp", "google": "Google", "gmail": "Gmail", "android": "Android",
    "windows": "Windows", "excel": "Excel", "chrome": "Chrome", "youtube": "YouTube", "instagram": "Instagram",
    "facebook": "Facebook", "tokopedia": "Tokopedia", "shopee": "Shopee", "gojek": "Gojek", "tiktok": "TikTok",
    "telegram": "Telegram", "samsat": "Samsat", "kemenkeu": "Kemenkeu", "polri": "Polri", "letjen": "Letjen",
    "dukcapil": "Dukcapil", "ramadan": "Ramadan", "lebaran": "Lebaran",
    "idulfitri": "Idulfitri", "iduladha": "Iduladha", "natal": "Natal",
}  # fmt: skip

# Phrases: as many written words as heard ones, or one for all of them.
PHRASES = {
    "core tax": "Coretax", "kor tax": "Coretax", "djp online": "DJP Online", "kring pajak": "Kring Pajak",
    "e faktur": "e-Faktur", "e bupot": "e-Bupot", "e filing": "e-Filing", "e billing": "e-Billing",
    "e form": "e-Form", "e meterai": "e-Meterai", "e materai": "e-Meterai", "m pajak": "M-Pajak", "em pajak": "M-Pajak",
    "e fin": "EFIN", "e spt": "e-SPT", "e mail": "email", "e registration": "e-Registration",
    "e commerce": "e-commerce", "e nofa": "e-Nofa",
    "direktorat jenderal pajak": "Direktorat Jenderal Pajak", "ditjen pajak": "Ditjen Pajak",
    "dirjen pajak": "Dirjen Pajak", "kementerian keuangan": "Kementerian Keuangan",
    "menteri keuangan": "Menteri Keuangan", "mahkamah agung": "Mahkamah Agung",
    "pengadilan pajak": "Pengadilan Pajak", "kpp pratama": "KPP Pratama", "kpp madya": "KPP Madya",
    "bank mandiri": "Bank Mandiri", "bank indonesia": "Bank Indonesia",
    "bank syariah indonesia": "Bank Syariah Indonesia", "bank mega": "Bank Mega", "bank permata": "Bank Permata",
    "bank danamon": "Bank Danamon", "bank jatim": "Bank Jatim", "bank jateng": "Bank Jateng",
    "cimb niaga": "CIMB Niaga", "pos indonesia": "Pos Indonesia",
    "bpjs kesehatan": "BPJS Kesehatan", "bpjs ketenagakerjaan": "BPJS Ketenagakerjaan",
    "play store": "Play Store", "app store": "App Store",
    "hari minggu": "hari Minggu", "idul fitri": "Idulfitri", "idul adha": "Iduladha", "insya allah": "insyaallah",
    "amerika serikat": "Amerika Serikat", "hong kong": "Hong Kong",
    "arab saudi": "Arab Saudi", "korea selatan": "Korea Selatan", "nusa tenggara barat": "Nusa Tenggara Barat",
    "nusa tenggara timur": "Nusa Tenggara Timur", "kepulauan riau": "Kepulauan Riau",
    "waktu indonesia barat": "Waktu Indonesia Barat", "waktu indonesia tengah": "Waktu Indonesia Tengah",
    "waktu indonesia timur": "Waktu Indonesia Timur", "dua duanya": "dua-duanya", "satu satunya": "satu-satunya",
    **{place: place.title() for place in PLACES_OF_TWO},
    "sp dua de ka": "SP2DK", "es pe dua de ka": "SP2DK", "sp dua dk": "SP2DK",
}  # fmt: skip

# Words that are doubled with a hyphen. Any other word said twice stays as it was said: it may be a stumble.
DOUBLED = word_set(
    """
    anak apa baik banyak benar berkas besar betul cara cepat coba dini dokumen faktur gara hal hari hati jalan jelas
    kadang kira lain lama langkah macam mana masing mudah nomor oleh orang pagi pelan pihak rata rekan sama satu
    sering siapa sungguh syarat teman tiba undang wanti
    """
)
DOUBLED_CHANGED = {
    "bolak balik", "mudah mudahan", "kos kosan", "sehari hari", "semata mata", "sebaik baiknya", "selambat lambatnya",
    "undang undangnya", "bertahun tahun", "berbulan bulan", "berhari hari", "berkali kali", "satu satunya",
    "tawar menawar", "mondar mandir", "kira kiranya", "teman temannya", "baik baiknya", "berlarut larut", "akhir akhir",
    "terus menerus", "sekali kali", "jauh jauh", "pura pura", "mentang mentang",
}  # fmt: skip
