package io.portward.config.model;

import java.util.List;

/**
 * A group of servers that answer the same requests.
 *
 * @param timeouts effective: the file's defaults with the backend's own on top
 */
public record BackendConfig(
        String name,
        List<ServerConfig> servers,
        BackendProtocol protocol,
        ProxyProtocol proxyProtocol,
        TimeoutConfig timeouts) {

    public BackendConfig {
        servers = List.copyOf(servers);
    }
}
