package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.config.model.Configuration;
import io.portward.config.pem.PemLoader;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.Observer;
import io.portward.core.tls.References;
import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a data plane holds, and that it lets go of it. */
@Timeout(60)
class DataPlaneTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String TWO_PORTS = """
            certificates: [{name: web, chain: web.pem, key: web.key}]
            ports:
              - {listen: "127.0.0.1:%d", protocol: https, routes: [{backend: web}]}
              - {listen: "127.0.0.1:0", protocol: tls, backend: web, certificates: [web]}
            backends: {web: {servers: ["%s"]}}
            """;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    private static ScriptedUpstream origin() throws IOException {
        return ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            connection.readAll();
        });
    }

    @Test
    void releasesEverythingOnceAfterADrain() throws Exception {
        try (ScriptedUpstream origin = origin()) {
            RunningProxy proxy = PROXIES.start(TWO_PORTS, 0, origin.address());
            DataPlane plane = proxy.plane();
            assertThat(References.toContexts(plane.contexts())).isEqualTo(2);
            // Held by the plane and by each port's store.
            assertThat(References.toCertificates(plane.certificates())).isEqualTo(3);
            try (RawClient client =
                    TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(), "web.test")) {
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").readUntil("ok");
            }
            assertThat(proxy.observer().server(origin.address()).active()).isEqualTo(1);

            plane.drain(Duration.ofSeconds(20)).toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertReleased(plane);
            await().until(() -> proxy.observer().server(origin.address()).active() == 0);

            // The count cannot go below zero without an exception.
            plane.drain(Duration.ofSeconds(20)).toCompletableFuture().get(10, TimeUnit.SECONDS);
            plane.stopNow();
            plane.stopNow();
            assertReleased(plane);
        }
    }

    @Test
    void releasesEverythingWhenStoppedInTheMiddleOfADrain() throws Exception {
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll)) {
            RunningProxy proxy = PROXIES.start(TWO_PORTS, 0, silent.address());
            try (RawClient client =
                    TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(1), "web.test")) {
                var drained = proxy.plane().drain(Duration.ofSeconds(20)).toCompletableFuture();
                proxy.plane().stopNow();
                drained.get(10, TimeUnit.SECONDS);
                assertReleased(proxy.plane());
                assertThat(client.readAll()).isEmpty();
            }
        }
    }

    private static void assertReleased(DataPlane plane) {
        await().untilAsserted(() -> {
            assertThat(References.toContexts(plane.contexts())).isZero();
            assertThat(References.toCertificates(plane.certificates())).isZero();
        });
    }

    @Test
    void closesAConnectionWhoseObserverFails() throws Exception {
        PROXIES.expectWarnings();
        RunningProxy proxy = PROXIES.start(TWO_PORTS, 0, "127.0.0.1:1");
        proxy.port().onHandshake(() -> {
            throw new IllegalStateException("cannot count any more");
        });
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        for (int i = 0; i < 3; i++) {
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n")
                                .readAll())
                        .isEmpty();
            }
        }
        await().untilAsserted(() -> assertThat(proxy.port().failures())
                .extracting(RecordingObserver.Failure::reason)
                .containsExactly(HandshakeFailure.INTERNAL, HandshakeFailure.INTERNAL, HandshakeFailure.INTERNAL));
        assertThat(proxy.port().handshakes()).isEmpty();
        // Said once.
        assertThat(PROXIES.warnings()).singleElement().asString().contains("[ERROR]", "cannot count any more");
    }

    /** Fails at the port with this number. */
    private static Observer failingAt(int place) {
        RecordingObserver recording = new RecordingObserver();
        return (Observer) Proxy.newProxyInstance(
                Observer.class.getClassLoader(), new Class<?>[] {Observer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("port") && recording.ports().size() == place) {
                        throw new IllegalStateException("no room for another port");
                    }
                    return method.invoke(recording, arguments);
                });
    }

    @Test
    void letsGoOfEverythingWhenAnythingFailsAtTheStart() throws Exception {
        int port = ScriptedUpstream.unusedPort();
        Configuration configuration = PROXIES.parse(TWO_PORTS, port, "127.0.0.1:1");
        Transport transport = Transport.open(1);
        try {
            Observer observer = failingAt(1);
            DataPlane plane = new DataPlane(configuration, Map.of(), transport, observer);
            assertThatThrownBy(() -> plane.begin(configuration, new PemLoader(Clock.systemUTC(), false), observer))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no room for another port");
            assertThat(plane.contexts()).hasSize(2);
            assertReleased(plane);
            assertThatThrownBy(() -> RawClient.connect(new InetSocketAddress("127.0.0.1", port)))
                    .isInstanceOf(IOException.class);
        } finally {
            transport.close().awaitUninterruptibly();
        }
    }
}
