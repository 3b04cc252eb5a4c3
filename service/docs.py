# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation pages that are made from code, so that they cannot drift."""

from __future__ import annotations

from pipeline.settings import settings_table


def settings_page() -> str:
    """Return ``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from `pipeline/settings.py`. A value comes from the environment, else from the TOML",
        "file named by `KRING_CONFIG` (or `kring.toml` in the working folder, keys as in the first column), else",
        "it is the default.",
        "",
        "| setting | default | unit | environment | help |",
        "|---|---|---|---|---|",
    ]
    for name, default, unit, env, help_text in settings_table():
        lines.append(f"| `{name}` | `{default or ' '}` | {unit} | `{env}` | {help_text} |")
    lines += [
        "",
        "An extension is a table of its own:",
        "",
        "```toml",
        "[[extensions]]",
        'number = "2101"',
        "sip_port = 5062          # the softphone listens here for the PBX",
        "rtp_port = 20000         # first of 32 RTP ports",
        'device = "sip"           # or "headset"',
        'device_uri = "sip:2101@127.0.0.1:6101"',
        'answer = "device"        # or "desk": the agent answers on the page',
        "```",
        "",
    ]
    return "\n".join(lines)
