package io.portward.config.model;

import java.time.Duration;

/**
 * The Strict-Transport-Security header of an https port (RFC 6797).
 *
 * @param maxAge how long browsers remember to use https only; zero tells them to forget (RFC 6797 §6.1.1)
 * @param includeSubDomains whether the rule covers the names below the host too
 * @param preload whether browser vendors may build the host into their lists
 */
public record HstsConfig(Duration maxAge, boolean includeSubDomains, boolean preload) {

    public HstsConfig {
        if (maxAge.isNegative()) {
            throw new IllegalArgumentException("maxAge: " + maxAge + " (expected: 0s or longer)");
        }
    }
}
