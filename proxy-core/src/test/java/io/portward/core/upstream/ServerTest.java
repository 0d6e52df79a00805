package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.ServerConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.observe.ServerState;
import io.portward.core.observe.ServerState.Condition;
import io.portward.testkit.RecordingObserver;
import java.net.ConnectException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a server's failures mean for its turn, on a clock of the test's. */
class ServerTest {

    private static final long SECOND = 1_000_000_000L;

    private long now = 5_000 * SECOND;

    private List<Server> backend(int count) {
        Ejections ejections = new Ejections();
        RecordingObserver observer = new RecordingObserver();
        List<Server> servers = IntStream.range(0, count)
                .mapToObj(i -> ServerConfig.parse("s" + i + ".test:80", 1))
                .map(config -> new Server(
                        "web", config, observer.server("web", config.address()), new Lifetime(), ejections, () -> now))
                .toList();
        servers.forEach(ejections::add);
        return servers;
    }

    private static void refuse(Server server) {
        server.connectFailed(new ConnectException("finishConnect(..): Connection refused: /127.0.0.1:1"));
    }

    private static void fail(Server server, int times) {
        for (int i = 0; i < times; i++) {
            server.answerFailed(ErrorKind.UPSTREAM_MALFORMED);
        }
    }

    /** Seconds for which it is not preferred. */
    private long penalty(Server server) {
        long from = now;
        while (!server.isPreferred()) {
            now += SECOND;
        }
        return (now - from) / SECOND;
    }

    @Test
    void isPassedOverLongerEachTimeItIsNotReached() {
        Server server = backend(1).get(0);
        for (long seconds : new long[] {10, 20, 40, 80, 160, 300, 300}) {
            refuse(server);
            assertThat(penalty(server)).isEqualTo(seconds);
        }
    }

    @Test
    void startsAgainWithTenSecondsWhenItWasWellForLong() {
        Server server = backend(1).get(0);
        refuse(server);
        assertThat(penalty(server)).isEqualTo(10);
        refuse(server);
        assertThat(penalty(server)).isEqualTo(20);
        now += 21 * SECOND;
        refuse(server);
        assertThat(penalty(server)).isEqualTo(10);
    }

    @Test
    void failuresWhileItIsPassedOverDoNotProlongThat() {
        Server server = backend(1).get(0);
        refuse(server);
        now += 5 * SECOND;
        refuse(server);
        assertThat(penalty(server)).isEqualTo(5);
    }

    @Test
    void aConnectionThatComesAboutEndsIt() {
        Server server = backend(1).get(0);
        refuse(server);
        assertThat(server.state())
                .extracting(ServerState::condition, ServerState::reason)
                .containsExactly(Condition.UNREACHABLE, "Connection refused");
        server.connected();
        assertThat(server.isPreferred()).isTrue();
        assertThat(server.state().condition()).isEqualTo(Condition.UP);
    }

    /** It may take the connect timeout until a trial has failed, and nobody else is to wait for that. */
    @Test
    void isTriedByOneWhenItsTimeIsOver() {
        Server server = backend(1).get(0);
        refuse(server);
        assertThat(penalty(server)).isEqualTo(10);
        server.dialled();
        assertThat(server.isPreferred()).isFalse();
        now += 5 * SECOND;
        refuse(server);
        assertThat(penalty(server)).isEqualTo(20);
        server.dialled();
        assertThat(server.isPreferred()).isFalse();
        server.connected();
        assertThat(server.isPreferred()).isTrue();
        server.dialled();
        assertThat(server.isPreferred()).isTrue();
    }

    /** Nobody says how a trial ended whose client left. */
    @Test
    void isTriedAgainWhenATrialHasNoEnd() {
        Server server = backend(1).get(0);
        refuse(server);
        assertThat(penalty(server)).isEqualTo(10);
        server.dialled();
        assertThat(penalty(server)).isEqualTo(10);
    }

    @Test
    void isReachedAgainWhenACheckSaysSo() {
        Server server = backend(1).get(0);
        refuse(server);
        server.checkPassed();
        assertThat(server.isPreferred()).isTrue();
        assertThat(server.state().condition()).isEqualTo(Condition.UP);
    }

    @Test
    void saysWhyWithoutTheAddress() {
        assertThat(List.of(
                                "finishConnect(..): Connection refused: /127.0.0.1:1",
                                "finishConnect(..) failed with error(-111): Connection refused: localhost/127.0.0.1:8080",
                                "connection timed out after 5000 ms: web.example/192.0.2.1:80")
                        .stream()
                        .map(message -> Server.reason(new ConnectException(message))))
                .containsExactly("Connection refused", "Connection refused", "connection timed out after 5000 ms");
        assertThat(Server.reason(new ConnectException("Too many open files"))).isEqualTo("Too many open files");
    }

    @Test
    void answersThatFailInARowEjectIt() {
        Server server = backend(2).get(0);
        fail(server, Server.MAX_FAILED_ANSWERS - 1);
        server.answered();
        fail(server, Server.MAX_FAILED_ANSWERS - 1);
        assertThat(server.isPreferred()).isTrue();
        fail(server, 1);
        assertThat(server.isPreferred()).isFalse();
        assertThat(server.state())
                .extracting(ServerState::condition, ServerState::reason)
                .containsExactly(Condition.EJECTED, "answers failed in a row: 5, the last: upstream malformed");
        // Connecting was never its problem.
        server.connected();
        assertThat(penalty(server)).isEqualTo(10);
        assertThat(server.state().condition()).isEqualTo(Condition.UP);
        fail(server, Server.MAX_FAILED_ANSWERS);
        assertThat(penalty(server)).isEqualTo(20);
    }

    @Test
    void atMostHalfOfABackendIsEjected() {
        assertThat(ejected(1)).isZero();
        assertThat(ejected(2)).isEqualTo(1);
        assertThat(ejected(3)).isEqualTo(1);
        assertThat(ejected(4)).isEqualTo(2);
    }

    private long ejected(int count) {
        List<Server> servers = backend(count);
        servers.forEach(server -> fail(server, Server.MAX_FAILED_ANSWERS));
        return servers.stream().filter(server -> !server.isPreferred()).count();
    }

    @Test
    void whatHealthChecksSayCountsMore() {
        List<Server> servers = backend(2);
        Server server = servers.get(0);
        refuse(server);
        server.checkedDown(3, "no answer");
        refuse(server);
        assertThat(server.state())
                .extracting(ServerState::condition, ServerState::reason)
                .containsExactly(Condition.DOWN, "no answer");
        // With the other one there is but one left.
        fail(servers.get(1), Server.MAX_FAILED_ANSWERS);
        assertThat(servers.get(1).isPreferred()).isTrue();
        server.checkedUp(2);
        assertThat(server.isPreferred()).isTrue();
        assertThat(server.state().condition()).isEqualTo(Condition.UP);
    }
}
