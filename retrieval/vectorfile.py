# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentence vectors on disk, so that a restart need not encode what it encoded before.

One file: a line of magic, a header (JSON) and the vectors (float32, row after row). It is written beside the old one
and renamed, so there is never half a file under its name; it says which encoder and which way of normalising text
made it, and it is refused when it is damaged or theirs is not ours. Articles are the truth; a refused file costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.catalog import text
from retrieval.dense import Vectors, require
from retrieval.errors import IndexMismatchError

MAGIC = b"KRING VECTORS 1\n"
_DIGEST_CHARS = 64
_LENGTH_CHARS = 16
_HASH_AT_ONCE = 1 << 24
Block = tuple[str, int]  # a text's key and its number of rows


def write_vectors(path: Path, encoder_id: str, blocks: Sequence[Block], vectors: Vectors) -> None:
    """Replace the file by ``vectors``, whose rows belong to ``blocks`` one after the other; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = np.ascontiguousarray(vectors, dtype=np.float32).data.cast("B")
    header = json.dumps(
        {
            "encoder_id": encoder_id,
            "dimensions": int(vectors.shape[1]),
            "rows": int(vectors.shape[0]),
            "blocks": list(blocks),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    ).encode()
    header += b" " * (-len(header) % 64)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(MAGIC)
        file.write(hashlib.sha256(header).hexdigest().encode() + f"{len(header):{_LENGTH_CHARS}d}".encode())
        file.write(header)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_vectors(path: Path, encoder_id: str, dimensions: int) -> tuple[list[Block], Vectors]:
    """Return the blocks and a memory map of the vectors.

    Raises:
        FileNotFoundError: there is no file.
        IndexMismatchError: it is truncated, damaged, of another encoder or of other dimensions.
    """
    header, start = _header(path)
    require(header["encoder_id"], encoder_id)
    if header["dimensions"] != dimensions:
        raise IndexMismatchError(
            text("retrieval.index_dimensions", index=header["dimensions"], encoder=dimensions),
            remedy=text("retrieval.index_mismatch_remedy"),
        )
    blocks = [(str(key), int(rows)) for key, rows in header["blocks"]]
    rows = int(header["rows"])
    if path.stat().st_size != start + rows * dimensions * 4 or sum(count for _, count in blocks) != rows:
        raise _damaged(path)
    with path.open("rb") as file:
        file.seek(start)
        digest = hashlib.sha256()
        while chunk := file.read(_HASH_AT_ONCE):
            digest.update(chunk)
    if digest.hexdigest() != header["sha256"]:
        raise _damaged(path)
    if not rows:
        return blocks, np.zeros((0, dimensions), dtype=np.float32)
    return blocks, np.memmap(path, dtype=np.float32, mode="r", offset=start, shape=(rows, dimensions))


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header and where the vectors begin."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise _damaged(path)
        prefix = file.read(_DIGEST_CHARS + _LENGTH_CHARS)
        try:
            digest, length = prefix[:_DIGEST_CHARS].decode("ascii"), int(prefix[_DIGEST_CHARS:])
        except ValueError as error:  # UnicodeDecodeError is one
            raise _damaged(path) from error
        if not 0 < length <= path.stat().st_size:
            raise _damaged(path)
        content = file.read(length)
        if hashlib.sha256(content).hexdigest() != digest:
            raise _damaged(path)
        header: dict[str, Any] = json.loads(content)
        return header, file.tell()


def _damaged(path: Path) -> IndexMismatchError:
    return IndexMismatchError(
        text("retrieval.index_damaged", path=path), remedy=text("retrieval.index_mismatch_remedy")
    )
