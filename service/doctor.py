# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring doctor``: is this machine fit to run the service, and if not, what to do.

Each check is one small function that returns a finding; none changes anything.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.catalog import text
from pipeline.errors import ConfigurationError, KringError
from pipeline.settings import Settings, load_settings
from retrieval.encoders import find_encoder
from service.datadir import check_bus_path, running_pid
from service.http_server import listen
from service.probe import probe
from telephony.ports import RTP_RANGE_PORTS, check_ports

_LEAST_FREE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """What one check found; ``remedy`` is empty when all is well."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""

    warning: bool = False

    @property
    def mark(self) -> str:
        """A sign for the table."""
        if not self.ok:
            return "✗"
        return "!" if self.warning else "✓"


def _finding(check: str, ok: bool, detail: str, remedy: str = "") -> Finding:
    return Finding(text(f"service.doctor_{check}"), ok, detail, "" if ok else remedy)


def _warning(check: str, detail: str, remedy: str) -> Finding:
    return Finding(text(f"service.doctor_{check}"), True, detail, remedy, warning=True)


def _failed(check: str, error: KringError, remedy: str = "") -> Finding:
    return _finding(check, False, error.message, error.remedy or remedy)


def run_checks() -> list[Finding]:
    """Run every check; never raises for what a check is there to find."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [_finding("settings", False, error.message, error.remedy)]
    checks: list[Callable[[Settings], list[Finding]]] = [
        _check_python, _check_data_dir, _check_web, _check_extensions, _check_telephony, _check_model, _check_encoder,
        _check_database, _check_disk, _check_sound, _check_announcement, _check_bundle,
    ]  # fmt: skip
    return [finding for check in checks for finding in check(settings)]


def _check_python(settings: Settings) -> list[Finding]:
    missing = [name for name in ("pjsua2", "vosk", "faiss", "sentence_transformers") if not _installed(name)]
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] <= (3, 12) and not missing
    detail = text("service.packages_missing", version=version, names=", ".join(missing)) if missing else version
    return [_finding("python", good, detail, text("service.remedy_setup"))]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _check_data_dir(settings: Settings) -> list[Finding]:
    """May the data folder be written (or made), is it closed to others, does the bus's socket fit."""
    folder = settings.data_dir
    findings = []
    try:
        check_bus_path(settings)
    except ConfigurationError as error:
        findings.append(_failed("data", error))
    existing = _nearest_existing(folder)
    problem = _why_not_writable(existing)
    if problem:
        detail = text("service.data_dir_unusable", path=folder, problem=problem)
        findings.append(_finding("data", False, detail, text("service.data_dir_unusable_remedy")))
    elif existing == folder.absolute() and folder.stat().st_mode & 0o007:
        detail, remedy = text("service.data_open", path=folder), text("service.data_open_remedy", path=folder)
        findings.append(_warning("data", detail, remedy))
    return findings or [_finding("data", True, str(folder))]


def _why_not_writable(folder: Path) -> str:
    """Write a nameless file: permission bits alone say nothing about root, read-only disks and /proc."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _nearest_existing(path: Path) -> Path:
    return next(one for one in [path.absolute(), *path.absolute().parents] if one.exists())


def _our_ports(settings: Settings) -> set[tuple[str, int]]:
    """Return the ("tcp" | "udp", port) pairs held by a service that already runs on this data folder."""
    pid = running_pid(settings.data_dir)
    try:
        main = psutil.Process(pid) if pid else None
        held = [one for child in main.children(recursive=True) for one in child.net_connections()] if main else []
    except psutil.Error:
        return set()
    return {("tcp" if one.type == socket.SOCK_STREAM else "udp", one.laddr.port) for one in held if one.laddr}


def _check_web(settings: Settings) -> list[Finding]:
    port = f"{settings.http_bind}:{settings.http_port}/tcp"
    if ("tcp", settings.http_port) in _our_ports(settings):
        findings = [_finding("port", True, text("service.port_ours", port=port))]
    else:
        try:
            listen(settings).close()
            findings = [_finding("port", True, text("service.port_free", port=port))]
        except ConfigurationError as error:
            findings = [_failed("port", error)]
    if not _is_loopback(settings.http_bind) and not settings.secure_cookies:
        detail = text("service.cookies_plain", address=settings.http_bind)
        findings.append(_warning("security", detail, text("service.cookies_plain_remedy")))
    return findings


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _check_telephony(settings: Settings) -> list[Finding]:
    """Are each extension's SIP port and RTP range free (or held by this very service)."""
    ours = _our_ports(settings)
    findings = []
    for one in settings.extensions:
        if ("udp", one.sip_port) in ours:
            detail = text("service.port_ours", port=f"{settings.sip_bind}:{one.sip_port}/udp")
            findings.append(_finding("rtp", True, detail))
            continue
        try:
            check_ports(settings.sip_bind, one.sip_port, one.rtp_port, extension=one.number)
        except KringError as error:
            findings.append(_failed("rtp", error))
            continue
        last = one.rtp_port + RTP_RANGE_PORTS - 1
        detail = text("service.ports_free", number=one.number, sip=one.sip_port, first=one.rtp_port, last=last)
        findings.append(_finding("rtp", True, detail))
    return findings


def _check_extensions(settings: Settings) -> list[Finding]:
    numbers = ", ".join(extension.number for extension in settings.extensions)
    return [_finding("extensions", bool(numbers), numbers or "-", text("service.no_extensions_remedy"))]


def _probe(check: str, what: str, argument: str, remedy: str) -> Finding:
    try:
        return _finding(check, True, probe(what, argument))
    except KringError as error:
        return _failed(check, error, text(f"service.{remedy}"))


def _check_model(settings: Settings) -> list[Finding]:
    return [_probe("model", "model", str(settings.asr_model), "remedy_model")]


def _check_encoder(settings: Settings) -> list[Finding]:
    folder = find_encoder(settings.encoder, settings.encoder_folders)
    if folder is None:
        return [_finding("encoder", True, text("service.encoder_off"))]
    return [_probe("encoder", "encoder", str(folder), "remedy_encoder")]


def _check_database(settings: Settings) -> list[Finding]:
    from crm.database import check_database
    from pipeline.database import Database

    path = settings.data_dir / "kring.db"
    if not settings.database_url and not path.exists():
        return [_finding("database", True, text("service.database_new", path=path))]
    try:
        database = Database(settings.database)
        try:
            check_database(database)
        finally:
            database.close()
    except KringError as error:
        return [_failed("database", error)]
    return [_finding("database", True, database.where)]


def _check_disk(settings: Settings) -> list[Finding]:
    existing = _nearest_existing(settings.data_dir)
    free = shutil.disk_usage(existing).free
    detail = f"{existing}: {free / 1024**3:.1f} GiB"
    return [_finding("disk", free >= _LEAST_FREE_BYTES, detail, text("service.remedy_disk"))]


def _check_sound(settings: Settings) -> list[Finding]:
    """Find each headset station's sound device."""
    wanted = [one.headset_name for one in settings.extensions if one.device == "headset"]
    if not wanted:
        return [_finding("sound", True, text("service.sound_not_needed"))]
    return [_probe("sound", "sound_devices", name, "remedy_sound") for name in wanted]


def _check_announcement(settings: Settings) -> list[Finding]:
    paths = (settings.announcement_file, settings.sync_tone_file)
    return [_probe("announcement", "sound_file", str(path), "remedy_announcement") for path in paths]


def _check_bundle(settings: Settings) -> list[Finding]:
    import desk

    path = Path(desk.__file__).parent / "static" / "dist"
    detail = str(path) if path.is_dir() else text("service.bundle_missing", path=path)
    return [_finding("bundle", path.is_dir(), detail, text("service.remedy_setup"))]
