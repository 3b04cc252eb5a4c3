# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval retrieval``: the search on written and on spoken questions, its cost by size, and how both are shown."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline.catalog import text
from pipeline.errors import KringError
from pipeline.settings import PROJECT_DIR, Settings
from retrieval.articles import Article, ArticleStore
from retrieval.encoders import find_encoder
from retrieval.evaluation import no_answer
from retrieval.evaluation.no_answer import Row
from retrieval.evaluation.questions import FILE_STYLE, Question, read_questions
from retrieval.evaluation.ranks import Answered, Figures, ask, latency, rank_figures
from retrieval.scale import SIZES, scale
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from service.console import add_row, table

if TYPE_CHECKING:
    from models.encoder_id.hearing import HeardQuestion

QUESTIONS = PROJECT_DIR / "tests/retrieval/data/test_questions.jsonl"
SPOKEN = 240  # questions read aloud: more do not narrow the interval as much as they cost
QUICK_SPOKEN = 24
QUICK_SIZES = SIZES[:1]
TIMED = 300  # searches that are timed at each size
LOAD_S = 120.0
ASR_STYLE = "asr"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """The options of the command, as they were given. ``spoken``: questions read aloud, None = the usual number."""

    questions: Path | None = None
    quick: bool = False
    spoken: int | None = None
    jobs: int = 2


@dataclass
class SearchReport:
    """Everything that was measured. ``left_out``: what could not be measured here, and why."""

    figures: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    thresholds: dict[str, list[Row]] = field(default_factory=dict)
    setup: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def take(self, figures: Figures) -> None:
        """Take in figures with their intervals."""
        self.figures |= figures.values
        self.intervals |= figures.intervals


def run_retrieval_evaluation(settings: Settings, asked: Asked, progress: Progress) -> SearchReport:
    """Measure the search over the articles in ``articles_dir``.

    With a file of the user's own only its questions are asked; otherwise the project's test questions are, written
    and spoken, and the cost of the search is measured at growing sizes.

    Raises:
        KringError: the questions or the articles cannot be read.
    """
    path = asked.questions or QUESTIONS
    questions = read_questions(path)
    store = FolderArticleStore(settings.articles_dir)
    engine = _engine(settings, store)
    engine.start()
    try:
        engine.wait_ready(LOAD_S)
        run = _Run(settings, asked, progress, engine)
        run.written(questions)
        if asked.questions is None:
            run.spoken(questions)
        known = frozenset(one.id for one in store.published())
        run.report.setup |= _setup(path, questions, known, engine.status().encoder_id)
    finally:
        engine.close()
    if asked.questions is None:
        run.sizes(store.published(), questions)
    return run.report


def _engine(settings: Settings, store: ArticleStore) -> SearchEngine:
    return SearchEngine(store, find_encoder(settings.encoder, settings.encoder_folders))


@dataclass
class _Run:
    """One measurement: what it works with and what it has found so far."""

    settings: Settings
    asked: Asked
    progress: Progress
    engine: SearchEngine
    report: SearchReport = field(default_factory=SearchReport)

    def written(self, questions: Sequence[Question]) -> None:
        """Ask the questions as they are written."""
        status = self.engine.status()
        if status.mode != "hybrid":
            self.report.left_out.append(text("retrieval_eval.no_encoder", problem=status.problem))
        self.progress(text("retrieval_eval.progress_written", count=len(questions)))
        answered = ask(self.engine, questions)
        own_file = self.asked.questions is not None
        self.report.take(rank_figures(answered, lambda one: FILE_STYLE if own_file else one.question.style))
        self.report.figures |= latency(answered, status.articles)
        self._no_answer(answered, "")

    def spoken(self, questions: Sequence[Question]) -> None:
        """Ask the same questions as the recogniser hears them; a machine without the voices is told, not failed."""
        from models.encoder_id.hearing import hear

        usual = QUICK_SPOKEN if self.asked.quick else SPOKEN
        count = usual if self.asked.spoken is None else self.asked.spoken
        if count == 0:
            self.report.left_out.append(text("retrieval_eval.spoken_off"))
            return
        some = evenly(questions, count)
        self.progress(text("retrieval_eval.progress_spoken", count=len(some)))
        try:
            told = hear(
                [one.question for one in some],
                self.settings.asr_model.resolve(),
                jobs=self.asked.jobs,
                progress=lambda done, of: self.progress(text("asr_eval.progress_share", percent=100 * done // of)),
            )
        except KringError as error:
            self.report.left_out.append(text("retrieval_eval.spoken_failed", problem=error))
            return
        self.report.setup |= {"questions.asr": len(told), "unsayable": len(some) - len(told)}
        if told:
            self._heard(told, some)

    def sizes(self, articles: Sequence[Article], questions: Sequence[Question]) -> None:
        """Measure what the search costs with ever more articles."""
        sizes = QUICK_SIZES if self.asked.quick else SIZES
        self.progress(text("retrieval_eval.progress_scale", count=f"{max(sizes):,}"))
        queries = [one.question for one in evenly(questions, TIMED)]
        self.report.figures |= scale(lambda store: _engine(self.settings, store), articles, queries, sizes)

    def _heard(self, told: Sequence[HeardQuestion], some: Sequence[Question]) -> None:
        from models.encoder_id.hearing import word_errors

        answered = ask(self.engine, [Question(one.heard, some[one.number].articles, ASR_STYLE) for one in told])
        self.report.take(rank_figures(answered, lambda _: ASR_STYLE))
        self._no_answer(answered, ASR_STYLE)
        self.report.figures["wer.asr"] = word_errors(told)
        for name, stranger in (("known_voices", False), ("strangers", True)):
            part = [(heard, one) for heard, one in zip(told, answered, strict=True) if heard.stranger is stranger]
            figures = rank_figures([one for _, one in part], lambda _: ASR_STYLE).values
            if figures:
                self.report.figures[f"recall_at_3.asr_{name}"] = figures[f"recall_at_3.{ASR_STYLE}"]
                self.report.figures[f"wer.asr_{name}"] = word_errors([heard for heard, _ in part])

    def _no_answer(self, answered: Sequence[Answered], style: str) -> None:
        rows = no_answer.table(answered)
        if not rows:
            return
        chosen = no_answer.at_threshold(answered, self.settings.no_answer_threshold)
        dot = f".{style}" if style else ""
        self.report.thresholds[style or "text"] = rows
        self.report.figures |= {f"no_answer.precision{dot}": chosen.precision, f"no_answer.recall{dot}": chosen.recall}


def evenly(questions: Sequence[Question], count: int) -> list[Question]:
    """Return ``count`` questions (all, when there are fewer), every style and kind by its share, in their order."""
    if count >= len(questions):
        return list(questions)
    order = sorted(
        range(len(questions)), key=lambda at: (questions[at].style, not questions[at].articles, at)
    )  # so that equal steps meet each group as often as it is large
    chosen = sorted(order[number * len(order) // count] for number in range(count))
    return [questions[at] for at in chosen]


def _setup(path: Path, questions: Sequence[Question], articles: frozenset[str], encoder: str) -> dict[str, Any]:
    counts = Counter(one.style for one in questions if one.articles)
    return {
        "questions": path.name,
        **{f"questions.{style}": count for style, count in sorted(counts.items())},
        "questions.no_answer": sum(not one.articles for one in questions),
        "questions.of_unknown_articles": sum(bool(one.articles) and not one.articles & articles for one in questions),
        "articles": len(articles),
        "encoder": encoder or "-",
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    }


def as_json(report: SearchReport) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "figures": report.figures,
        "intervals": report.intervals,
        "thresholds": {name: [asdict(row) for row in rows] for name, rows in report.thresholds.items()},
        "setup": report.setup,
        "left_out": report.left_out,
    }


def show(report: SearchReport, out: Console) -> None:
    """Print the three ways of searching side by side, the thresholds, then what remains."""
    compared = [name for name in report.figures if f"bm25.{name}" in report.figures]
    rows = table(
        text("service.figure"), text("retrieval_eval.hybrid"), text("retrieval_eval.interval"), "BM25", "dense"
    )
    for name in compared:
        low, high = report.intervals.get(name, (float("nan"),) * 2)
        cells = (f"{low:.3f}–{high:.3f}", *(_cell(report.figures.get(f"{half}.{name}")) for half in ("bm25", "dense")))
        add_row(rows, name, f"{report.figures[name]:.3f}", *cells)
    out.print(rows)
    for name, thresholds in report.thresholds.items():
        _show_thresholds(name, thresholds, out)
    shown = {*compared, *(f"{half}.{name}" for name in compared for half in ("bm25", "dense"))}
    rest = table(text("service.figure"), text("service.value"))
    for name, value in report.figures.items():
        if name not in shown:
            add_row(rest, name, f"{value:.4g}")
    out.print(rest)
    for line in report.left_out:
        out.print(line, markup=False)
    out.print(", ".join(f"{name}: {value}" for name, value in report.setup.items()), markup=False)


def _show_thresholds(name: str, thresholds: Sequence[Row], out: Console) -> None:
    headings = ("threshold", "precision", "recall", "silenced")
    rows = table(*(text(f"retrieval_eval.{heading}") for heading in headings))
    for row in thresholds:
        add_row(rows, f"{row.threshold:.1f}", f"{row.precision:.3f}", f"{row.recall:.3f}", f"{row.silenced:.3f}")
    out.print(text(f"retrieval_eval.thresholds_{name}"), rows)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
