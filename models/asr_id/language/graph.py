# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the decoding graph of a model folder: the dynamic pair HCLr.fst + Gr.fst, or one static HCLG.fst.

The work is done in a child process (`python -m models.asr_id.language.graph PLAN.json`): kaldifst carries the
same native symbols as Vosk, and both in one process abort it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from models.asr_id.language.errors import LanguageError
from models.asr_id.language.lexfile import LEXICON_FILE, Pronunciation, write_lexicon
from models.asr_id.language.ngrams import LanguageModel, save
from models.asr_id.language.phonetable import phones_txt, word_boundary_int
from pipeline.catalog import text

CHILD_S = 600.0


def build_dynamic(model_dir: Path, model: LanguageModel, lexicon: Sequence[Pronunciation]) -> None:
    """Write `graph/` with look-ahead composition at run time, and the lexicon beside it, into a model folder.

    Raises:
        LanguageError: a word has no pronunciation, a tool is missing or failed; the message holds its last line.
    """
    _build("dynamic", model_dir, model, lexicon)
    write_lexicon(lexicon, model_dir / LEXICON_FILE)


def build_static(model_dir: Path, model: LanguageModel, lexicon: Sequence[Pronunciation]) -> None:
    """Write `graph/` with one HCLG.fst; for small vocabularies and for checks. Raises as :func:`build_dynamic`."""
    _build("static", model_dir, model, lexicon)


def _build(kind: str, model_dir: Path, model: LanguageModel, lexicon: Sequence[Pronunciation]) -> None:
    missing = sorted(set(model.words) - {entry.word for entry in lexicon})
    if missing:
        raise LanguageError(text("language.word_unpronounceable", word=", ".join(missing[:5])))
    graph = model_dir / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    (graph / "phones.txt").write_text(phones_txt(), encoding="utf-8")
    (graph / "phones/word_boundary.int").write_text(word_boundary_int(), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="kring-graph-") as name:
        scratch = Path(name)
        save(model, scratch / "lm.npz")
        write_lexicon([entry for entry in lexicon if entry.word in model.ids], scratch / "lexicon.txt.gz")
        plan = scratch / "plan.json"
        plan.write_text(json.dumps({"kind": kind, "graph": str(graph.resolve()), "scratch": name}), encoding="utf-8")
        _run_child(plan)


def _run_child(plan: Path) -> None:
    command = [sys.executable, "-m", "models.asr_id.language.graph", str(plan)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=CHILD_S, check=False, cwd=_project()
        )
    except subprocess.TimeoutExpired as error:
        raise LanguageError(text("language.graph_failed", detail=f"> {CHILD_S:.0f} s")) from error
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        detail = (lines or [f"exit {done.returncode}"])[-1]
        raise LanguageError(text("language.graph_failed", detail=detail[:300]), remedy=text("language.graph_remedy"))


def _project() -> Path:
    """Return the folder that holds the `models` package, for the child's module search."""
    return Path(__file__).resolve().parents[3]


if __name__ == "__main__":
    from models.asr_id.language.graphwork import work

    work(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
