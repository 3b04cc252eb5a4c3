# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring doctor``: is this machine fit to run the service, and if not, what to do.

Each check is one small function that returns a finding; none changes anything.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings, load_settings

_LEAST_FREE_BYTES = 5 * 1024**3
_PROBE_S = 60


@dataclass(frozen=True)
class Finding:
    """What one check found; ``remedy`` is empty when all is well."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""

    @property
    def mark(self) -> str:
        """A sign for the table."""
        return "✓" if self.ok else "✗"


def _finding(check: str, ok: bool, detail: str, remedy: str = "") -> Finding:
    return Finding(text(f"service.doctor_{check}"), ok, detail, "" if ok else remedy)


def run_checks() -> list[Finding]:
    """Run every check; never raises for what a check is there to find."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [_finding("settings", False, error.message, error.remedy)]
    checks: list[Callable[[Settings], list[Finding]]] = [
        _check_python, _check_ports, _check_extensions, _check_model, _check_encoder, _check_database, _check_disk,
        _check_sound, _check_announcement, _check_bundle,
    ]  # fmt: skip
    return [finding for check in checks for finding in check(settings)]


def _check_python(settings: Settings) -> list[Finding]:
    missing = [name for name in ("pjsua2", "vosk", "faiss", "sentence_transformers") if not _installed(name)]
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] <= (3, 12) and not missing
    return [_finding("python", good, f"{version} {' '.join(missing)}".strip(), text("service.remedy_setup"))]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _bindable(host: str, port: int, kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as sock:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _check_ports(settings: Settings) -> list[Finding]:
    wanted = [(settings.http_bind, settings.http_port, socket.SOCK_STREAM)]
    wanted += [(settings.sip_bind, extension.sip_port, socket.SOCK_DGRAM) for extension in settings.extensions]
    findings = []
    for host, port, kind in wanted:
        problem = _bindable(host, port, kind)
        name = f"{host}:{port}/{'tcp' if kind == socket.SOCK_STREAM else 'udp'}"
        remedy = text("service.remedy_port")
        findings.append(_finding("port", not problem, f"{name} {problem}".strip(), remedy))
    return findings


def _check_extensions(settings: Settings) -> list[Finding]:
    numbers = ", ".join(extension.number for extension in settings.extensions)
    return [_finding("extensions", bool(numbers), numbers or "-", text("service.no_extensions_remedy"))]


def _check_model(settings: Settings) -> list[Finding]:
    """Load the model in a process of its own: a broken one can take its process down."""
    code = "import sys; from pathlib import Path; from asr.model import load_model; load_model(Path(sys.argv[1]))"
    return [_probe("model", [code, str(settings.asr_model_dir)], str(settings.asr_model_dir), "remedy_model")]


def _probe(check: str, args: list[str], detail: str, remedy: str) -> Finding:
    result = subprocess.run(
        [sys.executable, "-c", *args], capture_output=True, text=True, timeout=_PROBE_S, check=False
    )
    lines = [line for line in result.stderr.strip().splitlines() if line.strip()]
    problem = lines[-1] if result.returncode != 0 and lines else f"exit {result.returncode}"
    found = detail if result.returncode == 0 else problem
    return _finding(check, result.returncode == 0, found, text(f"service.{remedy}"))


def _check_encoder(settings: Settings) -> list[Finding]:
    if not settings.encoder:
        return [_finding("encoder", True, text("service.encoder_off"))]
    there = Path(settings.encoder).is_dir()
    return [_finding("encoder", there, settings.encoder, text("service.remedy_encoder"))]


def _check_database(settings: Settings) -> list[Finding]:
    from crm.database import Database, check_database
    from pipeline.errors import KringError

    path = settings.data_dir / "kring.db"
    if not settings.database_url and not path.exists():
        return [_finding("database", True, text("service.database_new", path=path))]
    try:
        check_database(Database(settings.database))
    except KringError as error:
        return [_finding("database", False, error.message, error.remedy)]
    return [_finding("database", True, settings.database)]


def _check_disk(settings: Settings) -> list[Finding]:
    existing = next(
        path for path in [settings.data_dir.resolve(), *settings.data_dir.resolve().parents] if path.exists()
    )
    free = shutil.disk_usage(existing).free
    detail = f"{existing}: {free / 1024**3:.1f} GiB"
    return [_finding("disk", free >= _LEAST_FREE_BYTES, detail, text("service.remedy_disk"))]


def _check_sound(settings: Settings) -> list[Finding]:
    """List sound devices (only needed for headset stations), again in a process of its own."""
    if all(extension.device != "headset" for extension in settings.extensions):
        return [_finding("sound", True, text("service.sound_not_needed"))]
    code = "import sounddevice as s; d = s.query_devices(); assert len(d), 'no sound device'"
    return [_probe("sound", [code], text("service.sound_found"), "remedy_sound")]


def _check_announcement(settings: Settings) -> list[Finding]:
    import soundfile

    findings = []
    for path in (settings.announcement_file, settings.sync_tone_file):
        try:
            info = soundfile.info(str(path))
            good = info.samplerate == 8000 and info.channels == 1 and info.subtype == "PCM_16"
            detail = f"{path.name}: {info.samplerate} Hz, {info.channels} ch, {info.subtype}"
        except (soundfile.LibsndfileError, OSError) as error:
            good, detail = False, str(error)
        findings.append(_finding("announcement", good, detail, text("service.remedy_announcement")))
    return findings


def _check_bundle(settings: Settings) -> list[Finding]:
    import desk

    there = (Path(desk.__file__).parent / "static" / "dist").is_dir()
    return [_finding("bundle", there, "desk/static/dist", text("service.remedy_setup"))]
