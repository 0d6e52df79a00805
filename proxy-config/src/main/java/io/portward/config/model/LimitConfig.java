package io.portward.config.model;

import org.jspecify.annotations.Nullable;

/**
 * Upper bounds on what a client may send, and on how many there may be.
 *
 * @param headerBytes of a request's or response's header section
 * @param headerCount fields in a header section
 * @param uriBytes of the request target
 * @param bodyBytes of a request's body; null for no limit
 * @param connections of clients, of the whole process; null for as many as the descriptors allow
 */
public record LimitConfig(
        int headerBytes,
        int headerCount,
        int uriBytes,
        @Nullable Long bodyBytes,
        @Nullable Integer connections,
        PerAddressConfig perAddress) {

    public LimitConfig {
        if (headerBytes < 1
                || headerCount < 1
                || uriBytes < 1
                || (bodyBytes != null && bodyBytes < 1)
                || (connections != null && connections < 1)) {
            throw new IllegalArgumentException("limits: " + headerBytes + ", " + headerCount + ", " + uriBytes + ", "
                    + bodyBytes + ", " + connections + " (expected: above 0)");
        }
    }

    /** With what is off unless it is asked for. */
    public LimitConfig(int headerBytes, int headerCount, int uriBytes) {
        this(headerBytes, headerCount, uriBytes, null);
    }

    /** Without limits on the number of clients. */
    public LimitConfig(int headerBytes, int headerCount, int uriBytes, @Nullable Long bodyBytes) {
        this(headerBytes, headerCount, uriBytes, bodyBytes, null, PerAddressConfig.NONE);
    }

    /** The largest body, {@link Long#MAX_VALUE} when any is taken. */
    public long maxBody() {
        return bodyBytes == null ? Long.MAX_VALUE : bodyBytes;
    }

    /** The most client connections, {@link Integer#MAX_VALUE} when only the descriptors bound them. */
    public int maxConnections() {
        return connections == null ? Integer.MAX_VALUE : connections;
    }
}
