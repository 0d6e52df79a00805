package io.portward.core.limit;

import io.portward.config.model.AddressRange;
import io.portward.config.model.PerAddressConfig;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bounds for each client address, an IPv4 address or an IPv6 /64, since that is what one household gets. Trusted proxies have none: behind their
 * address are many clients.
 *
 * <p>Memory: an entry for each address with open connections, so no more than there are connections, and a table of fixed size for each rate.
 *
 * <p>Threading: any thread.
 */
public final class AddressLimits {

    /** No such prefix is ever a client's: multicast addresses send nothing. */
    private static final long IPV4 = 0xff00_0000_0000_0000L;

    private final List<AddressRange> trustedProxies;
    private final int maxConnections;
    private final ConcurrentHashMap<Long, Integer> connections = new ConcurrentHashMap<>();
    private final @Nullable TokenBuckets newConnections;
    private final @Nullable TokenBuckets requests;

    public AddressLimits(PerAddressConfig config, List<AddressRange> trustedProxies) {
        this(config, trustedProxies, System::nanoTime);
    }

    AddressLimits(PerAddressConfig config, List<AddressRange> trustedProxies, LongSupplier clock) {
        this.trustedProxies = trustedProxies;
        this.maxConnections = config.connections() == null ? Integer.MAX_VALUE : config.connections();
        this.newConnections = buckets(config.newConnectionsPerSecond(), clock);
        this.requests = buckets(config.requestsPerSecond(), clock);
    }

    private static @Nullable TokenBuckets buckets(@Nullable Integer perSecond, LongSupplier clock) {
        return perSecond == null ? null : new TokenBuckets(perSecond, clock);
    }

    /** Whether there is anything that {@link #connect} could refuse. */
    public boolean boundConnections() {
        return newConnections != null || maxConnections != Integer.MAX_VALUE;
    }

    /** Whether there is anything that {@link #ask} could refuse. */
    public boolean boundRequests() {
        return requests != null;
    }

    /**
     * A connection begins. Where it may, it counts until {@link #disconnect}.
     *
     * @return null when it may, else why not
     */
    public @Nullable String connect(InetAddress client) {
        if (AddressRange.isIn(client, trustedProxies)) {
            return null;
        }
        long key = key(client);
        if (newConnections != null && !newConnections.take(key)) {
            return "limits.perAddress.newConnectionsPerSecond reached";
        }
        if (connections.merge(key, 1, Integer::sum) > maxConnections) {
            disconnect(client);
            return "limits.perAddress.connections reached";
        }
        return null;
    }

    /** A connection that was admitted has ended. */
    public void disconnect(InetAddress client) {
        if (!AddressRange.isIn(client, trustedProxies)) {
            connections.computeIfPresent(key(client), (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** A request comes. @return whether it may be answered */
    public boolean ask(InetAddress client) {
        return requests == null || AddressRange.isIn(client, trustedProxies) || requests.take(key(client));
    }

    /** How many addresses have connections open. */
    int addresses() {
        return connections.size();
    }

    static long key(InetAddress client) {
        byte[] address = client.getAddress();
        int bytes = Math.min(address.length, Long.BYTES);
        long key = 0;
        for (int i = 0; i < bytes; i++) {
            key = key << 8 | address[i] & 0xff;
        }
        return address.length == 4 ? IPV4 | key : key;
    }
}
