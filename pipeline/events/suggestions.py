# SPDX-License-Identifier: GPL-3.0-or-later
"""What retrieval showed and what became of it (``suggestions.jsonl``): written by the hub."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.events.base import CallEvent, Leg, event

QuestionClass = Literal["interpretation", "information"]


class QuotedWords(BaseModel):
    """Where the words that brought an article up stand: characters ``start`` to ``end`` of a segment's text.

    ``words``: the places of the single matched words, in order. ``segment`` 0: it is not known which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    leg: Leg
    segment: int
    start: int
    end: int
    words: tuple[tuple[int, int], ...] = ()


class CitedRegulation(BaseModel):
    """A regulation that an answer rests on, as the page names it, and from when to when it applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str
    in_force_from: date | None = None
    in_force_to: date | None = None


class SuggestedArticle(BaseModel):
    """One row of the suggestion list as the agent saw it.

    ``quote``: what was said, character by character, with its place in ``quoted``. ``question``: the article's question
    form nearest in meaning, when no word matched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    article_id: str
    version: int
    title: str
    score: float
    matched_words: tuple[str, ...] = ()
    quote: str = ""
    quoted: QuotedWords | None = None
    question: str = ""
    legal_basis: tuple[CitedRegulation, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    in_force: bool = True


@event
class SuggestionsShown(CallEvent):
    """The list on the agent's page changed to this. ``question``: which question of the call, from 1."""

    name = "suggestions.shown"
    stream = "suggestions"
    query: str
    articles: tuple[SuggestedArticle, ...]
    no_answer: bool = False
    no_answer_probability: float = 0.0
    provisional: bool = False  # made from a partial
    question: int = Field(default=1, ge=1)


@event
class ClassProposed(CallEvent):
    """The words suggest a class for the question (LIP20-0015 G.3); a person decides.

    ``probability``: that it is an interpretation of regulations. ``reasons``: the caller's words that speak for the
    class proposed.
    """

    name = "class.proposed"
    stream = "suggestions"
    kind: QuestionClass
    probability: float
    reasons: tuple[str, ...]
    query: str
    question: int = Field(default=1, ge=1)


class _ArticleFeedback(CallEvent):
    """What a person did with an article. ``query``: the words it was found with, "" in journals of before."""

    stream = "suggestions"
    article_id: str
    version: int
    person: str
    query: str = ""
    question: int = Field(default=1, ge=1)


@event
class SuggestionOpened(_ArticleFeedback):
    """A person opened an article in the reader."""

    name = "suggestion.opened"


@event
class SuggestionUsed(_ArticleFeedback):
    """A person took the article's answer into the case."""

    name = "suggestion.used"


@event
class SuggestionRejected(_ArticleFeedback):
    """A person marked the article as not helpful."""

    name = "suggestion.rejected"


@event
class AnsweredWithoutSikp(CallEvent):
    """A person answered the question from elsewhere; SIKP lacks something."""

    name = "question.answered_without_sikp"
    stream = "suggestions"
    person: str
    query: str = ""
    question: int = Field(default=1, ge=1)
