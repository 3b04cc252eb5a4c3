# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of the tests' own: temporary data, a socket in its folder, gone when the tests are.

A system's own cluster is not touched. PostgreSQL refuses to run as root: then it runs as the user ``postgres`` that
the package brings. A sudden end of the tests ends the server too (``setpriv --pdeathsig``).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
import pytest

USER, PASSWORD = "kring", "kuda-laut"  # of a server that nobody else can reach
START_S = 60.0
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB",
         "autovacuum": "off", "listen_addresses": "", "max_connections": "60", "timezone": "Asia/Jakarta"}  # fmt: skip


class Server:
    """The running server; ``create`` gives out databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def url(self, name: str, password: str = PASSWORD, user: str = USER) -> str:
        return f"postgresql+psycopg://{user}:{password}@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Return the address of a new database."""
        self._count += 1
        name = f"test{self._count}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half the work of WAL_LOG
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE {name_of(url)} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        self._own.execute(statement.encode())

    @cached_property
    def _own(self) -> psycopg.Connection:
        return psycopg.connect(f"host={self.folder} user={USER} password={PASSWORD} dbname=postgres", autocommit=True)

    def close(self) -> None:
        self._own.close()


def name_of(url: str) -> str:
    """Return the database's name in one of our addresses."""
    return url.rsplit("@/", 1)[-1].split("?", 1)[0]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The server, started when the first test asks for it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        pytest.skip("PostgreSQL's server is not installed; make setup installs it (requirements/system.txt)")
    folder = Path(tempfile.mkdtemp(prefix="kring-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        with _running(Path(initdb).parent, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[Server]:
    unprivileged = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if unprivileged:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(secret, "postgres", "postgres")
    run_as = ["setpriv", "--pdeathsig", "QUIT", *unprivileged]
    data = folder / "data"
    subprocess.run(
        [*run_as, programs / "initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}",
         "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    options = [f"--{name}={value}" for name, value in QUICK.items()]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*run_as, programs / "postgres", "-D", data, "-k", folder, *options], cwd=folder, stdout=log, stderr=log
        )
    try:
        server = Server(folder)
        _wait_for(server, process)
        yield server
        server.close()
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nobody needs the data
        process.wait(timeout=START_S)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            server.execute("SELECT 1")
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError((server.folder / "log").read_text()) from None
            time.sleep(0.05)
