package io.portward.config.model;

import java.time.Duration;

/**
 * How the process ends.
 *
 * @param grace how long connections may finish what they began before they are cut; zero cuts at once
 */
public record ShutdownConfig(Duration grace) {

    public ShutdownConfig {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace: " + grace + " (expected: 0s or longer)");
        }
    }
}
