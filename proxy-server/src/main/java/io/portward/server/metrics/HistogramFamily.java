package io.portward.server.metrics;

import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;

/** A histogram with all its label values, while it is being put together for one scrape. Threading: one thread. */
final class HistogramFamily {

    private final HistogramSnapshot.Builder family;
    private final String[] labels;

    HistogramFamily(String name, String help, String... labels) {
        family = HistogramSnapshot.builder().name(name).help(help);
        this.labels = labels;
    }

    /** {@code values} in the order of the labels. */
    void add(DurationHistogram histogram, String... values) {
        family.dataPoint(histogram.snapshot(Labels.of(labels, values)));
    }

    HistogramSnapshot snapshot() {
        return family.build();
    }
}
