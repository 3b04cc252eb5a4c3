# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue on paper replayed as our recogniser would deliver it, and what the agent's page would have done.

Words come one by one; the newest is often guessed wrong first; at a comma the speaker pauses long enough for the
partial to become stable; a turn's end makes it final, after the recogniser's silence. :class:`Seen` counts what a
reader minds: how often the list changed, how often it was only reordered, whether the first article went and came
back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.events import Leg
from retrieval.suggester import LiveSuggester, SuggestionUpdate

WORD_MS = 360
GUESS_MS = 120  # how long a wrong guess of a word stands
PAUSE_MS = 600  # at a comma
END_MS = 750  # silence after which a segment is final
REPEAT_MS = 400  # an unchanged partial is told again this often

Line = tuple[Leg, str]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recogniser tells at ``at_ms``; ``stable_ms``: since when the text is the same."""

    at_ms: int
    leg: Leg
    segment: int
    text: str
    final: bool
    stable_ms: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What the page became at ``at_ms``."""

    at_ms: int
    update: SuggestionUpdate

    @property
    def articles(self) -> tuple[str, ...]:
        """The ids on the list, in order."""
        return tuple(one.article_id for one in self.update.articles)


@dataclass
class Seen:
    """What a reader of the page saw during one call."""

    steps: list[Step] = field(default_factory=list)

    @property
    def lists(self) -> list[tuple[str, ...]]:
        """The lists that followed each other, equal neighbours once."""
        out: list[tuple[str, ...]] = []
        for step in self.steps:
            if not out or step.articles != out[-1]:
                out.append(step.articles)
        return out

    @property
    def changes(self) -> int:
        """How often the list changed, its first appearance included."""
        return len([one for one in self.lists if one])

    @property
    def reorderings(self) -> int:
        """How often articles that stayed on the list changed their order below an unchanged first one."""
        count = 0
        for before, after in pairwise(self.lists):
            kept = [one for one in before if one in after]
            if before and after and before[0] == after[0] and kept != [one for one in after if one in before]:
                count += 1
        return count

    @property
    def returns(self) -> int:
        """How often an article that had lost the first place took it again: the flicker that people notice."""
        firsts = [one[0] for one in self.lists if one]
        firsts = [one for number, one in enumerate(firsts) if number == 0 or one != firsts[number - 1]]
        return sum(one in firsts[:number] for number, one in enumerate(firsts))

    @property
    def notice_changes(self) -> int:
        """How often "SIKP has no answer" appeared or went."""
        states = [False, *(step.update.no_answer for step in self.steps)]
        return sum(before != after for before, after in pairwise(states))

    def first_shown_ms(self, article_id: str, *, among: int = 3) -> int | None:
        """Return when an article was first among the first ``among``; None when it never was."""
        return next((step.at_ms for step in self.steps if article_id in step.articles[:among]), None)


def heard(lines: Sequence[Line]) -> Iterator[Heard]:
    """Yield what the recogniser tells of a dialogue, in time order; speakers take turns."""
    now = 0
    segments: dict[Leg, int] = {"caller": 0, "agent": 0}
    for leg, line in lines:
        segments[leg] += 1
        said: list[str] = []
        for word in line.split():
            bare = word.rstrip(",.?")
            now += GUESS_MS
            if len(bare) > 3:
                yield Heard(now, leg, segments[leg], " ".join([*said, bare[:3]]), final=False)
            now += WORD_MS - GUESS_MS
            said.append(bare)
            text = " ".join(said)
            yield Heard(now, leg, segments[leg], text, final=False)
            if word != bare:
                yield Heard(now + REPEAT_MS, leg, segments[leg], text, final=False, stable_ms=REPEAT_MS)
                now += PAUSE_MS
        yield Heard(now + REPEAT_MS, leg, segments[leg], " ".join(said), final=False, stable_ms=REPEAT_MS)
        now += END_MS
        yield Heard(now, leg, segments[leg], " ".join(said), final=True)


def replay(suggester: LiveSuggester, told: Iterable[Heard], *, call_id: str = "replay") -> Seen:
    """Feed a call to the suggester and return what its page showed."""
    seen = Seen()
    for one in told:
        if one.final:
            update = suggester.on_final(call_id, one.leg, one.text, segment=one.segment)
        else:
            update = suggester.on_partial(
                call_id, one.leg, one.segment, one.text, now_ms=one.at_ms, stable_ms=one.stable_ms
            )
        if update is not None:
            seen.steps.append(Step(one.at_ms, update))
    suggester.end_call(call_id)
    return seen
