package io.portward.config.model;

import java.time.Duration;

/**
 * The TLS rules of a port.
 *
 * @param handshakeTimeout from accept to the client's Finished
 */
public record TlsConfig(TlsPolicy policy, UnknownNames unknownNames, Duration handshakeTimeout, TicketConfig tickets) {}
