package io.portward.core.upstream;

import io.portward.config.model.BalanceConfig;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Weighted rendezvous hashing: every server draws a number from the key and its own name, and the highest wins. When a server goes, only its
 * keys move, and they spread over all others by weight; when it comes back, exactly they return. Nothing is kept, and the order of the servers in
 * the file does not matter.
 *
 * <p>It costs a logarithm for each server and choice, which for the dozens that a backend has is less than a table's building at each change.
 *
 * <p>Threading: any thread.
 */
final class ConsistentHash implements Balancer {

    private final BalanceConfig config;
    private final List<Server> servers;
    private final long[] names;

    ConsistentHash(BalanceConfig config, List<Server> servers) {
        this.config = config;
        this.servers = servers;
        this.names = servers.stream().mapToLong(server -> hash(server.name())).toArray();
    }

    @Override
    public @Nullable Server next(Set<Server> tried, BackendPool.Waiter waiter) {
        CharSequence value = waiter.hashed(config);
        long key = value == null ? ThreadLocalRandom.current().nextLong() : hash(value);
        Server preferred = highest(key, tried, true);
        return preferred != null ? preferred : highest(key, tried, false);
    }

    private @Nullable Server highest(long key, Set<Server> tried, boolean onlyPreferred) {
        Server best = null;
        double most = 0;
        for (int i = 0; i < names.length; i++) {
            Server server = servers.get(i);
            if (!server.mayBeTried(tried, onlyPreferred)) {
                continue;
            }
            // 53 bits, between 0 and 1 without either: its logarithm is exponentially distributed, so the weight
            // divides it.
            double uniform = ((mixed(key ^ names[i]) >>> 11) + 0.5) * 0x1.0p-53;
            double score = server.weight() / -Math.log(uniform);
            if (best == null || score > most) {
                best = server;
                most = score;
            }
        }
        return best;
    }

    /** FNV-1a of 64 bits: the same in every process, so that several Portwards choose alike. */
    private static long hash(CharSequence text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return mixed(hash);
    }

    /** The finaliser of MurmurHash3: every bit of the input changes half of those of the result. */
    private static long mixed(long value) {
        long bits = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        bits = (bits ^ (bits >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return bits ^ (bits >>> 33);
    }
}
