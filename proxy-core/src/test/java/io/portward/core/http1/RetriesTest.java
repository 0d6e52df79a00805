package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that get no answer go to another server, if that is safe. */
@Timeout(30)
class RetriesTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    /** Ends each connection when it has read a request. */
    private static ScriptedUpstream leaving() throws IOException {
        return ScriptedUpstream.start(connection -> connection.readUntil("\r\n\r\n"));
    }

    private static HttpsPort start(String keys, String... servers) {
        return HttpsPort.backend(PROXIES, "servers: [\"" + String.join("\", \"", servers) + "\"]" + keys);
    }

    private static int send(HttpsPort port, String request) {
        try (RawClient client = port.connect()) {
            client.send(request);
            return Reply.read(client).status();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static int get(HttpsPort port) {
        return send(port, "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
    }

    @Test
    void aRequestWithoutAnAnswerGoesToAnotherServer() throws Exception {
        try (ScriptedUpstream gone = leaving();
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", gone.address(), well.address());
            for (int i = 0; i < 4; i++) {
                assertThat(get(port)).isEqualTo(200);
            }
            assertThat(gone.accepted()).isEqualTo(2);
            assertThat(well.requests()).hasSize(4);
            assertThat(port.requests()).hasSize(4);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n",
                "PATCH / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n",
                "PUT / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1\r\n\r\nx"
            })
    void whatMayNotBeRepeatedIsNot(String request) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream gone = leaving();
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", gone.address(), well.address());
            assertThat(IntStream.range(0, 4).map(i -> send(port, request)).boxed())
                    .containsExactlyInAnyOrder(502, 502, 200, 200);
            assertThat(well.requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"})
    void anAnswerThatHasBegunIsNotAskedForAgain(String beginning) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream gone = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(beginning);
                });
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", gone.address(), well.address());
            try (RawClient client = port.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
                client.readUntil("\r\n\r\n");
            }
            assertThat(well.requests()).isEmpty();
        }
    }

    @Test
    void noMoreServersAreTriedThanAttemptsSay() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream a = leaving();
                ScriptedUpstream b = leaving();
                ScriptedUpstream c = leaving()) {
            HttpsPort one = start(", retries: {attempts: 1}", a.address(), b.address(), c.address());
            assertThat(get(one)).isEqualTo(502);
            assertThat(a.accepted() + b.accepted() + c.accepted()).isEqualTo(2);
            HttpsPort many = start(", retries: {attempts: 9}", a.address(), b.address(), c.address());
            assertThat(get(many)).isEqualTo(502);
            assertThat(a.accepted() + b.accepted() + c.accepted()).isEqualTo(5);
            HttpsPort none = start(", retries: {attempts: 0}", a.address(), b.address(), c.address());
            assertThat(get(none)).isEqualTo(502);
            assertThat(a.accepted() + b.accepted() + c.accepted()).isEqualTo(6);
        }
    }

    @Test
    void theOnlyServerIsNotAskedTwice() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream gone = leaving()) {
            HttpsPort port = start("", gone.address());
            assertThat(get(port)).isEqualTo(502);
            assertThat(gone.accepted()).isEqualTo(1);
        }
    }

    @Test
    void withoutABudgetThereAreNoRetries() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream a = leaving();
                ScriptedUpstream b = leaving()) {
            HttpsPort port = start(", retries: {budget: 0%}", a.address(), b.address());
            assertThat(get(port)).isEqualTo(502);
            assertThat(a.accepted() + b.accepted()).isEqualTo(1);
        }
    }

    /** Each place that a failed try had is given back before the next one takes its own. */
    @Test
    void retriesKeepToTheLimits() throws Exception {
        try (ScriptedUpstream gone = leaving();
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start(", limits: {requests: 1, pending: 0}", gone.address(), well.address());
            for (int i = 0; i < 6; i++) {
                assertThat(get(port)).isEqualTo(200);
            }
        }
    }
}
