# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring demo``: the whole service on temporary data, with people who phone and agents' devices that answer."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from models.demo_speech.library import LibraryError
from pipeline.catalog import text
from pipeline.events import Event, PartialRecognized
from service.dialogue import announcement_ms, converse, library, plan, questions
from service.errors import DemoError
from service.stage import Stage, stage
from service.supervisor import STOP_SIGNALS
from service.up import say_seeded

_PAUSE_S = 6.0  # between two calls to the same agent
_AGENTS = 2


async def run_demo(out: Console, *, calls: int = 0, http_port: int = 8080) -> None:
    """Run the demo until Ctrl-C (or until ``calls`` calls were made).

    Raises:
        DemoError: the shipped speech is missing.
        StartError: the service did not come up; the message says why.
    """
    began_s = time.monotonic()
    try:
        library()
    except LibraryError as error:
        raise DemoError(str(error)) from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    status = _Progress(out)
    status.update(text("service.demo_starting"))
    with contextlib.suppress(OSError), status.shown:  # OSError: the terminal is gone; there is nobody to tell
        starting = asyncio.ensure_future(_run(out, status, began_s=began_s, calls=calls, http_port=http_port))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            status.update(text("service.stopping"))
        with contextlib.suppress(asyncio.CancelledError):
            await starting
    with contextlib.suppress(OSError):
        out.print(text("service.demo_cleaned"))


async def _run(out: Console, status: _Progress, *, began_s: float, calls: int, http_port: int) -> None:
    news = _News(out, began_s)
    async with stage(agents=_AGENTS, http_port=http_port, news=("articles.", "partial."), on_event=news) as running:
        _welcome(out, running, time.monotonic() - began_s)
        if calls:
            await _caller(out, status, running, agent=0, calls=calls)
            return
        async with asyncio.TaskGroup() as group:
            for agent in range(_AGENTS):
                group.create_task(_caller(out, status, running, agent=agent, calls=None), name=f"caller-{agent}")


class _Progress:
    """What is going on now: a moving line on a terminal, a line of its own each time elsewhere (a log, a pipe)."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self.shown: Status = out.status("")

    def update(self, line: str) -> None:
        """Say what is going on; a terminal that is gone is no reason to fail."""
        with contextlib.suppress(OSError):
            if self._out.is_terminal:
                self.shown.update(escape(line))
            else:
                self._out.print(line, markup=False, soft_wrap=True)


class _News:
    """Says what the articles began with and, once, how long it took from the command to the first words on the page."""

    def __init__(self, out: Console, began_s: float) -> None:
        self._out, self._began_s = out, began_s
        self._said = False

    def __call__(self, item: Event) -> None:
        say_seeded(self._out, item)
        if isinstance(item, PartialRecognized) and item.text and not self._said:
            self._said = True
            took_s = time.monotonic() - self._began_s
            self._out.print(text("service.demo_first_words", seconds=f"{took_s:.1f}", text=item.text), markup=False)


def _welcome(out: Console, running: Stage, took_s: float) -> None:
    out.print(text("service.demo_ready", seconds=f"{took_s:.1f}"))
    for person in running.people:
        line = text("service.demo_person", name=person.name, username=person.username, password=person.password)
        out.print(f"  {running.url}{person.page}  {line}", soft_wrap=True)
    out.print(text("service.demo_stop_hint"))


async def _caller(out: Console, status: _Progress, running: Stage, *, agent: int, calls: int | None) -> None:
    """Phone one agent again and again, each time with another question."""
    lines = library()
    order = questions(lines)
    if agent:
        random.Random(agent).shuffle(order)  # noqa: S311 - which demo question comes next
        await asyncio.sleep(_PAUSE_S * agent)
    lead_ms = announcement_ms(running.settings)
    counter = itertools.count(1) if calls is None else range(1, calls + 1)
    for number, question in zip(counter, itertools.cycle(order), strict=False):
        script = plan(question, lines, announcement_ms=lead_ms)
        status.update(text("service.demo_calling", extension=running.extension(agent).number, text=question.text))
        result = await converse(
            script,
            uri=running.sip_uri(agent),
            device_port=running.device_port(agent),
            number=f"0812555{agent}{number % 1000:03d}",
            answer_after_s=1.5,
            log=running.settings.log_dir / "phones.log",
            scratch=running.folder,
        )
        outcome = "service.demo_call_done" if result.caller_exit == 0 else "service.demo_call_failed"
        out.print(text(outcome, number=number, extension=running.extension(agent).number), markup=False)
        await asyncio.sleep(_PAUSE_S)
