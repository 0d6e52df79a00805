package io.portward.config.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One listener.
 *
 * @param routes tried in order: for `https` by requests, for the TCP protocols (`tls`, `smtps`, `imaps`, `pop3s`) by server names, with a
 *     backend each and nothing but a host to compare
 * @param backend for the TCP protocols, where no route matches; null for https and redirect, and where there is no such default
 * @param passthrough names that are not terminated here, tried in order and before anything else
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
        List<PassthroughConfig> passthrough,
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
        passthrough = List.copyOf(passthrough);
        certificates = List.copyOf(certificates);
        if (to < 0 || to > 65535) {
            throw new IllegalArgumentException("to: " + to + " (expected: 0 to 65535)");
        }
    }

    /** Whether any connection is decrypted here: on a TCP port with nothing but {@code passthrough} none is. */
    public boolean terminates() {
        return protocol == PortProtocol.HTTPS || (protocol.isTcp() && (backend != null || !routes.isEmpty()));
    }
}
