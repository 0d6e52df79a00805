package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections through a {@code tls} port begin and end. */
class TcpPortTest {

    private static final int MORE_THAN_A_HANDSHAKE = 50_000;
    private static final byte[] GREETING = "* OK ready\r\n".getBytes(StandardCharsets.US_ASCII);

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    private static RunningProxy start(String backend) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                backends: {b: {%s}}
                """, backend);
    }

    private static RunningProxy startFor(ScriptedUpstream upstream) {
        return start("servers: [\"" + upstream.address() + "\"]");
    }

    private static TlsEngineClient engineClient(RunningProxy proxy, String version) throws IOException {
        SSLEngine engine =
                clients.context().createSSLEngine("web.test", proxy.address().getPort());
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(new String[] {version});
        return new TlsEngineClient(RawClient.connect(proxy.address()), engine).handshake();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void theServerMaySpeakFirst() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING);
            connection.readAll();
        })) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.read(GREETING.length)).isEqualTo(GREETING);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void afterTheClientsCloseNotifyTheRestOfTheAnswerIsDelivered(String version) throws Exception {
        byte[] answer = random(3_000_000);
        AtomicReference<byte[]> request = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            request.set(connection.readAll());
            connection.send(answer);
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = halfClosing(proxy, version)) {
                client.send("everything".getBytes(StandardCharsets.US_ASCII)).endOutput();
                assertThat(client.readToCloseNotify()).isEqualTo(answer);
                assertThat(client.endsTcp()).isTrue();
            }
            assertThat(request.get()).asString(StandardCharsets.US_ASCII).isEqualTo("everything");
        }
    }

    /** The JDK's TLS 1.2 engine closes both directions at once, so the version with a half-close is BoringSSL's or TLS 1.3. */
    private static TlsEngineClient halfClosing(RunningProxy proxy, String version) throws IOException {
        return engineClient(proxy, version);
    }

    @Test
    void afterTheBackendsFinTheClientGetsCloseNotifyAndMaySend() throws Exception {
        CountDownLatch clientSaw = new CountDownLatch(1);
        byte[] upload = random(2_000_000);
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING).endOutput();
            assertThat(clientSaw.await(10, TimeUnit.SECONDS)).isTrue();
            received.set(connection.readAll());
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                assertThat(client.readToCloseNotify()).isEqualTo(GREETING);
                clientSaw.countDown();
                client.send(upload).endOutput();
                assertThat(client.endsTcp()).isTrue();
            }
            await().untilAsserted(() -> assertThat(received.get()).isEqualTo(upload));
        }
    }

    /** Whether the FIN comes before or after the backend is reached is a matter of luck, so there are several tries. */
    @RepeatedTest(20)
    void aClientsFinWithoutCloseNotifyEndsItsDirection() throws Exception {
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            received.set(connection.readAll());
            connection.send(GREETING);
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                client.send(new byte[] {1, 2, 3}).wire().endOutput();
                assertThat(client.readToCloseNotify()).isEqualTo(GREETING);
            }
            assertThat(received.get()).containsExactly(1, 2, 3);
        }
    }

    /** Much more than socket buffers hold, to a client that lets the writes block: epoll must still tell when they may go on. */
    @Test
    void aSlowClientGetsALargeAnswerAfterItsFin() throws Exception {
        byte[] answer = random(16_000_000);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.readAll();
            connection.send(answer);
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                client.send(new byte[] {1}).endOutput().wire().endOutput();
                await().until(() -> proxy.port().bytesOut() > MORE_THAN_A_HANDSHAKE);
                await().pollDelay(Duration.ofMillis(500)).until(() -> true);
                assertThat(client.readToCloseNotify()).isEqualTo(answer);
            }
        }
    }

    /** The same towards the backend. */
    @Test
    void aSlowBackendGetsALargeUploadAfterItsFin() throws Exception {
        byte[] upload = random(16_000_000);
        AtomicReference<byte[]> received = new AtomicReference<>();
        CountDownLatch blocked = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.endOutput();
            assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
            received.set(connection.readAll());
        })) {
            RunningProxy proxy = startFor(upstream);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.in().read()).as("close_notify").isNegative();
                Thread reader = new Thread(() -> {
                    await().until(() -> proxy.port().bytesIn() > 1_000_000);
                    await().pollDelay(Duration.ofMillis(500)).until(() -> true);
                    blocked.countDown();
                });
                reader.start();
                client.send(upload).endOutput();
                await().untilAsserted(() -> assertThat(received.get()).isEqualTo(upload));
            }
        }
    }

    @Test
    void theClientsResetEndsTheBackendsConnection() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.readAll();
            ended.countDown();
        })) {
            RunningProxy proxy = startFor(upstream);
            TlsEngineClient client = engineClient(proxy, "TLSv1.3");
            client.send(new byte[] {1});
            await().until(() -> upstream.accepted() == 1);
            client.wire().reset();
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            await().until(() -> proxy.port().closedCount() == 1);
        }
    }

    /** RFC 8446 §6.1: close_notify would say that the data is complete. */
    @Test
    void whatAShutdownCutsEndsWithoutCloseNotify() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING);
            connection.readAll();
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                assertThat(client.read(GREETING.length)).isEqualTo(GREETING);
                proxy.stop();
                assertThatThrownBy(client::readToCloseNotify).isInstanceOf(EOFException.class);
            }
        }
    }

    /** RFC 8446 §6.1: close_notify would say that the data is complete. */
    @Test
    void theBackendsResetReachesTheClientAsAnEndWithoutCloseNotify() throws Exception {
        CountDownLatch clientHas = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING);
            assertThat(clientHas.await(10, TimeUnit.SECONDS)).isTrue();
            connection.reset();
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                assertThat(client.read(GREETING.length)).isEqualTo(GREETING);
                clientHas.countDown();
                assertThatThrownBy(client::readToCloseNotify).isInstanceOf(EOFException.class);
            }
        }
    }

    @Test
    void dataAfterCloseNotifyIsIgnored() throws Exception {
        AtomicReference<byte[]> received = new AtomicReference<>();
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            received.set(connection.readAll());
            assertThat(goOn.await(10, TimeUnit.SECONDS)).isTrue();
            connection.send(GREETING);
        })) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                client.send(new byte[] {1}).endOutput();
                client.wire().send(random(10_000));
                await().until(() -> received.get() != null);
                goOn.countDown();
                assertThat(client.readToCloseNotify()).isEqualTo(GREETING);
            }
            assertThat(received.get()).containsExactly(1);
        }
    }

    @Test
    void garbageInPlaceOfARecordEndsTheConnectionWithAnAlert() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = startFor(upstream);
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                assertThat(client.send(new byte[] {1}).read(1)).containsExactly(1);
                client.wire().send(new byte[] {23, 3, 3, 0, 30}).send(random(30));
                assertThatThrownBy(client::readToCloseNotify).hasMessageContaining("bad_record_mac");
            }
        }
    }

    @Test
    void theNextServerIsTriedWhenOneCannotBeReached() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            int down = ScriptedUpstream.unusedPort();
            RunningProxy proxy = start("servers: [\"127.0.0.1:" + down + "\", \"" + upstream.address() + "\"]");
            for (int i = 0; i < 4; i++) {
                try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                    assertThat(client.send("a\n").readUntil("\n")).isEqualTo("a\n");
                }
            }
            assertThat(proxy.observer().server("127.0.0.1:" + down).connectFailures())
                    .isPositive();
            await().until(() -> proxy.observer().server(upstream.address()).active() == 0);
        }
    }

    @Test
    void theClientIsClosedWhenNoServerCanBeReached() throws Exception {
        PROXIES.expectWarnings();
        RunningProxy proxy = start("servers: [\"127.0.0.1:" + ScriptedUpstream.unusedPort() + "\"]");
        try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
            assertThat(client.readToCloseNotify()).isEmpty();
        }
    }

    /** The tickets, larger with a longer secret, still wait for the first record then. */
    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"})
    void anAlertBehindUnsentTicketsIsWhole(String cipher) throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = startFor(upstream);
            SSLEngine engine = clients.context()
                    .createSSLEngine("web.test", proxy.address().getPort());
            engine.setUseClientMode(true);
            engine.setEnabledCipherSuites(new String[] {cipher});
            try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine).handshake()) {
                client.wire().send(new byte[] {23, 3, 3, 0, 30}).send(random(30));
                assertThatThrownBy(client::readToCloseNotify).hasMessageContaining("bad_record_mac");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"})
    void closeNotifyBehindUnsentTicketsIsWhole(String cipher) throws Exception {
        PROXIES.expectWarnings();
        RunningProxy proxy = start("servers: [\"127.0.0.1:" + ScriptedUpstream.unusedPort() + "\"]");
        SSLEngine engine =
                clients.context().createSSLEngine("web.test", proxy.address().getPort());
        engine.setUseClientMode(true);
        engine.setEnabledCipherSuites(new String[] {cipher});
        try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine).handshake()) {
            assertThat(client.readToCloseNotify()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2"})
    void theProxyHeaderComesFirst(String version) throws Exception {
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> received.set(connection.readAll()))) {
            RunningProxy proxy = start("servers: [\"" + upstream.address() + "\"], proxyProtocol: " + version);
            int clientPort;
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                clientPort = client.wire().socket().getLocalPort();
                client.send("hello".getBytes(StandardCharsets.US_ASCII)).endOutput();
                client.readToCloseNotify();
            }
            await().until(() -> received.get() != null);
            String text = new String(received.get(), StandardCharsets.ISO_8859_1);
            String first = version.equals("v1")
                    ? "PROXY TCP4 127.0.0.1 127.0.0.1 " + clientPort + " "
                            + proxy.address().getPort() + "\r\nhello"
                    : "\r\n\r\n\0\r\nQUIT\n!\u0011";
            assertThat(text).startsWith(first).endsWith("hello").containsOnlyOnce("hello");
        }
    }

    @Test
    void aBackendsOwnIdleTimeEndsAnIdleConnectionToo() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = start("servers: [\"" + upstream.address() + "\"], timeouts: {tcpIdle: 700ms}");
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                assertThat(client.send(new byte[] {1}).read(1)).containsExactly(1);
                assertThat(client.readToCloseNotify()).isEmpty();
            }
        }
    }

    @Test
    void anIdleConnectionIsClosed() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    timeouts: {tcpIdle: 700ms}
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                    backends: {b: {servers: ["%s"]}}
                    """, upstream.address());
            try (TlsEngineClient client = engineClient(proxy, "TLSv1.3")) {
                long start = System.nanoTime();
                assertThat(client.send(new byte[] {1}).read(1)).containsExactly(1);
                assertThat(client.readToCloseNotify()).isEmpty();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(690));
            }
        }
    }
}
