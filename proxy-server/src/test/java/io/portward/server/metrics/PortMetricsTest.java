package io.portward.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.TlsInfo;
import io.portward.server.metrics.PortMetrics.PortSnapshot;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PortMetricsTest {

    private static final PortConfig TLS = MetricsObserverTest.port("127.0.0.1:443", PortProtocol.TLS, List.of());
    private static final TlsInfo FULL = new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", false, "none", null);
    private static final TlsInfo RESUMED =
            new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", true, "none", null);

    private final PortMetrics metrics = new PortMetrics(TLS.listen().text());

    @Test
    void sumsAgreeInEverySnapshotWhileConnectionsComeAndGo() throws Exception {
        int perThread = 20_000;
        int threads = 4;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                running.add(executor.submit(() -> comeAndGo(perThread)));
            }
            while (!running.stream().allMatch(Future::isDone)) {
                assertAgrees(metrics.snapshot());
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            executor.shutdownNow();
        }

        PortSnapshot end = metrics.snapshot();
        assertAgrees(end);
        assertThat(end.accepted()).isEqualTo((long) threads * perThread);
        assertThat(end.handshaking()).isZero();
        assertThat(end.passedThrough()).containsOnlyKeys("legacy");
        assertThat(end.active()).isZero();
    }

    private void comeAndGo(int connections) {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);
        ConnectionInfo connection = new ConnectionInfo(TLS, loopback, loopback);
        for (int i = 0; i < connections; i++) {
            metrics.accepted();
            switch (i % 4) {
                case 0 -> metrics.handshakeFinished(FULL, 1_000);
                case 1 -> metrics.handshakeFinished(RESUMED, 1_000);
                case 2 -> metrics.passedThrough("legacy");
                default -> metrics.handshakeFailed(HandshakeFailure.RESET, connection, "test");
            }
            metrics.closed();
        }
    }

    private static void assertAgrees(PortSnapshot now) {
        long finished =
                now.handshakes().values().stream().mapToLong(Long::longValue).sum();
        long failed =
                now.failures().values().stream().mapToLong(Long::longValue).sum();
        long passed =
                now.passedThrough().values().stream().mapToLong(Long::longValue).sum();
        assertThat(now.accepted()).isEqualTo(finished + failed + passed + now.handshaking());
        assertThat(now.handshaking()).isNotNegative();
        assertThat(now.active()).isNotNegative();
    }
}
