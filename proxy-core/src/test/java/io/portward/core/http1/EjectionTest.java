package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.ServerState;
import io.portward.core.observe.ServerState.Condition;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose answers fail are passed over. */
@Timeout(30)
class EjectionTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static List<Integer> post(HttpsPort port, int count) {
        return IntStream.range(0, count).mapToObj(i -> status(port)).toList();
    }

    /** Not repeatable, so that each failure is seen. */
    private static int status(HttpsPort port) {
        try (RawClient client = port.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1\r\n\r\nx");
            return Reply.read(client).status();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Condition> conditions(HttpsPort port) {
        return port.proxy().plane().serverStates().stream()
                .map(ServerState::condition)
                .toList();
    }

    /** Broken framing, two lengths, an end before the answer. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "SSH-2.0-x\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                ""
            })
    void aServerThatFailsFiveTimesInARowIsPassedOver(String answer) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream broken = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(answer);
                });
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, broken.address(), well.address());
            assertThat(post(port, 10)).containsOnly(502, 200);
            assertThat(conditions(port)).containsExactly(Condition.EJECTED, Condition.UP);
            assertThat(post(port, 6)).containsOnly(200);
            assertThat(PROXIES.warnings())
                    .anySatisfy(line -> assertThat(line)
                            .contains("backend web: " + broken.address()
                                    + " is passed over for 10 s: answers failed in a row: 5"));
        }
    }

    @Test
    void theOnlyServerIsAlwaysTried() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream broken = ScriptedUpstream.start(connection -> connection.readUntil("\r\n\r\n"))) {
            HttpsPort port = HttpsPort.start(PROXIES, broken.address());
            assertThat(post(port, 12)).containsOnly(502);
            assertThat(broken.accepted()).isEqualTo(12);
            assertThat(conditions(port)).containsExactly(Condition.UP);
        }
    }

    @Test
    void clientsThatLeaveAreNoFailuresOfTheServer() throws Exception {
        try (ScriptedUpstream slow = ScriptedUpstream.start(RawClient::readAll);
                CannedOrigin well = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, slow.address(), well.address());
            for (int i = 0; i < 12; i++) {
                int before = slow.accepted() + well.requests().size();
                try (RawClient client = port.connect()) {
                    client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
                    await().until(() -> slow.accepted() + well.requests().size() > before);
                }
            }
            assertThat(slow.accepted()).isGreaterThanOrEqualTo(6);
            assertThat(conditions(port)).containsOnly(Condition.UP);
        }
    }
}
