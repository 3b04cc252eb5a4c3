# SPDX-License-Identifier: GPL-3.0-or-later
"""SIPp as a caller: scenarios written on the fly, speech as G.711 A-law over RTP."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.ports import free_port, free_range
from tests.telephony.harness import Process, Site

_HEAD = """{method} sip:{user}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Penelepon Uji" <sip:081200002222@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <sip:{user}@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:081200002222@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP {payload}
a=rtpmap:{payload} {codec}
a=ptime:20
"""
_EMPTY = "Content-Length: 0\n\n"


def _send(text: str, attributes: str = "") -> str:
    return f"<send{attributes}><![CDATA[\n{text}]]></send>\n"


def _head(method: str, user: str, cseq: int, to: str = "") -> str:
    return _HEAD.format(method=method, user=user, cseq=cseq, to=to)


def _in_dialog(method: str, cseq: int) -> str:
    return (
        f"""{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Penelepon Uji" <sip:081200002222@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
"""
        + _EMPTY
    )


def _scenario(body: str) -> str:
    return f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="kring">\n{body}</scenario>\n'


def talking(alaw: Path | None, talk_ms: int, user: str = "2101") -> str:
    """A caller who is answered, plays an A-law file from the answer on (or sends nothing) and hangs up."""
    invite = _head("INVITE", user, 1) + _SDP.format(payload=8, codec="PCMA/8000")
    body = _send(invite, ' retrans="500"')
    body += '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
    body += '<recv response="200" rrs="true"/>\n' + _send(_in_dialog("ACK", 1))
    if alaw is not None:
        body += f'<nop><action><exec rtp_stream="{alaw},1,8,PCMA/8000"/></action></nop>'
    body += f'<pause milliseconds="{talk_ms}"/>' + _send(_in_dialog("BYE", 2), ' retrans="500"')
    return _scenario(body + '<recv response="200"/>\n')


def referred(outcome: str) -> str:
    """A caller who is asked by REFER to call elsewhere and reports ``outcome`` (a status line; empty: it refuses).

    After "200 ..." it expects our BYE at once, else the talk goes on until we end it.
    """
    body = _send(_head("INVITE", "2101", 1) + _SDP.format(payload=8, codec="PCMA/8000"), ' retrans="500"')
    body += '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
    body += '<recv response="200" rrs="true"/>\n' + _send(_in_dialog("ACK", 1))
    keep = '<ereg regexp=".*" search_in="hdr" header="From:" check_it="true" assign_to="peer"/>' if outcome else ""
    body += f'<recv request="REFER"><action>{keep}</action></recv>\n'
    if outcome:
        body += _send(_reply("202 Accepted")) + _notify("100 Trying", 2, "active;expires=60")
        body += _notify(outcome, 3, "terminated;reason=noresource")
    else:
        body += _send(_reply("603 Decline"))
    return _scenario(body + '<recv request="BYE"/>\n' + _send(_reply("200 OK")))


def _reply(status: str) -> str:
    return (
        f"""SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:081200002222@[local_ip]:[local_port]>
"""
        + _EMPTY
    )


def _notify(outcome: str, cseq: int, state: str) -> str:
    head = _in_dialog("NOTIFY", cseq).replace("[last_To:]", "To: [$peer]").removesuffix(_EMPTY)
    head += "Contact: <sip:081200002222@[local_ip]:[local_port]>\nEvent: refer\n"
    head += f"Subscription-State: {state}\nContent-Type: message/sipfrag\nContent-Length: [len]\n\n"
    return _send(f"{head}SIP/2.0 {outcome}\n", ' retrans="500"') + '<recv response="200"/>\n'


def refused(code: int, *, user: str = "2101", payload: int = 8, codec: str = "PCMA/8000") -> str:
    """A caller who expects a final failure code."""
    invite = _head("INVITE", user, 1) + _SDP.format(payload=payload, codec=codec)
    body = _send(invite, ' retrans="500"')
    body += '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
    body += f'<recv response="{code}"/>\n' + _send(_head("ACK", user, 1, "[peer_tag_param]") + _EMPTY)
    return _scenario(body)


def alaw_file(path: Path, audio: np.ndarray) -> Path:
    """Write PCM16 samples as raw G.711 A-law."""
    import soundfile

    soundfile.write(path, audio, 8000, format="RAW", subtype="ALAW")
    return path


def sipp(site: Site, scenario: str, *, count: int = 1, rate: int = 10) -> Process:
    """Run a scenario against the site's extension; exit code 0 = as expected."""
    path = site.folder / f"scenario-{len(site.processes)}.xml"
    path.write_text(scenario)
    return site.start(
        "sipp", f"127.0.0.1:{site.sip_port}", "-sf", str(path), "-m", str(count), "-r", str(rate),
        "-i", "127.0.0.1", "-p", str(free_port()), "-mp", str(free_range(8)), "-nostdin",
        "-timeout", "20s", "-timeout_error", "-recv_timeout", "10000",
        env={"TERM": "dumb"},
    )  # fmt: skip
