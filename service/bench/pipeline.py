# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring bench pipeline``: the whole service under N real calls at once, seen as a page sees it.

For each N a fresh temporary service takes rounds of N calls at the same moment; every agent has a browser's event
stream open. Latencies are measured on one machine's clock, from the moment a word left the caller's phone to the
moment the event reached the page's connection (not including the browser's painting).
"""

from __future__ import annotations

import asyncio
import os
import platform
from typing import Any

import httpx
from rich.console import Console

from service.bench.figures import CallMeasurement, figures_of
from service.bench.listener import PageListener
from service.bench.processes import ProcessMeter
from service.bench.truth import Truth, reference_words
from service.dialogue import Conversation, Plan, announcement_ms, converse, library, plan, questions
from service.errors import BenchError
from service.stage import Stage, stage

_STAGGER_S = 0.05  # N calls "at once" still arrive one INVITE after the other
_AFTER_S = 4.0  # for the last finals
_LEAST_CALLS = 5  # percentiles of one call say little


async def run_bench(counts: list[int], progress: Console) -> dict[str, Any]:
    """Measure for each number of simultaneous calls; returns ``{"figures": ..., "setup": ...}``.

    Raises:
        BenchError: a call failed, so that no honest figure can be given.
    """
    figures: dict[str, float] = {}
    lines = library()
    truth = reference_words([line for line in questions(lines) if line.expected_articles])
    for count in counts:
        progress.print(f"calls at once: {count}")
        figures |= await _measure(count, truth)
    return {"figures": figures, "setup": _setup()}


async def _measure(count: int, truth: dict[str, Truth]) -> dict[str, float]:
    """Hold rounds of ``count`` calls at once until at least ``_LEAST_CALLS`` were measured."""
    lines = library()
    asked = [line for line in questions(lines) if line.id in truth]
    async with stage(agents=count, ready_s=120) as running, asyncio.TaskGroup() as group:
        await _until_search_is_ready(running)
        listeners = [PageListener(running.url, person) for person in running.people if "agent" in person.roles]
        pages = [group.create_task(listener.run(), name="page") for listener in listeners]
        await asyncio.gather(*(listener.ready.wait() for listener in listeners))
        lead_ms = announcement_ms(running.settings)
        meter = ProcessMeter(running.supervisor)
        meter.start()
        results: list[CallMeasurement] = []
        call_s = 0.0
        for number in range(-(-_LEAST_CALLS // count)):
            chosen = [asked[(number * count + index) % len(asked)] for index in range(count)]
            plans = [plan(question, lines, announcement_ms=lead_ms) for question in chosen]
            seen = [len(listener.arrivals) for listener in listeners]
            conversations = await _hold(running, plans)
            await asyncio.sleep(_AFTER_S)
            call_s += sum(script.end_ms / 1000 for script in plans)
            results += [
                CallMeasurement.of(conversation, listener.arrivals[first:], truth[conversation.plan.question.id])
                for conversation, listener, first in zip(conversations, listeners, seen, strict=True)
            ]
        usage = meter.stop()
        for page in pages:
            page.cancel()
        return figures_of(results, usage, calls=count, call_s=call_s)


async def _until_search_is_ready(running: Stage) -> None:
    """The encoder loads in the background for some seconds; that is start-up, not the cost of a call."""
    async with httpx.AsyncClient(base_url=running.url) as client, asyncio.timeout(120):
        while (await client.get("/healthz")).json().get("search") == "loading":
            await asyncio.sleep(0.5)


async def _hold(running: Stage, plans: list[Plan]) -> list[Conversation]:
    async def one(index: int) -> Conversation:
        await asyncio.sleep(index * _STAGGER_S)
        result = await converse(
            plans[index],
            uri=running.sip_uri(index),
            device_port=running.device_port(index),
            number=f"08125550{index:03d}",
            answer_after_s=0.5,
            log=running.settings.log_dir / "phones.log",
            scratch=running.folder,
        )
        if result.caller_exit != 0:
            raise BenchError(f"Call {index} failed: {result.caller[-1:]}", remedy="See the phones' log.")
        return result

    return await asyncio.gather(*(one(index) for index in range(len(plans))))


def _setup() -> dict[str, Any]:
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
    }
