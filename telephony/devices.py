# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sound devices a headset leg could use; for ``kring doctor`` and for clear messages. No PJSIP here."""

from __future__ import annotations

from pipeline.catalog import text
from telephony.errors import HeadsetError


def sound_devices() -> list[str]:
    """Return the names of devices that can play and record.

    Raises:
        HeadsetError: PortAudio's library is missing.
    """
    try:
        import sounddevice
    except OSError as error:
        raise HeadsetError(
            text("telephony.portaudio_missing", problem=error), remedy=text("telephony.portaudio_remedy")
        ) from error
    return [
        str(device["name"])
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0 and device["max_output_channels"] > 0
    ]
