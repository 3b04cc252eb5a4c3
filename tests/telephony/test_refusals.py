# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that do not come about: each with its SIP code, its reason in the journal, and a softphone that lives on.

One softphone serves the whole module, so every test also shows that the one before it left a clean state.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import need
from tests.telephony.harness import Process, Site, datagram, sip_request, site, wait_for
from tests.telephony.sipp import refused, sipp

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running softphone whose agent gets 1.5 s to answer."""
    with site(tmp_path_factory.mktemp("refusals"), ring_timeout_s=1.5) as it:
        it.softphone()
        yield it


@pytest.fixture
def it(shared: Site) -> Iterator[Site]:
    """The softphone; what a test started besides is stopped, and the softphone must still answer."""
    yield shared
    for process in shared.processes[1:]:
        process.stop()
    del shared.processes[1:]
    assert shared.processes[0].process.poll() is None
    answer = datagram(shared.sip_port, sip_request("OPTIONS", "2101", shared.sip_port))
    assert answer.startswith("SIP/2.0 200 ")


def _ended(it: Site, caller: Process, before: int) -> tuple[str, int]:
    """Wait for the end of a call that was not answered; it leaves a journal of two lines and nothing else."""
    assert caller.wait() == 4
    wait_for(lambda: len(it.calls()) == before + 1, 5, "a call folder")
    ended = it.await_event("call.ended")
    assert [path.name for path in it.calls()[-1].path.iterdir()] == ["call.jsonl"]
    assert it.names() == ["call.offered", "call.ended"]
    assert caller.event("ended")["code"] == ended.sip_code
    return ended.reason, ended.sip_code


def test_caller_abandons_while_it_rings_and_the_device_is_cancelled(it: Site) -> None:
    before = len(it.calls())
    agent = it.agent("--never")
    caller = it.caller("--give-up-after", "0.4")
    assert _ended(it, caller, before) == ("caller_abandoned", 487)
    assert agent.event("ended")["answered"] is False


def test_nobody_answers_and_the_caller_gets_480(it: Site) -> None:
    before = len(it.calls())
    agent = it.agent("--never")
    assert _ended(it, it.caller(), before) == ("no_answer", 480)
    assert agent.event("ended")["answered"] is False


@pytest.mark.parametrize(
    ("device_says", "reason", "caller_gets"),
    [(486, "agent_rejected", 486), (603, "agent_rejected", 603), (404, "agent_unreachable", 480)],
)
def test_device_refuses(it: Site, device_says: int, reason: str, caller_gets: int) -> None:
    before = len(it.calls())
    it.agent("--reject", str(device_says))
    assert _ended(it, it.caller(), before) == (reason, caller_gets)


def test_device_is_not_there(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.softphone()
        assert _ended(it, it.caller(), 0) == ("agent_unreachable", 480)
        it.agent("--after", "0.1")  # our INVITE to nobody is still pending: the next call is served all the same
        assert it.caller("--linger", "0.5").wait() == 0


@need("sipp")
def test_unknown_extension_gets_404_and_no_folder(it: Site) -> None:
    before = len(it.calls())
    caller = sipp(it, refused(404, user="9999"), count=30, rate=30)
    assert caller.wait() == 0, caller.errors + caller.lines[-30:]
    assert len(it.calls()) == before


@need("sipp")
@pytest.mark.parametrize(("payload", "codec"), [(18, "G729/8000"), (111, "opus/48000/2")])
def test_codec_mismatch_gets_488(it: Site, payload: int, codec: str) -> None:
    before = len(it.calls())
    caller = sipp(it, refused(488, payload=payload, codec=codec))
    assert caller.wait() == 0, caller.errors + caller.lines[-30:]
    assert len(it.calls()) == before


def test_register_and_other_strange_requests_get_501(it: Site) -> None:
    for method in ("REGISTER", "PUBLISH", "HOOPLA"):
        answer = datagram(it.sip_port, sip_request(method, "2101", it.sip_port))
        assert answer.startswith("SIP/2.0 501 "), answer
    with pytest.raises(TimeoutError):  # an ACK of nothing has no answer
        datagram(it.sip_port, sip_request("ACK", "2101", it.sip_port), timeout_s=0.3)


def test_garbage_is_survived(it: Site) -> None:
    invite = sip_request("INVITE", "2101", it.sip_port)
    for message in (invite[:150], invite.replace("CSeq: 1", "CSeq: -1"), "\x00" * 300 + "\n\n"):
        with pytest.raises(TimeoutError):
            datagram(it.sip_port, message, timeout_s=0.2)
