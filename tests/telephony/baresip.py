# SPDX-License-Identifier: GPL-3.0-or-later
"""baresip as somebody's telephone: answers by itself, or calls."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.ports import free_port, free_range
from tests.telephony.harness import RATE_HZ, Process, Site, wait_for, write_wav


def speech(it: Site, voice: np.ndarray, *, after_s: float, repeat: int = 1) -> Path:
    """Write what baresip speaks: it ends the call with its file, so silence makes that long."""
    silence = np.zeros(int(after_s * RATE_HZ), "<i2")
    return write_wav(
        it.folder / "baresip-speaks.wav", np.concatenate([silence, *[voice] * repeat, np.zeros(6 * RATE_HZ, "<i2")])
    )


def baresip(it: Site, speaks: Path, *, port: int = 0, dial: str = "") -> Process:
    """Start it on ``port`` (any when 0), answering; with ``dial`` it calls that address."""
    folder = it.folder / "baresip"
    folder.mkdir()
    port, rtp = port or free_port(), free_range(10)
    (folder / "config").write_text(
        "\n".join(
            [
                "poll_method epoll",
                f"sip_listen 127.0.0.1:{port}",
                f"audio_player aufile,{folder}/heard.wav",
                f"audio_source aufile,{speaks}",
                f"audio_alert aufile,{folder}/alert.wav",
                f"rtp_ports {rtp}-{rtp + 9}",
                "module_path /usr/lib/baresip/modules",
                "module g711.so",
                "module aufile.so",
                "module uuid.so",
                "module_tmp account.so",
                "module_app menu.so",
                "module_app ctrl_tcp.so",
                f"ctrl_tcp_listen 127.0.0.1:{free_port()}",
                "",
            ]
        )
    )
    (folder / "accounts").write_text(
        f"<sip:agent@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1\n"
    )
    (folder / "contacts").write_text("")
    more = ("-e", f"/dial {dial}") if dial else ()
    process = it.start("baresip", "-f", str(folder), *more, env={"HOME": str(it.folder)})
    wait_for(lambda: any("baresip is ready" in line for line in process.lines), 8, f"{process.lines} {process.errors}")
    return process
