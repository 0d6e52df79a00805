package io.portward.core.upstream;

import io.portward.config.model.BalanceConfig;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the server of a request or connection. Threading: one event loop; each has one for each backend.
 *
 * <p>All kinds take servers that are passed over only when no others are left, and those that are down never.
 */
interface Balancer {

    /**
     * @param tried not these
     * @param waiter whom it is for
     * @return null when there is none
     */
    @Nullable
    Server next(Set<Server> tried, BackendPool.Waiter waiter);

    static Balancer of(BalanceConfig config, List<Server> servers) {
        return switch (config.method()) {
            case ROUND_ROBIN -> new WeightedRoundRobin(servers);
            case LEAST_REQUESTS -> new LeastRequests(new Lot(servers));
            case RANDOM -> new Lot(servers);
            case HASH_SOURCE, HASH_HEADER, HASH_COOKIE -> new ConsistentHash(config, servers);
        };
    }
}
