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

/** Routes that change what passes, or answer themselves. */
class RouteActionTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String ROUTES = """
            , routes: [
                {path: /old, redirect: {to: "https://{host}/new{path}{query}"}},
                {path: /here, redirect: {to: "{uri}", status: 307}},
                {path: /full, redirect: {to: "https://{authority}/", status: 301}},
                {path: /no, respond: {status: 403, body: "Kein Zutritt f\u00fcr dich", contentType: text/x},
                  responseHeaders: {set: {x-why: because}}},
                {path: /empty, respond: {status: 200}},
                {path: /nothing, respond: {status: 204}},
                {path: /api, stripPrefix: /api, backend: web},
                {path: /from/, rewritePath: /to, backend: web},
                {exactPath: /one, rewritePath: /two, backend: web},
                {pathRegex: "/u/([0-9]+)/(.*)", rewritePath: "/$2/users/$1", backend: web},
                {pathRegex: "/j/(.)x(.)", rewritePath: "/$1$2", backend: web},
                {pathRegex: "/k/(.)x(.)", rewritePath: "/k/$1$2/%3as", backend: web},
                {path: /dollar, rewritePath: /US$, backend: web},
                {path: /headers, backend: web,
                  requestHeaders: {set: {x-set: new, cookie: ""}, add: {x-add: two}, remove: [X-Remove, x-forwarded-for]},
                  responseHeaders: {set: {server: none}, add: {x-add: b}, remove: [x-remove]}},
                {methods: [DELETE], respond: {status: 405}},
                {headers: {x-key: "/[0-9]+/"}, respond: {status: 418}},
                {rewritePath: /root, backend: web}]""";

    private CannedOrigin origin;

    @BeforeEach
    void start() throws IOException {
        origin = CannedOrigin.answering(
                "HTTP/1.1 200 OK\r\nServer: x/1\r\nX-Add: a\r\nX-Remove: y\r\nContent-Length: 2\r\n\r\nok");
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    private HttpsPort port() {
        return HttpsPort.with(PROXIES, ROUTES, "", origin.address());
    }

    private Reply ask(HttpsPort port, String request) throws IOException {
        try (RawClient client = port.connect()) {
            return Reply.read(client.send(request), request.startsWith("HEAD"));
        }
    }

    private Reply get(String path) throws IOException {
        return ask(port(), "GET " + path + " HTTP/1.1\r\nHost: Web.test:8443\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "/old, 308, https://web.test/new/old",
        "/old/%61?b=%2e, 308, https://web.test/new/old/a?b=%2e",
        "//old, 308, https://web.test/new/old",
        "/here/\\evil.test, 307, /here/%5Cevil.test",
        "/full/x?y, 301, https://Web.test:8443/"
    })
    void redirects(String path, int status, String location) throws IOException {
        Reply reply = get(path);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.header("location")).isEqualTo(location);
        assertThat(reply.body()).isEmpty();
        assertThat(origin.requests()).isEmpty();
    }

    @Test
    void answersByItself() throws IOException {
        HttpsPort port = port();
        Reply reply = ask(port, "GET /no HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.body()).isEqualTo("Kein Zutritt f\u00c3\u00bcr dich");
        assertThat(reply.header("content-type")).isEqualTo("text/x");
        assertThat(reply.header("x-why")).isEqualTo("because");
        assertThat(reply.header("x-request-id")).hasSize(32);
        assertThat(reply.header("date")).endsWith("GMT");
        assertThat(port.requests()).hasToString("[Request[backend=none, method=GET, status=403, protocol=h1]]");

        Reply head = ask(port, "HEAD /no HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(head.header("content-length")).isEqualTo("22");

        Reply empty = ask(port, "GET /empty HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(empty.header("content-length")).isEqualTo("0");
        assertThat(empty.header("content-type")).isNull();

        Reply nothing = ask(port, "GET /nothing HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(nothing.status()).isEqualTo(204);
        assertThat(nothing.header("content-length")).isNull();
        assertThat(origin.requests()).isEmpty();
    }

    @Test
    void keepsTheConnectionAfterAnAnswerOfARoute() throws IOException {
        try (RawClient client = port().connect()) {
            for (String path : new String[] {"/no", "/old", "/empty", "/nothing", "/x"}) {
                client.send("GET " + path + " HTTP/1.1\r\nHost: web.test\r\n\r\n");
                assertThat(Reply.read(client).header("connection")).isNull();
            }
            client.send("POST /old HTTP/1.1\r\nHost: web.test\r\nContent-Length: 5\r\n\r\nabcde");
            assertThat(Reply.read(client).status()).isEqualTo(308);
        }
    }

    @Test
    void cannotRedirectARequestWithoutAHostToIt() throws IOException {
        assertThat(ask(port(), "GET /old HTTP/1.0\r\n\r\n").status()).isEqualTo(400);
        assertThat(ask(port(), "GET /here HTTP/1.0\r\n\r\n").header("location")).isEqualTo("/here");
    }

    @ParameterizedTest
    @CsvSource({
        "/api, /",
        "/api/, /",
        "/api/x/y?z=/api, /x/y?z=/api",
        "/api/%2fx, /%2Fx",
        "/apis, /root/apis",
        "/from/x, /to/x",
        "/from/, /to/",
        "/one?q, /two?q",
        "/one/, /root/one/",
        "/u/17/a/b, /a/b/users/17",
        "/u/17/, /users/17",
        "/, /root/",
        "/j/axb, /ab",
        "/k/axb, /k/ab/%3As",
        "/dollar/x, /US$/x",
        "/group%2fname;v=1, /root/group%2Fname;v=1"
    })
    void forwardsAnotherPath(String path, String forwarded) throws IOException {
        assertThat(get(path).status()).isEqualTo(200);
        assertThat(origin.request()).startsWith("GET " + forwarded + " HTTP/1.1\r\n");
    }

    /** What two groups make together is looked at again, and what servers read into a path that was moved. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/j/.x.",
                "/k/.x.",
                "/..%2F2/secret",
                "/..;/2/secret",
                "/x/..%5C..%5C2",
                "/api/..;/api/x",
                "/from/..%2Ffrom/x"
            })
    void refusesAPathThatOnlyTheRewritingMakesBad(String path) throws IOException {
        assertThat(get(path).status()).isEqualTo(400);
        assertThat(origin.requests()).isEmpty();
    }

    @Test
    void changesHeadersInBothDirections() throws IOException {
        Reply reply = ask(
                port(),
                "GET /headers HTTP/1.1\r\nHost: web.test\r\nX-Set: old\r\nx-set: old\r\nX-Add: one\r\nX-Remove: z\r\n\r\n");
        assertThat(origin.request())
                .contains("x-set: new\r\n", "X-Add: one\r\n", "x-add: two\r\n", "cookie: \r\n")
                .doesNotContain("old", "X-Remove", "x-forwarded-for")
                .contains("x-forwarded-proto: https\r\n");
        assertThat(reply.head())
                .contains("server: none\r\n", "X-Add: a\r\n", "x-add: b\r\n")
                .doesNotContain("x/1", "X-Remove");
    }

    /** The cost of an expression is that of the text. */
    @Test
    void refusesHeadersThatAreTooLongForExpressions() throws IOException {
        HttpsPort port = port();
        String get = "GET /x HTTP/1.1\r\nHost: web.test\r\n";
        assertThat(ask(port, get + "X-Key: " + "1".repeat(8192) + "\r\n\r\n").status())
                .isEqualTo(418);
        assertThat(ask(port, get + "X-Key: " + "1".repeat(8193) + "\r\n\r\n").status())
                .isEqualTo(431);
        assertThat(ask(port, get + ("x-key: " + "a".repeat(4097) + "\r\n").repeat(2) + "\r\n")
                        .status())
                .as("all fields of the name together")
                .isEqualTo(431);
        assertThat(ask(port, get + "X-Other: " + "1".repeat(20_000) + "\r\n\r\n")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void comparesMethodsAndHeaders() throws IOException {
        HttpsPort port = port();
        assertThat(ask(port, "DELETE /x HTTP/1.1\r\nHost: web.test\r\n\r\n").status())
                .isEqualTo(405);
        assertThat(ask(port, "GET /x HTTP/1.1\r\nHost: web.test\r\nX-Key: 17\r\n\r\n")
                        .status())
                .isEqualTo(418);
        assertThat(ask(port, "GET /x HTTP/1.1\r\nHost: web.test\r\nX-Key: a\r\n\r\n")
                        .status())
                .isEqualTo(200);
    }
}
