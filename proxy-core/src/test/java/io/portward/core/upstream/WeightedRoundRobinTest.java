package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.ServerConfig;
import io.portward.core.upstream.PoolFixture.Asked;
import io.portward.testkit.RecordingObserver;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightedRoundRobinTest {

    static List<Server> servers(int... weights) {
        RecordingObserver observer = new RecordingObserver();
        return IntStream.range(0, weights.length)
                .mapToObj(i -> ServerConfig.parse((char) ('a' + i) + ".test:1", weights[i]))
                .map(config -> new Server(
                        "b",
                        config,
                        observer.server("b", config.address()),
                        new Lifetime(),
                        new Ejections(),
                        System::nanoTime))
                .toList();
    }

    private static String turns(WeightedRoundRobin turns, int count, Set<Server> tried) {
        return Stream.generate(() -> turns.next(tried, new Asked()))
                .limit(count)
                .map(server -> server.name().substring(0, 1))
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource({"5, 1, 1, aabacaaaabacaa", "1, 1, 1, abcabc", "2, 1, 1, abcaabca", "1, 1000, 1, bbbb"})
    void spreadsTurnsSmoothly(int a, int b, int c, String order) {
        assertThat(turns(new WeightedRoundRobin(servers(a, b, c)), order.length(), Set.of()))
                .isEqualTo(order);
    }

    @Test
    void passesOverWhatWasTriedAndEndsWhenAllWere() {
        List<Server> servers = servers(1, 1);
        WeightedRoundRobin turns = new WeightedRoundRobin(servers);
        assertThat(turns(turns, 3, Set.of(servers.get(0)))).isEqualTo("bbb");
        assertThat(turns.next(Set.copyOf(servers), new Asked())).isNull();
        Server only = servers(1).get(0);
        assertThat(new WeightedRoundRobin(List.of(only)).next(Set.of(), new Asked()))
                .isSameAs(only);
        assertThat(new WeightedRoundRobin(List.of(only)).next(Set.of(only), new Asked()))
                .isNull();
    }

    @Test
    void takesAServerThatRefusedOnlyWhenNoOtherIsLeft() {
        List<Server> servers = servers(1, 1);
        WeightedRoundRobin turns = new WeightedRoundRobin(servers);
        servers.get(0).connectFailed(new java.net.ConnectException("refused"));
        assertThat(turns(turns, 4, Set.of())).isEqualTo("bbbb");
        assertThat(turns(turns, 1, Set.of(servers.get(1)))).isEqualTo("a");
        servers.get(0).connected();
        assertThat(turns(turns, 4, Set.of())).contains("a").contains("b");
    }
}
