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
import io.portward.testkit.TlsServers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS to the servers of TCP ports. */
@Timeout(30)
class TcpBackendTlsTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;
    private static TlsServers servers;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
        servers = TlsServers.showing(PROXIES.pki().ecdsa("mail", "127.0.0.1"));
    }

    private static RunningProxy start(String server, String more) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                backends: {b: {servers: ["%s"], tls: {trust: ca.pem}%s}}
                """, server, more);
    }

    @Test
    void passesBytesBothWaysAndTheServersEnd() throws Exception {
        byte[] request = new byte[1_000_000];
        byte[] answer = new byte[2_000_000];
        new Random(1).nextBytes(request);
        new Random(2).nextBytes(answer);
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(servers.script((connection, tls) -> {
            connection.send("hello");
            received.set(connection.read(request.length));
            connection.send(answer);
        }))) {
            RunningProxy proxy = start(upstream.address(), "");
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(client.read(5)).asString().isEqualTo("hello");
                client.send(request);
                assertThat(Arrays.equals(client.readAll(), answer)).isTrue();
            }
            assertThat(Arrays.equals(received.get(), request)).isTrue();
            await().until(() -> proxy.backendConnections() == 0);
        }
    }

    @Test
    void aServersFinWithoutCloseNotifyIsNoEnd() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> servers.script((inside, tls) -> {
                    inside.send("half");
                    connection.close();
                })
                .serve(connection))) {
            RunningProxy proxy = start(upstream.address(), "");
            SSLEngine engine = clients.context().createSSLEngine("web.test", 443);
            engine.setUseClientMode(true);
            try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine).handshake()) {
                assertThatThrownBy(client::readToCloseNotify).hasMessage("connection ended without close_notify");
            }
            await().until(() -> proxy.backendConnections() == 0);
        }
    }

    @Test
    void theClientsEndReachesTheServerBehindItsBytes() throws Exception {
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(servers.script((connection, tls) -> received.set(connection.readAll())))) {
            RunningProxy proxy = start(upstream.address(), "");
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                // A socket that is closed with tickets unread resets the connection, and bytes on their way are lost.
                client.send(new byte[500_000]).endOutput();
                client.readAll();
            }
            await().until(() -> received.get() != null);
            assertThat(received.get()).hasSize(500_000);
            await().until(() -> proxy.backendConnections() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2"})
    void theProxyHeaderGoesBeforeTls(String version) throws Exception {
        AtomicReference<String> header = new AtomicReference<>();
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            header.set(version.equals("v1") ? connection.readUntil("\r\n") : version2(connection));
            servers.script((inside, tls) -> received.set(inside.readAll())).serve(connection);
        })) {
            RunningProxy proxy = start(upstream.address(), ", proxyProtocol: " + version);
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.send("hello").endOutput();
                client.readAll();
            }
            await().until(() -> received.get() != null);
            assertThat(received.get()).asString().isEqualTo("hello");
            assertThat(header.get()).startsWith(version.equals("v1") ? "PROXY TCP4 127.0.0.1 127.0.0.1 " : "\r\n\r\n");
        }
    }

    private static String version2(RawClient connection) throws Exception {
        byte[] fixed = connection.read(16);
        connection.read((fixed[14] & 0xff) << 8 | fixed[15] & 0xff);
        return new String(fixed, StandardCharsets.ISO_8859_1);
    }

    @Test
    void aServerThatDoesNotProveItsNameGetsNothing() throws Exception {
        PROXIES.expectWarnings();
        TlsServers others = TlsServers.showing(PROXIES.pki().ecdsa("other", "other.test"));
        AtomicReference<byte[]> received = new AtomicReference<>();
        try (ScriptedUpstream upstream =
                ScriptedUpstream.start(others.script((connection, tls) -> received.set(connection.readAll())))) {
            RunningProxy proxy = start(upstream.address(), "");
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                client.send("secret");
                assertThat(client.readAll()).isEmpty();
            }
            assertThat(received.get()).isNull();
            assertThat(PROXIES.warnings())
                    .singleElement()
                    .asString()
                    .endsWith("TLS: the server's certificate is not for '127.0.0.1'");
        }
    }
}
