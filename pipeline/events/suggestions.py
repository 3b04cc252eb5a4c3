# SPDX-License-Identifier: GPL-3.0-or-later
"""What retrieval showed and what became of it (``suggestions.jsonl``): written by the hub."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from pipeline.events.base import CallEvent, event


class SuggestedArticle(BaseModel):
    """One row of the suggestion list as the agent saw it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    article_id: str
    version: int
    title: str
    score: float
    matched_words: tuple[str, ...] = ()
    quote: str = ""


@event
class SuggestionsShown(CallEvent):
    """The list on the agent's page changed to this."""

    name = "suggestions.shown"
    stream = "suggestions"
    query: str
    articles: tuple[SuggestedArticle, ...]
    no_answer: bool = False
    no_answer_probability: float = 0.0
    provisional: bool = False  # made from a partial


@event
class SuggestionOpened(CallEvent):
    """A person opened an article in the reader."""

    name = "suggestion.opened"
    stream = "suggestions"
    article_id: str
    version: int
    person: str


@event
class SuggestionUsed(CallEvent):
    """A person took the article's answer into the case."""

    name = "suggestion.used"
    stream = "suggestions"
    article_id: str
    version: int
    person: str


@event
class SuggestionRejected(CallEvent):
    """A person marked the article as not fitting."""

    name = "suggestion.rejected"
    stream = "suggestions"
    article_id: str
    version: int
    person: str
