package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.Background;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections for names that are passed through, from their first byte to their end. */
class PassthroughTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final byte[] GREETING = "* OK ready\r\n".getBytes(StandardCharsets.US_ASCII);

    private static TlsClients clients;

    /** What a client says first; the name in it is legacy.test. */
    private byte[] hello;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("wide", "web.test", "legacy.test", "a.old.test");
        PROXIES.pki().ecdsa("legacy", "legacy.test", "*.old.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    @BeforeEach
    void recordAHello() throws Exception {
        CompletableFuture<byte[]> first = new CompletableFuture<>();
        try (ScriptedUpstream server = ScriptedUpstream.start(connection -> {
                    byte[] buffer = new byte[16_384];
                    int n = connection.in().read(buffer);
                    first.complete(Arrays.copyOf(buffer, n));
                });
                RawClient tcp = RawClient.connect(new InetSocketAddress("127.0.0.1", server.port()))) {
            assertThatThrownBy(() -> clients.over(tcp, "legacy.test", parameters -> {}))
                    .isInstanceOf(IOException.class);
        }
        hello = first.get(10, TimeUnit.SECONDS);
    }

    /** With more keys for the port and the backend. */
    private static RunningProxy start(String port, String backend, String server) {
        return PROXIES.start("""
                certificates: [{name: wide, chain: wide.pem, key: wide.key}]
                trustedProxies: ["127.0.0.0/8"]
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes: [{respond: {status: 200, body: terminated}}]
                    passthrough: [{host: legacy.test, backend: legacy}, {host: "*.old.test", backend: legacy}]
                    %s
                backends: {legacy: {%s servers: ["%s"]}}
                """, port, backend, server);
    }

    private static RunningProxy start(ScriptedUpstream upstream) {
        return start("", "", upstream.address());
    }

    /** To close with the hello unread would be a reset. */
    private void answerTo(RawClient connection, String answer) throws IOException {
        connection.read(hello.length);
        connection.send(answer);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static RunningProxy origin(ScriptedUpstream inside) {
        return PROXIES.start("""
                certificates: [{name: legacy, chain: legacy.pem, key: legacy.key}]
                ports: [{listen: "127.0.0.1:0", protocol: tls, backend: inside}]
                backends: {inside: {servers: ["%s"]}}
                """, inside.address());
    }

    private static String name(RawClient client) throws IOException {
        X509Certificate shown =
                (X509Certificate) ((SSLSocket) client.socket()).getSession().getPeerCertificates()[0];
        return shown.getSubjectX500Principal().getName();
    }

    /** The client shakes hands with the backend: its certificate, its tickets. */
    @ParameterizedTest
    @ValueSource(strings = {"legacy.test", "a.old.test"})
    void theBackendTerminates(String serverName) throws Exception {
        byte[] data = random(3_000_000);
        try (ScriptedUpstream echo = ScriptedUpstream.echo()) {
            RunningProxy origin = origin(echo);
            RunningProxy proxy = start("", "", "127.0.0.1:" + origin.address().getPort());
            for (int i = 0; i < 3; i++) {
                try (RawClient client = clients.connect(proxy.address(), serverName)) {
                    assertThat(name(client)).isEqualTo("CN=legacy");
                    CompletableFuture<byte[]> back = Background.begin(() -> client.read(data.length));
                    client.send(data);
                    assertThat(back.get(20, TimeUnit.SECONDS)).isEqualTo(data);
                }
            }
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(name(client)).isEqualTo("CN=wide");
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n");
                assertThat(client.readAllText()).endsWith("terminated");
            }
            assertThat(proxy.port().passedThrough()).containsOnly("legacy").hasSize(3);
            assertThat(proxy.port().handshakes()).hasSize(1);
            assertThat(origin.port().handshakes()).hasSize(3);
            assertThat(origin.port().handshakes().get(1).resumed()).isTrue();
        }
    }

    /** A hello of BoringSSL's with a key share of 1216 bytes. */
    @Test
    void aPostQuantumHandshakePasses() throws Exception {
        SslContext context = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(PROXIES.pki().authority())
                .option(OpenSslContextOption.GROUPS, new String[] {"X25519MLKEM768"})
                .build();
        try (ScriptedUpstream echo = ScriptedUpstream.echo()) {
            RunningProxy origin = origin(echo);
            RunningProxy proxy = start("", "", "127.0.0.1:" + origin.address().getPort());
            SSLEngine engine = context.newEngine(
                    UnpooledByteBufAllocator.DEFAULT,
                    "legacy.test",
                    proxy.address().getPort());
            try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine)) {
                assertThat(client.handshake().send(GREETING).read(GREETING.length))
                        .isEqualTo(GREETING);
            } finally {
                ReferenceCountUtil.release(engine);
            }
            assertThat(origin.port().handshakes())
                    .singleElement()
                    .extracting(handshake -> handshake.group())
                    .isEqualTo("X25519MLKEM768");
            assertThat(proxy.port().passedThrough()).containsExactly("legacy");
        } finally {
            ReferenceCountUtil.release(context);
        }
    }

    /** RFC 9113 §9.1.1: a browser reuses a connection for every name of its certificate. */
    @ParameterizedTest
    @CsvSource({"web.test, 200", "other.test, 200", "legacy.test, 421", "LEGACY.test.:443, 421", "a.old.test, 421"})
    void aRequestForAPassedThroughNameIsSentElsewhere(String host, int status) throws Exception {
        RunningProxy proxy = start("", "", "127.0.0.1:1");
        try (RawClient client = clients.connect(proxy.address(), "web.test")) {
            client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            assertThat(client.readAllText()).startsWith("HTTP/1.1 " + status + " ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls", "imaps"})
    void aPortForNothingElseNeedsNoCertificate(String protocol) throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.read(hello.length);
            connection.send(GREETING);
        })) {
            RunningProxy proxy = PROXIES.start("""
                    ports:
                      - {listen: "127.0.0.1:0", protocol: %s, passthrough: [{host: legacy.test, backend: legacy}]}
                    backends: {legacy: {servers: ["%s"]}}
                    """, protocol, upstream.address());
            try (RawClient client = RawClient.connect(proxy.address())) {
                assertThat(client.send(hello).readAll()).isEqualTo(GREETING);
            }
            assertThatThrownBy(() -> clients.connect(proxy.address(), "web.test"))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("unrecognized_name");
            SSLEngine nameless = clients.context().createSSLEngine();
            try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), nameless)) {
                assertThatThrownBy(client::handshake).hasMessageContaining("unrecognized_name");
            }
            await().until(() -> proxy.port().failures().size() == 2);
            assertThat(proxy.port().failures())
                    .extracting(failure -> failure.reason())
                    .containsExactly(HandshakeFailure.UNKNOWN_SNI, HandshakeFailure.NO_SNI);
        }
    }

    @Test
    void aRouteAndAPassthroughShareATlsPort() throws Exception {
        try (ScriptedUpstream inside = ScriptedUpstream.start(connection -> connection.send("decrypted"));
                ScriptedUpstream upstream = ScriptedUpstream.start(connection -> answerTo(connection, "unopened"))) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: wide, chain: wide.pem, key: wide.key}]
                    ports:
                      - listen: "127.0.0.1:0"
                        protocol: tls
                        passthrough: [{host: legacy.test, backend: legacy}]
                        routes: [{host: web.test, backend: inside}]
                    backends:
                      inside: {servers: ["%s"]}
                      legacy: {servers: ["%s"]}
                    """, inside.address(), upstream.address());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.readAllText()).isEqualTo("decrypted");
            }
            try (RawClient client = RawClient.connect(proxy.address())) {
                assertThat(client.send(hello).readAllText()).isEqualTo("unopened");
            }
        }
    }

    /** Whether the FIN comes before or after the backend is reached is a matter of luck, so there are several tries. */
    @RepeatedTest(20)
    void aFinRightBehindTheHelloEndsThatDirectionOnly() throws Exception {
        byte[] answer = random(1_000_000);
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            received.set(connection.readAll());
            connection.send(answer);
        })) {
            try (RawClient client = RawClient.connect(start(upstream).address())) {
                assertThat(client.send(hello).endOutput().readAll()).isEqualTo(answer);
            }
            assertThat(received.get()).isEqualTo(hello);
        }
    }

    @Test
    void afterTheBackendsFinTheClientMaySend() throws Exception {
        byte[] upload = random(5_000_000);
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING).endOutput();
            received.set(connection.readAll());
        })) {
            try (RawClient client = RawClient.connect(start(upstream).address())) {
                assertThat(client.send(hello).readAll()).isEqualTo(GREETING);
                client.send(upload).endOutput();
                await().until(() -> received.get() != null);
            }
            byte[] expected = Arrays.copyOf(hello, hello.length + upload.length);
            System.arraycopy(upload, 0, expected, hello.length, upload.length);
            assertThat(received.get()).isEqualTo(expected);
        }
    }

    @Test
    void theClientsResetEndsTheBackendsConnection() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING).readAll();
            ended.countDown();
        })) {
            RunningProxy proxy = start(upstream);
            RawClient client = RawClient.connect(proxy.address());
            client.send(hello).read(GREETING.length);
            client.reset();
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            await().until(() -> proxy.port().closedCount() == 1);
        }
    }

    @Test
    void theBackendsResetEndsTheClientsConnection() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.read(hello.length);
            connection.reset();
        })) {
            RunningProxy proxy = start(upstream);
            try (RawClient client = RawClient.connect(proxy.address())) {
                assertThat(client.send(hello).readAll()).isEmpty();
            }
            await().until(() -> proxy.port().closedCount() == 1);
        }
    }

    @Test
    void theClientIsClosedWhenNoServerCanBeReached() throws Exception {
        PROXIES.expectWarnings();
        RunningProxy proxy = start("", "", "127.0.0.1:" + ScriptedUpstream.unusedPort());
        try (RawClient client = RawClient.connect(proxy.address())) {
            assertThat(client.send(hello).readAll()).isEmpty();
        }
        assertThat(proxy.port().passedThrough()).containsExactly("legacy");
        assertThat(proxy.port().failures()).isEmpty();
    }

    @Test
    void silenceOnBothSidesEndsIt() throws Exception {
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(connection -> connection.send(GREETING).readAll())) {
            RunningProxy proxy = start("timeouts: {tcpIdle: 1s}", "", upstream.address());
            try (RawClient client = RawClient.connect(proxy.address())) {
                assertThat(client.send(hello).readAll()).isEqualTo(GREETING);
            }
        }
    }

    @Test
    void theHandshakeTimeoutIsOverWithTheHello() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            assertThat(goOn.await(10, TimeUnit.SECONDS)).isTrue();
            connection.send(GREETING);
        })) {
            RunningProxy proxy = start("tls: {handshakeTimeout: 200ms}", "", upstream.address());
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(hello);
                await().pollDelay(Duration.ofMillis(600)).until(() -> true);
                goOn.countDown();
                assertThat(client.readAll()).isEqualTo(GREETING);
            }
        }
    }

    @Test
    void aClientThatDoesNotReadStopsTheBackend() throws Exception {
        int transfer = 80_000_000;
        AtomicLong sent = new AtomicLong();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.read(hello.length);
            byte[] block = random(100_000);
            for (int i = 0; i < transfer / block.length; i++) {
                connection.send(block);
                sent.addAndGet(block.length);
            }
        })) {
            try (RawClient client = RawClient.connect(start(upstream).address())) {
                client.send(hello);
                AtomicLong before = new AtomicLong(-1);
                await().pollInterval(Duration.ofMillis(500))
                        .until(() -> sent.get() > 0 && before.getAndSet(sent.get()) == sent.get());
                assertThat(sent.get()).isLessThan(transfer / 2);
                long read = 0;
                byte[] buffer = new byte[100_000];
                for (int n = client.in().read(buffer); n >= 0; n = client.in().read(buffer)) {
                    read += n;
                }
                assertThat(read).isEqualTo(transfer);
            }
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    /** TLS is not taken off, so that the header tells of the addresses and the name alone. */
    @Test
    void aProxyHeaderVersion2HasTheNameAndNothingOfTls() throws Exception {
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(connection -> received.complete(connection.readAll()))) {
            RunningProxy proxy = start("", "proxyProtocol: v2,", upstream.address());
            int port;
            try (RawClient client = RawClient.connect(proxy.address())) {
                port = client.socket().getLocalPort();
                client.send(hello).endOutput().readAll();
            }
            byte[] header = hex("0d0a0d0a000d0a515549540a" + "21" + "11" + "001a" // 12 + 14
                    + "7f000001" + "7f000001"
                    + String.format(
                            Locale.ROOT, "%04x%04x", port, proxy.address().getPort())
                    + "02" + "000b" + "6c65676163792e74657374");
            byte[] expected = Arrays.copyOf(header, header.length + hello.length);
            System.arraycopy(hello, 0, expected, header.length, hello.length);
            assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(expected);
        }
    }

    @Test
    void aProxyHeaderFromTheFrontGoesOnToTheBackend() throws Exception {
        String header = "PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\r\n";
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(connection -> received.complete(connection.readAll()))) {
            RunningProxy proxy = start("proxyProtocol: required", "proxyProtocol: v1,", upstream.address());
            byte[] all = new byte[header.length() + hello.length];
            System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, all, 0, header.length());
            System.arraycopy(hello, 0, all, header.length(), hello.length);
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(all).endOutput().readAll();
            }
            assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(all);
        }
    }

    @Test
    void theCapOfThePortCountsThem() throws Exception {
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(connection -> connection.send(GREETING).readAll())) {
            RunningProxy proxy = start("maxConnections: 1", "", upstream.address());
            try (RawClient first = RawClient.connect(proxy.address())) {
                assertThat(first.send(hello).read(GREETING.length)).isEqualTo(GREETING);
                try (RawClient second = RawClient.connect(proxy.address())) {
                    assertThat(second.readAll()).isEmpty();
                }
                await().until(() -> proxy.port().failures().size() == 1);
                assertThat(proxy.port().failures().get(0).reason()).isEqualTo(HandshakeFailure.LIMITED);
            }
            await().until(() -> proxy.port().closedCount() == 2);
            try (RawClient third = RawClient.connect(proxy.address())) {
                assertThat(third.send(hello).read(GREETING.length)).isEqualTo(GREETING);
            }
        }
    }

    @Test
    void theServersTakeTurns() throws Exception {
        try (ScriptedUpstream one = ScriptedUpstream.start(connection -> answerTo(connection, "1"));
                ScriptedUpstream two = ScriptedUpstream.start(connection -> answerTo(connection, "2"))) {
            RunningProxy proxy = start("", "", one.address() + "\", \"" + two.address());
            StringBuilder answers = new StringBuilder();
            for (int i = 0; i < 6; i++) {
                try (RawClient client = RawClient.connect(proxy.address())) {
                    answers.append((char) client.send(hello).read(1)[0]);
                }
            }
            assertThat(answers.toString()).isIn("121212", "212121");
        }
    }

    @Test
    void aShutdownLeavesThemTheGraceAndThenCutsThem() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(GREETING);
            assertThat(goOn.await(10, TimeUnit.SECONDS)).isTrue();
            connection.send(GREETING).readAll();
        })) {
            RunningProxy proxy = start(upstream);
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(hello).read(GREETING.length);
                CompletableFuture<Void> drained =
                        proxy.plane().drain(Duration.ofSeconds(2)).toCompletableFuture();
                goOn.countDown();
                assertThat(client.read(GREETING.length)).isEqualTo(GREETING);
                assertThat(drained).isNotDone();
                assertThat(client.readAll()).isEmpty();
                drained.get(10, TimeUnit.SECONDS);
            }
        }
    }
}
