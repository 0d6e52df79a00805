package io.portward.server.metrics;

import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;

/** A gauge with all its label values, while it is being put together for one scrape. Threading: one thread. */
final class GaugeFamily {

    private final GaugeSnapshot.Builder family;
    private final String[] labels;

    GaugeFamily(String name, String help, String... labels) {
        family = GaugeSnapshot.builder().name(name).help(help);
        this.labels = labels;
    }

    /** {@code values} in the order of the labels. The text format knows doubles only, exact up to 2^53. */
    void add(long value, String... values) {
        add((double) value, values);
    }

    /** {@code values} in the order of the labels. */
    void add(double value, String... values) {
        family.dataPoint(GaugeDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(labels, values))
                .build());
    }

    GaugeSnapshot snapshot() {
        return family.build();
    }
}
