package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TestPki.Issued;
import io.portward.testkit.TlsServers;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS to the servers of a backend, which are of the JDK here. */
@Timeout(30)
class BackendTlsTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private final BlockingQueue<SSLSocket> seen = new LinkedBlockingQueue<>();

    private void answer(RawClient connection, SSLSocket tls) throws IOException {
        seen.add(tls);
        while (true) {
            try {
                connection.readUntil("\r\n\r\n");
            } catch (IOException ended) {
                return;
            }
            connection.send(OK);
        }
    }

    private ScriptedUpstream origin(TlsServers servers) throws IOException {
        return ScriptedUpstream.start(servers.script(this::answer));
    }

    private static Issued issued(String... names) {
        return PROXIES.pki().ecdsa("origin", names);
    }

    private static HttpsPort start(String servers, String keys) {
        return HttpsPort.backend(PROXIES, "servers: [" + servers + "], protocol: https" + keys);
    }

    private static Reply get(HttpsPort port) throws IOException {
        try (RawClient client = port.connect()) {
            client.send(GET);
            return Reply.read(client);
        }
    }

    private static List<String> sni(SSLSocket tls) {
        return ((ExtendedSSLSession) tls.getSession())
                .getRequestedServerNames().stream()
                        .map(name -> ((SNIHostName) name).getAsciiName())
                        .toList();
    }

    /** No SNI for addresses (RFC 6066 §3). */
    @ParameterizedTest
    @CsvSource({
        "localhost, localhost, '', localhost",
        "127.0.0.1, 127.0.0.1, '', ''",
        "127.0.0.1, app.internal, ', serverName: app.internal', app.internal",
        "localhost, 192.0.2.7, ', serverName: 192.0.2.7', ''",
        "127.0.0.1, nobody, ', serverName: nobody', nobody"
    })
    void namesTheServerAndChecksItsCertificateForThat(String host, String issuedFor, String keys, String sni)
            throws Exception {
        try (ScriptedUpstream origin = origin(TlsServers.showing(issued(issuedFor)))) {
            HttpsPort port = start("\"" + host + ":" + origin.port() + "\"", ", tls: {trust: ca.pem" + keys + "}");
            assertThat(get(port).status()).isEqualTo(200);
            SSLSocket tls = seen.take();
            assertThat(String.join(" ", sni(tls))).isEqualTo(sni);
            assertThat(tls.getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    private static void expectRefusal(HttpsPort port, String server, String reason) throws IOException {
        assertThat(get(port).status()).isEqualTo(502);
        assertThat(PROXIES.warnings())
                .anySatisfy(line ->
                        assertThat(line).contains("backend web: " + server + " cannot be reached: TLS: " + reason));
        assertThat(port.proxy().observer().server(server).connectFailures()).isEqualTo(1);
        await().until(() -> port.dialled() == 0);
    }

    @Test
    void refusesAServerOfAnotherName() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = origin(TlsServers.showing(issued("other.internal")))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            expectRefusal(port, origin.address(), "the server's certificate is not for '127.0.0.1'");
            assertThat(seen).isEmpty();
        }
    }

    @Test
    void refusesAServerWhoseCertificateHasExpired() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = origin(TlsServers.showing(PROXIES.pki().expired("origin", "127.0.0.1")))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            expectRefusal(port, origin.address(), "the server's certificate, or one above it, has expired");
        }
    }

    /** The test's authority is not among those of the system. */
    @ParameterizedTest
    @ValueSource(strings = {"", ", tls: {serverName: localhost}", ", tls: {trust: web.pem}"})
    void refusesAServerOfAnUnknownAuthority(String keys) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = origin(TlsServers.showing(issued("127.0.0.1", "localhost")))) {
            HttpsPort port = start("\"" + origin.address() + "\"", keys);
            expectRefusal(
                    port,
                    origin.address(),
                    "the server's certificate does not come from an authority that is trusted (tls.trust)");
        }
    }

    @Test
    void takesAnyServerWhenToldSo() throws Exception {
        try (ScriptedUpstream origin = origin(TlsServers.showing(PROXIES.pki().expired("origin", "other.internal")))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {verify: false}");
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @Test
    void showsItsOwnCertificate() throws Exception {
        PROXIES.pki().ecdsa("client", "portward.test");
        try (ScriptedUpstream origin = origin(TlsServers.askingFor(PROXIES.pki().authority(), issued("127.0.0.1")))) {
            HttpsPort port = start(
                    "\"" + origin.address() + "\"", ", tls: {trust: ca.pem, certificate: client.pem, key: client.key}");
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(seen.take().getSession().getPeerPrincipal()).hasToString("CN=client");
        }
    }

    /** In TLS 1.3 the refusal comes when the handshake is over for the client. */
    @Test
    void aServerThatWantsACertificateAndGetsNoneGives502() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = origin(TlsServers.askingFor(PROXIES.pki().authority(), issued("127.0.0.1")))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            assertThat(get(port).status()).isEqualTo(502);
            await().until(() -> port.dialled() == 0);
        }
    }

    @Test
    void triesTheNextServerWhenAHandshakeFails() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream plain = ScriptedUpstream.start(connection -> connection.send("220 hello\r\n"));
                ScriptedUpstream origin = origin(TlsServers.showing(issued("127.0.0.1")))) {
            HttpsPort port =
                    start("\"" + plain.address() + "\", \"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            for (int i = 0; i < 4; i++) {
                assertThat(get(port).status()).isEqualTo(200);
            }
            assertThat(PROXIES.warnings())
                    .singleElement()
                    .asString()
                    .contains(plain.address() + " cannot be reached: TLS: the server does not speak TLS");
        }
    }

    @Test
    void aHandshakeThatStallsCountsAgainstTheConnectTimeout() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll)) {
            HttpsPort port = start("\"" + silent.address() + "\"", ", timeouts: {connect: 300ms}");
            long from = System.nanoTime();
            expectRefusal(port, silent.address(), "no handshake within 300 ms of connecting");
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void aServerThatClosesInTheHandshakeIsNamed() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream leaving = ScriptedUpstream.start(connection -> connection.read(5))) {
            HttpsPort port = start("\"" + leaving.address() + "\"", "");
            expectRefusal(port, leaving.address(), "the server closed the connection during the handshake");
        }
    }

    @Test
    void reusesConnectionsAndPassesLargeBodies() throws Exception {
        int size = 3_000_000;
        List<Integer> received = new CopyOnWriteArrayList<>();
        try (ScriptedUpstream origin =
                ScriptedUpstream.start(TlsServers.showing(issued("127.0.0.1")).script((connection, tls) -> {
                    for (int i = 0; i < 2; i++) {
                        connection.readUntil("\r\n\r\n");
                        received.add(connection.read(size).length);
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                        connection.send(new byte[size]);
                    }
                }))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            for (int i = 0; i < 2; i++) {
                try (RawClient client = port.connect()) {
                    client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + size + "\r\n\r\n");
                    client.send(new byte[size]);
                    client.readUntil("\r\n\r\n");
                    assertThat(client.read(size)).hasSize(size);
                }
            }
            assertThat(origin.accepted()).isEqualTo(1);
            assertThat(received).containsExactly(size, size);
        }
    }

    /** RFC 9112 §9.8: without close_notify nobody knows whether a body that ends with the connection is complete. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void passesABodyThatEndsWithTheConnectionOnlyWholeAfterCloseNotify(boolean notify) throws Exception {
        if (!notify) {
            PROXIES.expectWarnings();
        }
        TlsServers servers = TlsServers.showing(issued("127.0.0.1"));
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> servers.script((inside, tls) -> {
                    inside.readUntil("\r\n\r\n");
                    inside.send("HTTP/1.1 200 OK\r\n\r\nonly");
                    if (!notify) {
                        connection.close();
                    }
                })
                .serve(connection))) {
            HttpsPort port = start("\"" + origin.address() + "\"", ", tls: {trust: ca.pem}");
            try (RawClient client = port.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").readUntil("only");
                if (notify) {
                    assertThat(client.readUntil("0\r\n\r\n")).isEqualTo("\r\n0\r\n\r\n");
                } else {
                    assertThatThrownBy(() -> client.readUntil("0\r\n\r\n")).isInstanceOf(IOException.class);
                }
            }
        }
    }

    @Test
    void checksHealthOverTls() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream good = origin(TlsServers.showing(issued("127.0.0.1")));
                ScriptedUpstream bad = origin(TlsServers.showing(PROXIES.pki().expired("old", "127.0.0.1")))) {
            for (String type : List.of("http", "tcp")) {
                HttpsPort port = start(
                        "\"" + good.address() + "\", \"" + bad.address() + "\"",
                        ", tls: {trust: ca.pem}, health: {type: " + type + ", interval: 100ms}");
                await().until(() ->
                        !port.proxy().observer().server(bad.address()).isUp());
                assertThat(seen.poll(10, TimeUnit.SECONDS)).isNotNull();
                assertThat(port.proxy().observer().server(good.address()).isUp())
                        .isTrue();
                port.proxy().stop();
            }
            await().until(() -> PROXIES.warnings().size() >= 2);
            assertThat(PROXIES.warnings())
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line)
                            .contains(bad.address() + " is down: a check failed: TLS: the server's certificate"));
        }
    }
}
