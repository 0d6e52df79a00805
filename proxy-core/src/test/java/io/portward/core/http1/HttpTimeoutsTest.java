package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nobody is waited for without end. */
class HttpTimeoutsTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String SHORT = "timeouts: {headers: 400ms, idle: 700ms}";
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    @Test
    void closesAConnectionOnWhichNothingComes() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(client.readAll()).isEmpty();
            }
            assertThat(port.requests()).isEmpty();
        }
    }

    @Test
    void answers408ToAHeadThatStops() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                Reply reply = Reply.read(client.send("GET / HTT"));
                assertThat(reply.status()).isEqualTo(408);
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(client.readAll()).isEmpty();
            }
        }
    }

    @Test
    void answers408ToAHeadThatTrickles() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
                client.send("GET / HTTP/1.1\r\n");
                Thread trickle = new Thread(() -> await().pollInterval(Duration.ofMillis(50))
                        .atMost(Duration.ofSeconds(8))
                        .until(() -> !sent(client)));
                trickle.setDaemon(true);
                trickle.start();
                assertThat(Reply.read(client).status()).isEqualTo(408);
            }
        }
    }

    private static boolean sent(RawClient client) {
        try {
            client.send("X");
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    @Test
    void closesAnIdleKeptConnection() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
                assertThat(client.readAll()).isEmpty();
            }
        }
    }

    @Test
    void answers408ToABodyThatStops() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                Reply reply =
                        Reply.read(client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 10\r\n\r\nhalf"));
                assertThat(reply.status()).isEqualTo(408);
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(client.readAll()).isEmpty();
            }
            assertThat(port.requests()).extracting(request -> request.method()).containsExactly("POST");
        }
    }

    @Test
    void answers504WhenTheBackendIsSilent() throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(RawClient::readAll)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(504);
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(504);
            }
        }
    }

    @Test
    void givesABackendItsOwnIdleTime() throws IOException {
        PROXIES.pki().ecdsa("web", "web.test");
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
            // The pace of the backend, not a wait for something.
            LockSupport.parkNanos(Duration.ofMillis(1500).toNanos());
            connection.send("half");
        })) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    timeouts: {idle: 700ms}
                    ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}]
                    backends: {web: {servers: ["%s"], timeouts: {idle: 8s}}}
                    """, origin.address());
            TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
            try (RawClient client = clients.connect(proxy.address(), "web.test")) {
                assertThat(Reply.read(client.send(GET)).body()).isEqualTo("halfhalf");
            }
        }
    }

    @Test
    void cutsAnAnswerThatStops() throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            connection.readAll();
        })) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThatThrownBy(() -> Reply.read(client))
                        .isInstanceOfAny(EOFException.class, SocketException.class, javax.net.ssl.SSLException.class);
            }
        }
    }

    private static ScriptedUpstream sendingMoreThanAnybodyTakes() throws IOException {
        return ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            try {
                for (int i = 0; i < 1000; i++) {
                    connection.send(new byte[100_000]);
                }
            } catch (SocketException cut) {
                assertThat(cut).hasMessageMatching("(?i).*(broken pipe|reset).*");
            }
        });
    }

    /** Neither a stalled client nor one whose backend has sent everything keeps its connection. */
    @Test
    void closesWhenTheClientStopsReading() throws IOException {
        try (ScriptedUpstream origin = sendingMoreThanAnybodyTakes()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", SHORT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(GET);
                client.readUntil("\r\n\r\n");
                await().atMost(Duration.ofSeconds(8))
                        .until(() -> port.proxy().port().closedCount() == 1);
            }
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(200);
        }
    }

    /** Slow is not stalled: the idle time is shorter than the queue towards the client takes to drain. */
    @Test
    void waitsForAClientThatReadsSlowly() throws Exception {
        try (ScriptedUpstream origin = sendingMoreThanAnybodyTakes()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", "timeouts: {idle: 4s}", origin.address());
            try (RawClient client = port.connectWithSmallBuffer()) {
                client.send(GET);
                long end = System.nanoTime() + Duration.ofSeconds(9).toNanos();
                while (System.nanoTime() < end) {
                    assertThat(client.in().readNBytes(8 * 1024)).hasSize(8 * 1024);
                    // The pace of the client, not a wait for something.
                    LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                }
                assertThat(port.proxy().port().closedCount()).isZero();
            }
        }
    }
}
