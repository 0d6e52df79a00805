package io.portward.config.model;

import org.jspecify.annotations.Nullable;

/**
 * Upper bounds on what a client may send.
 *
 * @param headerBytes of a request's or response's header section
 * @param headerCount fields in a header section
 * @param uriBytes of the request target
 * @param bodyBytes of a request's body; null for no limit
 */
public record LimitConfig(
        int headerBytes,
        int headerCount,
        int uriBytes,
        @Nullable Long bodyBytes) {

    public LimitConfig {
        if (headerBytes < 1 || headerCount < 1 || uriBytes < 1 || (bodyBytes != null && bodyBytes < 1)) {
            throw new IllegalArgumentException("limits: " + headerBytes + ", " + headerCount + ", " + uriBytes + ", "
                    + bodyBytes + " (expected: above 0)");
        }
    }

    /** With what is off unless it is asked for. */
    public LimitConfig(int headerBytes, int headerCount, int uriBytes) {
        this(headerBytes, headerCount, uriBytes, null);
    }

    /** The largest body, {@link Long#MAX_VALUE} when any is taken. */
    public long maxBody() {
        return bodyBytes == null ? Long.MAX_VALUE : bodyBytes;
    }
}
