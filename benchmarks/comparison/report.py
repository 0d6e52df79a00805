"""The result of a run as Markdown for people and as JSON for programs."""

import datetime
import json
import os
import platform
import subprocess

from comparison.measure import FOREIGN_SHARE
from comparison.workplace import ROOT

# Below this share of its core a server waited for the load: its rate is the load's rate.
BUSY_SHARE = 0.90


def git(*arguments):
    """Output of a git command in the repository; empty without git or without a repository."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, text=True, capture_output=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine():
    """What the figures depend on besides the programs."""
    model = "unknown"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    changed = bool(git("status", "--porcelain", "--untracked-files=no"))
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "commit": (git("rev-parse", "--short=12", "HEAD") or "unknown") + (" with local changes" if changed else ""),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load_average_before": os.getloadavg()[0],
    }


def markdown(facts, versions, settings, servers, lines, skipped):
    """The whole report. `skipped` maps titles of servers that did not start to reasons."""
    parts = [
        f"Machine: {facts['cpu']}, {facts['cores']} cores, {facts['kernel']}; "
        f"load average before the run {facts['load_average_before']:.2f}  ",
        f"Commit: {facts['commit']}, {facts['date']}  ",
        "Versions: " + "; ".join(f"{title} {version}" for title, version in versions.items()) + "  ",
        f"Method: server alone on core {settings['server_core']}, load and origin on core {settings['load_core']}; "
        f"warm-up per line and server in loads of {settings['warmup']} s until it settles, then "
        f"{settings['rounds']} rounds of {settings['seconds']} s, servers in turn; median (lowest–highest)"
        + (f"; priority {settings['nice']}" if settings["nice"] else ""),
    ]
    parts += [f"\nLeft out: {title}: {reason}" for title, reason in skipped.items()]
    parts += _table("Server CPU per unit, µs (user + system of the process tree)", "cpu_us", servers, lines, _micros)
    parts += _table("Throughput, units/s (share of its core that the server used)", "rate", servers, lines, _rate)
    parts += _table("p99 latency, ms, at that throughput", "p99_us", servers, lines, _millis)
    parts += _notes(servers, lines)
    return "\n".join(parts) + "\n"


def as_json(facts, versions, settings, servers, lines, skipped):
    whole = {
        "machine": facts,
        "versions": versions,
        "settings": settings,
        "skipped": skipped,
        "lines": [line.as_json(servers) for line in lines],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _table(title, figure, servers, lines, cell):
    rows = [f"\n### {title}\n"]
    rows.append("| work | " + " | ".join(server.title for server in servers) + " | Portward / best peer |")
    rows.append("|---|" + "---:|" * (len(servers) + 1))
    titles = {server.name: server.title for server in servers}
    for line in lines:
        cells = [cell(line, server.name) if server.name in line.rounds else _absent(line, server) for server in servers]
        ratio = line.ratio(figure)
        cells.append(f"**{ratio[0]:.2f}** ({titles[ratio[1]]})" if ratio else "–")
        rows.append(f"| {line.work.title} | " + " | ".join(cells) + " |")
    return rows


def _absent(line, server):
    return "failed" if line.failed(server) else "–"


def _micros(line, name):
    values = line.values(name, "cpu_us")
    digits = 0 if min(values) >= 100 else 1
    return f"{line.median(name, 'cpu_us'):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def _rate(line, name):
    return f"{line.median(name, 'rate'):,.0f} ({line.median(name, 'busy'):.0%})"


def _millis(line, name):
    values = [value / 1000 for value in line.values(name, "p99_us")]
    return f"{line.median(name, 'p99_us') / 1000:.2f} ({min(values):.2f}–{max(values):.2f})"


def _notes(servers, lines):
    notes = []
    for line in lines:
        notes += [f"- {line.work.title}: {_title(servers, name)} failed: {why}" for name, why in line.failures.items()]
        notes += [
            f"- **Not warm:** {line.work.title}: {_title(servers, name)} got only {units} of {line.work.warm_units} "
            "units of warm-up done in the time allowed."
            for name, units in line.cold.items()
        ]
    rounds = [measured for line in lines for server in servers for measured in line.rounds.get(server.name, [])]
    shares = [measured.disturbance for measured in rounds]
    disturbed = [share for share in shares if share > FOREIGN_SHARE]
    if disturbed:
        notes.append(
            f"- **Disturbed:** in {len(disturbed)} of {len(shares)} rounds other programs took more than "
            f"{FOREIGN_SHARE:.0%} of one of the two cores (up to {max(disturbed):.0%}). Throughput and p99 of this run "
            "mean nothing; CPU per unit is too high (cold caches, fewer units per wake-up) and its ratios are rough."
        )
    waited = [
        line.work.title
        for line in lines
        if any((line.median(server.name, "busy") or 1) < BUSY_SHARE for server in servers)
    ]
    if waited:
        notes.append(
            f"- A server used less than {BUSY_SHARE:.0%} of its core, so the load, the origin or other programs were "
            "the limit there and equal throughput is no tie: " + "; ".join(waited) + "."
        )
    return ["\nNotes:\n", *notes] if notes else []


def _title(servers, name):
    return next(server.title for server in servers if server.name == name)
