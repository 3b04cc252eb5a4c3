# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging set-up that every process calls once: structured lines (JSON) on stderr, with the process's name.

Third-party libraries log through ``logging``; both ways end in the same place. Caller numbers and transcript text
are never logged: tax secrecy.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(process: str, level: str = "info", *, json_lines: bool = True) -> None:
    """Send all log lines of at least ``level`` to stderr, each tagged with ``process``."""
    structlog.contextvars.bind_contextvars(process=process)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn.access", "sentence_transformers", "faiss", "bm25s", "httpx"):
        logging.getLogger(chatty).setLevel("WARNING")
