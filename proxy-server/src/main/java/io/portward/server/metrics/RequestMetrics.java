package io.portward.server.metrics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests of one port that one backend answered, or none.
 *
 * <p>Threading: any number of threads. A time series is found by array indices: with a map of keys the search was 2 % of the CPU of a small
 * request. A method's counters are only there once it has been used, 2 KB for each.
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

    /** By protocol, of which there are three; then by method, then by status. */
    private final Map<String, AtomicReferenceArray<AtomicReferenceArray<LongAdder>>> counts =
            new ConcurrentHashMap<>(4);

    private final DurationHistogram durations = DurationHistogram.ofRequests();

    void finished(String method, int status, String protocol, long nanos) {
        AtomicReferenceArray<AtomicReferenceArray<LongAdder>> ofProtocol = counts.get(protocol);
        if (ofProtocol == null) {
            ofProtocol = counts.computeIfAbsent(protocol, unused -> new AtomicReferenceArray<>(METHODS.size()));
        }
        int row = indexOf(method);
        AtomicReferenceArray<LongAdder> ofMethod = ofProtocol.get(row);
        if (ofMethod == null) {
            ofMethod = ofProtocol.updateAndGet(
                    row, present -> present == null ? new AtomicReferenceArray<>(STATUSES) : present);
        }
        int index = indexOf(status);
        LongAdder count = ofMethod.get(index);
        if (count == null) {
            count = ofMethod.updateAndGet(index, present -> present == null ? new LongAdder() : present);
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
                AtomicReferenceArray<LongAdder> ofMethod = ofProtocol.get(i);
                if (ofMethod != null) {
                    add(series, METHODS.get(i), protocol, ofMethod);
                }
            }
        });
        return series;
    }

    private static void add(
            List<Series> series, String method, String protocol, AtomicReferenceArray<LongAdder> ofMethod) {
        for (int i = 0; i < ofMethod.length(); i++) {
            LongAdder count = ofMethod.get(i);
            if (count != null) {
                String status = i == STATUSES - 1 ? OTHER_STATUS : Integer.toString(i + MIN_STATUS);
                series.add(new Series(method, status, protocol, count.sum()));
            }
        }
    }

    DurationHistogram durations() {
        return durations;
    }
}
