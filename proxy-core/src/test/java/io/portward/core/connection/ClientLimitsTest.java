package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More clients, or more from one client, than the operator allows. */
@Timeout(30)
class ClientLimitsTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    private ScriptedUpstream origin;
    private RunningProxy proxy;
    private TlsClients clients;

    @BeforeEach
    void open() throws IOException {
        origin = ScriptedUpstream.start(connection -> {
            while (connection.in().read() >= 0) {
                connection.readUntil("\r\n\r\n");
                connection.send(OK);
            }
        });
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    @AfterEach
    void close() throws IOException {
        origin.close();
    }

    private void start(String port, String file) {
        proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]%s}]
                backends: {web: {servers: ["%s"]}}
                %s
                """, port, origin.address(), file);
    }

    private RawClient connect() throws IOException {
        return clients.connect(proxy.address(), "web.test");
    }

    private static String ask(RawClient client, String request) throws IOException {
        client.send(request);
        String head = client.readUntil("\r\n\r\n");
        client.read(Integer.parseInt(head.replaceAll("(?is).*content-length: (\\d+).*", "$1")));
        return head;
    }

    private void refusesTheThird() throws IOException {
        try (RawClient first = connect();
                RawClient second = connect()) {
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
            assertThat(proxy.port().failures())
                    .extracting(failure -> failure.reason())
                    .containsExactly(HandshakeFailure.LIMITED);
            assertThat(ask(first, GET)).startsWith("HTTP/1.1 200");
            assertThat(ask(second, GET)).startsWith("HTTP/1.1 200");
        }
        await().until(() -> proxy.port().closedCount() == 3);
        try (RawClient next = connect()) {
            assertThat(ask(next, GET)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void closesAConnectionOverThePortsCap() throws IOException {
        start(", maxConnections: 2", "");
        refusesTheThird();
    }

    @Test
    void closesAConnectionOverTheCapOfTheProcess() throws IOException {
        start("", "limits: {connections: 2}");
        refusesTheThird();
    }

    @Test
    void closesAConnectionOverTheCapOfItsAddress() throws IOException {
        start("", "limits: {perAddress: {connections: 2}}");
        refusesTheThird();
    }

    @Test
    void closesConnectionsThatComeTooFast() throws IOException {
        start("", "limits: {perAddress: {newConnectionsPerSecond: 1}}");
        try (RawClient first = connect()) {
            assertThat(ask(first, GET)).startsWith("HTTP/1.1 200");
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
        }
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(HandshakeFailure.LIMITED);
        await().atMost(Duration.ofSeconds(5))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    connect().close();
                    return true;
                });
    }

    /** A connection has one handshake, as there is no renegotiation: its rate bounds theirs, whether they are full or resumed. */
    @Test
    void boundsHandshakesBySecondWithTheirConnections() throws IOException {
        start("", "limits: {perAddress: {newConnectionsPerSecond: 5}}");
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        try (RawClient client = connect()) {
                            ask(client, GET);
                        }
                    }
                })
                .isInstanceOf(IOException.class);
        assertThat(proxy.port().handshakes())
                .extracting(handshake -> handshake.resumed())
                .contains(false, true);
        await().until(() -> !proxy.port().failures().isEmpty());
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsOnly(HandshakeFailure.LIMITED);
    }

    @Test
    void answers429ToRequestsThatComeTooFastAndKeepsTheConnection() throws IOException {
        start("", "limits: {perAddress: {requestsPerSecond: 2}}");
        try (RawClient client = connect()) {
            assertThat(ask(client, GET)).startsWith("HTTP/1.1 200");
            assertThat(ask(client, GET)).startsWith("HTTP/1.1 200");
            String refused = ask(client, GET);
            assertThat(refused).startsWith("HTTP/1.1 429 Too Many Requests\r\n");
            assertThat(refused.toLowerCase(Locale.ROOT))
                    .contains("retry-after: 1\r\n")
                    .doesNotContain("connection: close");
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(ask(client, GET)).startsWith("HTTP/1.1 200"));
        }
        assertThat(proxy.port().requests())
                .extracting(request -> request.status())
                .contains(429);
    }

    /** Behind a trusted proxy it is the client that it names which is limited. */
    @Test
    void limitsTheClientsBehindATrustedProxyAndNotTheProxy() throws IOException {
        start(
                "",
                "trustedProxies: [127.0.0.1, 192.0.2.9]\n"
                        + "limits: {perAddress: {connections: 1, newConnectionsPerSecond: 1, requestsPerSecond: 1}}");
        try (RawClient one = connect();
                RawClient two = connect()) {
            for (int i = 0; i < 5; i++) {
                assertThat(ask(one, GET)).startsWith("HTTP/1.1 200");
                assertThat(ask(two, forwarded("unknown"))).startsWith("HTTP/1.1 200");
            }
            assertThat(ask(one, forwarded("203.0.113.5"))).startsWith("HTTP/1.1 200");
            assertThat(ask(two, forwarded("203.0.113.6, 192.0.2.9"))).startsWith("HTTP/1.1 200");
            // Whatever a client puts before it, the proxy has appended its address.
            assertThat(ask(one, forwarded("203.0.113.99, 203.0.113.5, 192.0.2.9")))
                    .startsWith("HTTP/1.1 429");
        }
        assertThat(proxy.port().failures()).isEmpty();
    }

    private static String forwarded(String addresses) {
        return GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: " + addresses + "\r\n\r\n");
    }
}
