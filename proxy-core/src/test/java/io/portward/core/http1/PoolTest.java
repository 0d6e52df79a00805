package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.UnansweredPort;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to the backend's servers: kept, dropped, chosen. */
class PoolTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1\r\n\r\nx";

    private static String named(String name) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + name.length() + "\r\n\r\n" + name;
    }

    @Test
    void usesOneConnectionForRequestsOfManyClients() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            for (int i = 0; i < 5; i++) {
                try (RawClient client = port.connect()) {
                    assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
                    assertThat(Reply.read(client.send(POST)).status()).isEqualTo(200);
                }
            }
            assertThat(origin.connections()).isEqualTo(1);
            assertThat(port.proxy().observer().server(origin.address()).active())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nok",
                "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
            })
    void doesNotKeepWhatTheServerDoesNotKeep(String response) throws IOException {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(response);
                    assertThat(connection.readAll()).isEmpty();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    @Test
    void noticesThatAnIdleConnectionHasBeenClosed() throws IOException {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send(CannedOrigin.OK);
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                for (int i = 0; i < 5; i++) {
                    assertThat(Reply.read(client.send(GET.replace("GET", "PATCH")))
                                    .status())
                            .isEqualTo(200);
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(port.proxy()
                                            .observer()
                                            .server(origin.address())
                                            .active())
                                    .isZero());
                }
            }
        }
    }

    /** The first connection takes a second request and dies of it; another answers. */
    private static ScriptedUpstream forgetful(AtomicInteger seconds) throws IOException {
        AtomicInteger connections = new AtomicInteger();
        return ScriptedUpstream.start(connection -> {
            boolean first = connections.getAndIncrement() == 0;
            connection.readUntil("\r\n\r\n");
            connection.send(CannedOrigin.OK);
            if (first) {
                connection.readUntil("\r\n\r\n");
                seconds.incrementAndGet();
                connection.reset();
            } else {
                connection.readAll();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "OPTIONS"})
    void repeatsAnIdempotentRequestThatWasLostOnAnIdleConnection(String method) throws IOException {
        AtomicInteger lost = new AtomicInteger();
        try (ScriptedUpstream origin = forgetful(lost);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
            assertThat(Reply.read(client.send(GET.replace("GET", method))).status())
                    .isEqualTo(200);
            assertThat(lost).hasValue(1);
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH", "LOCK"})
    void neverSendsTwiceWhatIsNotIdempotent(String method) throws IOException {
        PROXIES.expectWarnings();
        AtomicInteger lost = new AtomicInteger();
        try (ScriptedUpstream origin = forgetful(lost);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
            assertThat(Reply.read(client.send(GET.replace("GET", method))).status())
                    .isEqualTo(502);
            assertThat(lost).hasValue(1);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, abababab", "3, 1, aabaaaba", "1, 2, babbabba"})
    void takesTurnsByWeight(int first, int second, String order) throws IOException {
        try (CannedOrigin a = CannedOrigin.answering(named("a"));
                CannedOrigin b = CannedOrigin.answering(named("b"))) {
            HttpsPort port = HttpsPort.servers(
                    PROXIES,
                    "{address: \"" + a.address() + "\", weight: " + first + "}, {address: \"" + b.address()
                            + "\", weight: " + second + "}");
            StringBuilder got = new StringBuilder();
            try (RawClient client = port.connect()) {
                for (int i = 0; i < 8; i++) {
                    got.append(Reply.read(client.send(GET)).body());
                }
            }
            assertThat(got).hasToString(order);
        }
    }

    @Test
    void triesTheNextServerWhenOneRefuses() throws IOException {
        PROXIES.expectWarnings();
        String dead = "127.0.0.1:" + ScriptedUpstream.unusedPort();
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, dead, origin.address());
            try (RawClient client = port.connect()) {
                for (int i = 0; i < 6; i++) {
                    assertThat(Reply.read(client.send(POST)).status()).isEqualTo(200);
                }
            }
            // Passed over after the first failure.
            assertThat(port.proxy().observer().server(dead).connectFailures()).isEqualTo(1);
        }
    }

    @Test
    void reachesAServerByItsName() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            String name = origin.address().replace("127.0.0.1", "localhost");
            try (RawClient client = HttpsPort.start(PROXIES, name).connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void answers502WhenNoServerCanBeReached() throws IOException {
        PROXIES.expectWarnings();
        HttpsPort port = HttpsPort.start(
                PROXIES, "127.0.0.1:" + ScriptedUpstream.unusedPort(), "127.0.0.1:" + ScriptedUpstream.unusedPort());
        try (RawClient client = port.connect()) {
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
            assertThat(Reply.read(client.send(POST)).status()).isEqualTo(502);
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
        }
    }

    @Test
    void givesUpConnectingAfterTheTimeout() throws IOException {
        PROXIES.expectWarnings();
        try (UnansweredPort dead = new UnansweredPort()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", "timeouts: {connect: 300ms}", dead.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
            }
        }
    }

    @Test
    void keepsABoundedNumberOfIdleConnections() throws Exception {
        int count = 1040;
        Semaphore answer = new Semaphore(0);
        Semaphore asked = new Semaphore(0);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            asked.release();
            answer.acquire();
            connection.send(CannedOrigin.OK);
            connection.readAll();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                clients.add(port.connect().send(GET));
            }
            assertThat(asked.tryAcquire(count, 60, TimeUnit.SECONDS)).isTrue();
            answer.release(count);
            for (RawClient client : clients) {
                assertThat(Reply.read(client).status()).isEqualTo(200);
                client.close();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(port.proxy()
                                    .observer()
                                    .server(origin.address())
                                    .active())
                            .isEqualTo(1024));
        }
    }
}
