package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.Background;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TcpBackpressureTest {

    private static final int BLOCK = 64 * 1024;
    private static final long TRANSFER = 100L * 1024 * 1024;

    /** Socket buffers on both sides (a few MiB each on loopback) and our own bounds, far under the transfer. */
    private static final long MOST_IN_FLIGHT = 24L * 1024 * 1024;

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    private static RunningProxy startFor(ScriptedUpstream upstream) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                backends: {b: {servers: ["%s"]}}
                """, upstream.address());
    }

    /** Bytes that tell where they are. */
    private static void fill(byte[] block, long at) {
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) ((at + i) * 0x9E3779B97F4A7C15L >>> 56);
        }
    }

    private static long send(OutputStream out, long length, AtomicLong sent) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] block = new byte[BLOCK];
        for (long at = 0; at < length; at += BLOCK) {
            fill(block, at);
            crc.update(block);
            out.write(block);
            sent.addAndGet(BLOCK);
        }
        out.flush();
        return crc.getValue();
    }

    private static long receive(InputStream in, long length) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] block = new byte[BLOCK];
        for (long left = length; left > 0; ) {
            int n = in.read(block, 0, (int) Math.min(left, BLOCK));
            if (n < 0) {
                throw new IOException("ended " + left + " bytes early");
            }
            crc.update(block, 0, n);
            left -= n;
        }
        return crc.getValue();
    }

    @Test
    void aHundredMebibytesPassBothWaysAtOnceUnharmed() throws Exception {
        CompletableFuture<Long> upload = new CompletableFuture<>();
        CompletableFuture<Long> download = new CompletableFuture<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            Thread sender = new Thread(() -> {
                try {
                    download.complete(send(connection.out(), TRANSFER, new AtomicLong()));
                } catch (IOException e) {
                    download.completeExceptionally(e);
                }
            });
            sender.start();
            upload.complete(receive(connection.in(), TRANSFER));
            sender.join();
        })) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                CompletableFuture<Long> received = Background.begin(() -> receive(client.in(), TRANSFER));
                long sent = send(client.out(), TRANSFER, new AtomicLong());
                assertThat(upload.get(60, TimeUnit.SECONDS)).isEqualTo(sent);
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(download.get(1, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void aClientThatDoesNotReadStopsTheBackend() throws Exception {
        AtomicLong sent = new AtomicLong();
        CompletableFuture<Long> crc = new CompletableFuture<>();
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(connection -> crc.complete(send(connection.out(), TRANSFER, sent)))) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertStalls(sent);
                assertThat(receive(client.in(), TRANSFER)).isEqualTo(crc.get(30, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void aBackendThatDoesNotReadStopsTheClient() throws Exception {
        AtomicLong sent = new AtomicLong();
        CountDownLatch read = new CountDownLatch(1);
        CompletableFuture<Long> received = new CompletableFuture<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            assertThat(read.await(30, TimeUnit.SECONDS)).isTrue();
            received.complete(receive(connection.in(), TRANSFER));
        })) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                CompletableFuture<Long> crc = Background.begin(() -> send(client.out(), TRANSFER, sent));
                assertStalls(sent);
                read.countDown();
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(crc.get(1, TimeUnit.SECONDS));
            }
        }
    }

    /** Stands still for a while, with little sent. */
    private static void assertStalls(AtomicLong sent) {
        AtomicLong before = new AtomicLong(-1);
        await().pollInterval(Duration.ofMillis(500))
                .atMost(Duration.ofSeconds(20))
                .until(() -> sent.get() > 0 && before.getAndSet(sent.get()) == sent.get());
        assertThat(sent.get()).isLessThan(MOST_IN_FLIGHT);
    }

    /** Longer than the five seconds after which a client that takes nothing is given up. */
    @Test
    void aSlowClientGetsTheWholeAnswerAfterBothSidesHaveEnded() throws Exception {
        long length = 3L * 1024 * 1024;
        CompletableFuture<Long> crc = new CompletableFuture<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.readAll();
            crc.complete(send(connection.out(), length, new AtomicLong()));
        })) {
            RunningProxy proxy = startFor(upstream);
            RawClient tcp = RawClient.connect(proxy.address());
            tcp.socket().setReceiveBufferSize(64 * 1024);
            SSLEngine engine = clients.context().createSSLEngine("web.test", 443);
            try (TlsEngineClient client = new TlsEngineClient(tcp, engine)) {
                client.handshake().endOutput();
                int block = 96 * 1024;
                CRC32C received = new CRC32C();
                for (long at = 0; at < length; at += block) {
                    received.update(client.read((int) Math.min(block, length - at)));
                    // About 10 seconds in all.
                    await().pollDelay(Duration.ofMillis(300)).until(() -> true);
                }
                assertThat(received.getValue()).isEqualTo(crc.get(1, TimeUnit.SECONDS));
                assertThat(client.readToCloseNotify()).isEmpty();
            }
        }
    }

    @Test
    void aStalledClientDoesNotHoldUpTheStop() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(
                connection -> assertThatThrownBy(() -> send(connection.out(), TRANSFER, new AtomicLong()))
                        .isInstanceOf(IOException.class))) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.in().read()).isNotNegative();
                long start = System.nanoTime();
                proxy.stop();
                await().until(() -> proxy.port().closedCount() == 1);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            }
        }
    }
}
