# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of speakers, who of them is kept out of training, and how often each should be heard."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from .core import Speaker, VoiceError

# Licences as Debian's copyright file of the package states them; all of them allow use in a GPL-3.0-or-later work.
_CMU = "CMU/CSTR permissive (BSD-like)"
_FEMALE, _MALE, _CHILD, _FORMANT = (0.84, 1.18), (0.88, 1.32), (0.78, 1.05), (0.82, 1.28)

_RECORDED = (
    Speaker("lp", "festival", "f", "festvox-italp16k", "GPL-2+", 190.0, _FEMALE, "lp_diphone"),
    Speaker("pc", "festival", "m", "festvox-itapc16k", "GPL-2+", 115.0, _MALE, "pc_diphone"),
    Speaker("lj", "festival", "f", "festvox-suopuhe-lj", "LGPL-2+", 185.0, _FEMALE, "suo_fi_lj_diphone"),
    Speaker("mv", "festival", "m", "festvox-suopuhe-mv", "LGPL-2+", 105.0, _MALE, "hy_fi_mv_diphone"),
    Speaker("dita", "festival", "f", "festvox-czech-dita", "GPL-3+", 205.0, _FEMALE, "czech_dita", held_out=True),
    Speaker("krb", "festival", "c", "festvox-czech-krb", "GPL-3+", 245.0, _CHILD, "czech_krb"),
    Speaker("machac", "festival", "m", "festvox-czech-machac", "GPL-3+", 85.0, _MALE, "czech_machac"),
    Speaker("ph", "festival", "m", "festvox-czech-ph", "GPL-2+", 120.0, _MALE, "czech_ph"),
    Speaker("nsk", "festival", "m", "festvox-hi-nsk", "GPL-2+", 120.0, _MALE, "hindi_NSK_diphone"),
    Speaker("ked", "festival", "m", "festvox-kdlpc16k", _CMU, 105.0, _MALE, "ked_diphone"),
    Speaker("kal", "festival", "m", "festvox-kallpc16k", _CMU, 105.0, _MALE, "kal_diphone", held_out=True),
    Speaker("flite-slt", "flite", "f", "flite", _CMU, 170.0, _FEMALE, "slt"),
    Speaker("flite-rms", "flite", "m", "flite", _CMU, 95.0, _MALE, "rms"),
    Speaker("flite-awb", "flite", "m", "flite", _CMU, 130.0, _MALE, "awb", held_out=True),
    Speaker("flite-kal16", "flite", "m", "flite", _CMU, 105.0, _MALE, "kal16", held_out=True),
    Speaker("flite-kal", "flite", "m", "flite", _CMU, 105.0, (1.0, 1.32), "kal", held_out=True),
    Speaker("ona", "hts", "f", "festvox-ca-ona-hts", "LGPL-2.1+", 190.0, _FEMALE, "upc_ca_ona_hts"),
    Speaker("slt-hts", "hts", "f", "festvox-us-slt-hts", _CMU, 170.0, _FEMALE, "cmu_us_slt_arctic_hts"),
    Speaker("nsh", "clunits", "m", "festvox-ru", "BSD-like", 110.0, _MALE, "msu_ru_nsh_clunits"),
)

# Formant synthesis: any of espeak-ng's languages with any of its variants.  Weight 10 for the Indonesian phones.
_LANGUAGES = {
    "id": 10, "ms": 4, "it": 3, "ro": 2, "es": 1, "pt": 1, "tr": 1, "hi": 1, "el": 1, "hr": 1, "ca": 1, "eu": 1,
    "de": 1,
}  # fmt: skip
_FORMANT_HELD_OUT = frozenset({
    "f4", "m7", "klatt3", "Andy", "linda", "steph2", "edward2", "anika", "Michael", "robosoft4", "victor", "Alicia",
})  # fmt: skip
_VARIANTS_F = (
    "f1", "f2", "f3", "f4", "f5", "Alicia", "Andrea", "Annie", "anika", "anikaRobot", "aunty", "belinda", "grandma",
    "linda", "shelby", "steph", "steph2", "steph3", "whisperf",
)  # fmt: skip
_VARIANTS_M = (
    "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "Alex", "Andy", "Denis", "Diogo", "Gene", "Gene2", "Henrique",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "RicishayMax", "RicishayMax2", "RicishayMax3",
    "Tweaky", "UniRobot", "adam", "announcer", "antonio", "benjamin", "boris", "caleb", "croak", "david", "ed",
    "edward", "edward2", "grandpa", "gustave", "iven", "iven2", "iven3", "iven4", "john", "klatt", "klatt2", "klatt3",
    "klatt4", "klatt5", "klatt6", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy",
    "rob", "robert", "robosoft", "robosoft2", "robosoft3", "robosoft4", "robosoft5", "robosoft6", "robosoft7",
    "robosoft8", "sandro", "travis", "victor", "whisper", "zac",
)  # fmt: skip
_COMMON_VARIANTS = frozenset({"", "f1", "f2", "f3", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m8"})
_COMMON_WEIGHT = 3


def _formant(language: str, variant: str, sex: str) -> Speaker:
    voice = f"{language}+{variant}" if variant else language
    return Speaker(
        f"espeak:{voice}", "espeak", sex, "espeak-ng-data", "GPL-3+", 190.0 if sex == "f" else 110.0, _FORMANT, voice,
        held_out=variant in _FORMANT_HELD_OUT,
    )  # fmt: skip


def _all_speakers() -> dict[str, Speaker]:
    formant = [
        _formant(language, variant, sex)
        for language in _LANGUAGES
        for sex, variants in (("f", _VARIANTS_F), ("m", _VARIANTS_M))
        for variant in variants
    ]
    return {speaker.name: speaker for speaker in (*_RECORDED, *formant)}


SPEAKERS: Mapping[str, Speaker] = MappingProxyType(_all_speakers())
"""Every speaker by name."""


def speaker_named(name: str) -> Speaker:
    """The speaker, or VoiceError."""
    try:
        return SPEAKERS[name]
    except KeyError:
        raise VoiceError(f"no speaker {name!r}: see models.asr_id.voices.SPEAKERS") from None


def training_speakers(*, recorded: bool | None = None) -> tuple[Speaker, ...]:
    """The speakers that may be trained on; `recorded` narrows to people (True) or formant voices (False)."""
    return tuple(
        speaker
        for speaker in SPEAKERS.values()
        if not speaker.held_out and (recorded is None or speaker.recorded == recorded)
    )


def held_out_speakers(*, recorded: bool | None = None) -> tuple[Speaker, ...]:
    """The strangers, for development and test sets; formant ones in Indonesian only."""
    return tuple(
        speaker
        for speaker in SPEAKERS.values()
        if speaker.held_out
        and (recorded is None or speaker.recorded == recorded)
        and (speaker.recorded or speaker.voice.startswith("id+"))
    )


def draw_training_speaker(rng: random.Random, *, recorded: bool) -> Speaker:
    """One speaker to train on: recorded people equally often, formant voices mostly with Indonesian phones."""
    pool = training_speakers(recorded=recorded)
    return rng.choices(pool, [_weight(speaker) for speaker in pool])[0]


def _weight(speaker: Speaker) -> float:
    if speaker.recorded:
        return 1.0
    language, _, variant = speaker.voice.partition("+")
    return _LANGUAGES[language] * (_COMMON_WEIGHT if variant in _COMMON_VARIANTS else 1)
