package io.portward.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.ListenAddress;
import io.portward.config.model.PassthroughConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsObserverTest {

    private static final PortConfig HTTPS = port(
            "443",
            PortProtocol.HTTPS,
            List.of(new RouteConfig(null, "/api", "api"), new RouteConfig(null, null, "web")));
    private static final PortConfig REDIRECT = port("80", PortProtocol.REDIRECT, List.of());
    private static final PortConfig IMAPS = port("127.0.0.1:993", PortProtocol.IMAPS, List.of());
    private static final TlsInfo MODERN =
            new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", false, "h2", "shop.example.com");
    private static final TicketCounters NO_TICKETS = tickets(0, 0, 0, 0);

    private final MetricsObserver metrics = new MetricsObserver();

    @AfterEach
    void closeMetrics() {
        metrics.close();
    }

    /** What {@code promtool check metrics} asks for, for the families of the JVM's binders too. */
    @Test
    void givesEveryFamilyATypeAndAHelpText() {
        metrics.observeProcess();

        List<String> lines = metrics.scrape().lines().toList();

        Set<String> typed = secondWords(lines, "# TYPE \\S+ \\S+");
        assertThat(secondWords(lines, "# HELP \\S+ \\S.*")).isEqualTo(typed);
        assertThat(lines)
                .filteredOn(line -> !line.startsWith("#"))
                .isNotEmpty()
                .allMatch(line -> typed.contains(line.split("[{ ]", 2)[0].replaceAll("_(bucket|count|sum)$", ""))
                        || typed.contains(line.split("[{ ]", 2)[0]));
    }

    private static Set<String> secondWords(List<String> lines, String pattern) {
        return lines.stream()
                .filter(line -> line.matches(pattern))
                .map(line -> line.split(" ", 4)[2])
                .collect(Collectors.toSet());
    }

    @Test
    void writesEveryFamilyOfTheContractAsInTheGoldenFile() throws IOException {
        PortObserver https = metrics.port(HTTPS, tickets(4, 2, 1, 3));
        PortObserver redirect = metrics.port(REDIRECT, NO_TICKETS);
        metrics.port(IMAPS, NO_TICKETS);
        ServerObserver web = metrics.server("web", "127.0.0.1:8080");
        ServerObserver api = metrics.server("api", "127.0.0.1:9000");
        metrics.certificates(List.of(new CertificateFacts("old", "rsa", Instant.ofEpochSecond(1))));
        metrics.certificates(List.of(
                new CertificateFacts("web", "ecdsa", Instant.ofEpochSecond(1_800_000_000)),
                new CertificateFacts("web", "rsa", Instant.ofEpochSecond(1_700_000_000))));
        metrics.ticketKeyAge(() -> 1234);
        metrics.accessLog(() -> 7, () -> 2, () -> 1);

        for (int i = 0; i < 6; i++) {
            https.accepted();
        }
        https.handshakeFinished(MODERN, 1_500_000);
        https.handshakeFinished(MODERN, 20_000_000_000L);
        https.handshakeFinished(
                new TlsInfo("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "X25519", true, "none", null), 900_000);
        https.handshakeFailed(HandshakeFailure.PLAIN_HTTP, connection(HTTPS), "GET / HTTP/1.1");
        https.passedThrough("legacy");
        https.requestFinished("web", "GET", 200, "h2", 4_000_000);
        https.requestFinished("web", "GET", 200, "h2", 4_000_000);
        https.requestFinished("api", "BREW", 502, "h1", 250_000_000);
        https.requestFinished("none", "POST", 404, "h1", 1_000);
        https.bytesIn(1_000);
        https.bytesOut(5_000_000_000L);
        https.closed();
        redirect.accepted();
        redirect.closed();
        redirect.requestFinished("none", "GET", 308, "h1", 100_000);
        web.connected();
        web.connected();
        web.disconnected();
        api.connectFailed();
        api.up(false);

        assertThat(metrics.scrape().lines().toList())
                .containsExactlyElementsOf(golden("metrics.golden.txt").lines().toList());
    }

    @Test
    void showsZeroForEverythingThatCanBeKnownBeforeTheFirstConnection() {
        metrics.port(HTTPS, NO_TICKETS);

        String text = metrics.scrape();

        assertThat(text)
                .contains(
                        "portward_connections_total{port=\"443\"} 0.0",
                        "portward_connections_active{port=\"443\"} 0.0",
                        "portward_tls_handshakes_active{port=\"443\"} 0.0",
                        "portward_tls_tickets_total{event=\"issued\",port=\"443\"} 0.0",
                        "portward_bytes_total{direction=\"in\",port=\"443\"} 0.0",
                        "portward_tls_handshake_duration_seconds_count{port=\"443\",resumed=\"true\"} 0",
                        "portward_http_request_duration_seconds_count{backend=\"web\",port=\"443\"} 0",
                        "portward_http_request_duration_seconds_count{backend=\"none\",port=\"443\"} 0");
        for (HandshakeFailure reason : HandshakeFailure.values()) {
            assertThat(text)
                    .contains("portward_tls_handshake_failures_total{port=\"443\",reason=\"" + reason.label()
                            + "\"} 0.0");
        }
    }

    @Test
    void keepsTlsFamiliesAwayFromPortsWithoutTls() {
        metrics.port(REDIRECT, NO_TICKETS);

        assertThat(metrics.scrape().lines().filter(line -> line.startsWith("portward_tls_")))
                .isEmpty();
    }

    @Test
    void foldsWhatClientsInventIntoOneLabelValue() {
        PortObserver https = metrics.port(HTTPS, NO_TICKETS);

        https.requestFinished("web", "get", 200, "h1", 1);
        https.requestFinished("web", "X\"}\n", 200, "h1", 1);
        https.requestFinished("web", "PROPFIND", 200, "h1", 1);
        https.requestFinished("web", "GET", 999, "h1", 1);
        https.requestFinished("web", "GET", 20, "h1", 1);

        assertThat(seriesOf("portward_http_requests_total"))
                .containsExactlyInAnyOrder(
                        "portward_http_requests_total{backend=\"web\",method=\"OTHER\",port=\"443\",protocol=\"h1\",status=\"200\"} 3.0",
                        "portward_http_requests_total{backend=\"web\",method=\"GET\",port=\"443\",protocol=\"h1\",status=\"other\"} 2.0");
    }

    @Test
    void addsUpPortsThatAreWrittenAlike() {
        PortConfig anyPort = port("127.0.0.1:0", PortProtocol.TLS, List.of());
        metrics.port(anyPort, tickets(1, 0, 0, 0)).accepted();
        metrics.port(anyPort, tickets(2, 0, 0, 0)).accepted();

        assertThat(metrics.scrape())
                .contains(
                        "portward_connections_total{port=\"127.0.0.1:0\"} 2.0",
                        "portward_tls_tickets_total{event=\"issued\",port=\"127.0.0.1:0\"} 3.0");
    }

    @Test
    void addsWhatDescribesTheProcess() {
        metrics.observeProcess();

        assertThat(metrics.scrape())
                .contains(
                        "process_start_time_seconds ",
                        "process_cpu_seconds_total ",
                        "process_resident_memory_bytes ",
                        "process_open_fds ",
                        "process_max_fds ",
                        "jvm_memory_used_bytes{area=\"heap\"",
                        "jvm_threads_live_threads ",
                        "netty_allocator_memory_used_bytes{");
    }

    private List<String> seriesOf(String name) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .toList();
    }

    private static ConnectionInfo connection(PortConfig port) {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);
        return new ConnectionInfo(port, loopback, loopback);
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(MetricsObserverTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static PortConfig port(String listen, PortProtocol protocol, List<RouteConfig> routes) {
        int number = Integer.parseInt(listen.substring(listen.lastIndexOf(':') + 1));
        @Nullable String host = listen.contains(":") ? listen.substring(0, listen.lastIndexOf(':')) : null;
        Duration minute = Duration.ofMinutes(1);
        TlsConfig tls =
                new TlsConfig(TlsPolicy.INTERMEDIATE, UnknownNames.FALLBACK, minute, new TicketConfig(minute, minute));
        return new PortConfig(
                new ListenAddress(listen, host, number),
                protocol,
                routes,
                protocol.isTcp() ? "mail" : null,
                protocol == PortProtocol.HTTPS ? List.of(new PassthroughConfig("legacy.test", "legacy")) : List.of(),
                443,
                null,
                tls,
                List.of(),
                new TimeoutConfig(minute, minute, minute, minute),
                ProxyHeaders.NONE,
                null,
                true);
    }

    private static TicketCounters tickets(long... counts) {
        return new TicketCounters() {
            @Override
            public long issued() {
                return counts[0];
            }

            @Override
            public long resumed() {
                return counts[1];
            }

            @Override
            public long renewed() {
                return counts[2];
            }

            @Override
            public long rejected() {
                return counts[3];
            }
        };
    }
}
