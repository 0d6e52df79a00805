package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that two readers could take differently get an error and a closed connection, and the backend never hears of them. */
class SmugglingTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String POST = "POST / HTTP/1.1\r\nHost: web.test\r\n";
    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n";
    private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: web.test\r\n\r\n";

    private CannedOrigin origin;
    private HttpsPort port;

    @BeforeEach
    void start() throws IOException {
        origin = CannedOrigin.answering(CannedOrigin.OK);
        port = HttpsPort.start(PROXIES, origin.address());
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    static Stream<Arguments> attacks() {
        return Stream.of(framing(), lengths(), lines(), fields(), targets(), limits())
                .flatMap(attacks -> attacks);
    }

    private static Stream<Arguments> framing() {
        return Stream.of(
                attack("CL.TE", 400, POST + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"),
                attack("TE.CL", 400, POST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + SMUGGLED),
                attack("TE.TE", 400, POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
                attack(
                        "TE.TE twice chunked",
                        400,
                        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                attack("chunked, chunked", 400, POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
                attack("xchunked", 400, POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
                attack("gzip, chunked", 400, POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                attack("chunked, identity", 400, POST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
                attack("identity", 400, POST + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
                attack("quoted chunked", 400, POST + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
                attack("chunked;q=1", 400, POST + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
                attack("vertical tab before chunked", 400, POST + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n"),
                attack("empty Transfer-Encoding", 400, POST + "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
                attack("folded Transfer-Encoding", 400, POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
                attack(
                        "Transfer-Encoding of HTTP/1.0",
                        400,
                        "POST / HTTP/1.0\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                attack(
                        "CL.TE of HTTP/1.0",
                        400,
                        "POST / HTTP/1.0\r\nHost: web.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                attack(
                        "CL.TE of HTTP/1.2",
                        400,
                        "POST / HTTP/1.2\r\nHost: web.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    }

    private static Stream<Arguments> lengths() {
        return Stream.of(
                attack("two Content-Lengths", 400, POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                attack("the same Content-Length twice", 400, POST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
                attack("list of Content-Lengths", 400, POST + "Content-Length: 1, 1\r\n\r\na"),
                attack("plus sign", 400, POST + "Content-Length: +1\r\n\r\na"),
                attack("minus sign", 400, POST + "Content-Length: -1\r\n\r\na"),
                attack("empty Content-Length", 400, POST + "Content-Length:\r\n\r\na"),
                attack("hexadecimal Content-Length", 400, POST + "Content-Length: 0x1\r\n\r\na"),
                attack("blank inside", 400, POST + "Content-Length: 1 2\r\n\r\na"),
                attack("folded Content-Length", 400, POST + "Content-Length:\r\n 1\r\n\r\na"),
                attack("fraction", 400, POST + "Content-Length: 1.0\r\n\r\na"),
                attack("Content-Length beyond 63 bits", 400, POST + "Content-Length: 9223372036854775808\r\n\r\na"),
                attack("Content-Length beyond 64 bits", 400, POST + "Content-Length: 18446744073709551617\r\n\r\na"));
    }

    private static Stream<Arguments> lines() {
        return Stream.of(
                attack("bare LF after the request line", 400, "GET / HTTP/1.1\nHost: web.test\r\n\r\n"),
                attack("bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: web.test\nX: y\r\n\r\n"),
                attack("bare LF as the empty line", 400, "GET / HTTP/1.1\r\nHost: web.test\r\n\n"),
                attack("bare CR in a value", 400, GET + "X: a\rTransfer-Encoding: chunked\r\n\r\n"),
                attack("bare CR in the request line", 400, "GET /\r HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("bare CRs and no LF", 400, "GET / HTTP/1.1\rHost: web.test\r\r"),
                attack("bare CR and no LF in a field", 400, "GET / HTTP/1.1\r\nHost: web.test\rX"),
                attack("NUL in a value", 400, GET + "X: a\0b\r\n\r\n"),
                attack("NUL in a name", 400, GET + "X\0: b\r\n\r\n"),
                attack("TAB in the request line", 400, "GET\t/ HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("TAB beside a space in the request line", 400, "GET \t/ HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("vertical tab before the version", 400, "GET / \u000bHTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("two spaces in the request line", 400, "GET  / HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("space before the request line", 400, " GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("space after the version", 400, "GET / HTTP/1.1 \r\nHost: web.test\r\n\r\n"),
                attack("four words", 400, "GET / x HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("HTTP/0.9", 400, "GET /\r\n\r\n"),
                attack("HTTP/2.0", 400, "GET / HTTP/2.0\r\nHost: web.test\r\n\r\n"),
                attack("PRI", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                attack("HTTP/1.10", 400, "GET / HTTP/1.10\r\nHost: web.test\r\n\r\n"),
                attack("http/1.1", 400, "GET / http/1.1\r\nHost: web.test\r\n\r\n"),
                attack("HTTPS/1.1", 400, "GET / HTTPS/1.1\r\nHost: web.test\r\n\r\n"),
                attack("method that is no token", 400, "G@T / HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("CONNECT", 405, "CONNECT web.test:443 HTTP/1.1\r\nHost: web.test:443\r\n\r\n"),
                attack("TRACE", 405, "TRACE / HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("expectation", 417, GET + "Expect: 200-ok\r\n\r\n"),
                attack(
                        "two expectations",
                        417,
                        POST + "Expect: 100-continue\r\nExpect: x\r\nContent-Length: 1\r\n\r\na"));
    }

    private static Stream<Arguments> fields() {
        return Stream.of(
                attack("space before the colon", 400, POST + "Content-Length : 5\r\n\r\nGET /"),
                attack("TAB before the colon", 400, POST + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
                attack(
                        "first field begins with a space",
                        400,
                        "GET / HTTP/1.1\r\n Host: web.test\r\nHost: web.test\r\n\r\n"),
                attack("no colon", 400, GET + "Nonsense\r\n\r\n"),
                attack("empty name", 400, GET + ": x\r\n\r\n"),
                attack("name with a slash", 400, GET + "X/Y: x\r\n\r\n"),
                attack("name with a high byte", 400, GET + "X\u00ff: x\r\n\r\n"),
                attack("two Hosts", 400, GET + "Host: web.test\r\n\r\n"),
                attack("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
                attack("no Host in HTTP/1.2", 400, "GET / HTTP/1.2\r\n\r\n"),
                attack("empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
                attack("Host with user", 400, "GET / HTTP/1.1\r\nHost: user@web.test\r\n\r\n"),
                attack("Host with a space", 400, "GET / HTTP/1.1\r\nHost: web.test evil\r\n\r\n"),
                attack("Host with a path", 400, "GET / HTTP/1.1\r\nHost: web.test/x\r\n\r\n"),
                attack("Host with a comma", 400, "GET / HTTP/1.1\r\nHost: web.test,evil.test\r\n\r\n"),
                attack("folded Host", 400, "GET / HTTP/1.1\r\nHost: web.test\r\n evil.test\r\n\r\n"),
                attack("Host with a port that is none", 400, "GET / HTTP/1.1\r\nHost: web.test:8a\r\n\r\n"),
                attack("Host with a port beyond 65535", 400, "GET / HTTP/1.1\r\nHost: web.test:65536\r\n\r\n"),
                attack("Host with half a literal", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"));
    }

    private static Stream<Arguments> targets() {
        return Stream.of(
                attack("control character in the target", 400, "GET /\u0001 HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("high byte in the target", 400, "GET /\u00e9 HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("fragment in the target", 400, "GET /#x HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("authority-form", 400, "GET web.test:443 HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("relative target", 400, "GET index HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("asterisk of GET", 400, "GET * HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("other scheme", 400, "GET ftp://web.test/ HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("absolute-form with user", 400, "GET https://user@web.test/ HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack("absolute-form beside a bad Host", 400, "GET https://web.test/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
                attack("absolute-form without a host", 400, "GET https:///x HTTP/1.1\r\nHost: web.test\r\n\r\n"));
    }

    private static Stream<Arguments> limits() {
        return Stream.of(
                attack("too many fields", 431, GET + "X: y\r\n".repeat(128) + "\r\n"),
                attack("too large a field", 431, GET + "X: " + "y".repeat(65 * 1024) + "\r\n\r\n"),
                attack(
                        "too long a target",
                        414,
                        "GET /" + "x".repeat(17 * 1024) + " HTTP/1.1\r\nHost: web.test\r\n\r\n"),
                attack(
                        "target just too long",
                        414,
                        "GET /" + "x".repeat(16 * 1024) + " HTTP/1.1\r\nHost: web.test\r\n\r\n"));
    }

    private static Arguments attack(String name, int status, String bytes) {
        return Arguments.of(name, status, bytes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void refusesAndForwardsNothing(String name, int status, String bytes) throws IOException {
        try (RawClient client = port.connect()) {
            checkRefusal(client.send(bytes), status);
        }
        assertThat(port.requests()).extracting(request -> request.status()).containsExactly(status);
        assertThat(origin.requests()).isEmpty();
        checkNextConnection();
    }

    /** What follows on the same connection could be what the attacker wants read as a request. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void readsNothingBehindTheRefusedRequest(String name, int status, String bytes) throws IOException {
        try (RawClient client = port.connect()) {
            client.send(bytes + SMUGGLED + SMUGGLED);
            checkRefusal(client, status);
        }
        assertThat(origin.requests()).isEmpty();
    }

    static Stream<Arguments> shortAttacks() {
        return Stream.concat(framing().limit(6), Stream.concat(lines().limit(12), fields().limit(8)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shortAttacks")
    void refusesWhatComesByteByByte(String name, int status, String bytes) throws IOException {
        try (RawClient client = port.connect()) {
            for (int i = 0; i < bytes.length(); i++) {
                client.send(bytes.substring(i, i + 1));
            }
            checkRefusal(client, status);
        }
        assertThat(origin.requests()).isEmpty();
    }

    static Stream<Arguments> chunks() {
        return Stream.of(
                attack("0x", 400, "0x5\r\nhello\r\n0\r\n\r\n"),
                attack("plus", 400, "+5\r\nhello\r\n0\r\n\r\n"),
                attack("minus", 400, "-5\r\nhello\r\n0\r\n\r\n"),
                attack("space before", 400, " 5\r\nhello\r\n0\r\n\r\n"),
                attack("space behind", 400, "5 \r\nhello\r\n0\r\n\r\n"),
                attack("no size", 400, "\r\nhello\r\n0\r\n\r\n"),
                attack("no hexadecimal digit", 400, "g\r\nhello\r\n0\r\n\r\n"),
                attack("beyond 63 bits", 400, "8000000000000000\r\nhello\r\n0\r\n\r\n"),
                attack("beyond 64 bits", 400, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
                attack("LF behind the size", 400, "5\nhello\r\n0\r\n\r\n"),
                attack("LF behind the data", 400, "5\r\nhello\n0\r\n\r\n"),
                attack("LF in an extension", 400, "5;a\nb\r\nhello\r\n0\r\n\r\n"),
                attack("CR in an extension", 400, "5;a\rb\r\nhello\r\n0\r\n\r\n"),
                attack("data longer than said", 400, "5\r\nhello!\r\n0\r\n\r\n"),
                attack("extension bomb", 400, "5;" + "x".repeat(20 * 1024) + "\r\nhello\r\n0\r\n\r\n"),
                attack("LF behind the last chunk", 400, "0\n\r\n"),
                attack("LF behind the trailers", 400, "0\r\nX: y\n\r\n"),
                attack("trailer without colon", 400, "0\r\nXy\r\n\r\n"),
                attack("trailer with space before colon", 400, "0\r\nX : y\r\n\r\n"),
                attack("trailer bomb", 400, "0\r\nX: " + "y".repeat(70 * 1024) + "\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chunks")
    void neverCompletesARequestWithABrokenChunk(String name, int status, String body) throws IOException {
        try (RawClient client = port.connect()) {
            client.send(CHUNKED + body + SMUGGLED);
            checkRefusal(client, status);
        }
        // The head may have gone ahead, for bodies are not collected; the request must not have become whole.
        assertThat(origin.requests()).isEmpty();
        assertThat(port.requests()).extracting(request -> request.method()).containsExactly("POST");
        checkNextConnection();
    }

    /** Nothing else may come, and the client is not to wait for a timeout to learn of its mistake. */
    @Test
    void refusesACrWithoutLfBeforeTheLineIsComplete() throws IOException {
        try (RawClient client = port.connect()) {
            checkRefusal(client.send(CHUNKED + "5\rhello"), 400);
        }
        assertThat(origin.requests()).isEmpty();
    }

    @Test
    void ignoresEmptyLinesBeforeARequest() throws IOException {
        try (RawClient client = port.connect()) {
            client.send("\r\n\r\n" + GET + "\r\n");
            assertThat(Reply.read(client).status()).isEqualTo(200);
        }
    }

    private static void checkRefusal(RawClient client, int status) throws IOException {
        Reply reply = Reply.read(client);
        assertThat(reply.status()).as(reply.head()).isEqualTo(status);
        assertThat(reply.header("connection")).as(reply.head()).isEqualTo("close");
        assertThat(reply.body()).startsWith(status + " ").contains(reply.header("x-request-id"));
        assertThat(client.readAllText()).isEmpty();
    }

    private void checkNextConnection() throws IOException {
        try (RawClient client = port.connect()) {
            assertThat(Reply.read(client.send(GET + "\r\n")).status()).isEqualTo(200);
        }
    }
}
