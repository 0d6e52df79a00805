package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that are slower than {@code timeouts.minRate} are ended, and nobody else. */
@Timeout(60)
class ClientPaceTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String STRICT = "timeouts: {minRate: 1KiB, minRateGrace: 500ms}";
    private static final Duration THREE_GRACES = Duration.ofMillis(1500);
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    private static final int MIB = 1024 * 1024;

    private static String post(int length) {
        return "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** The pace of one side, not a wait for something. */
    private static void rest(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    private static void drip(RawClient client, Duration interval, byte[] piece) {
        Thread thread = new Thread(() -> await().pollInterval(interval)
                .atMost(Duration.ofSeconds(30))
                .until(() -> {
                    try {
                        client.send(piece);
                        return false;
                    } catch (IOException closed) {
                        return true;
                    }
                }));
        thread.setDaemon(true);
        thread.start();
    }

    @Test
    void answers408ToABodyThatTrickles() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", STRICT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(post(MIB));
                drip(client, Duration.ofMillis(50), new byte[1]);
                Reply reply = Reply.read(client);
                assertThat(reply.status()).isEqualTo(408);
                assertThat(reply.header("connection")).isEqualTo("close");
            }
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(408);
        }
    }

    /** 20 KB/s where 1 KiB/s is asked for. */
    @Test
    void waitsForABodyThatIsFastEnough() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", STRICT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(post(30_000));
                drip(client, Duration.ofMillis(50), new byte[1000]);
                assertThat(Reply.read(client).status()).isEqualTo(200);
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

    /** Takes 40 KB/s for some seconds. @return whether it was cut meanwhile */
    private static boolean readsSlowly(HttpsPort port, Duration time) throws IOException {
        try (RawClient client = port.connectWithSmallBuffer()) {
            client.send(GET);
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end && port.proxy().port().closedCount() == 0) {
                client.in().readNBytes(8 * 1024);
                rest(Duration.ofMillis(200));
            }
            return port.proxy().port().closedCount() == 1;
        }
    }

    /** It takes some of the response all the time, so the idle time alone would never end it. */
    @Test
    void cutsAResponseThatIsTakenTooSlowly() throws Exception {
        String rate = "timeouts: {minRate: 256KiB, minRateGrace: 500ms, idle: 5s}";
        try (ScriptedUpstream origin = sendingMoreThanAnybodyTakes()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", rate, origin.address());
            assertThat(readsSlowly(port, Duration.ofSeconds(20))).isTrue();
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(200);
        }
    }

    @Test
    void waitsForAResponseThatIsTakenFastEnough() throws Exception {
        String rate = "timeouts: {minRate: 8KiB, minRateGrace: 2s, idle: 3s}";
        try (ScriptedUpstream origin = sendingMoreThanAnybodyTakes()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", rate, origin.address());
            assertThat(readsSlowly(port, Duration.ofSeconds(9))).isFalse();
        }
    }

    @Test
    void cutsAResponseThatIsNotTakenAtAllAfterTheGrace() throws Exception {
        try (ScriptedUpstream origin = sendingMoreThanAnybodyTakes()) {
            HttpsPort port = HttpsPort.with(PROXIES, "", STRICT, origin.address());
            try (RawClient client = port.connectWithSmallBuffer()) {
                client.send(GET).readUntil("\r\n\r\n");
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> port.proxy().port().closedCount() == 1);
            }
        }
    }

    /** A long poll, with and without a body, and a stream of events. */
    @Test
    void waitsForABackendThatThinks() throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            for (int i = 0; i < 2; i++) {
                if (connection.readUntil("\r\n\r\n").startsWith("POST")) {
                    connection.read(3);
                }
                rest(THREE_GRACES);
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
                rest(THREE_GRACES);
                connection.send("o");
                rest(THREE_GRACES);
                connection.send("k");
            }
        })) {
            HttpsPort port = HttpsPort.with(PROXIES, "", STRICT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
                client.send(post(3));
                rest(Duration.ofMillis(100));
                assertThat(Reply.read(client.send("abc")).body()).isEqualTo("ok");
            }
        }
    }

    @Test
    void doesNotBlameTheClientForABackendThatReadsSlowly() throws Exception {
        int size = 16 * MIB;
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            rest(THREE_GRACES);
            for (int i = 0; i < 16; i++) {
                connection.read(MIB);
                rest(Duration.ofMillis(100));
            }
            connection.send(CannedOrigin.OK);
        })) {
            String rate = "timeouts: {minRate: 1MiB, minRateGrace: 500ms, idle: 5s}";
            HttpsPort port = HttpsPort.with(PROXIES, "", rate, origin.address());
            try (RawClient client = port.connect()) {
                client.send(post(size));
                client.send(new byte[size]);
                assertThat(Reply.read(client).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void doesNotBlameTheClientThatWaitsToBeAskedForItsBody() throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            rest(THREE_GRACES);
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            connection.read(3);
            connection.send(CannedOrigin.OK);
        })) {
            HttpsPort port = HttpsPort.with(PROXIES, "", STRICT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(post(3).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
                assertThat(Reply.read(client).status()).isEqualTo(100);
                assertThat(Reply.read(client.send("abc")).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void passesSixtyFourMebibytesEachWayAtTheStrictestRate() throws Exception {
        int size = 64 * MIB;
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            connection.send(new byte[size]);
            connection.readUntil("\r\n\r\n");
            connection.read(size);
            connection.send(CannedOrigin.OK);
        })) {
            String rate = "timeouts: {minRate: 1MiB, minRateGrace: 500ms}";
            HttpsPort port = HttpsPort.with(PROXIES, "", rate, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).body()).hasSize(size);
                client.send(post(size));
                client.send(new byte[size]);
                assertThat(Reply.read(client).status()).isEqualTo(200);
            }
        }
    }
}
