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
from functools import cache, lru_cache
from pathlib import Path

import Stemmer

import pipeline.spoken
import retrieval.roots
from pipeline.spoken import NUMBER_WORDS, UNITS, read_number
from retrieval.roots import root_of

_LEXICON = Path(__file__).parent / "lexicon.toml"
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")
_RUPIAH = re.compile(r"\brp\b\.?\s*|\brp\.?(?=\d)")
_DECIMAL = re.compile(r"(\d+),(\d+)")
_GLUED = re.compile(r"\b(pph|pasal|psl|spt|formulir|form)(?=\d)")
_PREFIXED = re.compile(r"\b(?:di|nge|ng|me|meng)-(?=[a-z]{3})")  # "di-upload"
_ENDING = re.compile(r"(?<=[a-z])-(?=(?:nya|ku|mu|lah|kah)\b)")  # "deadline-nya"
_PASSES = 4  # what one replacement writes may be part of the next; more than two are never needed
_local = threading.local()

LETTERS = {
    "a": "a", "b": "be", "c": "ce", "d": "de", "e": "e", "f": "ef", "g": "ge", "h": "ha", "i": "i", "j": "je",
    "k": "ka", "l": "el", "m": "em", "n": "en", "o": "o", "p": "pe", "q": "ki", "r": "er", "s": "es", "t": "te",
    "u": "u", "v": "fe", "w": "we", "x": "eks", "y": "ye", "z": "zet",
    **{str(value): word for word, value in UNITS.items()},
}  # fmt: skip
"""Letters and digits as they are called."""


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


Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The tables of ``lexicon.toml`` in the form that the tokenizer needs.

    Parameters:
        phrases: said words -> written words, by the first said word and longest first.
        singles: said forms of one word.
    """

    phrases: dict[str, list[tuple[Words, Words]]]
    singles: frozenset[str]
    stems: dict[str, str]
    roots: frozenset[str]
    stop: frozenset[str]
    small_talk: frozenset[Words]
    domain: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Return the lexicon; read once."""
    tables = tomllib.loads(_LEXICON.read_text(encoding="utf-8"))
    said = {tuple(split(form)): tuple(split(written)) for written, forms in tables["written"].items() for form in forms}
    for abbreviation in tables["abbreviations"]["words"].split():
        for form in spelled(abbreviation):
            said.setdefault(form, (abbreviation,))
    for written in tables["written"]:  # "kata sandi" stays itself although "sandi" alone is replaced
        said.setdefault(tuple(split(written)), tuple(split(written)))
    phrases: dict[str, list[tuple[Words, Words]]] = {}
    for form in sorted(said, key=len, reverse=True):
        phrases.setdefault(form[0], []).append((form, said[form]))
    return Lexicon(
        phrases=phrases,
        singles=frozenset(form[0] for form in said if len(form) == 1) | set(tables["abbreviations"]["words"].split()),
        stems=tables["stems"],
        roots=frozenset(tables["roots"]["words"].split()),
        stop=frozenset(tables["stop"]["words"].split()),
        small_talk=frozenset(tuple(split(phrase)) for phrase in tables["small_talk"]["phrases"]),
        domain=frozenset(tables["domain"]["words"].split()),
    )


def spelled(abbreviation: str) -> Iterable[Words]:
    """Return how an abbreviation sounds letter by letter, in words and run together; also with English-like v."""
    for names in (LETTERS, LETTERS | {"v": "ve", "q": "kiu", "x": "ex"}):
        words = tuple(names[character] for character in abbreviation)
        yield words
        yield tuple(word for character, name in zip(abbreviation, words, strict=True)
                    for word in ((character,) if character.isdigit() else (name,)))  # fmt: skip
        if len(words) > 2:  # "cefe" or "pete" may be anything
            yield ("".join(words),)


@cache
def normalizer_id() -> str:
    """Return a hash of the rules by which text is normalised: stored vectors are only good for the same ones."""
    rules = (_LEXICON, Path(__file__), Path(retrieval.roots.__file__), Path(pipeline.spoken.__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in rules)).hexdigest()[:12]


def split(text: str) -> list[str]:
    """Return lower-case words and numbers; accents, control characters and punctuation are gone."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _THOUSANDS.sub("", plain)
    plain = _DECIMAL.sub(r"\1 koma \2", _RUPIAH.sub("", plain))
    if not plain.isascii():
        plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _WORD.findall(_ENDING.sub(" ", _PREFIXED.sub("", _GLUED.sub(r"\1 ", plain))))


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


Pairs = list[tuple[str, str]]


def _written(words: list[str]) -> Pairs:
    """Return (said, written word) pairs; each word of a phrase carries what was said for all of it."""
    pairs: Pairs = [(word, _bare(word)) for word in words]
    for _ in range(_PASSES):
        replaced = _numbers(_known_forms(pairs))
        if replaced == pairs:
            break
        pairs = replaced
    return pairs


def _bare(word: str) -> str:
    """Return "efin" for "efinnya": the ending hides no known form."""
    bare = word.removesuffix("nya")
    return bare if bare in lexicon().singles else word


def _known_forms(pairs: Pairs) -> Pairs:
    phrases = lexicon().phrases
    words = [word for _, word in pairs]
    out: Pairs = []
    index = 0
    while index < len(words):
        for form, written in phrases.get(words[index], ()):
            if len(form) == 1 or tuple(words[index : index + len(form)]) == form:
                said = _said(pairs[index : index + len(form)]) if form != written else ""
                out += [(said, word) for word in written] if said else pairs[index : index + len(form)]
                index += len(form)
                break
        else:
            out.append(pairs[index])
            index += 1
    return out


def _numbers(pairs: Pairs) -> Pairs:
    words = [word for _, word in pairs]
    if NUMBER_WORDS.isdisjoint(words):
        return pairs
    out: Pairs = []
    index = 0
    while index < len(words):
        found = read_number(words, index) if words[index] in NUMBER_WORDS else None
        if found is None:
            out.append(pairs[index])
            index += 1
        else:
            value, after = found
            out.append((_said(pairs[index:after]), str(value)))
            index = after
    return out


def _said(pairs: Pairs) -> str:
    """Return what was said for ``pairs``; what one phrase said for several words counts once."""
    return " ".join(said for place, (said, _) in enumerate(pairs) if place == 0 or said != pairs[place - 1][0])


def _token(said: str, word: str) -> Token:
    return Token(said, word, _stem_of(word), word in lexicon().stop)


@lru_cache(maxsize=50_000)
def _stem_of(word: str) -> str:
    table = lexicon()
    root = root_of(word, table.roots) if word.isalpha() and word not in table.stems else None
    return table.stems.get(root or word) or root or _stem(word)


def _stem(word: str) -> str:
    if not word.isalpha() or len(word) <= 3:
        return word
    stemmer = getattr(_local, "stemmer", None)  # a stemmer keeps a buffer and is not safe across threads
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("indonesian")
    return str(stemmer.stemWord(word))
