package io.portward.config.model;

import java.time.Duration;

/**
 * Life of the session ticket keys.
 *
 * @param rotateEvery how often a new key starts to encrypt
 * @param acceptFor how long a key decrypts, counted from its creation
 */
public record TicketConfig(Duration rotateEvery, Duration acceptFor) {}
