# SPDX-License-Identifier: GPL-3.0-or-later
"""One article, one Markdown file with YAML front matter; read with every mistake and its line, and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleError, ArticleFolderError
from retrieval.exchange.reading import Item, Reading, build_article, read_text

FENCE = "---"
NOT_ARTICLES = {"CARD.md", "README.md"}
MAX_ARTICLE_BYTES = 1 << 20
_VERSIONED = re.compile(r"^(?P<slug>.+?)(\.v\d+)?$")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # C where PyYAML was built with it: ten times faster


def article_files(folder: Path) -> list[Path]:
    """Return the article files of a folder, sorted; raises ArticleFolderError when there is none."""
    files = sorted(path for path in folder.glob("*.md") if path.name not in NOT_ARTICLES)
    if not files:
        raise ArticleFolderError(
            text("retrieval.articles_missing", path=folder), remedy=text("retrieval.articles_missing_remedy")
        )
    return files


def read_folder(folder: Path) -> Reading:
    """Read every article file of a folder; raises ArticleFolderError when there is none."""
    reading = Reading()
    for path in article_files(folder):
        reading.add(read_file(path))
    return reading


def read_file(path: Path) -> Reading:
    """Read one article file."""
    try:
        return check_article(read_text(path, MAX_ARTICLE_BYTES), path)
    except ArticleError as error:
        return Reading(problems=[error])


def check_article(source: str, path: Path) -> Reading:
    """Return the article written in ``source``, or every mistake; ``path`` must be called as the article's id.

    A file is called ``<id>.md`` or, for an older version that is kept beside the newest, ``<id>.v<version>.md``.
    """
    lines = source.split("\n")
    if lines[0].strip() != FENCE:
        return Reading(problems=[ArticleError(path, 1, text("retrieval.article_no_fence"))])
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if end is None:
        return Reading(
            problems=[ArticleError(path, source.rstrip("\n").count("\n") + 1, text("retrieval.article_not_closed"))]
        )
    try:
        node, fields = _front_matter("\n".join(lines[1:end]), path)
    except ArticleError as error:
        return Reading(problems=[error])
    problems = _twice(node, path)
    key_lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value} | {"body": end + 2}
    article, mistakes = build_article(
        {**fields, "body": "\n".join(lines[end + 1 :])}, path, "line", lambda loc: _line(node, loc, key_lines)
    )
    problems += mistakes
    if article is None:
        return Reading(problems=problems)
    match = _VERSIONED.match(path.stem)
    if match is None or match["slug"] != article.id:
        problem = text("retrieval.article_wrong_name", article=article.id)
        problems.append(ArticleError(path, key_lines.get("id", 1), problem))
    return Reading([] if problems else [Item(article, path, 1, "line", key_lines)], problems)


def _front_matter(source: str, path: Path) -> tuple[yaml.MappingNode, dict[str, Any]]:
    """Return the front matter as nodes, which know their lines, and as data."""
    loader = None
    try:
        loader = _Loader(source)
        node = loader.get_single_node()
        fields = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise ArticleError(path, line, text("retrieval.article_yaml", problem=error.problem)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # control characters; a date such as 2025-02-31
        raise ArticleError(path, 2, text("retrieval.article_yaml", problem=str(error).splitlines()[0])) from error
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(node, yaml.MappingNode) or not isinstance(fields, dict):
        raise ArticleError(path, 2, text("retrieval.article_no_keys"))
    return node, {str(key): value for key, value in fields.items()}


def _twice(node: yaml.MappingNode, path: Path) -> list[ArticleError]:
    """Return a mistake for each key given again: the later one would silently win."""
    seen: set[str] = set()
    problems = []
    for key, _ in node.value:
        if key.value in seen:
            problem = text("retrieval.field_twice", field=key.value)
            problems.append(ArticleError(path, key.start_mark.line + 2, problem))
        seen.add(key.value)
    return problems


def _line(node: yaml.Node, loc: tuple[int | str, ...], key_lines: Mapping[str, int]) -> int:
    """Return the line of a field, or of the nearest thing around it that has one."""
    line = key_lines.get(str(loc[0]), 1) if loc else 1
    for part in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 2
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [(key, value) for key, value in pairs if key.value == part]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 2, found[0][1]
    return line


def article_markdown(article: Article) -> str:
    """Return an article as its file; reading it gives the same article again."""
    fields = article.model_dump(exclude={"body"})
    fields["legal_basis"] = [basis.model_dump(exclude_defaults=True) for basis in article.legal_basis]
    for name in ("questions", "audience", "related"):
        fields[name] = list(fields[name])
    front = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=10_000)
    return f"{FENCE}\n{front}{FENCE}\n\n{article.body}\n"


def file_name(article: Article, *, newest: bool) -> str:
    """Return the name of an article's file."""
    return f"{article.id}.md" if newest else f"{article.id}.v{article.version}.md"
