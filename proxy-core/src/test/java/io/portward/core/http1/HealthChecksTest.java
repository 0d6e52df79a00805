package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What health checks of a backend mean for requests. */
@Timeout(30)
class HealthChecksTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    private static final String ILL = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
    private static final String KEYS =
            "health: {type: http, path: /healthz, interval: 100ms, timeout: 1s, rise: 2, fall: 3}";

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    /** Answers checks with what is in {@code health}, everything else with its name. */
    private static CannedOrigin origin(String name, AtomicReference<String> health) throws IOException {
        return CannedOrigin.answering(request -> request.startsWith("GET /healthz ") ? health.get() : OK + name);
    }

    private static HttpsPort start(String... servers) {
        return HttpsPort.backend(PROXIES, "servers: [\"" + String.join("\", \"", servers) + "\"], " + KEYS);
    }

    private static Reply get(HttpsPort port) throws IOException {
        try (RawClient client = port.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
            return Reply.read(client);
        }
    }

    private static boolean isUp(HttpsPort port, CannedOrigin origin) {
        return port.proxy().observer().server(origin.address()).isUp();
    }

    @Test
    void aServerThatIsDownGetsNoRequestsUntilItIsUpAgain() throws Exception {
        PROXIES.expectWarnings();
        AtomicReference<String> health = new AtomicReference<>(OK + "x");
        try (CannedOrigin a = origin("a", health);
                CannedOrigin b = origin("b", new AtomicReference<>(OK + "x"))) {
            HttpsPort port = start(a.address(), b.address());
            await().until(() -> a.requests().size() > 1);
            health.set(ILL);
            await().until(() -> !isUp(port, a));
            assertThat(PROXIES.warnings())
                    .singleElement()
                    .asString()
                    .contains("backend web: " + a.address()
                            + " is down: 3 checks failed in a row, the last: status 500 (expected: 200-399)");
            for (int i = 0; i < 6; i++) {
                assertThat(get(port).body()).isEqualTo("b");
            }
            health.set(OK + "x");
            await().until(() -> isUp(port, a));
            await().untilAsserted(() -> assertThat(get(port).body()).isEqualTo("a"));
        }
    }

    @Test
    void withAllServersDownTheAnswerIs503AtOnce() throws Exception {
        PROXIES.expectWarnings();
        try (CannedOrigin a = origin("a", new AtomicReference<>(ILL))) {
            HttpsPort port = start(a.address());
            // A server that never passed a check is down after the first.
            await().until(() -> !isUp(port, a));
            assertThat(PROXIES.warnings()).singleElement().asString().contains("is down: a check failed: status 500");
            Reply reply = get(port);
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("retry-after")).isEqualTo("5");
            assertThat(a.requests()).allSatisfy(request -> assertThat(request).startsWith("GET /healthz "));
        }
    }

    /** Pages may have as large heads for a check as for everybody. */
    @Test
    void aLargeHeadIsNoFailure() throws Exception {
        String large = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + "y".repeat(20_000) + "\r\n\r\n";
        try (CannedOrigin a = CannedOrigin.answering(large)) {
            HttpsPort port = start(a.address());
            await().until(() -> a.requests().size() > 2);
            assertThat(isUp(port, a)).isTrue();
        }
    }

    @Test
    void aServerThatIsTriedAndNotReachedGives502() throws Exception {
        PROXIES.expectWarnings();
        int unused = ScriptedUpstream.unusedPort();
        HttpsPort port = HttpsPort.start(PROXIES, "127.0.0.1:" + unused);
        assertThat(get(port).status()).isEqualTo(502);
        assertThat(get(port).status()).isEqualTo(502);
    }

    @Test
    void aServerThatKeepsSilentOrLeavesFailsItsCheck() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll);
                ScriptedUpstream leaving = ScriptedUpstream.start(connection -> connection.readUntil("\r\n\r\n"))) {
            HttpsPort.backend(
                    PROXIES,
                    "servers: [\"" + silent.address() + "\", \"" + leaving.address()
                            + "\"], health: {type: http, interval: 1h, timeout: 300ms}");
            await().until(() -> PROXIES.warnings().size() == 2);
            assertThat(PROXIES.warnings())
                    .anySatisfy(line -> assertThat(line).contains(silent.address(), "no answer within 300 ms"))
                    .anySatisfy(line -> assertThat(line).contains(leaving.address(), "closed without an answer"));
        }
    }

    /** What the checks know is for all event loops, and there are not more checks for more loops. */
    @Test
    void oneCheckServesAllEventLoops() throws Exception {
        PROXIES.expectWarnings();
        try (CannedOrigin a = origin("a", new AtomicReference<>(ILL))) {
            long from = System.nanoTime();
            HttpsPort port =
                    HttpsPort.backendOn(PROXIES, Transport.open(4), "servers: [\"" + a.address() + "\"], " + KEYS);
            await().until(() -> a.requests().size() >= 5);
            int seen = a.requests().size();
            long most = Duration.ofNanos(System.nanoTime() - from).toMillis() / 90 + 1;
            assertThat((long) seen).isLessThanOrEqualTo(most);
            for (int i = 0; i < 8; i++) {
                assertThat(get(port).status()).isEqualTo(503);
            }
        }
    }
}
