"""The command: reads the options, sets the workplace up, runs, reports, and ends everything it started."""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from comparison import packages, report, servers, works
from comparison.measure import Campaign
from comparison.workplace import Workplace

DEFAULTS = {"rounds": 3, "seconds": 5, "warmup": 2}
QUICK = {"rounds": 2, "seconds": 1, "warmup": 1}
SETTINGS = ("server_core", "load_core", "warmup", "rounds", "seconds", "repeats", "nice")  # that belong in the report
DESCRIPTORS = 16384


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def parse(arguments):
    names = [work.name for work in works.all_works()]
    parser = argparse.ArgumentParser(
        prog="benchmarks/compare",
        description="Runs nginx, HAProxy and Portward on the same work and prints what each unit costs.",
    )
    parser.add_argument("--servers", default=",".join(servers.ALL), help="some of nginx,haproxy,portward")
    parser.add_argument("--works", default=",".join(names), help=f"some of {','.join(names)}")
    parser.add_argument("--quick", action="store_true", help="2 to 3 minutes in place of 10, for a first look")
    parser.add_argument("--rounds", type=int, help="rounds of every line (default 3, quick 2)")
    parser.add_argument("--seconds", type=int, help="length of a round (default 5, quick 1)")
    parser.add_argument("--warmup", type=int, help="length of a warm-up load (default 2, quick 1)")
    parser.add_argument("--repeats", type=int, default=2, help="tries more for a disturbed round (default 2)")
    parser.add_argument("--server-core", type=int, default=0, help="core of the servers (default 0)")
    parser.add_argument("--load-core", type=int, default=1, help="core of load generator and origin (default 1)")
    parser.add_argument("--nice", type=int, default=0, help="priority of servers and load (default 0)")
    parser.add_argument("--json", metavar="FILE", help="write every round to this file, too")
    parser.add_argument("--install", action="store_true", help="install missing Debian packages first (as root)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder with configurations and logs")
    options = parser.parse_args(arguments)
    for name, value in (QUICK if options.quick else DEFAULTS).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.servers = _chosen(parser, "--servers", options.servers, list(servers.ALL))
    options.works = _chosen(parser, "--works", options.works, names)
    allowed = os.sched_getaffinity(0)
    if options.server_core == options.load_core or not {options.server_core, options.load_core} <= allowed:
        parser.error(f"two different cores are needed; this machine offers {sorted(allowed)}")
    if options.rounds < 1 or options.seconds < 1 or options.warmup < 1 or options.repeats < 0:
        parser.error("--rounds, --seconds and --warmup must be at least 1, --repeats at least 0")
    return options


def _chosen(parser, option, text, known):
    chosen = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        parser.error(f"{option}: unknown {', '.join(unknown) or 'empty list'}; known are {', '.join(known)}")
    return [name for name in known if name in chosen]


def main(arguments):
    options = parse(arguments)
    lacking = packages.missing(options.servers)
    if lacking and options.install:
        packages.install(lacking)
        lacking = packages.missing(options.servers)
    if lacking:
        say(f"missing Debian packages: {' '.join(lacking)} (apt-get install them, or run with --install as root)")
        return 1
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    raise_descriptor_limit()
    folder = tempfile.mkdtemp(prefix="portward-compare-")
    try:
        return compare(options, Workplace(folder))
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except (RuntimeError, servers.CannotStart, subprocess.SubprocessError, OSError) as problem:
        say(f"cannot go on: {problem}")
        return 1
    finally:
        if options.keep:
            say(f"configurations and logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def compare(options, place):
    facts = report.machine()
    place.make_bodies()
    place.make_certificates()
    program, client_settings = place.compile_handshake_load(), place.make_client_settings()
    tools = works.Tools(program, client_settings, place.folder, options.load_core, options.nice)
    started, skipped = [], {}
    origin = servers.Origin(place, options.load_core, options.nice, DESCRIPTORS)
    try:
        origin.wait()
        start_all(options, place, origin, started, skipped)
        if not started:
            say("no server could be started")
            return 1
        chosen = [work for work in works.all_works() if work.name in options.works]
        campaign = Campaign(started, origin, chosen, tools, options.server_core, say)
        campaign.check(place.folder / "ca.pem")
        campaign.warm_up(options.warmup)
        campaign.run(options.rounds, options.seconds, options.repeats)
        versions = {server.title: server.version() for server in started}
        versions["origin nginx"] = servers.nginx_version()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave frozen servers behind
        for server in [*started, origin]:
            server.end()
    settings = {name: getattr(options, name) for name in SETTINGS}
    print(report.markdown(facts, versions, settings, started, campaign.lines, skipped), end="", flush=True)
    if options.json:
        with open(options.json, "w") as output:
            output.write(report.as_json(facts, versions, settings, started, campaign.lines, skipped))
    return 1 if any(line.failures for line in campaign.lines) else 0


def start_all(options, place, origin, started, skipped):
    """Starts what can be started. A server is in `started` from the moment it may have a process to end."""
    for name in options.servers:
        server = servers.ALL[name]()
        started.append(server)
        try:
            server.start(place, options.server_core, options.nice, origin.port, DESCRIPTORS)
            server.process.freeze()
            say(f"{server.title} started")
        except servers.CannotStart as reason:
            server.end()
            started.remove(server)
            skipped[server.title] = str(reason)
            say(f"{server.title} left out: {reason}")


def raise_descriptor_limit():
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
