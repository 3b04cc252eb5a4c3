# SPDX-License-Identifier: GPL-3.0-or-later
"""Proper names: places, and given names that are written with a capital after "Bapak", "Ibu" and "atas nama"."""

from __future__ import annotations

from asr.written.tokens import word_set

# Places of one word. Those that are everyday words as well ("batu", "solok" is not) are left out.
PLACES = word_set(
    """
    indonesia jawa sumatera sumatra kalimantan sulawesi papua bali lombok madura flores maluku jabodetabek
    banten aceh riau jambi bengkulu lampung gorontalo jakarta bandung surabaya medan semarang makassar palembang
    denpasar yogyakarta jogja jogjakarta malang bogor depok bekasi tangerang padang pekanbaru balikpapan
    samarinda manado pontianak batam kupang ambon jayapura mataram cirebon surakarta kediri sleman gresik
    sidoarjo karawang banjarmasin banjarbaru palangkaraya palu kendari ternate tidore sorong manokwari merauke
    timika serang cilegon cimahi tasikmalaya garut sukabumi cianjur purwakarta subang indramayu kuningan
    majalengka sumedang ciamis banjarnegara purwokerto banyumas cilacap tegal brebes pemalang pekalongan kendal
    demak kudus jepara pati rembang blora salatiga magelang wonosobo temanggung klaten boyolali sragen
    karanganyar wonogiri sukoharjo bantul gunungkidul ngawi madiun ponorogo pacitan tulungagung blitar
    trenggalek nganjuk jombang mojokerto lamongan tuban bojonegoro pasuruan probolinggo lumajang jember
    bondowoso situbondo banyuwangi bangkalan sampang pamekasan sumenep gianyar tabanan singaraja buleleng badung
    binjai tebingtinggi pematangsiantar siantar sibolga padangsidimpuan bukittinggi payakumbuh solok dumai
    bangka belitung pangkalpinang tanjungpinang karimun lubuklinggau prabumulih metro bontang tarakan singkawang
    bitung parepare palopo maros gowa bulukumba luwuk baubau dompu bima sumbawa ende maumere labuan jatinegara
    tebet kebayoran cilandak cengkareng kelapagading kemayoran gambir menteng serpong cikarang cibinong
    cileungsi ciputat bintaro singapura malaysia jepang cina tiongkok korea thailand vietnam filipina australia
    belanda jerman inggris prancis amerika arab saudi hongkong taiwan india
    """
) - {"metro", "arab"}
PLACE_PARTS = word_set("barat timur utara selatan tengah pusat tenggara raya kota")
AFTER_WHICH_PARTS = word_set(
    """
    jawa sumatera sumatra kalimantan sulawesi papua jakarta tangerang lampung aceh bandung lombok maluku bekasi
    """
)

# Common given and family names; only looked at after a form of address or "nama", or beside another name.
NAMES = word_set(
    """
    abdul achmad ade adi adit aditya agung agus agustina ahmad aisyah ajeng akbar alam alex ali alia alif alya
    amalia amanda amelia amin amir ana anastasia andi andika andre andreas andri anggi anggraini anggun ani
    anisa anita annisa anton antonius apriani ari aria arif arifin aris arjuna arya asep astuti ayu azhar bagas
    bagus bahar bakti bambang basuki bayu benny bima bintang bobby boy budi budiman budiono budianto burhan
    cahya cahyo cahyono candra chandra christian cici cinta citra dadang dahlia damar dani daniel danu darma
    darmawan daud david dedi dedy deni denny desi desy dewa dewi dharma dhika dian diana dika dimas dina dinda
    dini dita djoko doni donny dwi edi edo edwin eka eko elisa elsa emi endang eni erik erika erna ernawati erni
    ervina esti eva evi fadil fahmi fahri faisal fajar fani farah farhan farid fatimah fauzan fauzi febri
    febriani felix fenny feri ferry fikri firman fitri fitria fitriani galih galuh ganjar gilang gita gunawan
    guntur hadi hafiz hakim halim hamid hamzah hana handayani handoko hani hari haris hariyanto hartati hartono
    haryanto hasan hasanah hasibuan hastuti hendra hendrik hendro heni heri herman hermawan herry heru hesti
    hidayat hidayati husein husni ibrahim ida ignatius ihsan ika ilham imam iman imelda inah indah indra
    indrawan indri inka intan irawan irfan irma irwan isma ismail iwan jaka jamal jasmine jaya jefri jihad joko
    jonathan joni jono juli juliana julianto jumiati junaedi jusuf kardi karina karno kartika kartini kevin
    khadijah kiki komang krisna kristina kurnia kurniawan kusuma kusumawati laila laksmi lastri latif lela leni
    leo lestari lia lidia lilis lina linda lisa lukman lusi lutfi maharani mahendra maman marlina maria mariana
    marni maryam maryati mawar maya mega meilani meli melati melinda mila mira mirna mochamad mohamad mohammad
    muhamad muhammad mulyadi mulyani mulyono murni musa mustofa nabila nadia nana nanang nani nasution natalia
    neneng neni ngurah nia nicholas nina ningsih nita nona nova novi novia novita nugraha nugroho nur nurdin
    nurhayati nuri nurlaela nurul nyoman oki oktavia pandu pangestu permana permata pranata prasetya prasetyo
    pratama pratiwi priyanto priyono puji purnama purnomo purwanto puspa puspita putra putri putu rachmat raden
    rafi rahayu rahma rahmad rahman rahmat rahmawati raja raka rama ramadhan ramadhani ramli rangga rani ratih
    ratna ratu reni restu reza rian riana rida ridho ridwan rifki rika rina rini rio riski rita riyanto rizal
    rizki rizky robert roni rosa rosita rudi rudianto ruslan rusdi sabrina safitri said salim salma samsul
    samuel sandi sandra santi santoso sapta sari sarah sarwono satria satya sekar septi septian setia setiawan
    setiawati setyawan setyo sherly sidik sigit silvia simanjuntak sinaga sinta siregar siska siti sitorus
    slamet sofyan solihin sonia soni sri stefani steven subagyo sudirman sugeng sugiarto sugiono suharti suharto
    suherman sujono sukma sulaiman sulastri sulistyo sumarni sumarno sunarto supardi suparman supriadi supriyadi
    supriyanto surya suryadi suryani susan susanti susanto susi susilo sutrisno suwarno suyanto syahputra
    syahrul syaiful syamsul tania tanto tari taufan taufik taufiq teddy teguh theresia tika tini titin tito toni
    tono totok tri trisna udin ujang umar umi untung usman utami utari utomo vania vera veronika vina vincent
    vivi wahid wahyu wahyudi wahyuni wartini wati wawan wayan wening wibisono wibowo widi widiastuti widodo
    widya wijaya wilda william winarno winda wira wirawan wisnu wiwik wulan wulandari yahya yanti yanto yasin
    yati yayan yayuk yoga yohanes yono yosef yudha yudhi yudi yulia yuliana yulianti yulianto yuni yunita yusril
    yusuf zahra zaini zainal zainuddin zaki zul zulfikar zulkifli
    """
)
