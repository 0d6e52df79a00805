package io.portward.core.observe;

import io.portward.config.model.PortConfig;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Hands out the observers of single ports and servers, and is told about certificates and ticket keys.
 *
 * <p>Threading: called while a configuration is being put in place, never on an event loop.
 */
public interface Observer {

    /** Called once for every listener; {@code tickets} may be polled from any thread. */
    PortObserver port(PortConfig port, TicketCounters tickets);

    /** Called once for every server of every backend. */
    ServerObserver server(String backend, String server);

    /** The certificates now being served; replaces what was said before. */
    void certificates(List<CertificateFacts> certificates);

    /** {@code ageSeconds} answers with the age of the key that encrypts session tickets; may be polled from any thread. */
    void ticketKeyAge(LongSupplier ageSeconds);
}
