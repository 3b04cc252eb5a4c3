# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between a call folder and its bundle."""

from __future__ import annotations

from pipeline.errors import KringError


class RecorderError(KringError):
    """Base of the recorder's errors."""

    code = "recorder"


class WavError(RecorderError):
    """A recording is not the mono PCM16 WAV that telephony writes; the message says how."""

    code = "bad_wav"


class SealingError(RecorderError):
    """A call could not be sealed; its folder is still in the spool."""

    code = "sealing"


class DiskFullError(SealingError):
    """The archive's disk has no room for the bundle."""

    code = "disk_full"


class SpoolChangedError(SealingError):
    """A file of the call changed while it was being sealed; sealing starts again."""

    code = "spool_changed"


class SealingStoppedError(SealingError):
    """The process is stopping; sealing goes on after its restart."""

    code = "sealing_stopped"


class BundleNotFoundError(RecorderError):
    """The archive holds no bundle of this call."""

    code = "bundle_not_found"


class BundleDamagedError(RecorderError):
    """A bundle's file is missing or cannot be read as what it is."""

    code = "bundle_damaged"
