# SPDX-License-Identifier: GPL-3.0-or-later
"""Article Markdown as HTML that is safe to put into a page.

Raw HTML in an article shows as text, images are not loaded, and links that are not plain web links lose their
target (the renderer refuses ``javascript:`` and ``data:``): an article is content, never code.
"""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def to_html(source: str) -> str:
    """Return ``source`` (CommonMark with tables) as HTML."""
    rendered: str = _renderer().render(source)
    return rendered
