package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What backends do wrong becomes a clean 502 or an answer that is visibly cut, and their connection is not used again. */
class BrokenBackendTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    static Stream<String> brokenHeads() {
        return Stream.of(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
                "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!",
                "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "garbage\r\n\r\n",
                "\u0016\u0003\u0001\u0002\r\n\r\n",
                "220 mail.test ESMTP\r\n\r\n",
                "ICY 200 OK\r\n\r\n",
                "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 99 Low\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 1000 High\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nNo colon\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nBad name: x\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
                "HTTP/1.1 200 OK\r\nX: " + "y".repeat(100 * 1024) + "\r\n\r\n",
                "HTTP/1.1 200 " + "y".repeat(100 * 1024) + "\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("brokenHeads")
    void answers502AndGoesOn(String response) throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            if ("GET /good".equals(connection.readUntil(" HTTP/1.1").substring(0, 9))) {
                connection.readUntil("\r\n\r\n");
                connection.send(CannedOrigin.OK);
            } else {
                connection.readUntil("\r\n\r\n");
                connection.send(response);
            }
            connection.readAll();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                Reply reply = Reply.read(client.send("GET /bad! HTTP/1.1\r\nHost: web.test\r\n\r\n"));
                assertThat(reply.status()).isEqualTo(502);
                assertThat(reply.header("connection")).isNull();
                assertThat(Reply.read(client.send("GET /good HTTP/1.1\r\nHost: web.test\r\n\r\n"))
                                .body())
                        .isEqualTo("ok");
            }
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(502, 200);
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    /** Bytes behind a response must not be taken for the answer to the next request, not even to one that waits already. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "x", "\r\n"})
    void neverReadsAnAnswerOutOfWhatFollowsAResponse(String extra) throws IOException {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(CannedOrigin.OK + extra);
                    connection.readAll();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send(GET.repeat(5));
            for (int i = 0; i < 5; i++) {
                assertThat(Reply.read(client).body()).isEqualTo("ok");
            }
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
            assertThat(origin.accepted()).isEqualTo(6);
        }
    }

    @Test
    void dropsAConnectionThatSpeaksUnasked() throws Exception {
        java.util.concurrent.CountDownLatch spoken = new java.util.concurrent.CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(CannedOrigin.OK);
                    spoken.await();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                    assertThat(connection.readAll()).isEmpty();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
            spoken.countDown();
        }
    }

    @Test
    void answers502WhenTheBackendClosesWithoutAnAnswer() throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> connection.readUntil("\r\n\r\n"));
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
            // A fresh connection that fails is no reason to ask twice.
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"H", "HTTP/1.1 200 OK\r\nContent-Le"})
    void answers502WhenTheBackendClosesInItsHead(String part) throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(part);
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nonly",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonlyXX\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n0\r\n"
            })
    void cutsAnAnswerSoThatTheClientCanTell(String part) throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(part);
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send(GET);
            assertThatThrownBy(() -> Reply.read(client))
                    .isInstanceOfAny(EOFException.class, SocketException.class, javax.net.ssl.SSLException.class);
            assertThat(PROXIES.warnings()).singleElement().asString().contains("cut a response, upstream ");
        }
    }

    /** A body that ends with the connection is complete only if the connection ended well. */
    @Test
    void cutsAnAnswerOfUnknownLengthThatWasReset() throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send("HTTP/1.1 200 OK\r\n\r\nonly");
                    connection.readUntil("half");
                    connection.reset();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 100\r\n\r\n");
            client.readUntil("only");
            client.send("half");
            assertThatThrownBy(() -> client.readUntil("0\r\n\r\n"))
                    .isInstanceOfAny(EOFException.class, SocketException.class, javax.net.ssl.SSLException.class);
        }
    }
}
