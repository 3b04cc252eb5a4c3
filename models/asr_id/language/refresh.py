# SPDX-License-Identifier: GPL-3.0-or-later
"""Teaches a model the words and phrases of the articles that are published now; its acoustic part stays as it is.

It always begins from a model that has seen no refresh: what articles of last year said does not pile up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr.modelstore import copy_model
from models.asr_id.corpus.domain.written import spoken, spoken_sentences
from models.asr_id.folders import carry_checkpoint
from models.asr_id.language.arpa import MOST_BYTES
from models.asr_id.language.errors import LanguageError
from models.asr_id.language.estimate import LmOptions, estimate
from models.asr_id.language.graph import build_dynamic
from models.asr_id.language.lexfile import LEXICON_FILE, Pronunciation, pronounce_all, read_lexicon
from models.asr_id.language.mix import mix
from models.asr_id.language.ngrams import LanguageModel
from models.asr_id.language.prune import prune
from models.asr_id.language.recover import read_grammar
from pipeline.catalog import text
from retrieval.articles import Article

ARTICLE_SHARE = 0.15
"""Share of what is said that is expected to be about what the articles say in their own words."""
QUESTION_WEIGHT, TITLE_WEIGHT, SENTENCE_WEIGHT, CARRIER_WEIGHT = 3.0, 2.0, 1.0, 0.5
_CARRIERS = (
    "{}", "apa itu {}", "soal {}", "tentang {}", "saya mau tanya soal {}", "saya mau tanya tentang {}",
    "cara {} bagaimana", "{} itu apa", "untuk {}", "mau urus {}", "bagaimana cara mengurus {}", "saya mau {}",
)  # fmt: skip
_MORE_BYTES = 2_000_000  # a refreshed grammar may be so much larger than the shipped one
_REPLACED = ("graph", "language")
_WORD = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    Parameters:
        new_words: words that the model did not know.
        sentences: sentences taken in.
        words: size of the vocabulary now.
    """

    new_words: tuple[str, ...]
    sentences: int
    words: int
    seconds: float


def article_text(articles: Iterable[Article]) -> Iterator[tuple[str, float]]:
    """Yield spoken sentences of articles with their weights: questions, titles, answers, names of the law."""
    for article in articles:
        yield from ((spoken(question), QUESTION_WEIGHT) for question in article.questions)
        yield from ((spoken(title), TITLE_WEIGHT) for title in (article.title, article.topic))
        yield from ((sentence, SENTENCE_WEIGHT) for sentence in spoken_sentences(article.body))
        yield from ((spoken(str(basis)), SENTENCE_WEIGHT) for basis in article.legal_basis)


def refresh(base: Path, articles: Sequence[Article], target: Path) -> Refreshed:
    """Put into the folder ``target`` the model in ``base`` with the articles' words and phrases added.

    Raises:
        LanguageError: ``base`` was not built by this recipe, or the graph cannot be built.
    """
    sentences = [(sentence, weight) for sentence, weight in article_text(articles) if sentence]
    if not sentences:
        raise LanguageError(text("language.no_articles"))
    return teach(base, sentences, target, share=ARTICLE_SHARE)


def teach(base: Path, sentences: Sequence[tuple[str, float]], target: Path, *, share: float) -> Refreshed:
    """Put into ``target`` the model in ``base`` with the words of spoken sentences (with weights) added.

    Parameters:
        share: part of what is said that is expected to be like these sentences.

    Raises:
        LanguageError: ``base`` was not built by this recipe, or the graph cannot be built.
    """
    began_s = time.monotonic()
    known = read_grammar(base / "graph")
    spoken_words = {word for sentence, _ in sentences for word in sentence.split() if _WORD.fullmatch(word)}
    new_words = tuple(sorted(spoken_words - set(known.words)))
    model = _with_sentences(known, sentences, spoken_words, new_words, share)
    lexicon = _lexicon(base, known.words) + pronounce_all(new_words)
    copy_model(base, target, without=_REPLACED)
    carry_checkpoint(base, target)
    build_dynamic(target, model, lexicon)
    return Refreshed(new_words, len(sentences), len(model.words), time.monotonic() - began_s)


def _with_sentences(
    known: LanguageModel,
    sentences: Sequence[tuple[str, float]],
    spoken_words: set[str],
    new_words: Sequence[str],
    share: float,
) -> LanguageModel:
    carried = [(carrier.format(word), CARRIER_WEIGHT) for word in new_words for carrier in _CARRIERS]
    in_carriers = {word for carrier in _CARRIERS for word in carrier.replace("{}", "").split()}
    vocabulary = spoken_words | (in_carriers & set(known.words))
    told = estimate([*sentences, *carried], sorted(vocabulary), LmOptions(floor_share=0.02))
    return prune(mix(known, told, share), MOST_BYTES + _MORE_BYTES)


def _lexicon(base: Path, words: Sequence[str]) -> list[Pronunciation]:
    """Return the model's own lexicon; made by the rules where a model carries none."""
    path = base / LEXICON_FILE
    return read_lexicon(path) if path.exists() else pronounce_all(words)
