package io.portward.core.observe;

/** Session ticket events of one port since it was opened. Threading: any thread. */
public interface TicketCounters {

    long issued();

    long resumed();

    /** Resumed with a key that no longer encrypts, so that the client got a ticket under the current one. */
    long renewed();

    /** Offered, but no key opened it. */
    long rejected();
}
