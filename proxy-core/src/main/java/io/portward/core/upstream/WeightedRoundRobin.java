package io.portward.core.upstream;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Smooth weighted round robin: with weights 5, 1, 1 the order is a a b a c a a, not a a a a a b c. Every turn each candidate gains its weight, the
 * highest is chosen and pays the sum.
 *
 * <p>Threading: one event loop; each loop has its own turn.
 */
final class WeightedRoundRobin implements Balancer {

    private final List<Server> servers;
    private final long[] credit;

    WeightedRoundRobin(List<Server> servers) {
        this.servers = servers;
        this.credit = new long[servers.size()];
    }

    /**
     * The next server that is neither down nor in {@code tried}; one that lately refused connections only when no other is left.
     *
     * @return null when there is none
     */
    @Override
    public @Nullable Server next(Set<Server> tried, BackendPool.Waiter waiter) {
        if (servers.size() == 1) {
            Server only = servers.get(0);
            return only.mayBeTried(tried, false) ? only : null;
        }
        Server preferred = next(tried, true);
        return preferred != null ? preferred : next(tried, false);
    }

    private @Nullable Server next(Set<Server> tried, boolean onlyPreferred) {
        int best = -1;
        long sum = 0;
        for (int i = 0; i < credit.length; i++) {
            Server server = servers.get(i);
            if (!server.mayBeTried(tried, onlyPreferred)) {
                continue;
            }
            credit[i] += server.weight();
            sum += server.weight();
            if (best < 0 || credit[i] > credit[best]) {
                best = i;
            }
        }
        if (best < 0) {
            return null;
        }
        credit[best] -= sum;
        return servers.get(best);
    }
}
