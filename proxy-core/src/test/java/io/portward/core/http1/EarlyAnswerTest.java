package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers before the request is complete, and peers that leave in the middle. */
class EarlyAnswerTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    private static final String UPLOAD = "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 100000000\r\n\r\n";

    /** The client goes on sending and looks at the answer only after some megabytes, as many do. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch",
                "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\nmuch",
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmuch",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmuch\r\n0\r\n\r\n"
            })
    void passesOnAnAnswerThatComesDuringTheUpload(String answer) throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.read(100_000);
                    connection.send(answer);
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send(UPLOAD);
            byte[] part = new byte[64 * 1024];
            for (int i = 0; i < 200; i++) {
                client.send(part);
            }
            Reply reply = Reply.read(client);
            assertThat(reply.head()).startsWith(answer.substring(0, 12));
            assertThat(reply.body()).isEqualTo("much");
        }
    }

    /** The backend answers and resets: writing to it fails before its answer has been read. */
    @Test
    void passesOnAnAnswerOfABackendThatHasClosedUnderTheUpload() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
                    connection.close();
                    answered.countDown();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send(UPLOAD);
            for (int i = 0; i < 100; i++) {
                client.send(new byte[64 * 1024]);
            }
            assertThat(answered.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(Reply.read(client).status()).isEqualTo(413);
        }
    }

    @Test
    void saysThatItClosesAfterAnEarlyError() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, ", routes: [{path: /api, backend: web}]", "", origin.address());
            try (RawClient client = port.connect()) {
                Reply reply = Reply.read(client.send(UPLOAD));
                assertThat(reply.status()).isEqualTo(404);
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(client.readAllText()).isEmpty();
            }
        }
    }

    private HttpsPort answeringItself() throws IOException {
        return HttpsPort.with(
                PROXIES,
                ", routes: [{path: /api, backend: web}, {path: /ok, respond: {status: 200, body: fine}}]",
                "",
                "127.0.0.1:9");
    }

    /** What clients send without waiting is thrown away, for a new connection would cost more. */
    @ParameterizedTest
    @CsvSource({"/ok, 200", "/none, 404"})
    void keepsAConnectionWhoseRequestItDidNotNeedToRead(String path, int status) throws Exception {
        try (RawClient client = answeringItself().connect()) {
            for (String body : List.of("", "0123456789", "x".repeat(99_999))) {
                client.send("POST " + path + " HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + body.length()
                        + "\r\n\r\n");
                Reply reply = Reply.read(client);
                assertThat(reply.status()).isEqualTo(status);
                assertThat(reply.header("connection")).isNull();
                client.send(body);
            }
            client.send("GET " + path + " HTTP/1.1\r\nHost: web.test\r\n\r\n");
            assertThat(Reply.read(client).status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({"/ok, 200", "/none, 404"})
    void saysThatItClosesWhenMuchOfTheRequestIsToCome(String path, int status) throws Exception {
        for (String fields : List.of(
                "Content-Length: 100000", "Transfer-Encoding: chunked", "Content-Length: 10\r\nExpect: 100-continue")) {
            try (RawClient client = answeringItself().connect()) {
                client.send("POST " + path + " HTTP/1.1\r\nHost: web.test\r\n" + fields + "\r\n\r\n");
                Reply reply = Reply.read(client);
                assertThat(reply.status()).isEqualTo(status);
                assertThat(reply.header("connection")).as(fields).isEqualTo("close");
            }
        }
    }

    @Test
    void letsTheBackendDecideOnAnExpectation() throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    assertThat(connection.readUntil("\r\n\r\n")).contains("Expect: 100-continue");
                    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                    assertThat(connection.read(5)).asString().isEqualTo("hello");
                    connection.send(CannedOrigin.OK);
                    assertThat(connection.readUntil("\r\n\r\n")).startsWith("GET /");
                    connection.send(CannedOrigin.OK);
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: web.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(Reply.read(client).head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(Reply.read(client.send("hello")).body()).isEqualTo("ok");
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
        }
    }

    @Test
    void closesWhenTheBackendRefusesAnExpectation() throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
                    assertThat(connection.readAll()).isEmpty();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: web.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            Reply reply = Reply.read(client);
            assertThat(reply.status()).isEqualTo(401);
            assertThat(reply.header("connection")).isEqualTo("close");
            assertThat(client.readAllText()).isEmpty();
        }
    }

    private enum Departure {
        DURING_UPLOAD,
        DURING_WAIT,
        DURING_DOWNLOAD
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(Departure.class)
    void stopsTheBackendWhenTheClientIsGone(Departure departure) throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            reached.countDown();
            if (departure == Departure.DURING_DOWNLOAD) {
                sendForever(connection);
            } else {
                connection.readAll();
            }
            ended.countDown();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                client.send(departure == Departure.DURING_UPLOAD ? UPLOAD + "some" : GET);
                assertThat(reached.await(5, TimeUnit.SECONDS)).isTrue();
                if (departure == Departure.DURING_DOWNLOAD) {
                    client.read(1000);
                }
            }
            assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
            int status = departure == Departure.DURING_DOWNLOAD ? 200 : 499;
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(port.requests())
                            .extracting(request -> request.status())
                            .containsExactly(status));
        }
    }

    private static void sendForever(RawClient connection) throws IOException {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
        try {
            while (true) {
                connection.send(new byte[64 * 1024]);
            }
        } catch (SocketException expected) {
            assertThat(expected).hasMessageMatching("(?i).*(broken pipe|reset).*");
        }
    }
}
