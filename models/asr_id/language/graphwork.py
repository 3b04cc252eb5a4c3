# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of graph building that needs kaldifst and OpenFst's tools. Never import it beside Vosk.

Traps that this code steps around:

- `olabel_lookahead` renumbers the words, and Vosk's run-time grammars take ids from words.txt on both sides of their
  own G. So the new numbers are used on both sides of Gr.fst and in words.txt, where ids must stay unique.
- `fstconvert` loads the look-ahead type from a library of a name that Debian does not use; a link in a temporary
  folder gives it that name.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from models.asr_id.language.grammar import grammar_lines
from models.asr_id.language.lexfile import read_lexicon
from models.asr_id.language.lexgraph import expand, lexicon_lines
from models.asr_id.language.ngrams import BEGIN, END, load

BACKOFF = "#0"


def work(plan: dict[str, str]) -> None:
    """Build what a plan asks for (`kind`, `graph`: folder to write to, `scratch`: folder with the input)."""
    graph, scratch = Path(plan["graph"]), Path(plan["scratch"])
    names = ["<eps>", *load(scratch / "lm.npz").words, BACKOFF, BEGIN, END]
    ids = {word: number for number, word in enumerate(names)}
    {"dynamic": _dynamic, "static": _static}[plan["kind"]](graph, scratch, ids)


def _dynamic(graph: Path, scratch: Path, ids: dict[str, int]) -> None:
    import kaldifst

    lexicon, disambiguation = _lexicon(scratch, ids)
    kaldifst.determinize_star(lexicon)
    kaldifst.minimize_encoded(lexicon)
    lines, ids_out = expand(str(lexicon), lexicon.start, keep=disambiguation)
    network = kaldifst.compile(lines)
    kaldifst.arcsort(network, "olabel")
    network.write(str(scratch / "HCL.fst"))
    (graph / "disambig_tid.int").write_text("".join(f"{number}\n" for number in ids_out), encoding="utf-8")
    _tool(
        "fstconvert", "--fst_type=olabel_lookahead", f"--save_relabel_opairs={scratch / 'relabel'}",
        str(scratch / "HCL.fst"), str(graph / "HCLr.fst"), libraries=_lookahead_library(scratch),
    )  # fmt: skip
    ids = relabelled(ids, (scratch / "relabel").read_text(encoding="utf-8"))
    _grammar(scratch, ids).write(str(scratch / "G.fst"))
    _tool("fstconvert", "--fst_type=const", str(scratch / "G.fst"), str(graph / "Gr.fst"))
    write_words(graph / "words.txt", ids)


def _static(graph: Path, scratch: Path, ids: dict[str, int]) -> None:
    import kaldifst

    lexicon, _ = _lexicon(scratch, ids)
    kaldifst.arcsort(lexicon, "olabel")
    both = kaldifst.compose(lexicon, _grammar(scratch, ids), match_side="left")
    kaldifst.determinize_star(both, use_log=True)
    kaldifst.minimize_encoded(both)
    lines, _ = expand(str(both), both.start, keep=())
    network = kaldifst.compile(lines)
    kaldifst.connect(network)
    kaldifst.arcsort(network, "ilabel")
    network.write(str(scratch / "HCLG.fst"))
    _tool("fstconvert", "--fst_type=const", str(scratch / "HCLG.fst"), str(graph / "HCLG.fst"))
    write_words(graph / "words.txt", ids)


def _lexicon(scratch: Path, ids: dict[str, int]) -> tuple[Any, range]:
    import kaldifst

    lines, disambiguation = lexicon_lines(read_lexicon(scratch / "lexicon.txt.gz"), ids, BACKOFF)
    return kaldifst.compile(lines), disambiguation


def _grammar(scratch: Path, ids: dict[str, int]) -> Any:
    import kaldifst

    model = load(scratch / "lm.npz")
    labels = np.array([ids[word] for word in (*model.words, END, BEGIN)], np.int64)
    grammar = kaldifst.compile(grammar_lines(model, labels, ids[BACKOFF]))
    kaldifst.arcsort(grammar, "ilabel")
    return grammar


def relabelled(ids: dict[str, int], pairs: str) -> dict[str, int]:
    """Return the word ids after look-ahead's renumbering (`old new` a line), in the order of the new ids.

    Words that the graph does not use (`<s>`, `</s>`) get unused ids: two words of one id break run-time grammars.
    """
    new = {int(old): int(number) for old, number in (line.split() for line in pairs.splitlines() if line.strip())}
    spare = max(*new.values(), len(ids)) + 1
    result = {}
    for word, number in ids.items():
        if word in (BEGIN, END):
            result[word], spare = spare, spare + 1
        else:
            result[word] = new.get(number, number)
    return dict(sorted(result.items(), key=lambda item: item[1]))


def write_words(path: Path, ids: dict[str, int]) -> None:
    """Write a words.txt."""
    path.write_text("".join(f"{word} {number}\n" for word, number in ids.items()), encoding="utf-8")


def _lookahead_library(scratch: Path) -> Path:
    """Return a folder in which OpenFst finds its look-ahead type under the name that it looks for."""
    patterns = ("lib/*/libfstlookahead.so*", "lib*/libfstlookahead.so*", "local/lib/libfstlookahead.so*")
    found = [path for pattern in patterns for path in sorted(Path("/usr").glob(pattern))]
    if not found:
        raise SystemExit("libfstlookahead.so not found; install the package libfst-tools")
    folder = scratch / "lib"
    folder.mkdir()
    (folder / "olabel_lookahead-fst.so").symlink_to(found[-1])
    return folder


def _tool(*command: str, libraries: Path | None = None) -> None:
    environment = dict(os.environ)
    if libraries is not None:
        known = environment.get("LD_LIBRARY_PATH")
        environment["LD_LIBRARY_PATH"] = f"{libraries}:{known}" if known else str(libraries)
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
    except FileNotFoundError as error:
        raise SystemExit(f"{command[0]} not found; install the package libfst-tools") from error
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
