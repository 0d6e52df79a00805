package io.portward.config.model;

/**
 * How often a request that got no answer is sent to another server.
 *
 * @param attempts further servers for one request; 0 for none
 * @param budget in percent: how many retries there may be for a hundred requests
 */
public record RetryConfig(int attempts, int budget) {

    public RetryConfig {
        if (attempts < 0 || budget < 0 || budget > 100) {
            throw new IllegalArgumentException(
                    "attempts: " + attempts + ", budget: " + budget + " (expected: 0 or more, 0 to 100)");
        }
    }
}
