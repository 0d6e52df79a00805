package io.portward.core.http1;

import io.netty.channel.Channel;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.Deadline;

/**
 * The end of a connection after its last answer: what the client still sends is read and dropped until it is silent. Closing at once would reset
 * the connection and could take the answer with it (RFC 9112 §9.6).
 *
 * <p>Threading: the connection's event loop. Ownership: borrows the connection's deadline, which nobody else sets once {@link #begin} was called.
 */
final class Lingering {

    /** nginx's lingering_timeout. */
    static final long SILENCE_NANOS = 5_000_000_000L;

    /** The longest that a client may send into the void; nginx's lingering_time. */
    private static final long LIMIT_NANOS = 30_000_000_000L;

    private final Deadline deadline;
    private boolean begun;
    private boolean answered;
    private long endNanos;

    Lingering(Deadline deadline) {
        this.deadline = deadline;
    }

    /** No further request is answered. */
    void begin() {
        begun = true;
    }

    boolean hasBegun() {
        return begun;
    }

    /** The last answer has reached the socket. */
    void answered(Channel channel) {
        TlsHandler.closeOutput(channel);
        answered = true;
        endNanos = System.nanoTime() + LIMIT_NANOS;
        heard();
    }

    boolean isAnswered() {
        return answered;
    }

    /** The client still sends: it is given more time, up to a limit. */
    void heard() {
        if (answered) {
            deadline.set(Math.min(SILENCE_NANOS, endNanos - System.nanoTime()));
        }
    }
}
