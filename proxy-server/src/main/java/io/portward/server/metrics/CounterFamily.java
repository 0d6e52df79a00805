package io.portward.server.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;

/** A counter with all its label values, while it is being put together for one scrape. The text format adds {@code _total} to the name. Threading: one thread. */
final class CounterFamily {

    private final CounterSnapshot.Builder family;
    private final String[] labels;

    CounterFamily(String name, String help, String... labels) {
        family = CounterSnapshot.builder().name(name).help(help);
        this.labels = labels;
    }

    /** {@code values} in the order of the labels. The text format knows doubles only, exact up to 2^53. */
    void add(long value, String... values) {
        add((double) value, values);
    }

    /** {@code values} in the order of the labels. */
    void add(double value, String... values) {
        family.dataPoint(CounterDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(labels, values))
                .build());
    }

    CounterSnapshot snapshot() {
        return family.build();
    }
}
