package io.portward.core.upstream;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Keeps servers whose answers fail from being passed over all at once: half of a backend's servers at most, so never the last one. The others
 * would have to carry their load.
 *
 * <p>Servers that take no connections are passed over whatever their number: they carry nothing, and waiting for them helps nobody.
 *
 * <p>Threading: any thread.
 */
final class Ejections {

    private final List<Server> servers = new CopyOnWriteArrayList<>();

    void add(Server server) {
        servers.add(server);
    }

    /** Whether one more may be passed over. Two threads that ask at once may get one too many, which costs nothing but balance. */
    boolean mayGrow() {
        long passedOver = servers.stream()
                .filter(server -> server.isDown() || !server.isPreferred())
                .count();
        return 2 * (passedOver + 1) <= servers.size();
    }
}
