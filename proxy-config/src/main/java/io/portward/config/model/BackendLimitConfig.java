package io.portward.config.model;

import java.time.Duration;

/**
 * How much of its work a backend gets at a time.
 *
 * @param requests under way at the same time on all servers together, or connections of TCP ports; 1 or more
 * @param pending how many more may wait
 * @param queueTimeout how long one of those waits
 */
public record BackendLimitConfig(int requests, int pending, Duration queueTimeout) {

    public BackendLimitConfig {
        if (requests < 1 || pending < 0 || queueTimeout.isNegative() || queueTimeout.isZero()) {
            throw new IllegalArgumentException("requests: " + requests + ", pending: " + pending + ", queueTimeout: "
                    + queueTimeout + " (expected: 1 or more, 0 or more, longer than 0s)");
        }
    }
}
