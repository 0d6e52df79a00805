package io.portward.config.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One listener.
 *
 * @param routes for `https`, tried in order; empty for other protocols
 * @param backend for the TCP protocols (`tls`, `smtps`, `imaps`, `pop3s`); null for https and redirect
 * @param to for `redirect`, the https port that clients are sent to
 * @param hsts null when the header is not sent
 * @param tls effective rules: the file's defaults with the port's own on top
 * @param certificates names to choose from; empty means all
 * @param timeouts effective: the file's defaults with the port's own on top
 * @param proxyProtocol what is expected of whoever connects
 * @param maxConnections of clients on this port; null for no limit of its own
 * @param accessLog whether the port takes part in the file's access log, if there is one
 */
public record PortConfig(
        ListenAddress listen,
        PortProtocol protocol,
        List<RouteConfig> routes,
        @Nullable String backend,
        int to,
        @Nullable HstsConfig hsts,
        TlsConfig tls,
        List<String> certificates,
        TimeoutConfig timeouts,
        ProxyHeaders proxyProtocol,
        @Nullable Integer maxConnections,
        boolean accessLog) {

    public PortConfig {
        routes = List.copyOf(routes);
        certificates = List.copyOf(certificates);
        if (to < 0 || to > 65535) {
            throw new IllegalArgumentException("to: " + to + " (expected: 0 to 65535)");
        }
    }
}
