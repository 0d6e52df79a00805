package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainHttpOnTlsPortTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private RunningProxy proxy;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    @BeforeEach
    void start() {
        proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                tls: {handshakeTimeout: 1s}
                ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{backend: none}]}]
                backends: {none: {servers: ["127.0.0.1:1"]}}
                """);
    }

    private String answer(String... pieces) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            for (String piece : pieces) {
                client.send(piece);
            }
            return client.readAllText();
        } finally {
            await().until(() -> proxy.port().failures().size() == 1);
            assertThat(proxy.port().failures().get(0).reason()).isEqualTo(HandshakeFailure.PLAIN_HTTP);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void readingMethodsAreSentToHttps(String method) throws IOException {
        String target = "https://web.test:" + proxy.address().getPort() + "/a%20b?c=d";
        assertThat(answer(method + " /a%20b?c=d HTTP/1.1\r\nHost: web.test:80\r\n\r\n"))
                .startsWith("HTTP/1.1 308 ")
                .containsIgnoringCase("\r\nlocation: " + target + "\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n",
                "BREW / HTTP/1.1\r\nHost: web.test\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            })
    void everythingElseIs400(String request) throws IOException {
        assertThat(answer(request)).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void aRequestInOneBytePiecesIsAnswered() throws IOException {
        assertThat(answer("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n".split(""))).startsWith("HTTP/1.1 308 ");
    }

    @Test
    void theLogSaysWhatWasAskedFor() throws IOException {
        answer("GET /status?full=1 HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(proxy.port().failures().get(0).detail()).isEqualTo("plain HTTP: GET /status?full=1");
    }

    @Test
    void theLogHoldsNothingButPrintableAscii() throws IOException {
        answer("GET /a\tb\u001b[31m\u00e9 HTTP/1.1\r\n\r\n");
        assertThat(proxy.port().failures().get(0).detail()).isEqualTo("plain HTTP: GET /a\\x09b\\x1b[31m\\xe9");
    }

    @Test
    void theLogSaysNoMoreThanTheBeginningOfALongTarget() throws IOException {
        answer("GET /" + "a".repeat(300) + " HTTP/1.1\r\nHost: web.test\r\n\r\n");
        assertThat(proxy.port().failures().get(0).detail()).isEqualTo("plain HTTP: GET /" + "a".repeat(75) + "...");
    }

    @Test
    void aRequestThatNeverEndsIsClosed() throws IOException {
        assertThat(answer("GET / HTTP/1.1\r\nHost: web.test\r\n")).doesNotContain("308");
    }
}
