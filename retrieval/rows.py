# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the suggestion list: made from hits, and put in an order that does not flicker."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.events import CitedRegulation, QuotedWords, SuggestedArticle
from retrieval.articles import LegalBasis
from retrieval.quoting import Quotation, Turn, quote
from retrieval.search import Hit

FINAL_DEPTH = 3  # what an agent looks at


def is_news(articles: tuple[SuggestedArticle, ...], shown: tuple[SuggestedArticle, ...], *, final: bool) -> bool:
    """Return whether a list differs from the shown one so much that a reader should be disturbed.

    Another first article does. With the same first one, a final's list does when one of its first ``FINAL_DEPTH`` is
    not on the page at all; a partial's never does.
    """
    if not articles or not shown:
        return bool(articles) != bool(shown)
    keys = [(one.article_id, one.version) for one in articles]
    on_page = {(one.article_id, one.version) for one in shown}
    if keys[0] != (shown[0].article_id, shown[0].version):
        return True
    return final and any(key not in on_page for key in keys[:FINAL_DEPTH])


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


def suggested(hit: Hit, turns: Sequence[Turn]) -> SuggestedArticle:
    """Return a hit as a row of the page; ``turns``: where its words were said."""
    found = quote(turns, hit.matched_words)
    return SuggestedArticle(
        article_id=hit.article_id,
        version=hit.version,
        title=hit.title,
        score=hit.score,
        matched_words=hit.matched_words,
        quote=found.text if found else "",
        quoted=_quoted(found) if found else None,
        question="" if found else hit.question,
        legal_basis=tuple(cited(basis) for basis in hit.legal_basis),
        effective_from=hit.effective_from,
        effective_to=hit.effective_to,
        in_force=hit.in_force,
    )


def cited(basis: LegalBasis) -> CitedRegulation:
    """Return a regulation as the page names it."""
    return CitedRegulation(text=str(basis), in_force_from=basis.in_force_from, in_force_to=basis.in_force_to)


def _quoted(found: Quotation) -> QuotedWords:
    return QuotedWords(
        leg=found.turn.leg,
        segment=found.turn.segment,
        start=found.span.start,
        end=found.span.end,
        words=tuple((word.start, word.end) for word in found.words),
    )
