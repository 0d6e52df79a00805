"""The servers of a run: how each is configured, started, recognised as ready, and asked for its version."""

import re
import socket
import subprocess
import time

from comparison.packages import find
from comparison.processes import ManagedProcess, pinned
from comparison.works import last_line
from comparison.workplace import ROOT

CONFIGS = ROOT / "benchmarks" / "configs"
READY_SECONDS = 30
# The launcher builds on first use; the build must not run on the measured core nor count as start-up.
BUILD_SECONDS = 600


class CannotStart(Exception):
    """A server that did not come up; the message is for the operator."""


class Server:
    """A proxy under comparison. Lives through `start`, any number of `freeze`/`thaw`, `end`."""

    def __init__(self, name, title, config):
        self.name = name
        self.title = title
        self._config = config
        self._process = None
        self.ports = {}

    def command(self, config):
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def is_ready(self, _log):
        """True when it serves. Called again and again until it is."""
        return all(accepts(port) for port in self.ports.values())

    def start(self, place, core, nice, origin_port, descriptors):
        """Starts it and waits until it is ready; raises CannotStart."""
        self.ports = {"ecdsa": place.free_port(), "rsa": place.free_port()}
        values = {"folder": place.folder, "origin": origin_port, "admin": place.free_port(), "descriptors": descriptors}
        config = write_config(self._config, place, values | self.ports)
        log = place.folder / f"{self.name}.log"
        self._process = ManagedProcess(self.name, pinned(self.command(config), core, nice), log, cwd=ROOT)
        wait_until_ready(self._process, lambda: self.is_ready(log))

    @property
    def process(self):
        return self._process

    def end(self):
        if self._process is not None:
            self._process.end()


class Nginx(Server):
    def __init__(self):
        super().__init__("nginx", "nginx", "nginx.conf")

    def command(self, config):
        return [find("nginx"), "-c", config]

    def version(self):
        return nginx_version()


class HAProxy(Server):
    def __init__(self):
        super().__init__("haproxy", "HAProxy", "haproxy.cfg")

    def command(self, config):
        return [find("haproxy"), "-db", "-f", config]

    def version(self):
        text = first_match(r"version (\S+)", [find("haproxy"), "-v"])
        library = first_match(r"Running on OpenSSL version : OpenSSL (\S+)", [find("haproxy"), "-vv"])
        return f"{text}, OpenSSL {library}"


class Portward(Server):
    def __init__(self):
        super().__init__("portward", "Portward", "portward.yaml")
        self._version = "unknown"

    def command(self, config):
        return [ROOT / "portward", "run", "--config", config]

    def start(self, place, core, nice, origin_port, descriptors):
        launcher = ROOT / "portward"
        if not launcher.exists():
            raise CannotStart("there is no ./portward in the repository root")
        command = [launcher, "--version"]
        try:
            done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise CannotStart(f"./portward --version took more than {BUILD_SECONDS} s") from late
        if done.returncode != 0:
            raise CannotStart(f"./portward --version: {last_line(done.stderr) or done.returncode}")
        self._version = ", ".join(done.stdout.split("\n")).strip(", ").removeprefix("portward ")
        super().start(place, core, nice, origin_port, descriptors)

    def is_ready(self, log):
        return "portward ready" in log.read_text(errors="replace")

    def version(self):
        return self._version


class Origin:
    """The nginx behind all of them, on the load's core."""

    def __init__(self, place, core, nice, descriptors):
        self.port = place.free_port()
        values = {"folder": place.folder, "origin": self.port, "descriptors": descriptors}
        config = write_config("origin.conf", place, values)
        command = pinned([find("nginx"), "-c", config], core, nice)
        self.process = ManagedProcess("origin", command, place.folder / "origin.log")

    def wait(self):
        wait_until_ready(self.process, lambda: accepts(self.port))

    def end(self):
        self.process.end()


ALL = {"nginx": Nginx, "haproxy": HAProxy, "portward": Portward}


def write_config(name, place, values):
    """Fills the @names@ of a template in and writes the result to the temporary folder."""
    text = (CONFIGS / name).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    unfilled = re.search(r"@[a-z]+@", text)
    if unfilled:
        raise ValueError(f"{name}: {unfilled.group()} has no value")
    path = place.folder / name
    path.write_text(text)
    return path


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_ready(process, ready):
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        status = process.exit_status()
        if status is not None:
            raise CannotStart(f"it ended with status {status}: {' / '.join(process.last_lines(3))}")
        if time.monotonic() > deadline:
            raise CannotStart(f"not ready within {READY_SECONDS} s: {' / '.join(process.last_lines(3))}")
        time.sleep(0.05)


def nginx_version():
    command = [find("nginx"), "-V"]
    library = first_match(r"OpenSSL (\S+)", command)
    return f"{first_match(r'nginx/([0-9.]+)', command)}, OpenSSL {library}"


def first_match(pattern, command):
    done = subprocess.run(command, text=True, capture_output=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"
