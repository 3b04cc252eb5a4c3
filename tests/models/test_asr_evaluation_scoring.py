# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out sentences, their marks, and what counts as an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.asr_id import corpus
from models.asr_id.evaluation.errors import EvaluationError
from models.asr_id.evaluation.listening import Heard
from models.asr_id.evaluation.results import Trial, figures_of, utterances_shown
from models.asr_id.evaluation.run import reading_plan
from models.asr_id.evaluation.scoring import Count, align, entity_counts, percentile, time_errors_ms, total
from models.asr_id.evaluation.sentences import Entity, Sentence, load_sentences, parse
from models.asr_id.evaluation.tagging import tag
from models.asr_id.evaluation.voices import FAMILIES, Utterance
from models.asr_id.voices import SPEAKERS, training_speakers

pytestmark = pytest.mark.unit


def test_marks_become_words_and_places() -> None:
    sentence = parse("bayar [amount: dua juta rupiah] tanggal [date: lima mei] ya", "entity", "dev")
    assert sentence.text == "bayar dua juta rupiah tanggal lima mei ya"
    assert sentence.entities == (Entity("amount", 1, 4), Entity("date", 5, 7))


@pytest.mark.parametrize("line", ["bayar [amount: dua", "[uang: dua]", "Bayar", "bayar 2", "", "dua] juta", "a, b"])
def test_malformed_sentences_are_refused(line: str) -> None:
    with pytest.raises(EvaluationError):
        parse(line, "call", "dev")


def test_a_sentence_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[dev]\nnyanyian = ['la la']\n")
    with pytest.raises(EvaluationError, match="nyanyian"):
        load_sentences("dev", tmp_path / "bad.toml")
    with pytest.raises(EvaluationError):
        load_sentences("test", tmp_path / "bad.toml")
    with pytest.raises(EvaluationError):
        load_sentences("test", tmp_path / "missing.toml")


def test_the_shipped_sentences_are_many_and_the_halves_are_apart() -> None:
    dev, test = load_sentences("dev"), load_sentences("test")
    kinds = {kind: sum(one.kind == kind for one in (*dev, *test)) for kind in ("call", "entity", "general", "short")}
    assert kinds["call"] >= 120
    assert kinds["entity"] >= 60
    assert kinds["general"] >= 50
    assert kinds["short"] >= 30
    longer = [{one.text for one in half if len(one.words) > 2} for half in (dev, test)]
    assert not longer[0] & longer[1]
    marked = {entity.kind for one in test for entity in one.entities}
    assert marked == {"number", "npwp", "date", "amount", "acronym", "term"}


def test_no_shipped_sentence_stands_in_the_text_that_the_language_model_learns_from() -> None:
    held = {one.text for one in (*load_sentences("dev"), *load_sentences("test")) if len(one.words) > 4}
    assert not held & {line for line, _ in corpus.sentences(1)}


def test_word_errors_are_replaced_left_out_and_added_words() -> None:
    alignment = align(["saya", "mau", "bayar", "pajak"], ["saya", "bayar", "pajak", "dong", "ya"])
    assert alignment.count == Count(3, 4)
    assert alignment.wrong == {1}
    assert alignment.added == (4, 4)
    assert alignment.same == ((0, 0), (2, 1), (3, 2))
    assert align(["ya"], ["tidak"]).count.rate == 1.0


def test_nothing_heard_and_nothing_said() -> None:
    assert align(["ya", "pak"], []).count == Count(2, 2)
    assert align([], ["ya"]).count == Count(1, 0)
    assert np.isnan(Count().rate)
    assert total([Count(1, 2), Count(2, 3)]) == Count(3, 5)


def test_only_errors_inside_an_entity_count_for_it() -> None:
    sentence = parse("tolong [amount: dua juta rupiah] ya", "entity", "dev")
    inside = align(sentence.words, ["tolong", "dua", "ratus", "juta", "rupiah", "ya"])
    assert entity_counts(inside, sentence.entities) == {"amount": Count(1, 3)}
    before = align(sentence.words, ["tolong", "eh", "dua", "juta", "rupiah"])
    assert before.count.errors == 2
    assert entity_counts(before, sentence.entities) == {"amount": Count(0, 3)}
    lost = align(sentence.words, ["tolong", "dua", "rupiah", "ya"])
    assert entity_counts(lost, sentence.entities) == {"amount": Count(1, 3)}


def test_time_errors_are_of_right_words_only() -> None:
    alignment = align(["satu", "dua", "tiga"], ["satu", "lima", "tiga"])
    truth = [(0.0, 100.0), (200.0, 300.0), (400.0, 500.0)]
    heard = [(10.0, 90.0), (0.0, 0.0), (400.0, 530.0)]
    assert time_errors_ms(alignment, truth, heard) == [10.0, 10.0, 0.0, 30.0]
    assert np.isnan(percentile([], 50))


def test_texts_shown_are_grouped_by_utterance() -> None:
    shown = ((100.0, "ya", False), (200.0, "ya pak", True), (300.0, "bu", False), (400.0, "", False))
    assert utterances_shown(shown) == [["ya", "ya pak"], ["bu", "", ""]]


def trial(
    marked: str, heard: str, voice: str, family: str, condition: str = "telephone", *, small: bool = False
) -> Trial:
    sentence = parse(marked, "call", "test")
    spans = tuple((500.0 + 200 * place, 650.0 + 200 * place) for place in range(len(sentence.words)))
    words = tuple(heard.split())
    shown = ((900.0, words[0], False), (spans[-1][1] + 700, heard, True)) if words else ()
    made = Heard(words, spans[: len(words)], shown, audio_s=3.0, cpu_s=0.1)
    utterance = Utterance(sentence, voice, family, np.zeros(8, np.float32), spans)  # type: ignore[arg-type]
    return Trial(utterance, condition, made, small)


def test_figures_of_hand_made_trials() -> None:
    figures = figures_of(
        [
            trial("bayar [amount: dua juta] ya", "bayar dua juta ya", "lp", "known", small=True),
            trial("bayar [amount: dua juta] ya", "bayar dua juta", "dita", "heldout", small=True),
            trial("bayar [amount: dua juta] ya", "bayar lima juta ya", "kal", "dev"),
            trial("bayar [amount: dua juta] ya", "", "espeak:id+f4", "formant"),
            trial("bayar [amount: dua juta] ya", "bayar dua ya", "lp", "known", "reverb", small=True),
        ]
    )
    assert figures["wer.known_families"] == 0.0
    assert figures["wer.heldout_families"] == 0.25
    assert figures["wer.dev_families"] == 0.25
    assert figures["wer.formant_families"] == 1.0
    assert figures["entity_wer.heldout_families"] == 0.0
    assert figures["entity_wer.dev_families"] == 0.5
    assert figures["wer.voice.kal"] == 0.25
    assert figures["wer.kind.call"] == pytest.approx(2 / 12, abs=1e-4)  # formant voices decide nothing
    assert figures["wer.condition.telephone"] == 0.125
    assert figures["wer.condition.reverb"] == 0.25
    assert figures["entity_wer.class.amount"] == pytest.approx(1 / 6, abs=1e-4)
    assert figures["word_time_error_ms.p95"] == 0.0
    assert figures["first_partial_ms.p50"] == 400.0
    assert figures["final_ms.p50"] == 700.0
    assert figures["churn"] == 0.0


def test_each_sentence_is_read_by_two_known_voices_and_every_test_stranger() -> None:
    sentences = [Sentence((f"kata{letter}",), "call", "test") for letter in "abcdefghij"]
    plan = reading_plan(sentences, "test")
    assert sum(len(plan.get(voice, ())) for voice in FAMILIES["known"]) == 2 * len(sentences)
    for voice in FAMILIES["heldout"]:
        assert plan[voice] == sentences


def test_the_test_strangers_are_not_heard_on_the_dev_half() -> None:
    plan = reading_plan([Sentence(("ya",), "short", "dev")] * 12, "dev")
    assert not set(FAMILIES["heldout"]) & set(plan)
    assert set(FAMILIES["dev"]) <= set(plan)


def test_known_voices_are_trained_on_and_all_others_never() -> None:
    trained = {speaker.name for speaker in training_speakers()}
    assert set(FAMILIES["known"]) <= {speaker.name for speaker in training_speakers(recorded=True)}
    for family in ("heldout", "dev", "formant"):
        assert not set(FAMILIES[family]) & trained
    assert {SPEAKERS[voice].sex for voice in FAMILIES["known"]} == {"f", "m"}
    assert {SPEAKERS[voice].sex for voice in FAMILIES["heldout"]} == {"f", "m"}


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("bayar dua ratus ribu rupiah ya", [("amount", 1, 5)]),
        ("tanggal lima mei dua ribu dua puluh", [("date", 1, 7)]),
        ("nomornya satu dua tiga empat lima enam", [("npwp", 1, 7)]),
        ("npwp saya hilang", [("acronym", 0, 1)]),
        ("ada tiga anak", [("number", 1, 2)]),
        ("faktur pajak pengganti saya", [("term", 0, 3)]),
        ("saya pulang dulu", []),
    ],
)
def test_unmarked_transcripts_are_tagged(said: str, kinds: list[tuple[str, int, int]]) -> None:
    assert list(tag(said.split())) == kinds


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("nomor npwp nya berapa", "nomor npwpnya berapa", 0),
        ("nomor npwpnya berapa", "nomor npwp nya berapa", 0),
        ("nomor npwp nya berapa", "nomor npwp berapa", 1),
        ("suratnya hilang", "surat nya hilang dua", 1),
        ("nomor npwp berapa", "nomor npwpnya berapa", 1),
    ],
)
def test_a_clitic_written_apart_or_joined_is_the_same(said: str, heard: str, errors: int) -> None:
    assert align(said.split(), heard.split()).count == Count(errors, len(said.split()))


def test_words_after_a_clitic_keep_their_places() -> None:
    alignment = align(["npwp", "nya", "mana"], ["oh", "npwpnya", "mana"])
    assert alignment.same == ((0, 1), (1, 1), (2, 2))
    alignment = align(["npwpnya", "mana"], ["npwp", "nya", "mana"])
    assert alignment.same == ((0, 0), (1, 2))
