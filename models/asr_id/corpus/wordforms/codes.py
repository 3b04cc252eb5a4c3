# SPDX-License-Identifier: GPL-3.0-or-later
"""From one marked root to its living forms.

A root is marked with one letter per form that people really use:

  v  meN-, di-             k  meN-kan, di-kan, -kan    i  meN-i, di-i, -i      m  meN- alone
  t  ter-                  b  ber-                     B  ber-an               q  ber-kan
  p  peN-                  R  pe-/per- (petani)        P  peN-an               r  per-an
  n  -an                   a  ke-an                    s  se-                  S  se-nya
  X  memper-, diper-       M  memper-kan, diper-kan    I  memper-i, diper-i    N  meN-, without di-, and -nya
  y  -nya                  u  -ku, -mu                 l  -lah
  g  ng-/ny- (Jakarta)     c  -in (Jakarta), di-in, ng-in
  0  the bare root is hardly used alone                +  first consonant stays   *  both spellings live
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from models.asr_id.corpus.wordforms.affix import ber, men, ng, pen, per, ter

Form = tuple[str, float]
_BARE, _BOUND = 1.0, 0.05


def _transitive(root: str, keep: bool) -> list[Form]:
    return [(men(root, keep=keep), 0.7), ("di" + root, 0.6)]


def _suffixed(suffix: str) -> Callable[[str, bool], list[Form]]:
    def forms(root: str, keep: bool) -> list[Form]:
        if suffix == "i" and root.endswith("i"):
            return []
        return [(men(root, keep=keep) + suffix, 0.5), ("di" + root + suffix, 0.4), (root + suffix, 0.15)]

    return forms


def _upgraded(suffix: str) -> Callable[[str, bool], list[Form]]:
    def forms(root: str, _keep: bool) -> list[Form]:
        stem = per(root) + suffix
        return [("mem" + stem, 0.25), ("di" + stem, 0.2)]

    return forms


def _colloquial(root: str, _keep: bool) -> list[Form]:
    if root.endswith("i"):
        root_in = root + "in"
        return [(root_in, 0.1), ("di" + root_in, 0.06), (ng(root) + "in", 0.05)]
    return [(root + "in", 0.1), ("di" + root + "in", 0.06), (ng(root) + "in", 0.05)]


_RULES: dict[str, Callable[[str, bool], list[Form]]] = {
    "v": _transitive,
    "k": _suffixed("kan"),
    "i": _suffixed("i"),
    "m": lambda root, keep: [(men(root, keep=keep), 0.7)],
    "N": lambda root, keep: [(men(root, keep=keep), 0.7)],
    "t": lambda root, _: [(ter(root), 0.3)],
    "b": lambda root, _: [(ber(root), 0.6)],
    "B": lambda root, _: [(ber(root) + "an", 0.2)],
    "q": lambda root, _: [(ber(root) + "kan", 0.1)],
    "p": lambda root, keep: [(pen(root, keep=keep), 0.3)],
    "R": lambda root, _: [(_agent(root), 0.4)],
    "P": lambda root, keep: [(pen(root, keep=keep) + "an", 0.3)],
    "r": lambda root, _: [(per(root) + "an", 0.4)],
    "n": lambda root, _: [(root + "an", 0.4)],
    "a": lambda root, _: [("ke" + root + "an", 0.4)],
    "s": lambda root, _: [("se" + root, 0.25)],
    "S": lambda root, _: [("se" + root + "nya", 0.25)],
    "X": _upgraded(""),
    "M": _upgraded("kan"),
    "I": _upgraded("i"),
    "y": lambda root, _: [(root + "nya", 0.1)],
    "u": lambda root, _: [(root + "ku", 0.08), (root + "mu", 0.06)],
    "l": lambda root, _: [(root + "lah", 0.1)],
    "g": lambda root, _: [(ng(root), 0.12)],
    "c": _colloquial,
}
CODES = frozenset(_RULES) | frozenset("0+*")
_NOUNS = frozenset("nPra")
_OBJECTS = frozenset("vki")


def _agent(root: str) -> str:
    """Return pe- + root as in petani, pekerja, pelajar, perenang."""
    return "pelajar" if root == "ajar" else "pe" + root


def derive(root: str, codes: str, band: int) -> Iterator[Form]:
    """Yield (word, share of the root's weight) for `root` and every form that `codes` marks as living.

    Derived nouns and objects also take -nya when the root is common: `kesehatannya`, `melihatnya`.
    """
    yield root, _BOUND if "0" in codes else _BARE
    keeps = (False, True) if "*" in codes else ("+" in codes,)
    for code in codes:
        if code in "0+*":
            continue
        for number, keep in enumerate(keeps):
            share = 1.0 if number == 0 else 0.5
            for word, part in _RULES[code](root, keep):
                yield word, part * share
                if code in _NOUNS and band <= 2:
                    yield word + "nya", part * share * 0.2
                if code in _OBJECTS and band <= 2 and word.startswith("me"):
                    yield word + "nya", part * share * 0.15
