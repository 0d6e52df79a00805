package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Sighting;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** HTTP/1.1, HTTP/2 and TCP on several event loops, with the native transport and with Java's own. */
@Timeout(60)
class MainJobTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final int LOOPS = 4;

    /** Connections are dealt out to the loops in turn. */
    private static final int CONNECTIONS = 2 * LOOPS;

    private static final String BODY = "x".repeat(100_000);

    /** One client connection, from its opening to its answer. */
    private interface Client {

        void ask(RunningProxy proxy, TlsClients clients) throws Exception;
    }

    private static ScriptedUpstream origin() throws IOException {
        return ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: " + BODY.length() + "\r\nConnection: close\r\n\r\n" + BODY);
        });
    }

    private static void askOverHttp1(RunningProxy proxy, TlsClients clients) throws Exception {
        try (RawClient client = clients.connect(proxy.address(), "localhost")) {
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(client.readAllText()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + BODY);
        }
    }

    private static void askOverHttp2(RunningProxy proxy, TlsClients clients) throws Exception {
        HttpResponse<String> response = HttpClient.newBuilder()
                .sslContext(clients.context())
                .version(HttpClient.Version.HTTP_2)
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "https://localhost:" + proxy.address().getPort()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(BODY);
    }

    private static void askOverTcp(RunningProxy proxy, TlsClients clients) throws Exception {
        try (RawClient client = clients.connect(proxy.address(1), "localhost")) {
            client.send("anything\r\n\r\n");
            assertThat(client.readAllText()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + BODY);
        }
    }

    static Stream<Arguments> jobs() {
        return Stream.of(true, false)
                .flatMap(epoll -> Stream.of(
                        job(epoll, "http/1.1", MainJobTest::askOverHttp1),
                        job(epoll, "h2", MainJobTest::askOverHttp2),
                        job(epoll, "tcp", MainJobTest::askOverTcp)));
    }

    private static Arguments job(boolean epoll, String protocol, Client client) {
        return Arguments.of(epoll, protocol, client);
    }

    @ParameterizedTest(name = "native {0}: {1}")
    @MethodSource("jobs")
    void aConnectionAndItsUpstreamStayOnOneLoop(boolean epoll, String protocol, Client client) throws Exception {
        PROXIES.pki().ecdsa("local", "localhost");
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        Transport transport = epoll ? Transport.open(LOOPS) : Transport.openPortable(LOOPS);
        assertThat(transport.isEpoll()).isEqualTo(epoll);
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = PROXIES.startOn(transport, """
                    certificates: [{name: local, chain: local.pem, key: local.key}]
                    ports:
                      - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                      - {listen: "127.0.0.1:0", protocol: tls, backend: web}
                    backends: {web: {servers: ["%s"]}}
                    """, origin.address());
            Set<Thread> used = new HashSet<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                List<Sighting> sightings = proxy.observer().sightings();
                sightings.clear();
                client.ask(proxy, clients);
                await().untilAsserted(() -> assertThat(sightings)
                        .extracting(Sighting::event)
                        .contains("handshake", "connected", "disconnected"));
                Set<Thread> threads = new HashSet<>();
                sightings.forEach(sighting -> threads.add(sighting.on()));
                assertThat(threads).as("%s", sightings).hasSize(1);
                used.addAll(threads);
            }
            assertThat(used).hasSize(LOOPS);
        }
    }
}
