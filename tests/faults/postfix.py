"""Debian's Postfix with a configuration of a test's own: a mail server that others wrote, and its real reports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path("/usr/sbin/postfix")
CAN_RUN = PROGRAM.exists() and hasattr(os, "geteuid") and os.geteuid() == 0

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = /tmp
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mta.sim.example.org
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{
        {{ refused@sim.example.org = 550 5.1.1 nobody of that name }},
        {{ later@sim.example.org = 450 4.2.1 come back later }} }}
    permit_mynetworks, reject
transport_maps = inline:{{
    {{ sim.example.org = smtp:[127.0.0.1]:{sink} }},
    {{ pulse.example.org = smtp:[127.0.0.1]:{bounces} }} }}
smtp_dns_support_level = disabled
"""

_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """Where it listens, and what it wrote down."""

    port: int
    folder: Path

    def log(self) -> str:
        path = self.folder / "postfix.log"
        return path.read_text() if path.exists() else ""


@contextmanager
def postfix(port: int, *, sink: int, bounces: int) -> Iterator[Postfix]:
    """Run it; mail for `sim.example.org` goes to `sink`, reports go to `bounces`."""
    folder = Path(tempfile.mkdtemp(prefix="pulse-postfix-", dir="/tmp"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder, sink=sink, bounces=bounces))
    (folder / "etc" / "master.cf").write_text(_SERVICES.format(port=port))
    command = [str(PROGRAM), "-c", str(folder / "etc")]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    try:
        _wait_for(port)
        yield Postfix(port, folder)
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=1)) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Postfix did not start.")
