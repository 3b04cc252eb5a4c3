# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in the telephony room, each with a stable code, a message and a remedy."""

from __future__ import annotations

from pipeline.errors import KringError


class TelephonyError(KringError):
    """Base of the telephony room's errors."""

    code = "telephony"


class PortTakenError(TelephonyError):
    """A SIP or RTP port is in use by another program."""

    code = "port_taken"


class AudioFileError(TelephonyError):
    """A sound file is missing, unreadable or not in the form that the media clock needs."""

    code = "audio_file"


class EngineError(TelephonyError):
    """PJSIP could not be started, or refused an operation."""

    code = "sip_engine"


class HeadsetError(TelephonyError):
    """The sound device cannot be opened."""

    code = "headset"


class RecordingError(TelephonyError):
    """The recorders could not be started; a call that cannot be recorded is not taken."""

    code = "recording"
