# SPDX-License-Identifier: GPL-3.0-or-later
"""Suggestions while the caller speaks: from recognised words to a list that an agent can read in peace.

Pure of transport: the hub calls :meth:`LiveSuggester.on_partial` and :meth:`LiveSuggester.on_final` in a worker
thread with what asr published, and shows and stores the :class:`SuggestionUpdate` it gets back (None: leave the page
alone). A partial counts once its words have not changed for ``stable_ms``. A new list replaces the shown one only
when it is clearly better, more easily on a final than on a partial. Thread-safe; calls do not wait for each other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.events import Leg, SuggestedArticle, SuggestionsShown
from retrieval.conversation import Conversation, is_question, topic_words
from retrieval.search import MAX_QUERY_CHARS, Hit, SearchResult

LIST_LENGTH = 5
PARTIAL_DEPTH = 3  # a partial that changes nothing above this place does not touch the page
LEAST_SCORE = 0.25  # below it an article is noise
LEAST_TOPIC_WORDS = 2
PARTIAL_MARGIN = 0.10  # how much better a new first article must be than the shown one
FINAL_MARGIN = 0.03
NO_ANSWER_WORDS = 3  # with fewer topic words it is too early to say that SIKP has no answer


class Searcher(Protocol):
    """What the suggester needs of :class:`retrieval.search.SearchEngine`."""

    def search(self, query: str, *, limit: int = 5) -> SearchResult:
        """Return hits for ``query``, best first."""
        ...


@dataclass(frozen=True, slots=True)
class SuggestionUpdate:
    """The list on the agent's page becomes this.

    Parameters:
        reasons: the words that brought the first article up.
        provisional: made from words that may still change.
    """

    call_id: str
    articles: tuple[SuggestedArticle, ...]
    no_answer: bool
    no_answer_probability: float
    query: str
    reasons: tuple[str, ...]
    provisional: bool

    def to_event(self, at: datetime, offset_ms: int | None = None) -> SuggestionsShown:
        """Return the event that the hub publishes and stores."""
        return SuggestionsShown(
            at=at,
            call_id=self.call_id,
            offset_ms=offset_ms,
            query=self.query,
            articles=self.articles,
            no_answer=self.no_answer,
            no_answer_probability=self.no_answer_probability,
            provisional=self.provisional,
        )


@dataclass
class _Partial:
    segment: int
    text: str
    since_ms: int
    searched: bool = False


@dataclass
class _Call:
    lock: threading.Lock = field(default_factory=threading.Lock)
    conversation: Conversation = field(default_factory=Conversation)
    partial: _Partial | None = None
    shown: tuple[SuggestedArticle, ...] = ()
    no_answer: bool = False
    provisional: bool = False


class LiveSuggester:
    """Suggestions for any number of calls at once; state of a call lives until :meth:`end_call`.

    Parameters:
        stable_ms: how long a partial's words must stay the same (setting ``stable_partial_ms``).
        no_answer_threshold: probability above which the page says that SIKP has no answer.
    """

    def __init__(self, searcher: Searcher, *, stable_ms: int = 400, no_answer_threshold: float = 0.6) -> None:
        self._searcher = searcher
        self._stable_ms = stable_ms
        self._no_answer_threshold = no_answer_threshold
        self._lock = threading.Lock()
        self._calls: dict[str, _Call] = {}

    def on_partial(
        self, call_id: str, leg: Leg, segment: int, text: str, *, now_ms: int, stable_ms: int = 0
    ) -> SuggestionUpdate | None:
        """Take in a partial.

        Parameters:
            segment: the segment's number on its leg; a new number is a new utterance.
            now_ms: a monotonic time, the same as for :meth:`on_tick`.
            stable_ms: for how long asr has seen the text unchanged.
        """
        if leg != "caller":
            return None
        call = self._call(call_id)
        with call.lock:
            known = call.partial
            if known is None or known.segment != segment or known.text != text:
                call.partial = _Partial(segment, text, now_ms - stable_ms)
            else:
                known.since_ms = min(known.since_ms, now_ms - stable_ms)
            return self._search_partial(call_id, call, now_ms)

    def on_tick(self, call_id: str, now_ms: int) -> SuggestionUpdate | None:
        """Search with a partial that became stable without a further event; call it every 100 ms or so."""
        with self._lock:
            call = self._calls.get(call_id)
        if call is None:
            return None
        with call.lock:
            return self._search_partial(call_id, call, now_ms)

    def on_final(self, call_id: str, leg: Leg, text: str) -> SuggestionUpdate | None:
        """Take in a final segment of either leg."""
        call = self._call(call_id)
        with call.lock:
            conversation = call.conversation
            if leg == "caller":
                call.partial = None
                relevant = conversation.caller_said(text)
            else:
                relevant = conversation.agent_said(text)
            return self._update(call_id, call, conversation.question(), final=True) if relevant else None

    def restore(self, call_id: str, shown: SuggestionsShown) -> None:
        """Take up the list that is on the page already: what a restarted hub read from the call's folder."""
        call = self._call(call_id)
        with call.lock:
            call.shown, call.no_answer, call.provisional = shown.articles, shown.no_answer, shown.provisional

    def end_call(self, call_id: str) -> None:
        """Forget a call; unknown calls are fine."""
        with self._lock:
            self._calls.pop(call_id, None)

    def active_calls(self) -> int:
        """Return how many calls hold state (for the leak test)."""
        with self._lock:
            return len(self._calls)

    def _call(self, call_id: str) -> _Call:
        with self._lock:
            return self._calls.setdefault(call_id, _Call())

    def _search_partial(self, call_id: str, call: _Call, now_ms: int) -> SuggestionUpdate | None:
        partial = call.partial
        if partial is None or partial.searched or now_ms - partial.since_ms < self._stable_ms:
            return None
        partial.searched = True
        if topic_words(partial.text) == 0:
            return None
        return self._update(call_id, call, call.conversation.question(partial.text), final=False)

    def _update(self, call_id: str, call: _Call, question: str, *, final: bool) -> SuggestionUpdate | None:
        words = topic_words(question)
        if words < LEAST_TOPIC_WORDS:
            return None
        query = question[-MAX_QUERY_CHARS:]
        result = self._searcher.search(query, limit=LIST_LENGTH)
        fresh = tuple(_suggested(hit) for hit in result.hits if hit.score >= LEAST_SCORE)
        no_answer = (
            result.no_answer_probability > self._no_answer_threshold
            and (final or call.no_answer)
            and words >= NO_ANSWER_WORDS
            and (is_question(question) or call.no_answer)
        )
        articles = settle(call.shown, fresh, FINAL_MARGIN if final else PARTIAL_MARGIN)
        seen = LIST_LENGTH if final else PARTIAL_DEPTH
        same = [one.article_id for one in articles[:seen]] == [one.article_id for one in call.shown[:seen]]
        if same and no_answer == call.no_answer and not (final and call.provisional and articles):
            return None
        if not articles and not no_answer and not call.shown:
            return None
        call.shown, call.no_answer, call.provisional = articles, no_answer, not final
        return SuggestionUpdate(
            call_id=call_id,
            articles=articles,
            no_answer=no_answer,
            no_answer_probability=result.no_answer_probability,
            query=query,
            reasons=articles[0].matched_words if articles else (),
            provisional=not final,
        )


def settle(
    shown: tuple[SuggestedArticle, ...], fresh: tuple[SuggestedArticle, ...], margin: float
) -> tuple[SuggestedArticle, ...]:
    """Return the list to show: ``fresh`` in the order of ``shown`` unless an article is better by ``margin``.

    Scores of articles that are still found are the fresh ones; an empty ``fresh`` keeps what is shown, because
    words that say nothing new are no reason to take the list away from a reader.
    """
    if not shown or not fresh:
        return fresh or shown
    place = {one.article_id: number for number, one in enumerate(shown)}
    settled: list[SuggestedArticle] = []
    for one in fresh:
        index = len(settled)
        while index > 0 and _overtakes(one, settled[index - 1], place, margin):
            index -= 1
        settled.insert(index, one)
    return tuple(settled)


def _overtakes(one: SuggestedArticle, ahead: SuggestedArticle, place: dict[str, int], margin: float) -> bool:
    """Return whether ``one``, ranked below ``ahead`` now, keeps its better place on the page."""
    if one.article_id not in place:
        return False
    was_ahead = place[one.article_id] < place.get(ahead.article_id, len(place))
    return was_ahead and ahead.score - one.score < margin


def _suggested(hit: Hit) -> SuggestedArticle:
    return SuggestedArticle(
        article_id=hit.article_id,
        version=hit.version,
        title=hit.title,
        score=hit.score,
        matched_words=hit.matched_words,
        quote=hit.quote,
    )
