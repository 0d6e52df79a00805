package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.core.upstream.PoolFixture.Asked;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalancerTest {

    private static final int MANY = 60_000;

    private static Balancer balancer(BalanceMethod method, List<Server> servers) {
        boolean named = method == BalanceMethod.HASH_HEADER || method == BalanceMethod.HASH_COOKIE;
        return Balancer.of(new BalanceConfig(method, named ? "x" : ""), servers);
    }

    private static Server choose(Balancer balancer, Object key) {
        Asked asked = new Asked();
        asked.hashed = key.toString();
        return balancer.next(Set.of(), asked);
    }

    @ParameterizedTest
    @EnumSource
    void eachServerGetsItsWeight(BalanceMethod method) {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 2, 3);
        Balancer balancer = balancer(method, servers);
        int[] chosen = new int[3];
        IntStream.range(0, MANY).forEach(i -> chosen[servers.indexOf(choose(balancer, "client-" + i))]++);
        assertThat(chosen[0]).isCloseTo(MANY / 6, within(MANY / 60));
        assertThat(chosen[1]).isCloseTo(MANY / 3, within(MANY / 60));
        assertThat(chosen[2]).isCloseTo(MANY / 2, within(MANY / 60));
    }

    @ParameterizedTest
    @EnumSource
    void downIsNeverChosenAndPassedOverOnlyWhenNoOtherIsLeft(BalanceMethod method) {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 1, 1);
        Balancer balancer = balancer(method, servers);
        servers.get(0).checkedDown(3, "no answer");
        servers.get(1).connectFailed(new ConnectException("refused"));
        IntStream.range(0, 100).forEach(i -> assertThat(choose(balancer, i)).isSameAs(servers.get(2)));
        assertThat(balancer.next(Set.of(servers.get(2)), new Asked())).isSameAs(servers.get(1));
        assertThat(balancer.next(Set.of(servers.get(1), servers.get(2)), new Asked()))
                .isNull();
    }

    @ParameterizedTest
    @EnumSource
    void theOnlyServerIsChosenUnlessItIsDown(BalanceMethod method) {
        Server only = WeightedRoundRobinTest.servers(3).get(0);
        Balancer balancer = balancer(method, List.of(only));
        only.connectFailed(new ConnectException("refused"));
        assertThat(choose(balancer, "x")).isSameAs(only);
        only.checkedDown(1, "no answer");
        assertThat(choose(balancer, "x")).isNull();
    }

    @Test
    void whenAServerGoesOnlyItsKeysMoveAndWhenItIsBackExactlyTheyReturn() {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 1, 2, 1);
        Balancer balancer = balancer(BalanceMethod.HASH_SOURCE, servers);
        List<Server> before = chosen(balancer);
        Server gone = servers.get(2);
        gone.checkedDown(3, "no answer");
        List<Server> during = chosen(balancer);
        int[] inherited = new int[4];
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i) == gone) {
                inherited[servers.indexOf(during.get(i))]++;
            } else {
                assertThat(during.get(i)).isSameAs(before.get(i));
            }
        }
        assertThat(inherited[2]).isZero();
        // 4000 keys of 10000, a third for each of the others.
        assertThat(List.of(inherited[0], inherited[1], inherited[3]))
                .allSatisfy(keys -> assertThat(keys).isCloseTo(1333, within(300)));
        gone.checkedUp(2);
        assertThat(chosen(balancer)).isEqualTo(before);
    }

    private static List<Server> chosen(Balancer balancer) {
        return IntStream.range(0, 10_000)
                .mapToObj(i -> choose(balancer, "192.0.2." + i))
                .toList();
    }

    /** Several Portwards side by side, or one after its file was sorted. */
    @Test
    void theOrderOfTheServersDoesNotMatterToAHash() {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 2, 3);
        List<Server> others = new ArrayList<>(List.of(servers.get(2), servers.get(0), servers.get(1)));
        assertThat(chosen(balancer(BalanceMethod.HASH_SOURCE, others)))
                .isEqualTo(chosen(balancer(BalanceMethod.HASH_SOURCE, servers)));
    }

    @Test
    void withoutAKeyAnyServerIsChosen() {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 1);
        Balancer balancer = balancer(BalanceMethod.HASH_COOKIE, servers);
        Asked asked = new Asked();
        asked.hashed = null;
        assertThat(IntStream.range(0, 100)
                        .mapToObj(i -> balancer.next(Set.of(), asked))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(servers);
    }

    @Test
    void theServerWithFewerRequestsForItsWeightIsChosen() {
        List<Server> servers = WeightedRoundRobinTest.servers(1, 3);
        Balancer balancer = balancer(BalanceMethod.LEAST_REQUESTS, servers);
        for (int i = 0; i < 40; i++) {
            choose(balancer, i).requestBegan();
        }
        assertThat(servers.get(0).active()).isEqualTo(10);
        assertThat(servers.get(1).active()).isEqualTo(30);
        for (int i = 0; i < 15; i++) {
            servers.get(1).requestEnded();
        }
        IntStream.range(0, 20).forEach(i -> assertThat(choose(balancer, i)).isSameAs(servers.get(1)));
    }
}
