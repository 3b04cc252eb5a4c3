# SPDX-License-Identifier: GPL-3.0-or-later
"""The bus over a real Unix socket: who gets what, and what no peer can break."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.bus import Broker, BusClient
from pipeline.bus.wire import MAX_FRAME_BYTES, Hello, Publish, Reply, encode, read_frame
from pipeline.errors import CommandRefusedError, KringError
from pipeline.events import CallEnded, CallOffered, CallProgressed, ExtensionStateChanged, to_wire

pytestmark = pytest.mark.integration
AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CALL = "20260105T010000-0000abcd"
FAST = (0.01, 0.05)
WAIT_S = 20  # only ends a test that would hang


def offered(extension="2101", number="0812"):
    return CallOffered(at=AT, call_id=CALL, extension=extension, caller_number=number)


class Inbox:
    """Collects what a client hears and lets tests wait for it."""

    def __init__(self):
        self.items, self.gaps, self._news = [], [], asyncio.Event()

    def event(self, item):
        self.items.append(item)
        self._news.set()

    def gap(self, why):
        self.gaps.append(why)
        self._news.set()

    async def until(self, test):
        async with asyncio.timeout(WAIT_S):
            while not test(self):
                self._news.clear()
                await self._news.wait()


async def eventually(test):
    """Wait for a state that has no event to await: yields to the loop until it is there."""
    async with asyncio.timeout(WAIT_S):
        while not test():
            await asyncio.sleep(0.001)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "bus.sock"


@contextlib.asynccontextmanager
async def joined(path, name, inbox=None, **options):
    inbox = inbox or Inbox()
    options = {"on_event": inbox.event, "on_gap": inbox.gap, "retry_s": FAST, **options}
    async with BusClient(path, name, **options) as client:
        async with asyncio.timeout(WAIT_S):
            await client.connected.wait()
        yield client


@contextlib.asynccontextmanager
async def raw(path, name=None, subscribe=()):
    """A peer of our own making, which need not keep to the rules."""
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_FRAME_BYTES)
    try:
        if name is not None:
            writer.write(encode(Hello(name=name, subscribe=subscribe)))
            await read_frame(reader)
        yield reader, writer
    finally:
        writer.transport.abort()


async def gone(reader):
    async with asyncio.timeout(WAIT_S):
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 16):
                pass


async def echo(command, args):
    return {"command": command, **args}


async def test_events_go_to_those_who_asked_for_them(path):
    calls, two, none, everything = Inbox(), Inbox(), Inbox(), Inbox()
    ended = CallEnded(at=AT, call_id=CALL, reason="no_answer")
    state = ExtensionStateChanged(at=AT, extension="2101", state="ready")
    async with (
        Broker(path),
        joined(path, "a", calls, subscribe=("call.offered",)),
        joined(path, "b", two, subscribe=("call.ended", "extension.")),
        joined(path, "c", none),
        joined(path, "d", everything, subscribe=("",)) as d,
        joined(path, "e") as sender,
    ):
        for item in (offered(), ended, state):
            sender.publish(item)
        await everything.until(lambda it: len(it.items) == 3)
        d.publish(offered("2109"))  # a subscriber hears itself too; last in every queue
        await everything.until(lambda it: len(it.items) == 4)
        await calls.until(lambda it: len(it.items) == 2)
        await two.until(lambda it: len(it.items) == 2)
        assert everything.items == [offered(), ended, state, offered("2109")]
        assert (calls.items, two.items) == ([offered(), offered("2109")], [ended, state])
        with pytest.raises(CommandRefusedError):
            await sender.request("c", "ping")  # its answer comes after whatever it could have been sent
        assert none.items == []


async def test_a_question_and_its_answer(path):
    async with Broker(path), joined(path, "server", on_command=echo), joined(path, "client") as client:
        answers = await asyncio.gather(*(client.request("server", "hold", number=number) for number in range(20)))
        assert answers == [{"command": "hold", "number": number} for number in range(20)]


async def refuse(command, args):
    class OwnError(KringError):
        code = "own_code"

    if command == "refuse":
        raise OwnError("Not now.", remedy="Later.")
    if command == "crash":
        raise ZeroDivisionError("by zero")
    return {}


@pytest.mark.parametrize(
    ("to", "command", "code", "message"),
    [
        ("server", "refuse", "own_code", "Not now. Later."),
        ("server", "crash", "internal", "ZeroDivisionError: by zero"),
        ("client", "any", "command_refused", "client takes no commands"),
        ("nobody", "any", "no_such_process", "nobody is not connected"),
    ],
)
async def test_refusals_arrive_with_code_and_text(path, to, command, code, message):
    async with Broker(path), joined(path, "server", on_command=refuse), joined(path, "client") as client:
        with pytest.raises(CommandRefusedError) as caught:
            await client.request(to, command, timeout_s=WAIT_S)
        assert (caught.value.code, message in str(caught.value)) == (code, True)
        assert await client.request("server", "fine") == {}


async def test_handlers_that_fail_break_nothing(path):
    inbox, problems = Inbox(), [ValueError("no"), KeyError("no")]

    def fail(item):
        inbox.event(item)
        if len(inbox.items) <= len(problems):
            raise problems[len(inbox.items) - 1]

    def fail_gap(why):
        raise RuntimeError(why)

    async with (
        Broker(path) as broker,
        joined(path, "server", subscribe=("",), on_event=fail, on_gap=fail_gap, on_command=echo),
        joined(path, "client") as client,
    ):
        broker.publish(Publish(body={"event": "from.the.future"}))
        for number in range(3):
            client.publish(offered(str(number)))
        await inbox.until(lambda it: len(it.items) == 3)
        assert await client.request("server", "x") == {"command": "x"}


async def test_a_slow_subscriber_loses_the_oldest_and_is_told(path):
    big = "9" * 50_000
    async with Broker(path, queue_messages=10) as broker, raw(path, "slow", ("",)) as (reader, _):
        for number in range(400):
            broker.publish(Publish(body=to_wire(offered(str(number), big))))
            await asyncio.sleep(0)
        seen, dropped = [], 0
        async with asyncio.timeout(WAIT_S):
            while len(seen) + dropped < 400:
                frame = await read_frame(reader)
                if frame.op == "resync":
                    dropped += frame.dropped
                elif frame.op == "event":
                    seen.append(int(frame.body["extension"]))
        assert dropped > 0
        assert seen == sorted(set(seen))
        assert seen[-1] == 399


@pytest.mark.parametrize(
    "bad",
    [
        b"garbage\n",
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b"x" * (MAX_FRAME_BYTES + 2) + b"\n",
        encode(Reply(id="", to="")),
    ],
    ids=["text", "not utf-8", "deep", "too long", "no hello"],
)
@pytest.mark.parametrize("name", [None, "bad"])
async def test_bad_input_drops_only_its_sender(path, bad, name):
    inbox = Inbox()
    async with Broker(path) as broker, joined(path, "good", inbox, subscribe=("",), on_command=echo) as good:
        async with raw(path, name) as (reader, writer):
            writer.write(bad)
            if name and b"reply" in bad:
                writer.write(b"\n")
            await gone(reader)
        await eventually(lambda: broker.names == ("good",))
        good.publish(offered())
        await inbox.until(lambda it: it.items == [offered()])
        assert await good.request("good", "x") == {"command": "x"}


async def test_what_was_published_is_sent_before_leaving(path):
    inbox = Inbox()
    async with Broker(path), joined(path, "hub", inbox, subscribe=("",)):
        async with joined(path, "sender") as sender:
            for number in range(300):
                sender.publish(offered(str(number)))
        await inbox.until(lambda it: len(it.items) == 300)


def test_publishing_after_the_loop_is_gone_is_harmless(path):
    async def use():
        async with BusClient(path, "phone", retry_s=FAST) as client:
            return client

    asyncio.run(use()).publish_threadsafe(offered())


@contextlib.asynccontextmanager
async def no_broker(path):
    yield


@contextlib.asynccontextmanager
async def full_backlog(path):
    path.parent.mkdir()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(str(path))
        server.listen(0)
        for _ in range(4):
            held = stack.enter_context(socket.socket(socket.AF_UNIX))
            held.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                held.connect(str(path))
        yield


@contextlib.asynccontextmanager
async def gone_broker(path):
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(Broker(path))
        yield stack.aclose


@pytest.mark.parametrize("state", [no_broker, full_backlog, Broker, gone_broker])
@pytest.mark.parametrize("turns", [0, 1, 3, 30])
async def test_leaving_never_hangs(path, state, turns):
    before = asyncio.all_tasks()

    async def use(close):
        async with BusClient(path, "x", retry_s=FAST, on_command=echo) as client:
            for _ in range(40):
                client.publish(offered(number="9" * 50_000))
            if callable(close):
                await client.connected.wait()
                await close()
            await client.request("x", "wait", timeout_s=WAIT_S)
            await asyncio.Event().wait()

    async with state(path) as close:
        task = asyncio.create_task(use(close))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait({task}, timeout=WAIT_S)
        assert task.done(), "the client hangs"  # a cancelled await would hide the hang
        assert task.cancelled()
    await eventually(lambda: asyncio.all_tasks() == before)


async def test_a_broker_that_is_no_more_serves_nobody_later(path):
    before = asyncio.all_tasks()
    async with Broker(path):
        peers = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        for peer in peers:
            peer.connect(str(path))
    for peer in peers:
        peer.close()
    await eventually(lambda: asyncio.all_tasks() == before)


async def test_nothing_is_left_after_many_rounds(path):
    def descriptors():
        return len(list(Path("/proc/self/fd").iterdir()))

    async with Broker(path) as broker, joined(path, "stays"):
        async with joined(path, "warm-up"):
            pass
        await eventually(lambda: broker.names == ("stays",))
        tasks, files = len(asyncio.all_tasks()), descriptors()
        for _ in range(50):
            async with joined(path, "guest", on_command=echo) as guest:
                guest.publish(CallProgressed(at=AT, call_id=CALL))
                assert await guest.request("guest", "x") == {"command": "x"}
        await eventually(lambda: broker.names == ("stays",) and len(asyncio.all_tasks()) == tasks)
        await eventually(lambda: descriptors() == files)
