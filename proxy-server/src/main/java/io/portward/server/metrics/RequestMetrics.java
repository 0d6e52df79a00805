package io.portward.server.metrics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests that one port sent to one backend.
 *
 * <p>Threading: any number of threads. A time series is found by two array indices: with a map of keys the search was 2 % of the CPU of a
 * small request.
 */
final class RequestMetrics {

    /** RFC 9110 §9.3 and RFC 5789; anything else a client may invent becomes OTHER, the last one. */
    private static final List<String> METHODS =
            List.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "OTHER");

    private static final String OTHER_STATUS = "other";

    /** RFC 9110 §15 knows 100 to 599; a backend's three digits beyond that share one value. */
    private static final int MIN_STATUS = 100;

    private static final int MAX_STATUS = 599;
    private static final int STATUSES = MAX_STATUS - MIN_STATUS + 2;

    /** One time series of {@code portward_http_requests_total} within this port and backend. */
    record Series(String method, String status, String protocol, long count) {}

    /** By protocol, of which there are three; each one's counters by method, then status. */
    private final Map<String, AtomicReferenceArray<LongAdder>> counts = new ConcurrentHashMap<>(4);

    private final DurationHistogram durations = DurationHistogram.ofRequests();

    void finished(String method, int status, String protocol, long nanos) {
        AtomicReferenceArray<LongAdder> ofProtocol = counts.get(protocol);
        if (ofProtocol == null) {
            ofProtocol =
                    counts.computeIfAbsent(protocol, unused -> new AtomicReferenceArray<>(METHODS.size() * STATUSES));
        }
        int index = indexOf(method) * STATUSES + indexOf(status);
        LongAdder count = ofProtocol.get(index);
        if (count == null) {
            count = ofProtocol.updateAndGet(index, present -> present == null ? new LongAdder() : present);
        }
        count.increment();
        durations.record(nanos);
    }

    private static int indexOf(String method) {
        return switch (method) {
            case "GET" -> 0;
            case "HEAD" -> 1;
            case "POST" -> 2;
            case "PUT" -> 3;
            case "DELETE" -> 4;
            case "CONNECT" -> 5;
            case "OPTIONS" -> 6;
            case "TRACE" -> 7;
            case "PATCH" -> 8;
            default -> 9;
        };
    }

    private static int indexOf(int status) {
        return status >= MIN_STATUS && status <= MAX_STATUS ? status - MIN_STATUS : STATUSES - 1;
    }

    Collection<Series> series() {
        List<Series> series = new ArrayList<>();
        counts.forEach((protocol, ofProtocol) -> {
            for (int i = 0; i < ofProtocol.length(); i++) {
                LongAdder count = ofProtocol.get(i);
                if (count != null) {
                    int status = i % STATUSES;
                    series.add(new Series(
                            METHODS.get(i / STATUSES),
                            status == STATUSES - 1 ? OTHER_STATUS : Integer.toString(status + MIN_STATUS),
                            protocol,
                            count.sum()));
                }
            }
        });
        return series;
    }

    DurationHistogram durations() {
        return durations;
    }
}
