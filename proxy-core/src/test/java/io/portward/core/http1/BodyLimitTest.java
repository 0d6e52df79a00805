package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bodies over {@code limits.bodyBytes} are refused as soon as that is known. */
class BodyLimitTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String LIMIT = "limits: {bodyBytes: 1000B}";
    private static final String CHUNKED = "POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static String announcing(long length) {
        return "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static String chunk(int size) {
        return Integer.toHexString(size) + "\r\n" + "x".repeat(size) + "\r\n";
    }

    @Test
    void passesABodyOfExactlyTheLimit() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", LIMIT, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(announcing(1000) + "x".repeat(1000)))
                                .status())
                        .isEqualTo(200);
                assertThat(Reply.read(client.send(CHUNKED + chunk(400) + chunk(600) + "0\r\n\r\n"))
                                .status())
                        .isEqualTo(200);
            }
            assertThat(origin.requests()).hasSize(2);
        }
    }

    /** Before a byte of the body, and with no backend involved. */
    @Test
    void answers413AtOnceToALengthOverTheLimit() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", LIMIT, origin.address());
            try (RawClient client = port.connect()) {
                Reply reply = Reply.read(client.send(announcing(1001)));
                assertThat(reply.status()).isEqualTo(413);
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(client.readAll()).isEmpty();
            }
            assertThat(origin.connections()).isZero();
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(413);
        }
    }

    @Test
    void answers413InsteadOfLettingTheBackendAskForIt() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", LIMIT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(announcing(1001).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
                assertThat(Reply.read(client).status()).isEqualTo(413);
            }
            assertThat(origin.connections()).isZero();
        }
    }

    @Test
    void answers413InTheMiddleOfAChunkedBodyAndAbortsTheBackendsRequest() throws Exception {
        CountDownLatch aborted = new CountDownLatch(1);
        StringBuilder arrived = new StringBuilder();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            arrived.append(connection.readAllText());
            aborted.countDown();
        })) {
            HttpsPort port = HttpsPort.with(PROXIES, "", LIMIT, origin.address());
            try (RawClient client = port.connect()) {
                client.send(CHUNKED + chunk(600));
                Reply reply = Reply.read(client.send(chunk(600)));
                assertThat(reply.status()).isEqualTo(413);
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(aborted.await(5, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(arrived).doesNotContain("\r\n0\r\n");
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(413);
        }
    }

    @Test
    void setsNoLimitUnlessAsked() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                String body = "x".repeat(3_000_000);
                assertThat(Reply.read(client.send(announcing(body.length()) + body))
                                .status())
                        .isEqualTo(200);
            }
        }
    }
}
