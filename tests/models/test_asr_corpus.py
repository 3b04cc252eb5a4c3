# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of the telephone model: only speakable words, every slot known, the same seed the same text."""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections import Counter
from itertools import islice, pairwise

import pytest

from models.asr_id import corpus
from models.asr_id.corpus.domain import articles, casual, material, values, written
from models.asr_id.corpus.sources import general_lines, wordform_weights
from models.asr_id.lexicon import pronounce

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def sentences() -> list[tuple[str, float]]:
    return list(corpus.sentences(7))


def test_every_sentence_is_lower_case_words_without_digits(sentences):
    odd = [text for text, _ in sentences if not material.SPOKEN.fullmatch(text)]
    assert not odd[:5]


def test_the_corpus_is_as_large_as_a_telephone_language_model_needs(sentences):
    assert len(sentences) >= 70_000
    assert len(corpus.vocabulary()) >= (12_000 if wordform_weights() and general_lines() else 3_000)


def test_weights_are_positive_and_dialogues_count_most(sentences):
    assert all(weight > 0 for _, weight in sentences)
    turn = material.dialogues()[0].turns[1].text
    assert max(weight for text, weight in sentences if text == turn) > 1


def test_the_vocabulary_holds_every_word_of_the_sentences_and_is_sorted(sentences):
    words = corpus.vocabulary()
    assert list(words) == sorted(set(words))
    assert not {word for text, _ in sentences for word in text.split()} - set(words)


def test_every_word_of_the_vocabulary_stands_alone_somewhere(sentences):
    alone = {text for text, _ in sentences}
    assert not set(corpus.vocabulary()) - alone


def test_every_word_can_be_pronounced():
    silent = [word for word in corpus.vocabulary() if not pronounce(word)]
    assert not silent


def test_the_same_seed_gives_the_same_text_and_another_seed_another():
    first, again, other = (list(islice(corpus.sentences(seed), 3000)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    lines, lines_again = (list(islice(corpus.training_lines(5), 500)) for _ in range(2))
    assert lines == lines_again


def test_hand_written_material_reaches_its_size():
    running = sum(len(turn.text.split()) for dialogue in material.dialogues() for turn in dialogue.turns)
    assert len(material.templates()) >= 600
    assert len(material.dialogues()) >= 150
    assert running >= 30_000
    assert len({name for kind in ("male", "female", "family") for name in material.lists()[kind]}) >= 400
    assert len({*material.lists()["city"], *material.lists()["province"]}) >= 250


def test_every_slot_of_templates_and_dialogues_is_known():
    rng = random.Random(0)
    texts = [template for _, template in material.templates()]
    texts += [turn.text for dialogue in material.dialogues() for turn in dialogue.turns]
    for text in texts:
        assert "{" not in values.fill(text, rng)


def test_an_unknown_slot_is_named():
    with pytest.raises(material.CorpusMaterialError, match="planet"):
        values.fill("saya dari {planet}", random.Random(0))


def test_both_parties_take_turns_in_every_dialogue():
    for dialogue in material.dialogues():
        assert {turn.speaker for turn in dialogue.turns} == {"W", "P"}
        assert all(before.speaker != after.speaker for before, after in pairwise(dialogue.turns)), dialogue.turns[0]


def test_casual_speech_changes_forms_but_not_the_careful_sentence_itself():
    rng = random.Random(3)
    careful = "bagaimana kalau saya tidak sempat mengisi formulir"
    said = {casual.casual(careful, rng) for _ in range(200)}
    assert any(text.startswith("gimana") for text in said)
    assert any("ngisi" in text for text in said)
    assert casual.casual(careful, rng, casual.Strength(0, 0, 0, 0, 0)) == careful


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Denda Rp1.000.000 atau 0,5%", "denda satu juta rupiah atau nol koma lima persen"),
        ("omzet Rp4,8 miliar", "omzet empat koma delapan miliar rupiah"),
        ("status TK/0, K/3", "status tk nol ka tiga"),
        ("SP2DK dan PPh 21", "sp dua dk dan pph dua puluh satu"),
        ("PMK 112/PMK.03/2022", "pmk seratus dua belas tahun dua ribu dua puluh dua"),
        ("11/12 dari harga", "sebelas per dua belas dari harga"),
        ("NPWP-nya, coretax-nya", "npwp nya coretaxnya"),
        ("berkali-kali lewat e-Bupot", "berkali kali lewat e-bupot"),
        ("formulir 1721-A1", "formulir seribu tujuh ratus dua puluh satu a satu"),
        ("Pasal 4 ayat (3) huruf b", "pasal empat ayat tiga huruf be"),
    ],
)
def test_written_text_is_read_aloud(text, said):
    assert written.spoken(text) == said


def test_markdown_of_articles_is_left_out():
    found = list(articles.article_sentences(["---\ntitle: Uji NPWP\n---\n\n**Syarat:** KTP.\n1. Buka [laman](x).\n"]))
    assert found == [("uji npwp", 2.0), ("syarat", 1.0), ("ktp", 1.0), ("buka laman", 1.0)]


def test_training_lines_mix_sentences_codes_and_single_words():
    lines = list(islice(corpus.training_lines(9), 4000))
    sizes = Counter(len(line) for line in lines)
    assert 0.08 < sizes[1] / len(lines) < 0.25
    assert max(sizes) <= 16
    assert len({word for line in lines for word in line}) > 3500


def test_no_training_sentence_is_a_test_sentence(sentences):
    if importlib.util.find_spec("models.asr_id.evaluation") is None:
        pytest.skip("the evaluation sentences are not there")
    held_out = importlib.import_module("models.asr_id.evaluation.sentences")
    test = {sentence.text for split in ("dev", "test") for sentence in held_out.load_sentences(split)}
    ours = {text for text, _ in sentences if len(text.split()) >= 5}
    assert test
    assert not ours & test
