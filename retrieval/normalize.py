# SPDX-License-Identifier: GPL-3.0-or-later
"""Indonesian text as search sees it: what is spoken and what is written become the same words.

A caller says "en pe we pe", the recogniser hears "ifin", an article writes "NPWP" and "EFIN". Text is lower-cased,
split, spoken and colloquial forms are replaced by their written ones (``lexicon.toml``), numbers become digits and
words are stemmed (Snowball, with a table of the roots it misses). Every token remembers what was said, so that a
hit can show the caller's own words as its reason.
"""

from __future__ import annotations

import hashlib
import re
import threading
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import Stemmer

import pipeline.spoken
from pipeline.spoken import NUMBER_WORDS, read_number

_LEXICON = Path(__file__).parent / "lexicon.toml"
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")
_RUPIAH = re.compile(r"\brp\.?\s*(?=\d)")
_DECIMAL = re.compile(r"(\d+),(\d+)")
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Token:
    """One unit of search.

    Parameters:
        said: the words as they stood in the text.
        word: the written form.
        stem: the key that indexes are built on.
        stop: whether it carries no topic (function words, politeness, question words).
    """

    said: str
    word: str
    stem: str
    stop: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The tables of ``lexicon.toml`` in the form that the tokenizer needs."""

    phrases: dict[tuple[str, ...], tuple[str, ...]]
    longest: int
    stems: dict[str, str]
    stop: frozenset[str]
    small_talk: frozenset[tuple[str, ...]]
    domain: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Return the lexicon; read once."""
    tables = tomllib.loads(_LEXICON.read_text(encoding="utf-8"))
    phrases = {
        tuple(split(form)): tuple(split(written)) for written, forms in tables["written"].items() for form in forms
    }
    for written in tables["written"]:  # "kata sandi" stays itself although "sandi" alone is replaced
        phrases.setdefault(tuple(split(written)), tuple(split(written)))
    return Lexicon(
        phrases=phrases,
        longest=max(map(len, phrases)),
        stems=tables["stems"],
        stop=frozenset(tables["stop"]["words"].split()),
        small_talk=frozenset(tuple(split(phrase)) for phrase in tables["small_talk"]["phrases"]),
        domain=frozenset(tables["domain"]["words"].split()),
    )


@cache
def normalizer_id() -> str:
    """Return a hash of the rules by which text is normalised: stored vectors are only good for the same ones."""
    rules = (_LEXICON, Path(__file__), Path(pipeline.spoken.__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in rules)).hexdigest()[:12]


def split(text: str) -> list[str]:
    """Return lower-case words and numbers; accents, control characters and punctuation are gone."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _THOUSANDS.sub("", plain)
    plain = _DECIMAL.sub(r"\1 koma \2", _RUPIAH.sub("", plain))
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def analyse(text: str) -> tuple[Token, ...]:
    """Return the tokens of ``text`` in order; empty for text without any letter or digit."""
    return tuple(_token(said, word) for said, word in _written(split(text)))


def normalize(text: str) -> str:
    """Return ``text`` in written words (not stemmed, stop words kept): what the encoder is fed with."""
    return " ".join(word for _, word in _written(split(text)))


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry a topic: what BM25 indexes and searches."""
    return [token.stem for token in analyse(text) if not token.stop]


def domain_words(tokens: Iterable[Token]) -> int:
    """Return how many distinct words of the tax office's own language are among ``tokens``."""
    return len({token.stem for token in tokens} & _domain_stems())


@cache
def _domain_stems() -> frozenset[str]:
    return frozenset(_token(word, word).stem for word in lexicon().domain)


def is_small_talk(text: str) -> bool:
    """Return whether ``text`` is greeting or politeness only: no topic word, or a known phrase as a whole."""
    tokens = analyse(text)
    return all(token.stop for token in tokens) or tuple(split(text)) in lexicon().small_talk


def _written(words: list[str]) -> Iterable[tuple[str, str]]:
    """Return (said, written word) pairs; a phrase of several written words gives the first one what was said."""
    return _numbers(_known_forms(words))


def _known_forms(words: list[str]) -> list[tuple[str, str]]:
    table = lexicon()
    out: list[tuple[str, str]] = []
    index = 0
    while index < len(words):
        for length in range(min(table.longest, len(words) - index), 0, -1):
            written = table.phrases.get(tuple(words[index : index + length]))
            if written is not None:
                said = " ".join(words[index : index + length])
                out += [(said, written[0]), *((said, word) for word in written[1:])]
                index += length
                break
        else:
            out.append((words[index], words[index]))
            index += 1
    return out


def _numbers(pairs: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    words = [word for _, word in pairs]
    index = 0
    while index < len(words):
        found = read_number(words, index) if words[index] in NUMBER_WORDS else None
        if found is None:
            yield pairs[index]
            index += 1
        else:
            value, after = found
            yield " ".join(said for said, _ in pairs[index:after]), str(value)
            index = after


def _token(said: str, word: str) -> Token:
    table = lexicon()
    stem = table.stems.get(word) or _stem(word)
    return Token(said=said, word=word, stem=stem, stop=word in table.stop)


def _stem(word: str) -> str:
    if not word.isalpha() or len(word) <= 3:
        return word
    stemmer = getattr(_local, "stemmer", None)  # a stemmer keeps a buffer and is not safe across threads
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("indonesian")
    return str(stemmer.stemWord(word))
