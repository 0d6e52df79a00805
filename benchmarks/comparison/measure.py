"""One measurement: CPU of the server before and after a load, and whether anybody else used its core."""

import math
import resource
import statistics
import time
from dataclasses import asdict, astuple, dataclass

from comparison.processes import core_busy_seconds
from comparison.works import LoadFailed, Starved

# Above this share of a core used by other programs, a round is not trustworthy.
FOREIGN_SHARE = 0.05
# One-second runs of wrk sometimes get no turn on a busy machine; a server that is at fault fails every time.
STARVED_TRIES = 3
# A load of the warm-up that cost more than this share of the one before shows that the server is warm.
SETTLED = 0.93
WARM_UP_LOADS = 8


@dataclass(frozen=True)
class Round:
    """What one round gave: CPU and p99 in microseconds, rate in units a second, and shares of elapsed time.

    `busy` is the server's own share of its core; `foreign` and `foreign_load` are what programs that do not belong
    to the comparison took of the server's core and of the load's core.
    """

    cpu_us: float
    rate: float
    p99_us: float
    units: int
    busy: float
    foreign: float
    foreign_load: float

    @property
    def disturbance(self):
        return max(self.foreign, self.foreign_load)


def measure(server, origin, work, tools, seconds, core):
    """Runs a work once against a server; raises LoadFailed."""
    before = _Usage.now(server, origin, core, tools.core)
    load = work.run(tools, server.ports, seconds)
    used = _Usage.now(server, origin, core, tools.core).since(before)
    return Round(
        cpu_us=used.server * 1e6 / load.served,
        rate=load.rate,
        p99_us=load.p99_us,
        units=load.units,
        busy=used.server / used.clock,
        foreign=max(0.0, used.server_core - used.server) / used.clock,
        foreign_load=max(0.0, used.load_core - used.load) / used.clock,
    )


@dataclass(frozen=True)
class _Usage:
    """CPU seconds, so far or between two moments: of the server, of generator and origin, of both cores."""

    clock: float
    server: float
    load: float
    server_core: float
    load_core: float

    @staticmethod
    def now(server, origin, server_core, load_core):
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # the generators; servers end after the last round
        return _Usage(
            clock=time.monotonic(),
            server=server.process.cpu_seconds(),
            load=origin.process.cpu_seconds() + ended.ru_utime + ended.ru_stime,
            server_core=core_busy_seconds(server_core),
            load_core=core_busy_seconds(load_core),
        )

    def since(self, before):
        return _Usage(*(after - start for after, start in zip(astuple(self), astuple(before))))


class Line:
    """One row of the table: the rounds of every server on one work, or why a server has none."""

    def __init__(self, work):
        self.work = work
        self.rounds = {}
        self.failures = {}
        self.cold = {}  # server name -> units of a warm-up that did not reach what the work asks for

    def add(self, server, measured):
        self.rounds.setdefault(server.name, []).append(measured)

    def fail(self, server, reason):
        """The first reason stays; a server that failed once has no figures on this line."""
        self.failures.setdefault(server.name, str(reason))
        self.rounds.pop(server.name, None)

    def failed(self, server):
        return server.name in self.failures

    def values(self, name, figure):
        return [getattr(measured, figure) for measured in self.rounds.get(name, [])]

    def median(self, name, figure):
        """The median over the rounds, or None."""
        values = self.values(name, figure)
        return statistics.median(values) if values else None

    def ratio(self, figure, subject="portward"):
        """(subject / best peer, name of that peer), or None without figures. The best rate is the highest one."""
        mine = self.median(subject, figure)
        peers = {name: self.median(name, figure) for name in self.rounds if name != subject}
        if mine is None or not peers:
            return None
        best = (max if figure == "rate" else min)(peers, key=peers.get)
        return mine / peers[best], best

    def as_json(self, servers):
        figures = ("cpu_us", "rate", "p99_us", "busy", "foreign", "foreign_load")
        entry = {"name": self.work.name, "title": self.work.title, "unit": self.work.unit, "servers": {}, "ratio": {}}
        entry["not_warm"] = self.cold
        for server in servers:
            if server.name in self.rounds:
                entry["servers"][server.name] = {
                    "median": {figure: self.median(server.name, figure) for figure in figures},
                    "rounds": [asdict(measured) for measured in self.rounds[server.name]],
                }
            elif self.failed(server):
                entry["servers"][server.name] = {"failed": self.failures[server.name]}
        for figure in ("cpu_us", "rate", "p99_us"):
            ratio = self.ratio(figure)
            if ratio:
                entry["ratio"][figure] = {"value": ratio[0], "peer": ratio[1]}
        return entry


class Campaign:
    """Warm-up and rounds of all works over all servers. Every server but the one at work is frozen."""

    def __init__(self, servers, origin, works, tools, core, say):
        self._servers = servers
        self._origin = origin
        self._tools = tools
        self._core = core
        self._say = say
        self.lines = [Line(work) for work in works]

    def check(self, ca):
        """Every handshake line once with the chain verified: the load itself leaves that out to stay cheap."""
        for line in self.lines:
            for server in self._servers:
                self._attempt(line, server, lambda: self._check(line, server, ca))

    def warm_up(self, seconds):
        """Every line in loads of this length, until enough units are done and what a unit costs falls no more."""
        for server in self._servers:
            units = [self._warm_up(line, server, seconds) for line in self.lines]
            self._say(f"warm-up {server.title}: {sum(units)} units")

    def run(self, rounds, seconds, repeats):
        """Line by line, round by round, the servers in turn: what is compared is close together in time."""
        for line in self.lines:
            for turn in range(rounds):
                first = turn % len(self._servers)
                for server in self._servers[first:] + self._servers[:first]:
                    measured = self._attempt(line, server, lambda: self._measure(line, server, seconds, repeats))
                    if measured:
                        line.add(server, measured)
                        self._say(_progress(line, turn, server, measured))

    def _attempt(self, line, server, action):
        if line.failed(server):
            return None
        server.process.thaw()
        try:
            return self._insist(action)
        except LoadFailed as failure:
            line.fail(server, failure)
            self._say(f"{line.work.title}: {server.title}: {failure}")
            return None
        finally:
            server.process.freeze()

    def _insist(self, action):
        for _ in range(STARVED_TRIES - 1):
            try:
                return action()
            except Starved as starved:
                self._say(f"{starved}, trying again")
        return action()

    def _warm_up(self, line, server, seconds):
        units, previous = 0, math.inf
        for _ in range(WARM_UP_LOADS):
            tried = self._attempt(line, server, lambda: self._try(line, server, seconds))
            if tried is None:
                break
            units += tried.units
            if units >= line.work.warm_units and tried.cpu_us > previous * SETTLED:
                break
            previous = tried.cpu_us
        if units < line.work.warm_units and not line.failed(server):
            line.cold[server.name] = units
        return units

    def _try(self, line, server, seconds):
        return measure(server, self._origin, line.work, self._tools, seconds, self._core)

    def _check(self, line, server, ca):
        return line.work.run(self._tools, server.ports, 0.2, ca)

    def _measure(self, line, server, seconds, repeats):
        """Repeats a round that others disturbed. Disturbance alone chooses which try counts, never its result."""
        tries = []
        while not tries or (tries[-1].disturbance > FOREIGN_SHARE and len(tries) <= repeats):
            tries.append(self._try(line, server, seconds))
        return min(tries, key=lambda one: one.disturbance)


def _progress(line, turn, server, measured):
    foreign = f", others took {measured.foreign:.0%} and {measured.foreign_load:.0%} of the cores"
    foreign = foreign if measured.disturbance > FOREIGN_SHARE else ""
    return (
        f"{line.work.title}, round {turn + 1}, {server.title}: {measured.cpu_us:.1f} µs, "
        f"{measured.rate:.0f}/s, p99 {measured.p99_us / 1000:.2f} ms, core busy {measured.busy:.0%}{foreign}"
    )
