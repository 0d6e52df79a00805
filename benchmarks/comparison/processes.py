"""Processes that a run starts: pinned to a core, their CPU time read from /proc, ended by process id."""

import os
import signal
import subprocess
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
END_SECONDS = 8


def pinned(command, core, nice):
    """A command line that runs on one core with a scheduling priority; -20 to 19, below 0 for root only."""
    return ["taskset", "-c", str(core), "nice", "-n", str(nice), *map(str, command)]


def _stat(pid):
    """Fields of /proc/PID/stat after the command name (field 3 is index 0), or None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def _started(pid):
    """When a process began, in ticks since boot; None when it is gone or only waits to be reaped."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else fields[19]


def core_busy_seconds(core):
    """Time that a core has spent on anything but idling, since boot."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
    raise LookupError(f"/proc/stat has no core {core}")


class ManagedProcess:
    """One started program (a `pinned` command) with its descendants. Not safe for use by several threads."""

    def __init__(self, name, command, log, **options):
        self.name = name
        self.log = Path(log)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )

    def exit_status(self):
        """None while it runs."""
        return self._process.poll()

    def tree(self):
        """Process ids of the program and everything below it, the root first."""
        children = {}
        for entry in os.listdir("/proc"):
            fields = _stat(entry) if entry.isdigit() else None
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry))
        pids = [self._process.pid]
        for pid in pids:
            pids.extend(children.get(pid, []))
        return pids

    def cpu_seconds(self):
        """User and system time of the whole tree: all threads, and children that have ended and been waited for."""
        ticks = 0
        for pid in self.tree():
            fields = _stat(pid)
            if fields:
                ticks += sum(int(value) for value in fields[11:15])  # utime stime cutime cstime
        return ticks / TICKS_PER_SECOND

    def freeze(self):
        """Stops the tree from running until `thaw`, so that it takes nothing from the one being measured."""
        self._signal_tree(signal.SIGSTOP)

    def thaw(self):
        self._signal_tree(signal.SIGCONT)

    def end(self):
        """Asks the root to end, waits, and kills what is left of the tree."""
        if self._process.poll() is not None:
            return
        below = {pid: _started(pid) for pid in self.tree()[1:]}
        self._signal(self._process.pid, signal.SIGTERM)
        self.thaw()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(self._process.pid, signal.SIGKILL)
            self._process.wait()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and self._alive(below):
            time.sleep(0.05)
        for pid in self._alive(below):
            self._signal(pid, signal.SIGKILL)

    def last_lines(self, count=6):
        """The end of what the program printed, for messages."""
        return self.log.read_text(errors="replace").splitlines()[-count:]

    @staticmethod
    def _alive(below):
        """Those of the tree that still run; the start time tells them from others that got the same number."""
        return [pid for pid, started in below.items() if started is not None and _started(pid) == started]

    def _signal_tree(self, number):
        for pid in self.tree():
            self._signal(pid, number)

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it ended by itself in between, which is what was wanted
