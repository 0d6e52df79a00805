/**
 * Counts what the data plane tells, and writes it down in Prometheus' text format.
 *
 * <p>{@link io.portward.server.metrics.MetricsObserver} is the entry. The hot path touches only counters that exist already: families of
 * time series are put together when somebody scrapes. Threading: counters are updated on event loops, scraping happens on any
 * thread. This package knows no sockets and no configuration file.
 */
@NullMarked
package io.portward.server.metrics;

import org.jspecify.annotations.NullMarked;
