package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the backend gets of a request. */
class RequestForwardingTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private CannedOrigin origin;

    @BeforeEach
    void start() throws IOException {
        origin = CannedOrigin.answering(CannedOrigin.OK);
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    /** The bytes that the backend got for these. */
    private String forwarded(HttpsPort port, String request) throws IOException {
        try (RawClient client = port.connect()) {
            assertThat(Reply.readFinal(client.send(request)).status()).isEqualTo(200);
        }
        return origin.request();
    }

    private String forwarded(String request) throws IOException {
        return forwarded(HttpsPort.start(PROXIES, origin.address()), request);
    }

    @Test
    void forwardsTheHeadAlmostAsItCame() throws IOException {
        HttpsPort port = HttpsPort.start(PROXIES, origin.address());
        String got = forwarded(
                port, "GET /a%20b?q=1&q=%00 HTTP/1.1\r\nHost: web.test\r\nX-A: 1\r\nx-a: 2\r\nX-Latin: \u00e9\r\n\r\n");
        String id = Reply.field(got, "x-request-id");
        int number = port.proxy().address().getPort();
        assertThat(id).hasSize(32);
        assertThat(got)
                .isEqualTo("GET /a%20b?q=1&q=%00 HTTP/1.1\r\nHost: web.test\r\nX-A: 1\r\nx-a: 2\r\nX-Latin: \u00e9\r\n"
                        + "x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: https\r\nx-forwarded-port: " + number
                        + "\r\n"
                        + "forwarded: for=127.0.0.1;host=web.test;proto=https\r\nx-forwarded-host: web.test\r\n"
                        + "x-request-id: " + id + "\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-For",
                "x_forwarded_for",
                "X-Forwarded_For",
                "X-Forwarded-Server",
                "X-Real-IP",
                "X_Real_IP",
                "Forwarded",
                "X-Forwarded-Proto",
                "X-Forwarded-Host",
                "X-Forwarded-Port",
                "X-Request-Id",
                "X_Request_Id"
            })
    void dropsWhatAStrangerSaysOfItself(String name) throws IOException {
        assertThat(forwarded("GET / HTTP/1.1\r\nHost: web.test\r\n" + name + ": evil\r\n\r\n"))
                .doesNotContain("evil");
    }

    @Test
    void believesAndExtendsWhatATrustedProxySays() throws IOException {
        HttpsPort port = HttpsPort.with(PROXIES, "", "trustedProxies: [127.0.0.0/8]", origin.address());
        String got = forwarded(
                port,
                "GET / HTTP/1.1\r\nHost: web.test\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n"
                        + "Forwarded: for=192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Request-Id: abc\r\n\r\n");
        assertThat(Reply.field(got, "x-forwarded-for")).isEqualTo("192.0.2.1, 192.0.2.2, 127.0.0.1");
        assertThat(Reply.field(got, "forwarded")).isEqualTo("for=192.0.2.1, for=127.0.0.1;host=web.test;proto=https");
        assertThat(Reply.field(got, "x-forwarded-proto")).isEqualTo("http");
        assertThat(Reply.field(got, "x-request-id")).isEqualTo("abc");
    }

    @Test
    void makesANewIdInPlaceOfAnUnreadableOne() throws IOException {
        HttpsPort port = HttpsPort.with(PROXIES, "", "trustedProxies: [127.0.0.1]", origin.address());
        String got = forwarded(port, "GET / HTTP/1.1\r\nHost: web.test\r\nX-Request-Id: a\tb\u00e9\r\n\r\n");
        assertThat(Reply.field(got, "x-request-id")).matches("[0-9a-f]{32}");
    }

    @Test
    void removesHopByHopFields() throws IOException {
        String got = forwarded(
                "GET / HTTP/1.1\r\nHost: web.test\r\nConnection: keep-alive, X-Mine, TE\r\nX-Mine: 1\r\nTE: trailers\r\n"
                        + "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nUpgrade: h2c\r\n"
                        + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nVia: 1.1 other\r\n\r\n");
        assertThat(got.split("\r\n"))
                .containsExactlyInAnyOrder(
                        "GET / HTTP/1.1",
                        "Host: web.test",
                        "Via: 1.1 other",
                        "x-forwarded-for: 127.0.0.1",
                        "x-forwarded-proto: https",
                        "x-forwarded-port: " + Reply.field(got, "x-forwarded-port"),
                        "x-forwarded-host: web.test",
                        "forwarded: for=127.0.0.1;host=web.test;proto=https",
                        "x-request-id: " + Reply.field(got, "x-request-id"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"host", "Content-Length", "x-forwarded-for", "forwarded", "x-request-id", "transfer-encoding"})
    void keepsWhatRoutingAndFramingRestOnAgainstConnection(String name) throws IOException {
        String got = forwarded(
                "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 2\r\nConnection: " + name + "\r\n\r\nhi");
        assertThat(got).endsWith("\r\n\r\nhi");
        assertThat(Reply.field(got, "host")).isEqualTo("web.test");
        assertThat(Reply.field(got, "content-length")).isEqualTo("2");
        assertThat(Reply.field(got, "x-forwarded-for")).isEqualTo("127.0.0.1");
        assertThat(Reply.field(got, "x-request-id")).isNotNull();
        assertThat(Reply.field(got, "connection")).isNull();
    }

    @Test
    void keepsTheFramingOfAChunkedBodyAgainstConnection() throws IOException {
        String got = forwarded(
                "POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: Chunked\r\nConnection: transfer-encoding\r\n\r\n"
                        + "3;ext=1\r\nabc\r\n0\r\n\r\n");
        assertThat(Reply.field(got, "transfer-encoding")).isEqualTo("chunked");
        assertThat(got).endsWith("\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    }

    @Test
    void forwardsHarmlessTrailersOnly() throws IOException {
        String got = forwarded(
                "POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\n"
                        + "X-Sum: 97\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nHost: evil.test\r\nX-Forwarded-For: evil\r\n"
                        + "X_Real_IP: evil\r\nContent_Length: 7\r\nAuthorization: evil\r\nConnection: evil\r\nCookie: evil\r\n\r\n");
        assertThat(got).endsWith("\r\n\r\n1\r\na\r\n0\r\nX-Sum: 97\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource({"007, 7", "0000000, 0"})
    void writesAContentLengthInItsShortestForm(String length, String forwardedLength) throws IOException {
        String body = "x".repeat(Integer.parseInt(forwardedLength));
        String got = forwarded("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + length + "\r\n\r\n" + body);
        assertThat(Reply.field(got, "content-length")).isEqualTo(forwardedLength);
        assertThat(got).endsWith("\r\n\r\n" + body);
    }

    @Test
    void joinsFoldedLinesWithASpace() throws IOException {
        String got = forwarded("POST / HTTP/1.1\r\nHost: web.test\r\nX-Long: a\r\n  b\r\n\tc\r\n\r\n");
        assertThat(Reply.field(got, "x-long")).isEqualTo("a b c");
    }

    @ParameterizedTest
    @CsvSource({
        "GET https://other.test:8443/x?y HTTP/1.1, GET /x?y HTTP/1.1, other.test:8443",
        "GET HTTP://Other.Test HTTP/1.1, GET / HTTP/1.1, Other.Test",
        "GET https://other.test?y HTTP/1.1, GET /?y HTTP/1.1, other.test",
        "OPTIONS https://other.test HTTP/1.1, OPTIONS * HTTP/1.1, other.test",
        "OPTIONS * HTTP/1.1, OPTIONS * HTTP/1.1, web.test",
        "GET //double HTTP/1.1, GET /double HTTP/1.1, web.test",
        "get / HTTP/1.1, get / HTTP/1.1, web.test",
        "GET / HTTP/1.2, GET / HTTP/1.1, web.test"
    })
    void rewritesTheRequestLine(String line, String forwardedLine, String host) throws IOException {
        String got = forwarded(line + "\r\nHost: web.test\r\n\r\n");
        assertThat(got).startsWith(forwardedLine + "\r\n");
        assertThat(Reply.field(got, "host")).isEqualTo(host);
        assertThat(Reply.field(got, "x-forwarded-host")).isEqualTo(host);
    }

    @Test
    void quotesAnAuthorityWithAPortInForwarded() throws IOException {
        String got = forwarded("GET / HTTP/1.1\r\nHost: web.test:8443\r\n\r\n");
        assertThat(Reply.field(got, "forwarded")).isEqualTo("for=127.0.0.1;host=\"web.test:8443\";proto=https");
    }

    @Test
    void namesTheServerAsHostForAnOldClientWithoutOne() throws IOException {
        String got = forwarded("GET / HTTP/1.0\r\n\r\n");
        assertThat(got).startsWith("GET / HTTP/1.1\r\n");
        assertThat(Reply.field(got, "host")).isEqualTo(origin.address());
        assertThat(Reply.field(got, "x-forwarded-host")).isNull();
    }

    @Test
    void keepsALengthOfZero() throws IOException {
        String got = forwarded("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n");
        assertThat(Reply.field(got, "content-length")).isEqualTo("0");
    }

    /** RFC 9110 §10.1.1: Expect is a list, and a list may be empty. */
    @Test
    void takesAnEmptyExpectationForNone() throws IOException {
        assertThat(forwarded("POST / HTTP/1.1\r\nHost: web.test\r\nExpect:\r\nContent-Length: 1\r\n\r\nx"))
                .startsWith("POST / HTTP/1.1\r\n");
    }

    @Test
    void doesNotLetAnOldClientExpectAnything() throws IOException {
        String got =
                forwarded("POST / HTTP/1.0\r\nHost: web.test\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx");
        assertThat(Reply.field(got, "expect")).isNull();
        assertThat(got).endsWith("\r\n\r\nx");
    }

    @Test
    void takesARequestThatComesByteByByte() throws IOException {
        try (RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            String request =
                    "POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n";
            for (int i = 0; i < request.length(); i++) {
                client.send(request.substring(i, i + 1));
            }
            assertThat(Reply.read(client).status()).isEqualTo(200);
        }
        assertThat(origin.request())
                .startsWith("POST / HTTP/1.1\r\nHost: web.test\r\n")
                .endsWith("b\r\n0\r\nX-T: 1\r\n\r\n");
    }
}
