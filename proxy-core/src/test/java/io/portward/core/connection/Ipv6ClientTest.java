package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a backend learns of clients that come over IPv6. */
@Timeout(30)
class Ipv6ClientTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    private static RunningProxy start(String listen, String port, String backend, String server) {
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "%s", %s}]
                backends: {web: {servers: ["%s"]%s}}
                """, listen, port, server, backend);
    }

    private static RawClient connect(RunningProxy proxy, String address) throws Exception {
        return clients.connect(
                new InetSocketAddress(
                        InetAddress.getByName(address), proxy.address().getPort()),
                "web.test");
    }

    @ParameterizedTest
    @CsvSource({"[::1]:0, ::1, \"[::1]\"", "0, ::1, \"[::1]\"", "0, 127.0.0.1, 127.0.0.1"})
    void forwardingFieldsNameTheClient(String listen, String client, String quoted) throws Exception {
        BlockingQueue<String> requests = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            requests.add(connection.readUntil("\r\n\r\n"));
            connection.send("HTTP/1.1 204 No Content\r\n\r\n");
        })) {
            RunningProxy proxy = start(listen, "protocol: https, routes: [{backend: web}]", "", origin.address());
            try (RawClient tls = connect(proxy, client)) {
                tls.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").readUntil("\r\n\r\n");
            }
            assertThat(requests.poll(5, TimeUnit.SECONDS).lines())
                    .contains(
                            "x-forwarded-for: " + client,
                            "x-forwarded-port: " + proxy.address().getPort(),
                            "forwarded: for=" + quoted + ";host=web.test;proto=https");
        }
    }

    @Test
    void proxyProtocolVersion1NamesTheClient() throws Exception {
        BlockingQueue<String> headers = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin =
                ScriptedUpstream.start(connection -> headers.add(connection.readUntil("\r\n")))) {
            RunningProxy proxy =
                    start("[::1]:0", "protocol: tls, backend: web", ", proxyProtocol: v1", origin.address());
            try (RawClient client = connect(proxy, "::1")) {
                client.readAll();
                assertThat(headers.poll(5, TimeUnit.SECONDS))
                        .isEqualTo("PROXY TCP6 ::1 ::1 " + client.socket().getLocalPort() + " "
                                + proxy.address().getPort() + "\r\n");
            }
        }
    }

    @Test
    void proxyProtocolVersion2NamesTheClient() throws Exception {
        BlockingQueue<byte[]> headers = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> headers.add(connection.read(52)))) {
            RunningProxy proxy =
                    start("[::1]:0", "protocol: tls, backend: web", ", proxyProtocol: v2", origin.address());
            try (RawClient client = connect(proxy, "::1")) {
                client.readAll();
                ByteBuffer header = ByteBuffer.wrap(headers.poll(5, TimeUnit.SECONDS));
                byte[] loopback = InetAddress.getByName("::1").getAddress();
                byte[] address = new byte[16];
                // proxy-protocol.txt §2.2: version 2 PROXY, TCP over IPv6, source, destination, ports.
                assertThat(header.getShort(12)).isEqualTo((short) 0x2121);
                header.position(16).get(address);
                assertThat(address).isEqualTo(loopback);
                header.get(address);
                assertThat(address).isEqualTo(loopback);
                assertThat(header.getShort() & 0xffff).isEqualTo(client.socket().getLocalPort());
                assertThat(header.getShort() & 0xffff).isEqualTo(proxy.address().getPort());
            }
        }
    }
}
