package io.portward.core.upstream;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Draws two servers by lot and takes the one that has fewer requests under way for its weight. Unlike the least of all it needs no order kept
 * between event loops, and many who choose at the same moment do not all run to the same server.
 *
 * <p>Threading: any thread.
 */
final class LeastRequests implements Balancer {

    private final Lot lot;

    LeastRequests(Lot lot) {
        this.lot = lot;
    }

    @Override
    public @Nullable Server next(Set<Server> tried, BackendPool.Waiter waiter) {
        Server preferred = lesser(tried, true);
        return preferred != null ? preferred : lesser(tried, false);
    }

    private @Nullable Server lesser(Set<Server> tried, boolean onlyPreferred) {
        Server first = lot.draw(tried, onlyPreferred, null);
        Server second = first == null ? null : lot.draw(tried, onlyPreferred, first);
        if (first == null || second == null) {
            return first;
        }
        return second.active() * first.weight() < first.active() * second.weight() ? second : first;
    }
}
