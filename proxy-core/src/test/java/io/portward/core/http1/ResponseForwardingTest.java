package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client gets of a response, and whether the connection goes on after it. */
class ResponseForwardingTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    private static final String HEAD = "HEAD / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    @Test
    void removesHopByHopFieldsAndAddsOnlyTheId() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(
                        "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: X-Mine\r\nX-Mine: 1\r\n"
                                + "Keep-Alive: timeout=5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-B: \u00e9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nok");
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            Reply reply = Reply.read(client.send(GET));
            assertThat(reply.head())
                    .isEqualTo(
                            "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-B: \u00e9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                                    + "x-request-id: " + reply.header("x-request-id") + "\r\n\r\n");
            assertThat(Reply.field(origin.request(), "x-request-id")).isEqualTo(reply.header("x-request-id"));
        }
    }

    @Test
    void addsStrictTransportSecurity() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(
                    PROXIES, ", hsts: {maxAge: 365d, includeSubDomains: true, preload: true}", "", origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).header("strict-transport-security"))
                        .isEqualTo("max-age=31536000; includeSubDomains; preload");
                assertThat(Reply.read(client.send("GET / HTTP/1.1\r\nHost: @\r\n\r\n"))
                                .header("strict-transport-security"))
                        .startsWith("max-age");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            })
    void goesOnAfterAResponseWithoutABody(String response) throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(response);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            int status = Integer.parseInt(response.substring(9, 12));
            for (int i = 0; i < 3; i++) {
                Reply reply = Reply.read(client.send(GET));
                assertThat(reply.status()).isEqualTo(status);
                assertThat(reply.body()).isEmpty();
                assertThat(reply.header("connection")).isNull();
            }
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void keepsTheLengthOf304AndRemovesItFrom204() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(request -> request.startsWith("GET /304")
                        ? "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"
                        : "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send("GET /304 HTTP/1.1\r\nHost: web.test\r\n\r\n"))
                            .header("content-length"))
                    .isEqualTo("10");
            assertThat(Reply.read(client.send(GET)).header("content-length")).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n", ""})
    void answersHeadWithTheHeadAlone(String framing) throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(request ->
                        request.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\n" + framing + "\r\n" : CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            Reply reply = Reply.read(client.send(HEAD), true);
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.header("content-length")).isEqualTo(framing.startsWith("Content") ? "1000" : null);
            assertThat(Reply.read(client.send(GET)).body()).isEqualTo("ok");
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void answersAnErrorToHeadWithoutABody() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            Reply reply = Reply.read(client.send("HEAD / HTTP/1.1\r\nHost: @\r\n\r\n"), true);
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.header("content-length")).isNotEqualTo("0");
            assertThat(client.readAllText()).isEmpty();
        }
    }

    @Test
    void chunksABodyThatEndsWithTheBackendsConnection() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe body");
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            for (int i = 0; i < 2; i++) {
                Reply reply = Reply.read(client.send(GET));
                assertThat(reply.header("transfer-encoding")).isEqualTo("chunked");
                assertThat(reply.header("connection")).isNull();
                assertThat(reply.body()).isEqualTo("the body");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe body",
                "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nthe body",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nthe body\r\n0\r\nX-T: 1\r\n\r\n"
            })
    void endsABodyOfUnknownLengthForAnOldClientWithTheConnection(String response) throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(response);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            Reply reply = Reply.read(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
            assertThat(reply.header("transfer-encoding")).isNull();
            assertThat(reply.header("connection")).isEqualTo("close");
            assertThat(reply.body()).isEqualTo("the body");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET / HTTP/1.0, close",
        "GET / HTTP/1.0|Connection: keep-alive, keep-alive",
        "GET / HTTP/1.0|Connection: Keep-Alive, keep-alive",
        "GET / HTTP/1.1|Host: a|Connection: close, close",
        "GET / HTTP/1.1|Host: a|Connection: x and CLOSE, close",
        "GET / HTTP/1.1|Host: a|Connection: keep-alive, "
    })
    void tellsWhetherTheConnectionGoesOn(String request, String connection) throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            client.send(request.replace("|", "\r\n").replace(" and ", ", ") + "\r\n\r\n");
            Reply reply = Reply.read(client);
            assertThat(reply.header("connection")).isEqualTo(connection);
            if ("close".equals(connection)) {
                assertThat(client.readAllText()).isEmpty();
            } else {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void passesTrailersOn() throws IOException {
        try (CannedOrigin origin =
                        CannedOrigin.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                                + "1\r\na\r\n0\r\nX-Sum: 97\r\nSet-Cookie: evil\r\nConnection: evil\r\n\r\n");
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            Reply reply = Reply.read(client.send(GET));
            assertThat(reply.body()).isEqualTo("a");
            assertThat(reply.trailers()).isEqualTo("X-Sum: 97\r\n");
        }
    }

    @Test
    void passesInterimResponsesOn() throws IOException {
        try (CannedOrigin origin =
                        CannedOrigin.answering("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\n\r\n"
                                + "HTTP/1.1 102 Processing\r\n\r\n" + CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(GET)).head())
                    .isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
            assertThat(Reply.read(client).head()).isEqualTo("HTTP/1.1 102 Processing\r\n\r\n");
            assertThat(Reply.read(client).body()).isEqualTo("ok");
            assertThat(Reply.readFinal(client.send(GET)).body()).isEqualTo("ok");
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void keepsInterimResponsesFromOldClients() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering("HTTP/1.1 103 Early Hints\r\n\r\n" + CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send("GET / HTTP/1.0\r\n\r\n")).body()).isEqualTo("ok");
        }
    }

    @Test
    void countsBeforeTheClientCanHaveReadTheAnswer() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                Reply.read(client.send(GET));
                assertThat(port.requests()).hasToString("[Request[backend=web, method=GET, status=200, protocol=h1]]");
            }
        }
    }
}
