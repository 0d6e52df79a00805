package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports behind load balancers that send PROXY headers. */
class ProxyHeaderPortTest {

    private static final String TRUSTED = "127.0.0.0/8";
    private static final String HEADER = "PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\r\n";
    private static final byte[] BINARY = HexFormat.of()
            .parseHex("0d0a0d0a000d0a515549540a" + "2111" + "0013" + "cb007109c633640104d201bb03000401020304");

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    /** Ports: https, tls, redirect. */
    private static RunningProxy start(String expectation, String trusted, String server) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                trustedProxies: ["%2$s"]
                tls: {handshakeTimeout: 1s}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], proxyProtocol: %1$s}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: mail, proxyProtocol: %1$s}
                  - {listen: "127.0.0.1:0", protocol: redirect, proxyProtocol: %1$s}
                backends:
                  web: {servers: ["%3$s"]}
                  mail: {servers: ["%3$s"], proxyProtocol: v1}
                """, expectation, trusted, server);
    }

    private ScriptedUpstream origin() throws Exception {
        return ScriptedUpstream.start(connection -> {
            requests.add(connection.readUntil("\r\n\r\n"));
            connection.send("HTTP/1.1 204 No Content\r\n\r\n");
        });
    }

    private String forwardedRequest(RawClient tcp) throws Exception {
        try (RawClient tls = clients.over(tcp, "web.test", parameters -> {})) {
            tls.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").readUntil("\r\n\r\n");
        }
        return requests.poll(5, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"required", "optional"})
    void theBackendLearnsTheAddressOfTheHeader(String expectation) throws Exception {
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = start(expectation, TRUSTED, origin.address());
            assertThat(forwardedRequest(RawClient.connect(proxy.address()).send(HEADER)))
                    .contains("x-forwarded-for: 203.0.113.9\r\n")
                    .contains("x-forwarded-port: 443\r\n");
            assertThat(forwardedRequest(RawClient.connect(proxy.address()).send(BINARY)))
                    .contains("x-forwarded-for: 203.0.113.9\r\n");
            assertThat(proxy.port().failures()).isEmpty();
        }
    }

    @Test
    void theHeaderMayComeInPieces() throws Exception {
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = start("required", TRUSTED, origin.address());
            RawClient tcp = RawClient.connect(proxy.address());
            for (byte piece : BINARY) {
                tcp.send(new byte[] {piece});
            }
            assertThat(forwardedRequest(tcp)).contains("x-forwarded-for: 203.0.113.9\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"optional, 127.0.0.0/8", "optional, 192.0.2.0/24"})
    void withoutAHeaderTheSocketsAddressCounts(String expectation, String trusted) throws Exception {
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = start(expectation, trusted, origin.address());
            assertThat(forwardedRequest(RawClient.connect(proxy.address()))).contains("x-forwarded-for: 127.0.0.1\r\n");
        }
    }

    /** What a load balancer's own health check sends: PROXY UNKNOWN. */
    @Test
    void aHeaderWithoutAddressesLeavesTheSocketsAddress() throws Exception {
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = start("required", TRUSTED, origin.address());
            assertThat(forwardedRequest(RawClient.connect(proxy.address()).send("PROXY UNKNOWN\r\n")))
                    .contains("x-forwarded-for: 127.0.0.1\r\n");
        }
    }

    @Test
    void aTcpBackendGetsTheAddressOfTheHeaderInItsOwn() throws Exception {
        BlockingQueue<String> headers = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin =
                ScriptedUpstream.start(connection -> headers.add(connection.readUntil("\r\n")))) {
            RunningProxy proxy = start("required", TRUSTED, origin.address());
            RawClient tcp = RawClient.connect(proxy.address(1)).send(HEADER);
            try (RawClient tls = clients.over(tcp, "web.test", parameters -> {})) {
                assertThat(tls.readAll()).isEmpty();
            }
            assertThat(headers.poll(5, TimeUnit.SECONDS)).isEqualTo(HEADER);
        }
    }

    @Test
    void aRedirectPortUnderstandsItToo() throws Exception {
        RunningProxy proxy = start("required", TRUSTED, "127.0.0.1:1");
        try (RawClient client = RawClient.connect(proxy.address(2))) {
            client.send(HEADER + "GET /a HTTP/1.1\r\nHost: web.test\r\n\r\n");
            assertThat(client.readUntil("\r\n\r\n")).contains(" 308 ").contains("location: https://web.test/a\r\n");
        }
        try (RawClient client = RawClient.connect(proxy.address(2))) {
            assertThat(client.send("GET /a HTTP/1.1\r\nHost: web.test\r\n\r\n").readAll())
                    .isEmpty();
        }
    }

    private static void assertFails(RunningProxy proxy, byte[] bytes, HandshakeFailure reason) throws Exception {
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(bytes);
            assertThat(client.readAll()).isEmpty();
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(reason);
        assertThat(proxy.port().handshakes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "required, 127.0.0.0/8, PROXY TCP4 203.0.113.9 198.51.100.1 1234 70000\\r\\n, BAD_PROXY_HEADER",
        "optional, 127.0.0.0/8, PROXY TCP4 203.0.113.9 198.51.100.1 1234 70000\\r\\n, BAD_PROXY_HEADER",
        "required, 127.0.0.0/8, GET / HTTP/1.1\\r\\n\\r\\n, BAD_PROXY_HEADER",
        "required, 192.0.2.0/24, PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\\r\\n, BAD_PROXY_HEADER",
        "optional, 192.0.2.0/24, PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\\r\\n, NOT_TLS",
        "none, 127.0.0.0/8, PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\\r\\n, NOT_TLS",
        "required, 127.0.0.0/8, PROXY TCP4 203.0.113.9, TIMEOUT",
        "required, 127.0.0.0/8, PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\\r\\n, TIMEOUT",
    })
    void refusesWhatItCannotBelieve(String expectation, String trusted, String text, HandshakeFailure reason)
            throws Exception {
        RunningProxy proxy = start(expectation, trusted, "127.0.0.1:1");
        byte[] bytes = text.replace("\\r", "\r").replace("\\n", "\n").getBytes(StandardCharsets.US_ASCII);
        assertFails(proxy, bytes, reason);
    }

    @Test
    void aPeerThatLeavesBeforeTheEndOfTheHeaderIsCounted() throws Exception {
        RunningProxy proxy = start("required", TRUSTED, "127.0.0.1:1");
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("PROXY ").endOutput();
            assertThat(client.readAll()).isEmpty();
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().failures().get(0).reason()).isEqualTo(HandshakeFailure.CLIENT_CLOSED);
    }

    @Test
    void aConnectionThatWaitsForItsHeaderIsAVictimOfTheShutdown() throws Exception {
        RunningProxy proxy = start("required", TRUSTED, "127.0.0.1:1");
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("PROXY ");
            await().until(() -> proxy.port().acceptedCount() == 1);
            proxy.stop();
            assertThat(client.readAll()).isEmpty();
        }
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(HandshakeFailure.SHUTDOWN);
    }
}
