package io.portward.server.metrics;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portward.config.model.PortConfig;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.Observer;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.TicketCounters;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Counts for Prometheus what the data plane tells.
 *
 * <p>Portward's own figures live in plain counters and are handed to the registry as finished families ({@link Families}); what describes
 * the JVM comes from Micrometer's binders. Threading: any thread. Ownership: whoever makes one closes it.
 */
public final class MetricsObserver implements Observer, AutoCloseable {

    /** The content type of what {@link #scrape} returns: the text format, version 0.0.4. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Families families = new Families();
    private final JvmGcMetrics gc = new JvmGcMetrics();

    public MetricsObserver() {
        registry.getPrometheusRegistry().register(families);
    }

    /** Adds what describes the process: JVM memory, collections and threads, Netty's allocator, and the {@code process_} family. */
    public void observeProcess() {
        registry.getPrometheusRegistry().register(new ProcessFamilies());
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new JvmInfoMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    @Override
    public PortObserver port(PortConfig port, TicketCounters tickets) {
        return families.port(port, tickets);
    }

    @Override
    public ServerObserver server(String backend, String server) {
        return families.server(backend, server);
    }

    @Override
    public void certificates(List<CertificateFacts> certificates) {
        families.certificates(certificates);
    }

    @Override
    public void ticketKeyAge(LongSupplier ageSeconds) {
        families.ticketKeyAge(ageSeconds);
    }

    /**
     * Adds the counters of the access log; without this call there are none.
     *
     * @param written lines
     * @param queueFull lines dropped because more came than could be written
     * @param writeFailed lines dropped because the output failed
     */
    public void accessLog(LongSupplier written, LongSupplier queueFull, LongSupplier writeFailed) {
        registry.getPrometheusRegistry().register(new AccessLogFamilies(written, queueFull, writeFailed));
    }

    /** Logs the handshakes that failed since the last call and were not logged one by one; to be called every minute or so. */
    public void summariseFailures() {
        families.ports().forEach(port -> port.failureLog().summarise());
    }

    /** Everything in Prometheus' text format. Takes milliseconds: not for an event loop. */
    public String scrape() {
        return registry.scrape("text/plain; version=0.0.4");
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
