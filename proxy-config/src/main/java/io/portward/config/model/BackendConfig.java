package io.portward.config.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group of servers that answer the same requests.
 *
 * @param timeouts effective: the file's defaults with the backend's own on top
 * @param tls how TLS to the servers goes; null when nothing is said of it, see {@link #effectiveTls}
 * @param health null for no checks
 * @param limits null for none
 */
public record BackendConfig(
        String name,
        List<ServerConfig> servers,
        BackendProtocol protocol,
        @Nullable BackendTlsConfig tls,
        ProxyProtocol proxyProtocol,
        TimeoutConfig timeouts,
        @Nullable HealthConfig health,
        BalanceConfig balance,
        @Nullable BackendLimitConfig limits,
        RetryConfig retries) {

    public BackendConfig {
        servers = List.copyOf(servers);
    }

    /** One that has nothing more than this, and no retries. */
    public BackendConfig(
            String name,
            List<ServerConfig> servers,
            BackendProtocol protocol,
            ProxyProtocol proxyProtocol,
            TimeoutConfig timeouts) {
        this(
                name,
                servers,
                protocol,
                null,
                proxyProtocol,
                timeouts,
                null,
                BalanceConfig.ROUND_ROBIN,
                null,
                new RetryConfig(0, 0));
    }

    /** How TLS to the servers goes; null when they are spoken to in plain text. */
    public @Nullable BackendTlsConfig effectiveTls() {
        return tls == null && protocol.isTls() ? BackendTlsConfig.DEFAULT : tls;
    }
}
