package io.portward.server.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts durations in fixed buckets.
 *
 * <p>Threading: {@link #record} from any number of threads, without locks and without allocating. A snapshot taken meanwhile may hold a
 * duration in its bucket and not yet in the sum.
 */
final class DurationHistogram {

    /**
     * A handshake takes half a millisecond of our time and one or two round trips of the client's: from 1 ms on the local network to
     * the timeout of 10 s. Some 2.5 steps per decade keep an interpolated percentile within a factor of two.
     */
    private static final double[] HANDSHAKE_BOUNDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Double.POSITIVE_INFINITY
    };

    /** From a cached answer to a report that takes a minute. */
    private static final double[] REQUEST_BOUNDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, Double.POSITIVE_INFINITY
    };

    private static final double NANOS_PER_SECOND = 1e9;

    private final double[] bounds;
    private final long[] boundNanos;
    private final LongAdder[] buckets;
    private final LongAdder sumNanos = new LongAdder();

    private DurationHistogram(double[] bounds) {
        this.bounds = bounds;
        boundNanos = new long[bounds.length];
        buckets = new LongAdder[bounds.length];
        for (int i = 0; i < bounds.length; i++) {
            boundNanos[i] = Double.isInfinite(bounds[i]) ? Long.MAX_VALUE : Math.round(bounds[i] * NANOS_PER_SECOND);
            buckets[i] = new LongAdder();
        }
    }

    static DurationHistogram ofHandshakes() {
        return new DurationHistogram(HANDSHAKE_BOUNDS);
    }

    static DurationHistogram ofRequests() {
        return new DurationHistogram(REQUEST_BOUNDS);
    }

    /** A negative duration counts as zero. */
    void record(long nanos) {
        int i = 0;
        while (nanos > boundNanos[i]) {
            i++;
        }
        buckets[i].increment();
        if (nanos > 0) {
            sumNanos.add(nanos);
        }
    }

    HistogramDataPointSnapshot snapshot(Labels labels) {
        double sum = sumNanos.sum() / NANOS_PER_SECOND;
        long[] counts = new long[buckets.length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = buckets[i].sum();
        }
        return HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                .sum(sum)
                .labels(labels)
                .build();
    }
}
