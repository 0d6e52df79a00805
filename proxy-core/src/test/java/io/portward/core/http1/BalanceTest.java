package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which server a request gets when a backend says {@code balance}. */
@Timeout(30)
class BalanceTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static CannedOrigin named(String name) throws IOException {
        return CannedOrigin.answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name);
    }

    private static HttpsPort start(String balance, CannedOrigin... origins) {
        List<String> addresses =
                List.of(origins).stream().map(CannedOrigin::address).toList();
        return HttpsPort.backendOn(
                PROXIES,
                Transport.open(2),
                "servers: [\"" + String.join("\", \"", addresses) + "\"], balance: " + balance);
    }

    /** @return the name of the server */
    private static String get(HttpsPort port, String fields) throws IOException {
        try (RawClient client = port.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: web.test\r\n" + fields + "\r\n");
            return Reply.read(client).body();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"header:X-User", "cookie:user"})
    void theSameUserGetsTheSameServerOnEveryEventLoop(String hash) throws Exception {
        try (CannedOrigin a = named("a");
                CannedOrigin b = named("b");
                CannedOrigin c = named("c")) {
            HttpsPort port = start("{hash: '" + hash + "'}", a, b, c);
            Set<String> seen = new HashSet<>();
            for (int user = 0; user < 20; user++) {
                String fields = hash.startsWith("header") ? "X-User: u" + user : "Cookie: lang=de; user=u" + user;
                String first = get(port, fields + "\r\n");
                seen.add(first);
                assertThat(get(port, fields + "\r\n")).isEqualTo(first);
                assertThat(get(port, "x-other: 1\r\n" + fields + "\r\n")).isEqualTo(first);
            }
            assertThat(seen).containsExactlyInAnyOrder("a", "b", "c");
        }
    }

    @Test
    void theSameAddressGetsTheSameServer() throws Exception {
        try (CannedOrigin a = named("a");
                CannedOrigin b = named("b")) {
            HttpsPort port = start("{hash: source}", a, b);
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                seen.add(get(port, ""));
            }
            assertThat(seen).hasSize(1);
        }
    }

    /** Behind a trusted proxy the client that it names counts, whatever the route makes of the header. */
    @ParameterizedTest
    @ValueSource(strings = {"", ", requestHeaders: {set: {x-forwarded-for: hidden}}"})
    void theSameClientBehindATrustedProxyGetsTheSameServer(String route) throws Exception {
        PROXIES.pki().ecdsa("web", "web.test");
        try (CannedOrigin a = named("a");
                CannedOrigin b = named("b")) {
            RunningProxy proxy = PROXIES.start("""
                    trustedProxies: [127.0.0.1]
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{backend: b%s}]}]
                    backends: {b: {servers: ["%s", "%s"], balance: {hash: source}}}
                    """, route, a.address(), b.address());
            Set<String> seen = new HashSet<>();
            for (int client = 0; client < 20; client++) {
                String first = named(proxy, "192.0.2." + client);
                seen.add(first);
                assertThat(named(proxy, "198.51.100." + client + ", 192.0.2." + client))
                        .isEqualTo(first);
                assertThat(named(proxy, "192.0.2." + client + ":5678")).isEqualTo(first);
            }
            assertThat(seen).containsExactlyInAnyOrder("a", "b");
        }
    }

    private static String named(RunningProxy proxy, String forwardedFor) throws IOException {
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        try (RawClient client = clients.connect(proxy.address(), "web.test")) {
            client.send("GET / HTTP/1.1\r\nHost: web.test\r\nX-Forwarded-For: " + forwardedFor + "\r\n\r\n");
            return Reply.read(client).body();
        }
    }

    /** One server holds a request: until it has answered, all others go to the other server. */
    @Test
    void aBusyServerGetsNoMoreWhileAnotherIsFree() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedUpstream slow = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    assertThat(answer.await(10, TimeUnit.SECONDS)).isTrue();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
                    connection.readAll();
                });
                CannedOrigin free = named("b")) {
            HttpsPort port = HttpsPort.backendOn(
                    PROXIES,
                    Transport.open(2),
                    "servers: [\"" + slow.address() + "\", \"" + free.address() + "\"], balance: leastRequests");
            List<RawClient> clients = new ArrayList<>();
            while (slow.accepted() == 0) {
                int before = free.requests().size();
                RawClient client = port.connect();
                clients.add(client);
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
                await().until(() -> slow.accepted() == 1 || free.requests().size() > before);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(get(port, "")).isEqualTo("b");
            }
            assertThat(slow.accepted()).isEqualTo(1);
            answer.countDown();
            assertThat(Reply.read(clients.get(clients.size() - 1)).body()).isEqualTo("a");
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    /** Connections count as requests do. */
    @Test
    void connectionsToTcpPortsAreBalancedByTheirNumber() throws Exception {
        PROXIES.pki().ecdsa("web", "web.test");
        try (ScriptedUpstream a = greeting("a");
                ScriptedUpstream b = greeting("b")) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                    backends: {b: {servers: ["%s", "%s"], balance: leastRequests}}
                    """, a.address(), b.address());
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(connect(proxy));
            }
            assertThat(a.accepted()).isEqualTo(5);
            assertThat(b.accepted()).isEqualTo(5);
            for (RawClient client : clients) {
                client.close();
            }
            await().until(() -> proxy.backendConnections() == 0);
            try (RawClient one = connect(proxy);
                    RawClient two = connect(proxy)) {
                assertThat(a.accepted()).isEqualTo(6);
                assertThat(b.accepted()).isEqualTo(6);
            }
        }
    }

    @Test
    void connectionsToTcpPortsAreBalancedByTheirSource() throws Exception {
        PROXIES.pki().ecdsa("web", "web.test");
        try (ScriptedUpstream a = greeting("a");
                ScriptedUpstream b = greeting("b")) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                    backends: {b: {servers: ["%s", "%s"], balance: {hash: source}}}
                    """, a.address(), b.address());
            for (int i = 0; i < 8; i++) {
                connect(proxy).close();
            }
            assertThat(List.of(a.accepted(), b.accepted())).containsExactlyInAnyOrder(0, 8);
        }
    }

    private static ScriptedUpstream greeting(String name) throws IOException {
        return ScriptedUpstream.start(connection -> {
            connection.send(name);
            connection.readAll();
        });
    }

    private static RawClient connect(RunningProxy proxy) throws IOException {
        RawClient client = TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(), "web.test");
        assertThat(new String(client.read(1), StandardCharsets.US_ASCII)).isIn("a", "b");
        return client;
    }
}
