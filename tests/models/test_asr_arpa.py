# SPDX-License-Identifier: GPL-3.0-or-later
"""The language model: probabilities are those of the formulas, sum to one, and are written as they are."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from models.asr_id.language import estimate as estimate_module
from models.asr_id.language.arpa import train, write_arpa
from models.asr_id.language.errors import LanguageError
from models.asr_id.language.estimate import LmOptions, estimate
from models.asr_id.language.grammar import grammar_bytes, grammar_lines
from models.asr_id.language.ngrams import BEGIN, END, LanguageModel, load, save
from models.asr_id.language.prune import prune

pytestmark = pytest.mark.unit

WORDS = ("batas", "kapan", "lapor", "npwp", "pajak", "saya", "spt", "tahunan", "waktu")
TEXT = [
    ("kapan batas waktu lapor spt tahunan", 2.0),
    ("batas waktu lapor spt", 1.0),
    ("saya lapor spt tahunan", 0.5),
    ("saya lapor pajak", 1.0),
    ("kapan saya lapor spt", 3.0),
    ("saya", 1.0),
]
BACKOFF_LABEL = 999


def everyday(sentences: int = 400, words: int = 60) -> tuple[list[tuple[str, float]], tuple[str, ...]]:
    """Random sentences in which frequent words follow each other often."""
    source = np.random.default_rng(7)
    names = tuple(f"k{number:02d}" for number in range(words))
    drawn = np.minimum(source.geometric(0.12, (sentences, 8)) - 1, words - 1)
    return [(" ".join(names[number] for number in row), 1.0) for row in drawn], names


def histories(model: LanguageModel) -> list[tuple[str, ...]]:
    singles = [(word,) for word in (*model.words, BEGIN)]
    return [(), *singles, *itertools.product((*model.words[:9], BEGIN), model.words[:9])]


def test_probabilities_sum_to_one_in_every_context_before_and_after_pruning() -> None:
    small = estimate(TEXT, WORDS)
    text, words = everyday()
    large = estimate(text, words)
    pruned = prune(large, grammar_bytes(large.bigrams.keys, large.trigrams.keys, len(words)) // 3)
    assert pruned.size < large.size / 2
    for model in (small, large, pruned):
        for history in histories(model):
            total = sum(model.probability(word, history) for word in (*model.words, END))
            assert total == pytest.approx(1.0, abs=1e-9), history


def brute_counts() -> dict[int, dict[tuple[str, ...], float]]:
    """Counts by order: of the text for triples and sentence beginnings, of different words before for the rest."""
    raw: dict[tuple[str, ...], float] = defaultdict(float)
    for sentence, weight in TEXT:
        line = [BEGIN, *sentence.split(), END]
        for order in (2, 3):
            for start in range(len(line) - order + 1):
                raw[tuple(line[start : start + order])] += weight
    counts: dict[int, dict[tuple[str, ...], float]] = {3: {g: c for g, c in raw.items() if len(g) == 3}}
    for order in (2, 1):
        lower: dict[tuple[str, ...], float] = defaultdict(float)
        for gram, count in counts[order + 1].items():
            lower[gram[1:]] += min(count, 1.0)
        if order == 2:
            lower.update({g: c for g, c in raw.items() if len(g) == 2 and g[0] == BEGIN})
        counts[order] = lower
    return counts


def brute_discount(count: float, all_counts: list[float]) -> float:
    seen = [sum(round(c) == k for c in all_counts) for k in (1, 2, 3, 4)]
    steps = [0.7, 1.1, 1.4]
    if all(seen[:3]):
        y = seen[0] / (seen[0] + 2 * seen[1])
        found = [k - (k + 1) * y * seen[k] / seen[k - 1] for k in (1, 2, 3)]
        limits = ((0.3, 0.95), (0.5, 1.6), (0.6, 2.4))
        steps = [min(max(d, low), high) for d, (low, high) in zip(found, limits, strict=True)]
    curve = [0.0, *steps, steps[-1]]
    below = min(int(count), 3)
    value = curve[below] + (count - below) * (curve[below + 1] - curve[below]) if count < 3 else steps[-1]
    return min(value, 0.95 * count)


def brute_force(gram: tuple[str, ...], counts: dict[int, dict[tuple[str, ...], float]], options: LmOptions) -> float:
    """Interpolated Kneser-Ney by the book, over plain dictionaries."""
    order = len(gram)
    table = {g: c for g, c in counts[order].items() if g[:-1] == gram[:-1]}
    left = {g: c - brute_discount(c, list(counts[order].values())) for g, c in table.items()}
    if not table:
        return brute_force(gram[1:], counts, options)
    share = max(
        1 - sum(left.values()) / sum(table.values()), options.floor_share if order == 1 else options.least_backoff
    )
    even = 1 / len(WORDS) if gram[0] in WORDS else 0.0
    lower = even if order == 1 else brute_force(gram[1:], counts, options)
    return (1 - share) * left.get(gram, 0.0) / sum(left.values()) + share * lower


@pytest.mark.parametrize("options", [LmOptions(), LmOptions(floor_share=0.9, least_backoff=0.8)])
def test_probabilities_are_those_of_brute_force(options: LmOptions) -> None:
    model = estimate(TEXT, WORDS, options)
    counts = brute_counts()
    for history in histories(model):
        for word in (*WORDS, END):
            want = brute_force((*history, word), counts, options)
            assert model.probability(word, history) == pytest.approx(want, rel=1e-9)


def read_arpa(path: Path) -> dict[tuple[str, ...], tuple[float, float]]:
    """Return log10 probability and back-off weight by n-gram."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) >= 2:
            found[tuple(fields[1].split())] = (float(fields[0]), float(fields[2]) if len(fields) > 2 else 0.0)
    return found


def test_the_arpa_file_says_the_same_by_backing_off(tmp_path: Path) -> None:
    text, words = everyday()
    whole = estimate(text, words)
    model = prune(whole, grammar_bytes(whole.bigrams.keys, whole.trigrams.keys, len(words)) // 2)
    path = tmp_path / "lm.arpa"
    write_arpa(model, path)
    table = read_arpa(path)
    assert len(table) == model.size
    header = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert f"ngram 2={model.bigrams.keys.size}\n" in header

    def log_p(gram: tuple[str, ...]) -> float:
        if gram in table:
            return table[gram][0]
        return table.get(gram[:-1], (0.0, 0.0))[1] + log_p(gram[1:])

    for history in histories(model):
        for word in model.words:
            want = math.log10(model.probability(word, history))
            assert log_p((*history, word)) == pytest.approx(want, abs=1e-4)


def walk(lines: str, model: LanguageModel, sentence: list[str]) -> float:
    """Return a sentence's cost in a grammar: its arc where there is one, else backing off."""
    arcs: dict[int, dict[int, tuple[int, float]]] = defaultdict(dict)
    final: dict[int, float] = {}
    for line in lines.splitlines():
        fields = line.split()
        if len(fields) == 5:
            arcs[int(fields[0])][int(fields[2])] = (int(fields[1]), float(fields[4]))
        else:
            final[int(fields[0])] = float(fields[1])
    state, cost = int(lines.split(maxsplit=1)[0]), 0.0
    for word in (*sentence, END):
        label = model.ids[word] + 1
        while label not in arcs[state] if word != END else state not in final:
            state, step = arcs[state][BACKOFF_LABEL]
            cost += step
        if word == END:
            return cost + final[state]
        state, step = arcs[state][label]
        cost += step
    raise AssertionError


def test_the_grammar_costs_what_the_model_says() -> None:
    text, words = everyday()
    whole = estimate(text, words)
    for model in (whole, prune(whole, grammar_bytes(whole.bigrams.keys, whole.trigrams.keys, len(words)) // 2)):
        lines = grammar_lines(model, np.arange(1, len(words) + 3), BACKOFF_LABEL)
        for sentence, _ in [*text[:40], (" ".join(reversed(words)), 1.0), (words[-1], 1.0)]:
            cost = walk(lines, model, sentence.split())
            assert cost == pytest.approx(-model.log_probability(sentence.split()), abs=1e-3)


def test_every_word_stays_possible_after_everything() -> None:
    model = estimate([("kapan batas waktu lapor", 1000.0)], WORDS)
    for history in histories(model):
        assert model.probability("npwp", history) > 1e-6
    assert model.probability("npwp", ("batas", "waktu")) > 0.05 * 0.05 * model.probability("npwp")


def test_frequent_words_get_more_of_the_floor() -> None:
    even = estimate(TEXT, WORDS)
    told = estimate(TEXT, WORDS, LmOptions(prior={"npwp": 50.0, "pajak": 1.0}))
    assert told.probability("npwp") > 3 * even.probability("npwp")
    assert told.probability("npwp") > 10 * told.probability("pajak") > 0
    assert sum(told.probability(word) for word in (*WORDS, END)) == pytest.approx(1.0)


def test_a_weight_counts_like_repetition() -> None:
    weighted = estimate([("saya lapor pajak", 3.0), ("saya lapor spt", 1.0)], WORDS)
    repeated = estimate([("saya lapor pajak", 1.0)] * 3 + [("saya lapor spt", 1.0)], WORDS)
    for history in histories(weighted):
        assert weighted.probability("pajak", history) == pytest.approx(repeated.probability("pajak", history))


def test_an_unknown_word_is_not_bridged() -> None:
    model = estimate([("saya lapor anu spt tahunan", 1.0), ("saya spt", 1.0)], WORDS)
    pairs = {(int(key) >> 20, int(key) & 0xFFFFF) for key in model.bigrams.keys}
    assert (model.ids["spt"], model.ids["tahunan"]) in pairs
    assert (model.ids["lapor"], model.ids["spt"]) not in pairs


def test_pruning_keeps_what_matters_and_the_limit() -> None:
    text, words = everyday()
    limit = 12_000
    model = train(text, words, most_bytes=limit)
    whole = estimate(text, words)
    assert grammar_bytes(model.bigrams.keys, model.trigrams.keys, len(words) + 2) <= limit
    held, _ = everyday(sentences=60)
    told = sum(model.log_probability(sentence.split()) for sentence, _ in held)
    best = sum(whole.log_probability(sentence.split()) for sentence, _ in held)
    none = prune(whole, 0)
    assert none.bigrams.keys.size == 0
    assert sum(none.log_probability(sentence.split()) for sentence, _ in held) < told <= best
    assert set(model.words) == set(words)


def test_a_saved_model_is_the_same(tmp_path: Path) -> None:
    model = estimate(TEXT, WORDS)
    save(model, tmp_path / "lm.npz")
    again = load(tmp_path / "lm.npz")
    assert again.words == model.words
    assert again.log_probability(["saya", "lapor"]) == model.log_probability(["saya", "lapor"])


def test_no_text_and_too_many_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LanguageError):
        estimate([("", 1.0), ("saya", 0.0)], WORDS)
    monkeypatch.setattr(estimate_module, "MOST_WORDS", 3)
    with pytest.raises(LanguageError, match="9"):
        estimate(TEXT, WORDS)
