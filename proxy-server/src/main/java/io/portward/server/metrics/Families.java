package io.portward.server.metrics;

import io.portward.config.model.PortConfig;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.TicketCounters;
import io.portward.server.metrics.PortMetrics.PortSnapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Every metric that Portward invents: its name, its help text and its labels are here and nowhere else.
 *
 * <p>Threading: ports, servers and certificates are announced by one thread at a time, while any thread collects.
 */
final class Families implements MultiCollector {

    private record ServerKey(String backend, String server) {}

    private final Map<String, PortMetrics> ports = new LinkedHashMap<>();
    private final Map<ServerKey, ServerMetrics> servers = new LinkedHashMap<>();
    private volatile List<CertificateFacts> certificates = List.of();
    private volatile @Nullable LongSupplier ticketKeyAge;

    /** Ports written alike (two times {@code 127.0.0.1:0}) share their series, because the text is the label. */
    synchronized PortMetrics port(PortConfig config, TicketCounters tickets) {
        PortMetrics metrics = ports.computeIfAbsent(config.listen().text(), PortMetrics::new);
        metrics.add(config, tickets);
        return metrics;
    }

    synchronized ServerMetrics server(String backend, String server) {
        return servers.computeIfAbsent(new ServerKey(backend, server), key -> new ServerMetrics());
    }

    void certificates(List<CertificateFacts> facts) {
        certificates = List.copyOf(facts);
    }

    void ticketKeyAge(LongSupplier ageSeconds) {
        ticketKeyAge = ageSeconds;
    }

    synchronized Collection<PortMetrics> ports() {
        return List.copyOf(ports.values());
    }

    private synchronized Map<ServerKey, ServerMetrics> servers() {
        return new LinkedHashMap<>(servers);
    }

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        Collection<PortMetrics> portMetrics = ports();
        connections(portMetrics, all);
        bytes(portMetrics, all);
        durations(portMetrics, all);
        tickets(portMetrics, all);
        requests(portMetrics, all);
        backends(servers(), all);
        certificates(all);
        return all.build();
    }

    private static void connections(Collection<PortMetrics> portMetrics, MetricSnapshots.Builder all) {
        CounterFamily total = new CounterFamily("portward_connections", "Connections accepted.", "port");
        GaugeFamily active = new GaugeFamily("portward_connections_active", "Connections open now.", "port");
        GaugeFamily handshaking = new GaugeFamily(
                "portward_tls_handshakes_active",
                "Accepted connections whose handshake is neither finished nor failed.",
                "port");
        CounterFamily finished = new CounterFamily(
                "portward_tls_handshakes",
                "Handshakes finished.",
                "port",
                "version",
                "cipher",
                "group",
                "resumed",
                "alpn");
        CounterFamily failed = new CounterFamily(
                "portward_tls_handshake_failures",
                "Connections that ended without a finished handshake.",
                "port",
                "reason");
        CounterFamily passed = new CounterFamily(
                "portward_tls_passthrough",
                "Connections handed on without termination, for their server name.",
                "port",
                "backend");
        for (PortMetrics metrics : portMetrics) {
            String port = metrics.port();
            PortSnapshot now = metrics.snapshot();
            total.add(now.accepted(), port);
            active.add(now.active(), port);
            if (metrics.isTls()) {
                handshaking.add(now.handshaking(), port);
                now.handshakes()
                        .forEach((key, count) -> finished.add(
                                count,
                                port,
                                key.version(),
                                key.cipher(),
                                key.group(),
                                Boolean.toString(key.resumed()),
                                key.alpn()));
                now.failures().forEach((reason, count) -> failed.add(count, port, reason.label()));
                now.passedThrough().forEach((backend, count) -> passed.add(count, port, backend));
            }
        }
        all.metricSnapshot(total.snapshot())
                .metricSnapshot(active.snapshot())
                .metricSnapshot(handshaking.snapshot())
                .metricSnapshot(finished.snapshot())
                .metricSnapshot(failed.snapshot())
                .metricSnapshot(passed.snapshot());
    }

    private static void bytes(Collection<PortMetrics> portMetrics, MetricSnapshots.Builder all) {
        CounterFamily bytes = new CounterFamily(
                "portward_bytes", "Bytes on the wire between clients and Portward.", "port", "direction");
        for (PortMetrics metrics : portMetrics) {
            bytes.add(metrics.bytesIn(), metrics.port(), "in");
            bytes.add(metrics.bytesOut(), metrics.port(), "out");
        }
        all.metricSnapshot(bytes.snapshot());
    }

    private static void durations(Collection<PortMetrics> portMetrics, MetricSnapshots.Builder all) {
        HistogramFamily durations = new HistogramFamily(
                "portward_tls_handshake_duration_seconds",
                "From the first byte of the ClientHello to the client's Finished.",
                "port",
                "resumed");
        for (PortMetrics metrics : portMetrics) {
            if (metrics.isTls()) {
                durations.add(metrics.durations(false), metrics.port(), "false");
                durations.add(metrics.durations(true), metrics.port(), "true");
            }
        }
        all.metricSnapshot(durations.snapshot());
    }

    private void tickets(Collection<PortMetrics> portMetrics, MetricSnapshots.Builder all) {
        CounterFamily events =
                new CounterFamily("portward_tls_tickets", "What happened to session tickets.", "port", "event");
        for (PortMetrics metrics : portMetrics) {
            if (metrics.isTls()) {
                String port = metrics.port();
                events.add(sum(metrics.tickets(), TicketCounters::issued), port, "issued");
                events.add(sum(metrics.tickets(), TicketCounters::resumed), port, "resumed");
                events.add(sum(metrics.tickets(), TicketCounters::renewed), port, "renewed");
                events.add(sum(metrics.tickets(), TicketCounters::rejected), port, "rejected");
            }
        }
        all.metricSnapshot(events.snapshot());
        LongSupplier age = ticketKeyAge;
        if (age != null) {
            GaugeFamily keyAge = new GaugeFamily(
                    "portward_tls_ticket_key_age_seconds",
                    "Age of the key that encrypts session tickets; the oldest if there are several.");
            keyAge.add(age.getAsLong());
            all.metricSnapshot(keyAge.snapshot());
        }
    }

    private static long sum(List<TicketCounters> counters, ToLongFunction<TicketCounters> event) {
        return counters.stream().mapToLong(event).sum();
    }

    private static void requests(Collection<PortMetrics> portMetrics, MetricSnapshots.Builder all) {
        CounterFamily total = new CounterFamily(
                "portward_http_requests",
                "Requests answered or given up.",
                "port",
                "backend",
                "method",
                "status",
                "protocol");
        HistogramFamily durations = new HistogramFamily(
                "portward_http_request_duration_seconds",
                "From the request's complete head to the end of the response.",
                "port",
                "backend");
        for (PortMetrics metrics : portMetrics) {
            metrics.requests().forEach((backend, requests) -> {
                durations.add(requests.durations(), metrics.port(), backend);
                for (RequestMetrics.Series series : requests.series()) {
                    total.add(
                            series.count(),
                            metrics.port(),
                            backend,
                            series.method(),
                            series.status(),
                            series.protocol());
                }
            });
        }
        all.metricSnapshot(total.snapshot()).metricSnapshot(durations.snapshot());
    }

    private static void backends(Map<ServerKey, ServerMetrics> serverMetrics, MetricSnapshots.Builder all) {
        GaugeFamily active = new GaugeFamily(
                "portward_backend_connections_active", "Connections open to a server.", "backend", "server");
        CounterFamily failures = new CounterFamily(
                "portward_backend_connect_failures",
                "Connections to a server that could not be made.",
                "backend",
                "server");
        GaugeFamily up = new GaugeFamily(
                "portward_backend_up", "1 while a server is believed to answer, else 0.", "backend", "server");
        serverMetrics.forEach((key, metrics) -> {
            active.add(metrics.active(), key.backend(), key.server());
            failures.add(metrics.failures(), key.backend(), key.server());
            up.add(metrics.isUp() ? 1 : 0, key.backend(), key.server());
        });
        all.metricSnapshot(active.snapshot())
                .metricSnapshot(failures.snapshot())
                .metricSnapshot(up.snapshot());
    }

    private void certificates(MetricSnapshots.Builder all) {
        GaugeFamily notAfter = new GaugeFamily(
                "portward_certificate_not_after_seconds",
                "When a served certificate expires, in seconds since 1970.",
                "certificate",
                "algorithm");
        for (CertificateFacts facts : certificates) {
            notAfter.add(facts.notAfter().getEpochSecond(), facts.name(), facts.algorithm());
        }
        all.metricSnapshot(notAfter.snapshot());
    }
}
