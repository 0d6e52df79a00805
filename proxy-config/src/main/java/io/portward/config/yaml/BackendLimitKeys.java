package io.portward.config.yaml;

import io.portward.config.model.BackendLimitConfig;
import java.time.Duration;
import java.util.List;

/** The section {@code backends.NAME.limits}. */
final class BackendLimitKeys {

    /** Enough for a burst, too few to matter for memory. */
    private static final int DEFAULT_PENDING = 100;

    /** A visitor waits that long; a backend that is full for longer is too small, and a queue would only hide it. */
    private static final Duration DEFAULT_QUEUE_TIMEOUT = Duration.ofSeconds(1);

    private static final Key<BackendLimitConfig, Integer> REQUESTS = Key.required(
            "requests",
            Scalars.number(1, 1_000_000),
            BackendLimitConfig::requests,
            "The most requests under way at a time, on all servers together; connections on TCP ports, WebSockets included.");

    private static final Key<BackendLimitConfig, Integer> PENDING = Key.withDefault(
            "pending",
            Scalars.number(0, 1_000_000),
            DEFAULT_PENDING,
            BackendLimitConfig::pending,
            "How many more may wait; those beyond get 503 at once.");

    private static final Key<BackendLimitConfig, Duration> QUEUE_TIMEOUT = Key.withDefault(
            "queueTimeout",
            Scalars.duration(Duration.ofMillis(1), Duration.ofMinutes(5)),
            DEFAULT_QUEUE_TIMEOUT,
            BackendLimitConfig::queueTimeout,
            "How long one of those waits before it gets 503.");

    static final Section<BackendLimitConfig> SECTION = new Section<>(
            "backendLimits",
            "How much work the backend gets at a time.",
            List.of(REQUESTS, PENDING, QUEUE_TIMEOUT),
            v -> new BackendLimitConfig(v.get(REQUESTS), v.get(PENDING), v.get(QUEUE_TIMEOUT)));

    private BackendLimitKeys() {}
}
