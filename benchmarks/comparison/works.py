"""The kinds of work that the servers are given, and the load generators that hand it out."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from comparison.packages import find
from comparison.processes import pinned
from comparison.workplace import BODY_BYTES, NAMES, ROOT

# A generator that has not ended this long after its time was up hangs.
OVERTIME_SECONDS = 30
# Share of resumed handshakes below which a "resumed" line does not measure what it says.
RESUMED_SHARE = 0.99


class LoadFailed(Exception):
    """The load generator did not get what it asked for; the message is for the reader of the table."""


class Starved(LoadFailed):
    """Nothing was done and nothing went wrong: on a busy machine the generator did not get to run."""


@dataclass(frozen=True)
class Load:
    """What a generator reports. `served` counts also what its own start needed, `units` what it timed."""

    units: int
    served: int
    rate: float
    p99_us: float


@dataclass(frozen=True)
class Tools:
    """What every work needs to run: paths, and the core for the load."""

    handshake_load: Path
    client_settings: Path
    folder: Path
    core: int
    nice: int

    def run(self, command, seconds):
        environment = dict(os.environ, OPENSSL_CONF=str(self.client_settings))
        line = pinned(command, self.core, self.nice)
        limit = seconds + OVERTIME_SECONDS
        try:
            done = subprocess.run(line, text=True, capture_output=True, env=environment, timeout=limit)
        except subprocess.TimeoutExpired as late:
            raise LoadFailed(f"{os.path.basename(command[0])} hung") from late
        return done


@dataclass(frozen=True)
class Handshakes:
    """One connection, one handshake, one request of 128 bytes, close: a unit."""

    name: str
    title: str
    key: str
    tls: str
    mode: str
    unit: str = "connection"
    in_flight: int = 16
    warm_units: int = 3000

    def run(self, tools, ports, seconds, ca=None):
        command = [
            tools.handshake_load, "--port", ports[self.key], "--sni", NAMES[self.key], "--path", "/128",
            "--tls", self.tls, "--mode", self.mode, "--threads", self.in_flight, "--seconds", seconds,
        ]  # fmt: skip
        done = tools.run(command + (["--ca", ca] if ca else []), seconds)
        if not done.stdout.startswith("{"):
            raise LoadFailed(last_line(done.stderr) or f"handshake-load ended with {done.returncode}")
        result = json.loads(done.stdout)
        units = result["connections"]
        if result["errors"] or units == 0:
            raise LoadFailed(f"{result['errors']} of {units + result['errors']} failed, {result['first_error']}")
        if result["no_close_notify"]:
            raise LoadFailed(f"{result['no_close_notify']} of {units} ended without close_notify")
        if not result["negotiated"].startswith(f"TLSv{self.tls}") or not result["negotiated"].endswith(" x25519"):
            raise LoadFailed(f"negotiated {result['negotiated']}")
        if self.mode == "resumed" and result["resumed"] < units * RESUMED_SHARE:
            raise LoadFailed(f"only {result['resumed']} of {units} were resumed")
        return Load(units, units + result["primed"], result["rate"], result["p99_us"])


@dataclass(frozen=True)
class Http1:
    """Requests over kept connections with wrk; a response is a unit."""

    name: str
    title: str
    body: str
    connections: int
    warm_units: int
    unit: str = "request"

    def run(self, tools, ports, seconds, ca=None):
        script = ROOT / "benchmarks" / "wrk-result.lua"
        command = [
            find("wrk"), "-t", 1, "-c", self.connections, "-d", f"{max(1, round(seconds))}s", "--timeout", "10s",
            "-s", script, f"https://localhost:{ports['ecdsa']}/{self.body}",
        ]  # fmt: skip
        done = tools.run(command, seconds)
        found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
        if not found:
            raise LoadFailed(last_line(done.stderr or done.stdout) or f"wrk ended with {done.returncode}")
        result = json.loads(found.group(1))
        errors = {kind: result[kind] for kind in ("connect", "read", "write", "status", "timeout") if result[kind]}
        units = result["units"]
        if units == 0 and not errors:
            raise Starved("wrk finished no request")
        if errors or result["bytes"] < units * BODY_BYTES[self.body]:
            raise LoadFailed(f"{units} requests, {result['bytes']} bytes, errors {errors or 'none'}")
        return Load(units, units, units / result["seconds"], result["p99_us"])


@dataclass(frozen=True)
class Http2:
    """Requests over few connections with many streams each with h2load; a response is a unit."""

    name: str
    title: str
    body: str
    connections: int
    streams: int
    warm_units: int
    unit: str = "request"

    def run(self, tools, ports, seconds, ca=None):
        log = tools.folder / "h2load.log"
        log.unlink(missing_ok=True)
        command = [
            find("h2load"), "-t", 1, "-c", self.connections, "-m", self.streams, "-D", max(1, round(seconds)),
            "--tls13-ciphers", "TLS_AES_128_GCM_SHA256", "--log-file", log,
            f"https://localhost:{ports['ecdsa']}/{self.body}",
        ]  # fmt: skip
        done = tools.run(command, seconds)
        found = re.search(r"requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
        protocol = re.search(r"Application protocol: (\S+)", done.stdout)
        if not found or not protocol:
            raise LoadFailed(last_line(done.stderr or done.stdout) or f"h2load ended with {done.returncode}")
        if protocol.group(1) != "h2":
            raise LoadFailed(f"negotiated {protocol.group(1)} in place of h2")
        units, failed, errored, late = map(int, found.groups())
        codes = re.search(r"status codes: (\d+) 2xx", done.stdout)
        elapsed = re.search(r"finished in ([\d.]+)(ms|s),", done.stdout)
        if failed or errored or late or units == 0 or int(codes.group(1)) < units:
            raise LoadFailed(f"{units} succeeded, {failed} failed, {errored} errored, {late} timed out")
        rate = units / (float(elapsed.group(1)) / (1000 if elapsed.group(2) == "ms" else 1))
        return Load(units, units, rate, percentile_of_log(log, 0.99))


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def percentile_of_log(log, share):
    """A percentile of the third column (microseconds) of h2load's log, which has a line per request."""
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return times[round((len(times) - 1) * share)]


def all_works():
    """Every line of the comparison, in the order of the table."""
    return [
        Handshakes("full-ecdsa", "full handshake, ECDSA P-256, TLS 1.3", "ecdsa", "1.3", "full"),
        Handshakes("full-rsa", "full handshake, RSA-2048, TLS 1.3", "rsa", "1.3", "full"),
        Handshakes("resumed-ecdsa", "resumed handshake, ECDSA P-256, TLS 1.3", "ecdsa", "1.3", "resumed"),
        Handshakes("resumed-rsa", "resumed handshake, RSA-2048, TLS 1.3", "rsa", "1.3", "resumed"),
        Handshakes("resumed12", "resumed handshake, ECDSA P-256, TLS 1.2", "ecdsa", "1.2", "resumed"),
        Http1("h1", "HTTP/1.1 keep-alive, 128 B", "128", 32, 50_000),
        Http2("h2", "HTTP/2, 32 streams, 128 B", "128", 8, 32, 50_000),
        Http1("64k", "64 KiB response, HTTP/1.1", "64k", 32, 8000),
        Http1("1m", "1 MiB response, HTTP/1.1", "1m", 16, 800),
    ]
