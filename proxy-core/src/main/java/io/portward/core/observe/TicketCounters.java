package io.portward.core.observe;

/** Session ticket events of one port since it was opened. Threading: any thread. */
public interface TicketCounters {

    /** Of a port without TLS. */
    TicketCounters NONE = new TicketCounters() {
        @Override
        public long issued() {
            return 0;
        }

        @Override
        public long resumed() {
            return 0;
        }

        @Override
        public long renewed() {
            return 0;
        }

        @Override
        public long rejected() {
            return 0;
        }
    };

    long issued();

    long resumed();

    /** Resumed with a key that no longer encrypts, so that the client got a ticket under the current one. */
    long renewed();

    /** Offered, but no key opened it. */
    long rejected();
}
