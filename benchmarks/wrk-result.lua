-- Prints what wrk measured as one line of JSON, in place of its rounded figures for people.
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format(
        'RESULT {"units": %d, "seconds": %.6f, "bytes": %d, "p50_us": %d, "p99_us": %d, '
            .. '"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50), latency:percentile(99),
        e.connect, e.read, e.write, e.status, e.timeout))
end
