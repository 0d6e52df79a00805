package io.portward.config.model;

/**
 * Upper bounds on what a client may send.
 *
 * @param headerBytes of a request's or response's header section
 * @param headerCount fields in a header section
 * @param uriBytes of the request target
 */
public record LimitConfig(int headerBytes, int headerCount, int uriBytes) {

    public LimitConfig {
        if (headerBytes < 1 || headerCount < 1 || uriBytes < 1) {
            throw new IllegalArgumentException(
                    "limits: " + headerBytes + ", " + headerCount + ", " + uriBytes + " (expected: above 0)");
        }
    }
}
