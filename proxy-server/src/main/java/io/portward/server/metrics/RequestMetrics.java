package io.portward.server.metrics;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Requests that one port sent to one backend. Threading: any number of threads. */
final class RequestMetrics {

    private static final String OTHER_METHOD = "OTHER";
    private static final String OTHER_STATUS = "other";

    /** RFC 9110 §9.3 and RFC 5789; anything else a client may invent becomes OTHER. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

    /** One time series of {@code portward_http_requests_total} within this port and backend. */
    record Key(String method, int status, String protocol) {

        /** RFC 9110 §15 knows 100 to 599; a backend's three digits beyond that share one value. */
        String statusLabel() {
            return status == 0 ? OTHER_STATUS : Integer.toString(status);
        }
    }

    private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();
    private final DurationHistogram durations = DurationHistogram.ofRequests();

    void finished(String method, int status, String protocol, long nanos) {
        Key key = new Key(
                METHODS.contains(method) ? method : OTHER_METHOD,
                status >= 100 && status <= 599 ? status : 0,
                protocol);
        LongAdder count = counts.get(key);
        if (count == null) {
            count = counts.computeIfAbsent(key, unused -> new LongAdder());
        }
        count.increment();
        durations.record(nanos);
    }

    Map<Key, LongAdder> counts() {
        return counts;
    }

    DurationHistogram durations() {
        return durations;
    }
}
