# SPDX-License-Identifier: GPL-3.0-or-later
"""Suggestions while the caller speaks: from recognised words to a list that an agent can read in peace.

Pure of transport: the hub calls :meth:`LiveSuggester.on_partial` and :meth:`LiveSuggester.on_final` in a worker
thread with what asr published, and shows and stores the :class:`SuggestionUpdate` it gets back (None: leave the page
alone). Nothing is searched before the caller has asked something. A partial counts once its words have not changed for
``stable_ms``, and touches the page only when another article comes first. A new list replaces the shown one only when
it is clearly better. Thread-safe; calls do not wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from pipeline.events import (
    ClassProposed,
    Leg,
    QuestionClass,
    SuggestedArticle,
    SuggestionsShown,
)
from retrieval.classify import Classification, classify
from retrieval.conversation import Conversation, Question
from retrieval.intent import topic_words
from retrieval.normalize import analyse, domain_words
from retrieval.quoting import Turn
from retrieval.rows import is_news, settle, suggested
from retrieval.search import MAX_QUERY_CHARS, Hit, SearchResult

LIST_LENGTH = 5
LEAST_SCORE = 0.05  # below it an article is noise: of twenty such hits less than one is right
LEAST_BACKGROUND = 0.25  # a question before that weighs less is forgotten
LEAST_TOPIC_WORDS = 2
PARTIAL_MARGIN = 0.10  # how much better a new first article must be than the shown one
FINAL_MARGIN = 0.05
NO_ANSWER_WORDS = 3  # with fewer topic words it is too early to say that SIKP has no answer
NO_ANSWER_GAP = 0.1  # "no answer" that is shown goes away only so far below the threshold


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
    question: int = 1

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
            question=self.question,
        )


@dataclass(frozen=True, slots=True)
class ClassUpdate:
    """The class that the words suggest for the question has become this."""

    call_id: str
    proposed: Classification
    query: str
    question: int

    def to_event(self, at: datetime, offset_ms: int | None = None) -> ClassProposed:
        """Return the event that the hub publishes and stores."""
        return ClassProposed(
            at=at,
            call_id=self.call_id,
            offset_ms=offset_ms,
            kind=self.proposed.kind,
            probability=self.proposed.probability,
            reasons=self.proposed.reasons,
            query=self.query,
            question=self.question,
        )


@dataclass
class _Partial:
    turn: Turn
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
    number: int = 1  # of the question that the list is for
    proposed: tuple[int, QuestionClass] | None = None


class LiveSuggester:
    """Suggestions for any number of calls at once; state of a call lives until :meth:`end_call`.

    Parameters:
        stable_ms: how long a partial's words must stay the same (setting ``stable_partial_ms``).
        no_answer_threshold: tells the probability above which the page says that SIKP has no answer.
    """

    def __init__(
        self, searcher: Searcher, *, stable_ms: int = 400, no_answer_threshold: Callable[[], float] = lambda: 0.4
    ) -> None:
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
            turn, known = Turn(leg, segment, text), call.partial
            if known is None or known.turn != turn:
                call.partial = _Partial(turn, now_ms - stable_ms)
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

    def on_final(self, call_id: str, leg: Leg, text: str, *, segment: int = 0) -> SuggestionUpdate | None:
        """Take in a final segment of either leg."""
        call = self._call(call_id)
        with call.lock:
            turn = Turn(leg, segment, text)
            if leg == "caller":
                call.partial = None
                relevant = call.conversation.caller_said(turn)
            else:
                relevant = call.conversation.agent_said(turn)
            question = call.conversation.question() if relevant else None
            return self._update(call_id, call, question, final=True) if question else None

    def proposed_class(self, call_id: str) -> ClassUpdate | None:
        """Return the class proposed for the call's question if that is another than what was returned last."""
        with self._lock:
            call = self._calls.get(call_id)
        if call is None:
            return None
        with call.lock:
            question = call.conversation.question()
            found = classify(question.text) if question else None
            if question is None or found is None:
                return None
            last = call.proposed
            if last == (question.number, found.kind):
                return None
            call.proposed = (question.number, found.kind)
            return ClassUpdate(call_id, found, question.text[-MAX_QUERY_CHARS:], question.number)

    def restore(self, call_id: str, shown: SuggestionsShown | None, proposed: ClassProposed | None = None) -> None:
        """Take up what is on the page already: what a restarted hub read from the call's folder."""
        call = self._call(call_id)
        with call.lock:
            if shown is not None:
                call.shown, call.no_answer, call.provisional = shown.articles, shown.no_answer, shown.provisional
                call.number = shown.question
            if proposed is not None:
                call.proposed = (proposed.question, proposed.kind)

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
        question = call.conversation.question(partial.turn)
        return self._update(call_id, call, question, final=False) if question else None

    def _update(self, call_id: str, call: _Call, question: Question, *, final: bool) -> SuggestionUpdate | None:
        words = topic_words(question.text)
        if words < LEAST_TOPIC_WORDS and not (final and domain_words(analyse(question.text))):
            return None
        query = question.text[-MAX_QUERY_CHARS:]
        result = self._searcher.search(query, limit=LIST_LENGTH)
        hits, probability = self._with_background(question, result)
        fresh = tuple(suggested(hit, question.turns) for hit in hits if hit.score >= LEAST_SCORE)
        another = question.number != call.number
        shown, was_no_answer = ((), False) if another else (call.shown, call.no_answer)
        no_answer = was_no_answer
        if final:
            threshold = self._no_answer_threshold() - (NO_ANSWER_GAP if was_no_answer else 0.0)
            ripe = was_no_answer or (question.outright and words >= NO_ANSWER_WORDS)
            no_answer = probability > threshold and ripe
        articles = settle(shown, fresh, FINAL_MARGIN if final else PARTIAL_MARGIN)
        if another and not articles and not no_answer:
            return None  # the list of the question before stays until there is something to put in its place
        if not is_news(articles, shown, final=final):
            if no_answer == was_no_answer and not (final and call.provisional and articles):
                return None
            articles = shown or articles
        call.shown, call.no_answer, call.provisional, call.number = articles, no_answer, not final, question.number
        return SuggestionUpdate(
            call_id=call_id,
            articles=articles,
            no_answer=no_answer,
            no_answer_probability=probability,
            query=query,
            reasons=articles[0].matched_words if articles else (),
            provisional=not final,
            question=question.number,
        )

    def _with_background(self, question: Question, result: SearchResult) -> tuple[list[Hit], float]:
        """Return the hits with, below their full score, those that the question before adds; and "no answer"."""
        if question.background_weight <= LEAST_BACKGROUND:
            return list(result.hits), result.no_answer_probability
        both = f"{question.background} {question.text}"[-MAX_QUERY_CHARS:]
        wider = self._searcher.search(both, limit=LIST_LENGTH)
        best = {hit.article_id: hit for hit in result.hits}
        for hit in wider.hits:
            faded = replace(hit, score=round(hit.score * question.background_weight, 4))
            if hit.article_id not in best or best[hit.article_id].score < faded.score:
                best[hit.article_id] = faded
        hits = sorted(best.values(), key=lambda hit: (not hit.in_force, -hit.score))[:LIST_LENGTH]
        own = result.no_answer_probability
        return hits, min(own, wider.no_answer_probability) if question.follows else own
