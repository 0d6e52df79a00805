package io.portward.config.model;

/**
 * A server name whose connections are relayed as they come, still encrypted, to a backend that ends TLS itself.
 *
 * @param host exact name or `*.example.com`, lower case, A-labels, no trailing dot
 * @param backend a key of {@link Configuration#backends()}
 */
public record PassthroughConfig(String host, String backend) {

    /** Whether every name that {@code other} stands for is one of these. */
    public boolean covers(String other) {
        return RouteMatch.coversHost(host, other);
    }
}
