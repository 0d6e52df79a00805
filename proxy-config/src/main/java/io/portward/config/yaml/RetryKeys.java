package io.portward.config.yaml;

import io.portward.config.model.RetryConfig;
import java.util.List;

/** The section {@code backends.NAME.retries}. */
final class RetryKeys {

    /** One server may be restarting; a request that fails on two of them is likely to fail on all. */
    private static final int DEFAULT_ATTEMPTS = 1;

    /** As Envoy and Linkerd: enough for a server that goes, far from doubling the load of servers that all have trouble. */
    private static final int DEFAULT_BUDGET = 20;

    private static final Key<RetryConfig, Integer> ATTEMPTS = Key.withDefault(
            "attempts",
            Scalars.number(0, 10),
            DEFAULT_ATTEMPTS,
            RetryConfig::attempts,
            "To how many other servers a request goes whose connection ended before any answer; never one with a body or of a method that is not idempotent.");

    private static final Key<RetryConfig, Integer> BUDGET = Key.withDefault(
            "budget",
            Scalars.PERCENT,
            DEFAULT_BUDGET,
            RetryConfig::budget,
            "Retries for each hundred requests to the backend.");

    static final RetryConfig DEFAULT = new RetryConfig(DEFAULT_ATTEMPTS, DEFAULT_BUDGET);

    static final Section<RetryConfig> SECTION = new Section<>(
            "retries",
            "When a request is sent to another server.",
            List.of(ATTEMPTS, BUDGET),
            v -> new RetryConfig(v.get(ATTEMPTS), v.get(BUDGET)));

    private RetryKeys() {}
}
