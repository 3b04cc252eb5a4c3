# SPDX-License-Identifier: GPL-3.0-or-later
"""Proper names: places, and given names that are written with a capital after "Bapak", "Ibu" and "atas nama"."""

from __future__ import annotations

from asr.written.tokens import word_set

# Places of one word. Those that are everyday words as well ("batu", "negara") are left out.
PLACES = word_set(
    """
    aceh ambon amerika amuntai asahan atambua australia badung bajawa bali balige balikpapan bandung bangka
    bangkalan bangkinang bangli banjarbaru banjarmasin banjarnegara bantaeng banten bantul banyumas banyuwangi
    barabai barru batam baturaja batusangkar baubau bekasi belanda belitung bengkalis bengkulu berastagi berau
    biak bima binjai bintan bintaro bireuen bitung blitar blora bogor bojonegoro bondowoso bontang boyolali
    brebes brunei bukittinggi buleleng bulukumba buton cengkareng ciamis cianjur cibinong cikampek cikarang
    cilacap cilandak cilegon cileungsi cimahi cina ciputat cirebon demak denpasar depok dompu donggala dubai
    dumai ende enrekang fakfak filipina flores gambir garut gianyar gorontalo gowa gresik grobogan gunungkidul
    gunungsitoli hongkong india indonesia indramayu inggris italia jabodetabek jakarta jambi jatinegara jawa
    jayapura jember jeneponto jepang jepara jerman jogja jogjakarta jombang kabanjahe kaimana kalianda
    kalimantan kampar kanada karanganyar karangasem karawang karimun kartasura kebayoran kebumen kediri
    kefamenanu kelapagading kemayoran kendal kendari kepanjen kerinci ketapang klaten klungkung kolaka konawe
    korea kotabaru kotabumi kotamobagu kudus kuningan kupang kutai kutoarjo labuan labuhanbatu lamongan lampung
    langkat langsa larantuka lembang lhokseumawe limboto lombok lubuklinggau lumajang luwu luwuk madiun madura
    magelang magetan majalengka majene makale makassar malang malaysia malinau maluku mamuju manado manokwari
    maros martapura masohi mataram maumere medan mempawah menteng merauke mesir meulaboh minahasa mojokerto
    morowali nabire namlea natuna nganjuk ngawi nias norwegia nunukan pacitan padang padangsidimpuan
    palangkaraya palembang palopo palu pamekasan pandeglang pangandaran pangkalpinang pangkep papua parepare
    pariaman pasuruan pati payakumbuh pekalongan pekanbaru pelaihari pemalang pematangsiantar penajam pinrang
    polewali ponorogo pontianak prabumulih prancis pringsewu probolinggo purbalingga purwakarta purwodadi
    purwokerto purworejo putussibau qatar rangkasbitung rantepao rembang rengat riau rusia ruteng sabang
    salatiga samarinda sambas samosir sampang sampit sangatta sanggau saudi saumlaki sawahlunto sekayu semarang
    sengkang sentani serang serpong serui siak siantar sibolga sidoarjo sidrap sigli simalungun singapura
    singaraja singkawang sinjai sintang situbondo sleman sofifi solo solok soppeng sorong spanyol sragen subang
    sukabumi sukoharjo sulawesi sumatera sumatra sumbawa sumedang sumenep sungailiat surabaya surakarta swedia
    swiss tabanan tahuna taiwan takalar takengon tangerang tanjungpinang tarakan tarutung tasikmalaya tebet
    tebingtinggi tegal temanggung tembilahan tenggarong ternate thailand tidore timika tiongkok tobelo tomohon
    tondano toraja trenggalek tuban tulungagung turki ungaran vietnam waikabubak waingapu wajo wakatobi wamena
    watampone wonogiri wonosari wonosobo yogyakarta
    """
)
PLACES_OF_TWO = (
    "banda aceh", "bandar lampung", "bangka belitung", "bau bau", "daerah istimewa yogyakarta", "deli serdang",
    "gunung kidul", "kayu agung", "kuala kapuas", "kulon progo", "labuan bajo", "lubuk linggau", "lubuk pakam",
    "muara enim", "muara teweh", "muaro bungo", "padang sidempuan", "pagar alam", "palangka raya", "pangkal pinang",
    "pangkalan bun", "papua nugini", "papua pegunungan", "pare pare", "pematang siantar", "raja ampat",
    "rantau prapat", "selandia baru", "sungai penuh", "tanjung balai", "tanjung pandan", "tanjung pinang",
    "tanjung redeb", "tanjung selor", "tebing tinggi", "timor leste", "toli toli", "uni emirat arab",
)  # fmt: skip
PLACE_PARTS = word_set("barat timur utara selatan tengah pusat tenggara raya kota")
AFTER_WHICH_PARTS = word_set(
    """
    jawa sumatera sumatra kalimantan sulawesi papua jakarta tangerang lampung aceh bandung lombok maluku bekasi
    """
)

# Common given and family names; only looked at after a form of address or "nama", or beside another name.
NAMES = word_set(
    """
    abdul achmad ade adi adit aditya adnyana adoe agnes agung agus agustina ahmad aisyah ajeng akbar alam alatas
    alex alfonsus alhabsyi ali alia alif alya amalia amanda amelia amin aminah amir ana anastasia andi andika
    andre andreas andri anggara anggi anggraini anggun ani anisa anita annisa anton antonius anwar apriani
    aprilia ardi ardian ardiansyah ari aria arif arifin aris arjuna artawan arya asep asih asri assegaf astuti
    ayu azhar bafadal bagas bagus bahar baharuddin bahri bakti bambang barus basri basuki baswedan batubara
    batuwael bayu benediktus benny bima binsar bintang bobby boy budi budianto budiman budiono burhan butet
    cahya cahyo cahyono candra cecep chandra chaniago christian christina cici cindy cinta citra clara costa
    dadang daeng dafa dahlia damanik damar dani daniel danu darius darma darmawan daud daulay david dayu debby
    dedi dedy deni denny desi desy dewa dewi dharma dharmawan dhika diah dian diana dika dimas dina dinda dini
    dita djami djoko dodi doni donny dorkas dwi edi edo edwin effendi eka eko elias elisa elisabet elly elsa emi
    endang eni erik erika erna ernawati erni ervina erwin ester esti eva evi fadil fadli fahmi fahri faisal
    fajar fani farah farhan farid farida fatimah fauzan fauzi febri febriani felix fenny ferdi feri fernandes
    ferry fikri fira firman firmansyah fitri fitria fitriani frans fransiskus galang galih galuh ganjar gede
    gilang ginting gita grace gunawan guntur hadi hafiz hakim halim halimah hamid hamzah hana handayani handoko
    hani harahap hari haris hariyanto hartati hartono haryanto hasan hasanah hasibuan hastuti hendra hendrik
    hendro heni heri herlina herman hermanus hermawan herry heru hesti hidayat hidayati husein husni hutagalung
    hutapea ibrahim icha ida ignatius ihsan ika ikhsan ilham imam iman imas imelda inah indah indra indrawan
    indri inem inka intan iqbal irawan irfan irma irwan isma ismail iwan jaelani jajang jaka jamal jamilah
    jasmine jaya jefri jihad jimi joko jonathan joni jono juli juliana julianto jumiati junaedi jusuf juwita
    kadek kamaruddin kambuaya kandou kardi karim karina karno kartika kartini kartono kaunang ketaren ketut
    kevin khadijah kiki kogoya komala komang kornelius krisna kristina kurnia kurniawan kusnadi kusno kusuma
    kusumawati laila laksana laksmana laksmi laoli laras lastri lasut latif latuconsina lekatompessy lela
    lengkong leni leo lestari lia lidia liem lilis lina linda lisa lopes lubis lukas lukman lusi lutfi made
    maharani mahendra maheswara mahmud malik maman mandagi mangindaan mansur manuhutu manurung mappanyukki
    margareta maria mariana markus marlina marni marpaung martha maryam maryati matius matondang maulana mawar
    maya mega meilani melati meli melinda melki mendrofa meri michael mila mira mirna mochamad mohamad mohammad
    monika muhamad muhammad mulyadi mulyani mulyono murni musa mustofa mutia nabila nadia nahak nainggolan nana
    nanang nani nasir nasution natalia neneng nengsih neni ngadiman ngurah nia nicholas nina ningsih nining nisa
    nita nona nova novan novi novia novita nugraha nugroho nur nuraini nurdin nurhayati nuri nurlaela nurul
    nyoman obed oka oki oktavia otniel pandu pangestu pangkey panjaitan panji pardede parlin pasaribu pattiwael
    paulus perangin permadi permana permata petrus piliang pipit poltak prabowo pranata prasetya prasetyo
    pratama pratiwi priyanto priyono puji purba purnama purnomo purwanto puspa puspita putra putri putu rabiah
    rachmat raden radja rafi rahardjo raharjo rahayu rahma rahmad rahman rahmat rahmawati raja raka rama
    ramadhan ramadhani ramli rangga rangkuti rani ratih ratna ratu rauf reni restu retno reza ria rian riana
    ricky rida ridho ridwan rifki rika riko rina rini rio risa riski rita riyanto rizal rizki rizky robert
    rohani ronald rondonuwu roni rosa rosita rosmawati roy rudi rudianto rukmini rumaropen rumbiak runtuwene
    rusdi ruslan ruth sabrina safitri sahetapy said saiful salim salma samsul samuel sandi sandra sanjaya santi
    santoso saparuddin sapta saputra saputri saragih sarah saras sari sarwono sasongko satria satya sekar selvi
    sembiring septi septian setia setiawan setiawati setyawan setyo shahab sherly shinta siahaan sidik sigit
    sihombing sikumbang silalahi silva silvia simanjuntak simatupang sinaga sinta sinulingga siregar siska
    sitepu siti sitorus situmorang slamet soedjono soetomo sofyan soleh solihin sondakh soni sonia sony sri
    stefani stefanus steven suardana subagyo subroto suci sudiarta sudirman sugeng sugiarto sugiono suharti
    suharto suherman sujono sukarno sukirman sukma sulaiman sulastri sulistyo sumarni sumarno sumiati sunarto
    supardi suparman suparmi supriadi supriyadi supriyanto surbakti surya suryadi suryani susan susanti susanto
    susi susilo sutrisno suwarno suyanto suyatno syahputra syahrial syahrul syaiful syamsuddin syamsul syarif
    syifa tahapary tania tanjung tanoto tanra tanto tanuwijaya tari tarigan tarno taufan taufik taufiq teddy
    tefa teguh tenri teuku theresia thomas tigor tika tina tini titin tito tiur tobing togar toni tono totok tri
    trisna tuhuteru tumbelaka tuti ucok udin ujang umar umi untung usman utami utari utomo vania vera veronika
    vina vincent vivi wahid wahyu wahyudi wahyuni wartini wati wattimena wawan wayan wenda wening wibisono
    wibowo wicaksono widi widiastuti widodo widya wijaya wilda wilhelmus william willy winarno winda wira
    wirawan wisnu wiwik wonda wowor wulan wulandari yahya yance yanti yanto yasin yati yayan yayuk yoga yogi
    yohana yohanes yoman yono yosef yublina yudha yudhi yudi yulia yuliana yulianti yulianto yuni yunita yunus
    yusril yusuf zahra zainal zaini zainuddin zaki zebua zul zulaikha zulfikar zulkifli
    """
)
