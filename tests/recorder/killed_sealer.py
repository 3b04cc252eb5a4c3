# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by test_kill.py as a process of its own: seals one call and kills itself (SIGKILL) after a named step."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pipeline.callfolder import Spool
from pipeline.clock import SystemClock
from recorder.seal import Sealer
from tests.recorder.folders import CALL_ID, TONE_FILE


def main() -> None:
    """Seal ``argv[1]``/spool into ``argv[1]``/archive; die after the step ``argv[2]``."""
    root, last_step = Path(sys.argv[1]), sys.argv[2]

    def die_there(step: str) -> None:
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    spool = Spool(root / "spool")
    sealer = Sealer(spool, root / "archive", clock=SystemClock(), tone_file=TONE_FILE, on_step=die_there)
    sealer.seal(spool.folder(CALL_ID))


if __name__ == "__main__":
    main()
