package io.portward.config.model;

import org.jspecify.annotations.Nullable;

/**
 * Where a port listens.
 *
 * @param text as the operator wrote it; the `port` label of every metric
 * @param host a literal IPv4 or IPv6 address without brackets; null means every address of both families on one socket
 * @param port 0 lets the kernel choose
 */
public record ListenAddress(String text, @Nullable String host, int port) {
    @Override
    public String toString() {
        return text;
    }
}
