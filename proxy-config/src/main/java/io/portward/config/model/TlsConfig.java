package io.portward.config.model;

import java.time.Duration;

/**
 * The TLS rules of a port.
 *
 * @param handshakeTimeout from accept to the client's Finished
 */
public record TlsConfig(TlsPolicy policy, UnknownNames unknownNames, Duration handshakeTimeout, TicketConfig tickets) {

    public TlsConfig {
        if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
            throw new IllegalArgumentException("handshakeTimeout: " + handshakeTimeout + " (expected: longer than 0s)");
        }
    }
}
