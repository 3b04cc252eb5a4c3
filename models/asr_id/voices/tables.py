# SPDX-License-Identifier: GPL-3.0-or-later
"""Our phones in the phones of each recorded voice family: see `spelling.table` for the notation.

Order is preference.  The later spellings are worse sounds that exist where the better one has no diphone.
"""

from __future__ import annotations

from .spelling import VOICE_ROOT, DiphoneSet, table

_PLAIN = "\n".join(f"{phone} {phone}" for phone in "ptkbdgfsmnlr")

ITALIAN = table(
    _PLAIN
    + """
SIL #
m m nf
a a|a1
i i|i1
u u|u1
e e|e1 E|E1
@ E|e
o o|o1 O|O1
ai a1/6+i/4|a/6+i/4
au a1/6+u/4|a/6+u/4
oi o1/6+i/4|o/6+i/4
c tS t/4+S/6
j dZ
ny J n/6+j/4
ng ng ng/8+g/2 n/8+g/2
sy S
z z
w w u
y j i
q #
"""
)

FINNISH = table(
    _PLAIN
    + """
SIL #
a a a:
i i i:
u u u:
e e e:
@ 7 e
o o o:
ai a/6+i/4
au a/6+u/4
oi o/6+i/4
j d/6+j/4
ny n/6+j/4
ng N N: N/8+k/2|N/8+g/2
w w v u
y j i
h h
q #
"""
)
FINNISH_F = (
    FINNISH
    | table("\n".join(f"{phone} {phone} {phone}:" for phone in "dgfmlr"))
    | table("\n".join(f"{phone} {phone} {phone}: {phone}/7+#/3" for phone in "ptks"))
    | table("b b p p/6+#/4\nn n n: N\nw v u\nc t/5+j/5\nsy s/6+j/4")
)
FINNISH_M = FINNISH | table("sy S\nc t/55+S/45")

CZECH = table(
    _PLAIN
    + """
SIL #
p p p/7+#/3
t t t/7+#/3
k k k/7+#/3
f f f/8+#/2
s s s/8+#/2
b b p
d d t
g g k
n n n* m
a a a:
i i i: i/7+j/3|j/25+i/75|_/2+i/8
u u u:
e e e:
@ e
o o o:
ai a/6+j/4 a/6+i/4
au a/6+u/4
oi o/6+j/4 o/6+i/4
c c~
j dz~ d+z~ c~
ny n~
ng n* n*/8+g/2 n*/8+k/2 n/8+g/2
sy s~
z z s
kh ch
h h|ch
w u|v u:
y j i
q _|#
"""
)

# American voices.  Their r is an approximant and e, o are diphthongs; the open vowels are mixed in on purpose.
AMERICAN = table(
    _PLAIN
    + """
SIL pau
a aa|ah aa
i iy ih
u uw uh
e eh|ey ey
@ ax ah
o ow|ao ow
ai ay
au aw
oi oy
c ch t/3+ch/7
j jh d/3+jh/7
ny n/6+y/4
ng ng n/8+g/2
sy sh
z z
kh k hh
h hh
w w uw
y y iy
q pau t
"""
)

# One speaker of Telugu, Hindi and Marathi: `th dh` are plain dental stops, `a` is a central vowel, `aa` an open one.
INDIAN = table(
    """
SIL pau
p p
b b p
t th
d dh th
k k
g g k
f f v
s s
m m
n n
l l
r r
a aa
i iy|ih
u uw|uh
e ee|eh
@ a
o oo|oh
ai ay aa/6+iy/4
au aw aa/6+uw/4
oi oo/6+iy/4
c ch
j j
ny n/6+y/4
ng n/8+g/2
sy sh
z s
kh kh
h h
w v uw
y y iy
q pau
"""
)


def _festival(voice: str) -> str:
    return f"(voice_{voice})"


def _bare(index: str, silence: str) -> str:
    """Load the diphones alone: the voice's own definition needs packages that are not in Debian."""
    return (
        "(voice_kal_diphone)"
        f'(us_db_select (us_diphone_init (list (quote (name "bare")) (list (quote index_file) "{index}")'
        f' (quote (grouped "true")) (quote (default_diphone "{silence}-{silence}")))))'
        "(set! UniSyn_module_hooks nil)(set! after_synth_hooks nil)"
    )


def diphone_sets() -> dict[str, DiphoneSet]:
    """Every Festival diphone voice by its speaker name."""
    h = frozenset({"h"})
    # Finnish words do not begin or end so: half of the consonant is silence, which a stop or a faint nasal bears.
    lj_gaps = frozenset({"#-l", "m-#", "d-#", "g-#", "f-#", "l-#"})
    nsk = "hindi/hindi_NSK_diphone/group/NSKlpc.group"
    american_hooks = "(set! UniSyn_module_hooks nil)"  # they look for syllables, which bare segments do not have
    return {
        "lp": DiphoneSet("italian/lp_diphone/group/lp_diphone.group", ITALIAN, _festival("lp_diphone"), h),
        "pc": DiphoneSet("italian/pc_diphone/group/pc_diphone.group", ITALIAN, _festival("pc_diphone"), h),
        "lj": DiphoneSet(
            "finnish/suo_fi_lj_diphone/group/ljlpc.group",
            FINNISH_F,
            _festival("suo_fi_lj_diphone"),
            whispered_coda=h,
            half_silent=lj_gaps,
        ),
        "mv": DiphoneSet("finnish/hy_fi_mv_diphone/group/mvlpc.group", FINNISH_M, _festival("hy_fi_mv_diphone")),
        "dita": DiphoneSet("czech/czech_dita/group/dita.group", CZECH, _festival("czech_dita")),
        "krb": DiphoneSet("czech/czech_krb/group/krb.group", CZECH, _festival("czech_krb")),
        "machac": DiphoneSet("czech/czech_machac/group/machac.group", CZECH, _festival("czech_machac")),
        "ph": DiphoneSet("czech/czech_ph/group/ph.group", CZECH, _festival("czech_ph")),
        "ked": DiphoneSet(
            "english/ked_diphone/group/kedlpc16k.group",
            AMERICAN,
            _festival("ked_diphone") + american_hooks,
            whispered_coda=h,
        ),
        "kal": DiphoneSet(
            "english/kal_diphone/group/kallpc16k.group",
            AMERICAN,
            _festival("kal_diphone") + american_hooks,
            whispered_coda=h,
        ),
        "nsk": DiphoneSet(nsk, INDIAN, _bare(str(VOICE_ROOT / nsk), "pau")),
    }
