package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are sent without waiting for the answers to those before. */
class PipeliningTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private CannedOrigin origin;
    private HttpsPort port;

    @BeforeEach
    void start() throws IOException {
        origin = CannedOrigin.answering(request -> {
            String echo =
                    request.substring(0, request.indexOf("\r\n")) + request.substring(request.indexOf("\r\n\r\n") + 4);
            return "HTTP/1.1 200 OK\r\nContent-Length: " + echo.length() + "\r\n\r\n"
                    + (request.startsWith("HEAD") ? "" : echo);
        });
        port = HttpsPort.start(PROXIES, origin.address());
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    private static String get(int number) {
        return "GET /" + number + " HTTP/1.1\r\nHost: web.test\r\n\r\n";
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 500, 2000})
    void answersInOrder(int count) throws IOException {
        try (RawClient client = port.connect()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < count; i++) {
                requests.append(get(i));
            }
            client.send(requests.toString());
            for (int i = 0; i < count; i++) {
                assertThat(Reply.read(client).body()).isEqualTo("GET /" + i + " HTTP/1.1");
            }
        }
        assertThat(origin.connections()).isEqualTo(1);
        assertThat(port.requests()).hasSize(count);
    }

    @Test
    void answersManyThatNoRouteMatchesWithoutRunningOutOfStack() throws IOException {
        HttpsPort narrow = HttpsPort.with(PROXIES, ", routes: [{path: /api, backend: web}]", "", origin.address());
        try (RawClient client = narrow.connect()) {
            client.send(get(1).repeat(2000) + "GET /api HTTP/1.1\r\nHost: web.test\r\n\r\n");
            for (int i = 0; i < 2000; i++) {
                assertThat(Reply.read(client).status()).isEqualTo(404);
            }
            assertThat(Reply.read(client).body()).isEqualTo("GET /api HTTP/1.1");
        }
    }

    /** Answers that nobody reads must not pile up in memory. */
    @Test
    void takesNoMoreRequestsThanTheClientTakesAnswers() throws IOException {
        // Read at once and complete at once, so that no single exchange ever waits for the client.
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n" + "x".repeat(8000);
        try (CannedOrigin generous = CannedOrigin.answering(answer)) {
            HttpsPort impatient = HttpsPort.with(PROXIES, "", "timeouts: {idle: 1s}", generous.address());
            String many = get(1).repeat(1000);
            try (RawClient client = impatient.connectWithSmallBuffer()) {
                assertThatThrownBy(() -> {
                            for (int i = 0; i < 300; i++) {
                                client.send(many);
                            }
                        })
                        .isInstanceOf(IOException.class);
            }
            assertThat(impatient.proxy().port().bytesOut()).isLessThan(8 * 1024 * 1024);
        }
    }

    @Test
    void keepsBodiesApart() throws IOException {
        try (RawClient client = port.connect()) {
            client.send("POST /1 HTTP/1.1\r\nHost: web.test\r\nContent-Length: 3\r\n\r\none"
                    + "HEAD /2 HTTP/1.1\r\nHost: web.test\r\n\r\n"
                    + "POST /3 HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n"
                    + "POST /4 HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n" + get(5));
            assertThat(Reply.read(client).body()).isEqualTo("POST /1 HTTP/1.1one");
            assertThat(Reply.read(client, true).head()).contains("Content-Length: 16");
            assertThat(Reply.read(client).body()).isEqualTo("POST /3 HTTP/1.15\r\nthree\r\n0\r\n\r\n");
            assertThat(Reply.read(client).body()).isEqualTo("POST /4 HTTP/1.1");
            assertThat(Reply.read(client).body()).isEqualTo("GET /5 HTTP/1.1");
        }
    }

    @Test
    void takesALargeBodyBehindOtherRequests() throws IOException {
        String body = "b".repeat(1_000_000);
        try (RawClient client = port.connect()) {
            Thread sender = new Thread(() -> {
                try {
                    client.send(get(1) + get(2)
                            + "POST /3 HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1000000\r\n\r\n" + body + get(4));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            sender.start();
            assertThat(Reply.read(client).body()).isEqualTo("GET /1 HTTP/1.1");
            assertThat(Reply.read(client).body()).isEqualTo("GET /2 HTTP/1.1");
            assertThat(Reply.read(client).body()).isEqualTo("POST /3 HTTP/1.1" + body);
            assertThat(Reply.read(client).body()).isEqualTo("GET /4 HTTP/1.1");
        }
    }

    @Test
    void answersWhatCameBeforeABadRequestAndNothingBehindIt() throws IOException {
        try (RawClient client = port.connect()) {
            client.send(get(1) + get(2) + "GET / HTTP/1.1\r\n\r\n" + get(3));
            assertThat(Reply.read(client).body()).isEqualTo("GET /1 HTTP/1.1");
            assertThat(Reply.read(client).body()).isEqualTo("GET /2 HTTP/1.1");
            assertThat(Reply.read(client).status()).isEqualTo(400);
            assertThat(client.readAllText()).isEmpty();
        }
        assertThat(origin.requests()).hasSize(2);
    }

    @Test
    void answersNothingBehindARequestToClose() throws IOException {
        try (RawClient client = port.connect()) {
            client.send(get(1) + "GET /2 HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n" + get(3));
            assertThat(Reply.read(client).body()).isEqualTo("GET /1 HTTP/1.1");
            assertThat(Reply.read(client).body()).isEqualTo("GET /2 HTTP/1.1");
            assertThat(client.readAllText()).isEmpty();
        }
        assertThat(origin.requests()).hasSize(2);
    }

    @Test
    void answersEverythingForAClientThatHasSaidItsLast() throws IOException {
        try (RawClient client = port.connectWithoutFin()) {
            client.send(get(1) + get(2) + get(3));
            client.endOutput();
            for (int i = 1; i <= 3; i++) {
                assertThat(Reply.read(client).body()).isEqualTo("GET /" + i + " HTTP/1.1");
            }
            assertThat(client.readAllText()).isEmpty();
        }
    }
}
