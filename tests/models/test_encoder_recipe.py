# SPDX-License-Identifier: GPL-3.0-or-later
"""The encoder's training text, what words mean before training, and what calibration is fitted on."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoder_id.corpus import Damage, groups, interrupted, rounds, thin
from models.encoder_id.leftout import EVERY, leave_out
from models.encoder_id.words import word_vectors
from retrieval.elsewhere import nearness, off_topic
from tests.retrieval.fakes import EFIN, SANDI, UMKM

pytestmark = pytest.mark.unit

WORDS = st.lists(st.sampled_from(["efin", "lupa", "spt", "lapor", "pajak"]), min_size=1, max_size=9).map(" ".join)


def test_a_round_has_one_pair_of_every_article_and_none_is_empty() -> None:
    material = groups([EFIN, SANDI, UMKM])
    for anchors, positives in rounds(material, 20, random.Random(1), Damage(), ["kucing"]):
        assert len(anchors) == len(positives) == 3
        assert all(anchors) and all(positives)


def test_the_same_seed_gives_the_same_rounds() -> None:
    material = groups([EFIN, SANDI, UMKM])
    one, two = (list(rounds(material, 3, random.Random(4), Damage(), ["kucing"])) for _ in range(2))
    assert one == two


@given(WORDS, st.integers(0, 99))
def test_damage_loses_words_and_adds_strange_ones_but_keeps_the_order(text: str, seed: int) -> None:
    rng = random.Random(seed)
    thinned = thin(text, 0.5, rng)
    left = iter(text.split())
    assert thinned
    assert all(word in left for word in thinned.split())
    assert [word for word in interrupted(text, 0.5, ["kucing"], rng).split() if word != "kucing"] == text.split()


def test_words_in_the_same_company_are_alike() -> None:
    texts = [f"{word} {company}" for word in ("surel", "email") for company in ("kirim", "alamat", "buka")] * 2
    texts += [f"{word} {company}" for word in ("kucing", "ayam") for company in ("makan", "tidur", "lari")] * 2
    vectors = word_vectors(texts, 4)
    assert vectors["surel"] @ vectors["email"] > 0.9 > vectors["surel"] @ vectors["kucing"]
    again = word_vectors(texts, 4)
    assert all(np.array_equal(vectors[word], again[word]) for word in vectors)


def test_left_out_forms_are_in_no_article_that_is_kept() -> None:
    kept, held = leave_out([EFIN, SANDI])
    forms = {form for article in kept for form in article.questions}
    assert len(held) == sum(len(one.questions[::EVERY]) for one in (EFIN, SANDI))
    assert not forms & {form for form, _ in held}
    assert {article_id for _, article_id in held} == {"lupa-efin", "lupa-sandi"}


def test_sentences_about_something_else_are_many_and_different() -> None:
    assert len(off_topic()) >= 200
    assert len(set(off_topic())) == len(off_topic())


def test_nearness_is_the_mean_of_the_three_nearest() -> None:
    sentences = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]], dtype=np.float32)
    assert nearness(np.array([[1.0, 0.0]], dtype=np.float32), sentences) == pytest.approx(1.6 / 3)
