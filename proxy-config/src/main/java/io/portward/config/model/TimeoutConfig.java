package io.portward.config.model;

import java.time.Duration;

/**
 * How long Portward waits; every value is longer than zero.
 *
 * @param headers for a complete request header section, counted from its first byte; also for the backend's response header section
 * @param idle for an https connection without a request, and for a request or response that makes no progress
 * @param connect for a connection to a server of a backend
 * @param tcpIdle for a `tls`, mail or upgraded connection on which neither side says anything
 */
public record TimeoutConfig(Duration headers, Duration idle, Duration connect, Duration tcpIdle) {

    public TimeoutConfig {
        requirePositive("headers", headers);
        requirePositive("idle", idle);
        requirePositive("connect", connect);
        requirePositive("tcpIdle", tcpIdle);
    }

    /** The {@code tcpIdle} between a port and a backend that each have their own: the one that runs out first. */
    public Duration shorterTcpIdle(TimeoutConfig other) {
        return tcpIdle.compareTo(other.tcpIdle) <= 0 ? tcpIdle : other.tcpIdle;
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: longer than 0s)");
        }
    }
}
