package io.portward.config.model;

import java.time.Duration;

/**
 * How long Portward waits; every duration is longer than zero.
 *
 * @param headers for a complete request header section, counted from its first byte; also for the backend's response header section
 * @param idle for an https connection without a request, and for a request or response that makes no progress
 * @param connect for a connection to a server of a backend
 * @param tcpIdle for a `tls`, mail or upgraded connection on which neither side says anything
 * @param minRate bytes a second that a client has to send or take of a body while it is its turn; 0 for any
 * @param minRateGrace how long a client may be slower at the beginning of a body
 */
public record TimeoutConfig(
        Duration headers, Duration idle, Duration connect, Duration tcpIdle, int minRate, Duration minRateGrace) {

    private static final Duration NO_GRACE = Duration.ofMillis(1);

    public TimeoutConfig {
        requirePositive("headers", headers);
        requirePositive("idle", idle);
        requirePositive("connect", connect);
        requirePositive("tcpIdle", tcpIdle);
        requirePositive("minRateGrace", minRateGrace);
        if (minRate < 0) {
            throw new IllegalArgumentException("minRate: " + minRate + " (expected: 0 or more)");
        }
    }

    /** Without a minimum rate. */
    public TimeoutConfig(Duration headers, Duration idle, Duration connect, Duration tcpIdle) {
        this(headers, idle, connect, tcpIdle, 0, NO_GRACE);
    }

    /**
     * These times of a port, with the idle times that count between it and a backend: what one of the two sets counts, and the shorter where both
     * set it.
     *
     * @param file the times that either has where it sets none
     */
    public TimeoutConfig towards(TimeoutConfig backend, TimeoutConfig file) {
        if (backend.idle.equals(file.idle) && backend.tcpIdle.equals(file.tcpIdle)) {
            return this;
        }
        return new TimeoutConfig(
                headers,
                between(idle, backend.idle, file.idle),
                connect,
                between(tcpIdle, backend.tcpIdle, file.tcpIdle),
                minRate,
                minRateGrace);
    }

    private static Duration between(Duration port, Duration backend, Duration file) {
        if (backend.equals(file)) {
            return port;
        }
        return port.equals(file) || backend.compareTo(port) < 0 ? backend : port;
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: longer than 0s)");
        }
    }
}
