# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets readers see words early without seeing them change.

The recogniser's best guess flickers while a word is being spoken, and comes in steps of about 0.2 s (the network's
chunk). A word is shown once it and all before it have been the guess for ``HOLD_MS``, that is in two steps: the
common prefix of successive hypotheses ("local agreement", Liu et al., Interspeech 2020). A word that another one
follows in the guess is nearly always whole and waits for less; so does the first word of an utterance. What was shown
is taken back only when other words settle in its place, or when its absence lasts.

:func:`churn` measures the result as the "unstable partial word ratio" of Shangguan et al., "Analyzing the Quality and
Stability of a Streaming End-to-End On-Device Speech Recognizer", Interspeech 2020.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

HOLD_MS = 250
FOLLOWED_HOLD_MS = 50
FIRST_HOLD_MS = 50
MISSING_MS = 400


class Steadier:
    """The text to show of one open utterance after another. Times are places in the recording, in milliseconds."""

    def __init__(
        self,
        *,
        hold_ms: int = HOLD_MS,
        followed_hold_ms: int = FOLLOWED_HOLD_MS,
        first_hold_ms: int = FIRST_HOLD_MS,
        missing_ms: int = MISSING_MS,
    ) -> None:
        self._hold_ms, self._followed_hold_ms = hold_ms, followed_hold_ms
        self._first_hold_ms, self._missing_ms = first_hold_ms, missing_ms
        self.reset()

    def reset(self) -> None:
        """Begin a new utterance."""
        self._guess: list[str] = []
        self._since: list[int] = []  # since when each word of the guess has stood unchanged
        self._shown: list[str] = []
        self._short_since: int | None = None  # since when the guess has been without some of what is shown

    def show(self, guess: str, at_ms: int) -> str:
        """Return what to show when the recogniser's guess is this."""
        words = guess.split()
        same = common(self._guess, words)
        settled = self._settled(words, same, at_ms)
        self._since = self._since[:same] + [at_ms] * (len(words) - same)
        self._guess = words
        missing = settled == self._shown[: len(settled)] and len(settled) < len(self._shown)
        if not missing:
            self._shown, self._short_since = settled, None
        elif words[: len(self._shown)] == self._shown:  # still the guess, only not long enough: nothing is wrong
            self._short_since = None
        elif self._short_since is None:
            self._short_since = at_ms
        elif at_ms - self._short_since >= self._missing_ms:
            self._shown, self._short_since = settled, None
        return " ".join(self._shown)

    def _settled(self, words: list[str], same: int, at_ms: int) -> list[str]:
        """Return the words at the guess's beginning that may be shown."""
        for at in range(same):
            if at_ms - self._since[at] < self._wait_ms(at, len(words)):
                return words[:at]
        return words[:same]

    def _wait_ms(self, at: int, count: int) -> int:
        if at == 0:
            return self._first_hold_ms
        return self._hold_ms if at == count - 1 else self._followed_hold_ms


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def churn(utterances: Iterable[Sequence[str]]) -> float:
    """Return how many shown words were changed or taken back again, per word of the final texts.

    Parameters:
        utterances: for each utterance the texts shown, one after the other; the last is the final text ("" if none).
    """
    unstable = total = 0
    for texts in utterances:
        shown: list[str] = []
        for text in texts:
            words = text.split()
            unstable += len(shown) - common(shown, words)
            shown = words
        total += len(shown)
    return unstable / max(1, total)
