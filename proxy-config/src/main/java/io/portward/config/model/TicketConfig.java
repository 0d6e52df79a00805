package io.portward.config.model;

import java.time.Duration;

/**
 * Life of the session ticket keys.
 *
 * @param rotateEvery how often a new key starts to encrypt
 * @param acceptFor how long a key decrypts, counted from its creation; at least as long as {@code rotateEvery}
 */
public record TicketConfig(Duration rotateEvery, Duration acceptFor) {

    public TicketConfig {
        if (rotateEvery.isNegative() || rotateEvery.isZero() || acceptFor.compareTo(rotateEvery) < 0) {
            throw new IllegalArgumentException("tickets: rotateEvery " + rotateEvery + ", acceptFor " + acceptFor
                    + " (expected: 0s < rotateEvery <= acceptFor)");
        }
    }
}
