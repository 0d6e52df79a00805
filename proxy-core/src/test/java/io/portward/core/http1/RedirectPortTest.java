package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The redirect port, and plain HTTP that ends up on an https port. */
class RedirectPortTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static RunningProxy start(int to) {
        PROXIES.pki().ecdsa("web", "web.test");
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports:
                  - {listen: "127.0.0.1:0", protocol: redirect, to: %d, timeouts: {headers: 500ms}}
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                backends: {web: {servers: ["127.0.0.1:9"]}}
                """, to);
    }

    private static Reply ask(RunningProxy proxy, String request) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            Reply reply = Reply.read(client.send(request), request.startsWith("HEAD"));
            assertThat(reply.header("connection")).isEqualTo("close");
            assertThat(client.readAllText()).isEmpty();
            return reply;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "443, GET / HTTP/1.1, web.test, https://web.test/",
        "443, GET /a%2Fb/../c?x=%20&y=/ HTTP/1.1, web.test, https://web.test/c?x=%20&y=/",
        "443, GET //evil.test/x HTTP/1.1, web.test, https://web.test/evil.test/x",
        "443, GET / HTTP/1.1, Web.Test., https://web.test/",
        "443, GET / HTTP/1.1, web.test:80, https://web.test/",
        "8443, GET /x HTTP/1.1, web.test, https://web.test:8443/x",
        "8443, GET /x HTTP/1.1, web.test:8080, https://web.test:8443/x",
        "443, GET /x HTTP/1.1, 192.0.2.1, https://192.0.2.1/x",
        "8443, GET /x HTTP/1.1, [2001:DB8::1], https://[2001:db8::1]:8443/x",
        "443, GET /x HTTP/1.1, [2001:db8::1]:8080, https://[2001:db8::1]/x",
        "443, GET http://other.test/x HTTP/1.1, web.test, https://other.test/x",
        "443, GET / HTTP/1.0, web.test, https://web.test/",
        "443, HEAD /x HTTP/1.1, web.test, https://web.test/x",
        "443, POST /x HTTP/1.1, web.test, https://web.test/x",
        "443, GET /.well-known/acme-challenges HTTP/1.1, web.test, https://web.test/.well-known/acme-challenges"
    })
    void sendsToTheSamePlaceOnHttps(int to, String line, String host, String location) throws IOException {
        Reply reply = ask(start(to), line + "\r\nHost: " + host + "\r\n\r\n");
        assertThat(reply.status()).isEqualTo(308);
        assertThat(reply.header("location")).isEqualTo(location);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.1\r\nHost:\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /../a HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\u0001 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\r\nHost: a\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n"
            })
    void refusesWhatNamesNoPlace(String request) throws IOException {
        assertThat(ask(start(443), request).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void neverRedirectsAcmeChallenges(String method) throws IOException {
        String request = method + " /.well-known/acme-challenge/token HTTP/1.1\r\nHost: web.test\r\n\r\n";
        assertThat(ask(start(443), request).status()).isEqualTo(404);
    }

    @Test
    void countsWhatItAnswers() throws IOException {
        RunningProxy proxy = start(443);
        ask(proxy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(proxy.port().requests()).hasToString("[Request[backend=none, method=GET, status=308, protocol=h1]]");
        assertThat(proxy.port().bytesIn()).isEqualTo("GET / HTTP/1.1\r\nHost: a\r\n\r\n".length());
    }

    @Test
    void answersTheFirstOfPipelinedRequestsAlone() throws IOException {
        String one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
        assertThat(ask(start(443), one.repeat(3)).header("location")).isEqualTo("https://a/1");
    }

    /** Closing with the body unread would reset the connection under the answer. */
    @Test
    void letsTheClientSendItsBodyBeforeItCloses() throws IOException {
        RunningProxy proxy = start(443);
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
            for (int i = 0; i < 100; i++) {
                client.send(new byte[100_000]);
            }
            assertThat(Reply.read(client).status()).isEqualTo(308);
        }
    }

    @Test
    void closesWhenNoRequestComes() throws IOException {
        RunningProxy proxy = start(443);
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("GET / HT");
            assertThat(client.readAll()).isEmpty();
        }
    }

    /** Browsers open connections ahead of need; a stop must not take its whole grace for them. */
    @Test
    void aStopDoesNotWaitLongForARequest() throws Exception {
        PROXIES.pki().ecdsa("web", "web.test");
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: redirect}]
                """);
        try (RawClient client = RawClient.connect(proxy.address())) {
            await().until(() -> proxy.port().acceptedCount() == 1);
            CompletableFuture<Void> drained =
                    proxy.plane().drain(Duration.ofSeconds(20)).toCompletableFuture();
            assertThat(client.readAll()).isEmpty();
            drained.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void closesAtOnceWhenTheClientEnds() throws IOException {
        PROXIES.pki().ecdsa("web", "web.test");
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: redirect}]
                """);
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.endOutput();
            assertThat(client.readAll()).isEmpty();
        }
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").endOutput();
            assertThat(Reply.read(client).status()).isEqualTo(308);
            assertThat(client.readAll()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, 308", "HEAD, 308", "POST, 400"})
    void explainsPlainHttpOnAnHttpsPort(String method, int status) throws IOException {
        RunningProxy proxy = start(443);
        try (RawClient client = RawClient.connect(proxy.address(1))) {
            Reply reply =
                    Reply.read(client.send(method + " /x HTTP/1.1\r\nHost: web.test\r\n\r\n"), "HEAD".equals(method));
            assertThat(reply.status()).isEqualTo(status);
            if (status == 308) {
                assertThat(reply.header("location"))
                        .isEqualTo("https://web.test:" + proxy.address(1).getPort() + "/x");
            }
            assertThat(client.readAllText()).isEmpty();
        }
        assertThat(proxy.port(1).failures()).hasSize(1);
    }
}
