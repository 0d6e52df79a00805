package io.portward.core.upstream;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Draws servers by lot, each as often as its weight says. Threading: any thread. */
final class Lot implements Balancer {

    private final List<Server> servers;

    Lot(List<Server> servers) {
        this.servers = servers;
    }

    @Override
    public @Nullable Server next(Set<Server> tried, BackendPool.Waiter waiter) {
        Server preferred = draw(tried, true, null);
        return preferred != null ? preferred : draw(tried, false, null);
    }

    /** @param except not this one either */
    @Nullable
    Server draw(Set<Server> tried, boolean onlyPreferred, @Nullable Server except) {
        int sum = 0;
        Server drawn = null;
        // One pass: each candidate takes the place of the one before with the chance that its weight has in the sum so
        // far.
        for (int i = 0; i < servers.size(); i++) {
            Server server = servers.get(i);
            if (server == except || !server.mayBeTried(tried, onlyPreferred)) {
                continue;
            }
            sum += server.weight();
            if (drawn == null || ThreadLocalRandom.current().nextInt(sum) < server.weight()) {
                drawn = server;
            }
        }
        return drawn;
    }
}
