"""Which programs a run needs, and the Debian packages they come from."""

import os
import shutil
import subprocess
from pathlib import Path

# Debian keeps servers in sbin, which is not on every user's PATH.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])

PROGRAMS = {
    "openssl": "openssl",
    "gcc": "gcc",
    "taskset": "util-linux",
    "wrk": "wrk",
    "h2load": "nghttp2-client",
    "nginx": "nginx",  # always: it is the origin, too
}
PEER_PROGRAMS = {"haproxy": "haproxy"}
HEADERS = {"openssl/ssl.h": "libssl-dev", "stdio.h": "libc6-dev"}

POLICY = Path("/usr/sbin/policy-rc.d")


def find(program):
    """The path of a program, or None."""
    return shutil.which(program, path=SEARCH_PATH)


def missing(servers):
    """Names of the Debian packages that a run with these servers lacks, in alphabetical order."""
    wanted = dict(PROGRAMS)
    wanted.update({name: package for name, package in PEER_PROGRAMS.items() if name in servers})
    packages = {package for program, package in wanted.items() if find(program) is None}
    if find("gcc"):
        packages |= {package for header, package in HEADERS.items() if not _has_header(header)}
    else:
        packages |= set(HEADERS.values())
    return sorted(packages)


def install(packages):
    """Installs Debian packages without letting their services start. Needs root; raises CalledProcessError."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")  # 101 = the action is forbidden by policy
        POLICY.chmod(0o755)
    try:
        subprocess.run(["apt-get", "-q", "update"], check=True, env=environment, stdout=2)
        command = ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages]
        subprocess.run(command, check=True, env=environment, stdout=2)
    finally:
        if ours:
            POLICY.unlink()


def _has_header(header):
    source = f"#include <{header}>\n"
    command = ["gcc", "-fsyntax-only", "-x", "c", "-"]
    return subprocess.run(command, input=source, text=True, capture_output=True).returncode == 0
