package io.portward.config.model;

import org.jspecify.annotations.Nullable;

/**
 * Upper bounds for each client address, an IPv4 address or an IPv6 /64; null for none.
 *
 * @param connections open at once
 * @param newConnectionsPerSecond on average, with one second's worth at once
 * @param requestsPerSecond on average, with one second's worth at once
 */
public record PerAddressConfig(
        @Nullable Integer connections,
        @Nullable Integer newConnectionsPerSecond,
        @Nullable Integer requestsPerSecond) {

    /** No bounds: behind a load balancer all clients may have one address. */
    public static final PerAddressConfig NONE = new PerAddressConfig(null, null, null);

    public PerAddressConfig {
        requirePositive(connections);
        requirePositive(newConnectionsPerSecond);
        requirePositive(requestsPerSecond);
    }

    private static void requirePositive(@Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException("perAddress: " + value + " (expected: above 0)");
        }
    }
}
