package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLHandshakeException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the access log is told of TCP connections and of failed handshakes. */
@Timeout(30)
class TcpAccessRecordsTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    private static RunningProxy start(String keys, String... servers) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                accessLog: {}
                ports: [{listen: "127.0.0.1:0", protocol: imaps, backend: b%s}]
                backends: {b: {servers: ["%s"]}}
                """, keys, String.join("\", \"", servers));
    }

    private static AccessRecord.Connection told(RunningProxy proxy) {
        await().until(() -> !proxy.observer().access().isEmpty());
        assertThat(proxy.observer().access()).hasSize(1);
        return (AccessRecord.Connection) proxy.observer().access().get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void tellsOfAConnectionThatBothSidesEnded() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send("* OK\r\n");
            connection.read(4);
        })) {
            RunningProxy proxy = start("", upstream.address());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.read(6);
                client.send(bytes("quit")).endOutput();
                client.readAll();
            }

            AccessRecord.Connection line = told(proxy);
            assertThat(line.outcome())
                    .isEqualTo(new AccessRecord.Outcome(4, 6, "b", upstream.address(), 0, "complete"));
            assertThat(line.connection().serverName()).isEqualTo("web.test");
            assertThat(line.connection().ja4()).startsWith("t13d");
            assertThat(line.phases().handshake()).isPositive();
            assertThat(line.phases().connect()).isPositive();
            assertThat(line.phases().total())
                    .isGreaterThan(line.phases().handshake() + line.phases().connect());
        }
    }

    @Test
    void tellsTheNameAndFingerprintOfAConnectionThatIsPassedThrough() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> connection.read(5))) {
            RunningProxy proxy = start(", passthrough: [{host: web.test, backend: b}]", upstream.address());
            Assertions.assertThatThrownBy(() -> clients.connect(proxy.address(), "web.test"))
                    .isInstanceOf(IOException.class);

            AccessRecord.Connection line = told(proxy);
            assertThat(line.connection().serverName()).isEqualTo("web.test");
            assertThat(line.connection().ja4()).startsWith("t13d");
            assertThat(line.connection().tls()).isNull();
            assertThat(line.outcome().server()).isEqualTo(upstream.address());
            assertThat(line.outcome().bytesIn()).as("the ClientHello").isGreaterThan(100);
        }
    }

    @Test
    void tellsOfATimeout() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(RawClient::readAll)) {
            RunningProxy proxy = start(", timeouts: {tcpIdle: 300ms}", upstream.address());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.readAll();
            }

            assertThat(told(proxy).outcome().ended()).isEqualTo("idle_timeout");
        }
    }

    @Test
    void tellsOfAClientThatLeftWithoutAWord() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send("* OK\r\n");
            connection.readAll();
        })) {
            RunningProxy proxy = start("", upstream.address());
            RawClient wire = RawClient.connect(proxy.address());
            try (RawClient client = clients.over(wire, "web.test", parameters -> {})) {
                client.read(6);
                wire.reset();
            }

            assertThat(told(proxy).outcome().ended()).isEqualTo("client_gone");
        }
    }

    @Test
    void tellsOfAServerThatResetTheConnection() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send("* OK\r\n").read(1);
            connection.reset();
        })) {
            RunningProxy proxy = start("", upstream.address());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.read(6);
                client.send("x");
                client.readAll();
            }

            assertThat(told(proxy).outcome().ended()).isEqualTo("backend_gone");
        }
    }

    @Test
    void tellsHowManyServersWereTried() throws IOException {
        PROXIES.expectWarnings();
        String dead = "127.0.0.1:" + ScriptedUpstream.unusedPort();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> connection.send("* OK\r\n"))) {
            RunningProxy proxy = start("", dead, upstream.address());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.readAll();
            }

            assertThat(told(proxy).outcome().server()).isEqualTo(upstream.address());
            assertThat(told(proxy).outcome().retries()).isEqualTo(1);
        }
    }

    @Test
    void tellsThatNoServerCouldBeReached() throws IOException {
        PROXIES.expectWarnings();
        RunningProxy proxy = start("", "127.0.0.1:" + ScriptedUpstream.unusedPort());
        try (RawClient client = clients.connect(proxy.address(), "web.test")) {
            client.readAll();
        }

        assertThat(told(proxy).outcome().ended()).isEqualTo("upstream_unreachable");
    }

    @Test
    void tellsOfAFailedHandshakeWithTheClientsFingerprint() throws IOException {
        RunningProxy proxy = start(", tls: {unknownNames: reject}", "127.0.0.1:9");
        Assertions.assertThatThrownBy(() -> clients.connect(proxy.address(), "other.test"))
                .isInstanceOf(SSLHandshakeException.class);
        await().until(() -> !proxy.observer().access().isEmpty());

        AccessRecord.Handshake line =
                (AccessRecord.Handshake) proxy.observer().access().get(0);
        assertThat(line.reason()).isEqualTo(HandshakeFailure.UNKNOWN_SNI);
        assertThat(line.connection().serverName()).isEqualTo("other.test");
        assertThat(line.connection().ja4()).startsWith("t13d");
        assertThat(line.connection().tls()).isNull();
    }
}
