package io.portward.config.model;

import java.time.Duration;

/**
 * How the servers of a backend are asked whether they work.
 *
 * @param path what an {@code http} check asks for
 * @param expectStatus what answers an {@code http} check well
 * @param interval between the end of a check and the begin of the next; a tenth more or less
 * @param timeout for a whole check
 * @param rise how many checks in a row must succeed before a server that is down gets traffic again
 * @param fall how many checks in a row must fail before a server is down
 */
public record HealthConfig(
        HealthType type,
        String path,
        StatusRange expectStatus,
        Duration interval,
        Duration timeout,
        int rise,
        int fall) {

    public HealthConfig {
        if (interval.isNegative() || interval.isZero() || timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException(
                    "interval: " + interval + ", timeout: " + timeout + " (expected: longer than 0s)");
        }
        if (rise < 1 || fall < 1) {
            throw new IllegalArgumentException("rise: " + rise + ", fall: " + fall + " (expected: 1 or more)");
        }
    }
}
