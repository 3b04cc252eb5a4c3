# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``models/encoder_id/model`` from the articles: ``python -m models.encoder_id.recipe``.

Everything is ours: the text, the tokenizer, the weights. The same texts and the same versions of the libraries
give the same vectors. What was made is written beside the folder (``made.json``), how well it works is measured by
``kring eval retrieval``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from models.encoder_id.corpus import groups
from models.encoder_id.training import Plan, train
from models.encoder_id.words import everyday_texts
from retrieval.dense import INPUT_FILE
from retrieval.store import FolderArticleStore

HERE = Path(__file__).parent
ARTICLES = HERE.parent.parent / "retrieval" / "articles"
SEED = 1
MOST_BYTES = 25 * 1024 * 1024


def make(articles_dir: Path, everyday: Sequence[str], target: Path, plan: Plan) -> dict[str, object]:
    """Train on the articles of a folder, write the model to ``target`` and return what was made.

    Parameters:
        everyday: texts that only tell which words are alike.

    Raises:
        RetrievalError: the articles cannot be read.
        ValueError: the model would be larger than may be shipped.
    """
    articles = FolderArticleStore(articles_dir).published()
    material = groups(articles)
    model = train(material, everyday, plan, lambda number, loss: _say(f"round {number}: loss {loss:.3f}"))
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    model.save(str(fresh), create_model_card=False, safe_serialization=True)
    (fresh / INPUT_FILE).write_text('{"input": "stems"}\n', encoding="utf-8")
    for path in fresh.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the library leaves the weights readable by the owner only
    size_bytes = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file())
    if size_bytes > MOST_BYTES:
        raise ValueError(f"the model has {size_bytes} bytes, more than {MOST_BYTES}")
    made: dict[str, object] = {
        "articles": len(articles),
        "texts": sum(len(group.texts) for group in material),
        "everyday_texts": len(everyday),
        "text_sha256": hashlib.sha256(repr((material, list(everyday))).encode()).hexdigest(),
        "plan": asdict(plan),
        "size_bytes": size_bytes,
    }
    target.with_name("made.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return made


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    """Make the shipped model."""
    _say(json.dumps(make(ARTICLES, everyday_texts(SEED), HERE / "model", Plan()), indent=2))


if __name__ == "__main__":
    main()
