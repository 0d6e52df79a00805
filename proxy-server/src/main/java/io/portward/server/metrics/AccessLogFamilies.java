package io.portward.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.function.LongSupplier;

/** What became of the lines of the access log. Threading: any thread. */
final class AccessLogFamilies implements MultiCollector {

    private final LongSupplier written;
    private final LongSupplier queueFull;
    private final LongSupplier writeFailed;

    AccessLogFamilies(LongSupplier written, LongSupplier queueFull, LongSupplier writeFailed) {
        this.written = written;
        this.queueFull = queueFull;
        this.writeFailed = writeFailed;
    }

    @Override
    public MetricSnapshots collect() {
        CounterFamily lines = new CounterFamily("portward_access_log_lines", "Lines written to the access log.");
        lines.add(written.getAsLong());
        CounterFamily dropped = new CounterFamily(
                "portward_access_log_dropped",
                "Lines missing from the access log, because more came than could be written or because writing failed.",
                "reason");
        dropped.add(queueFull.getAsLong(), "queue_full");
        dropped.add(writeFailed.getAsLong(), "write_failed");
        return MetricSnapshots.builder()
                .metricSnapshot(lines.snapshot())
                .metricSnapshot(dropped.snapshot())
                .build();
    }
}
