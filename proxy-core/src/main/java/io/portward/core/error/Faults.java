package io.portward.core.error;

import io.portward.config.model.ListenAddress;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator that our own code failed on a connection of one port: the first time at ERROR with the trace, since one line is what a report
 * needs, then at DEBUG, since a client may be able to repeat it.
 *
 * <p>Threading: any thread.
 */
public final class Faults {

    private static final Logger LOG = LoggerFactory.getLogger(Faults.class);

    private final ListenAddress address;
    private final AtomicBoolean told = new AtomicBoolean();

    public Faults(ListenAddress address) {
        this.address = address;
    }

    /** For handlers that close the connection after any exception: what the network does is no fault. */
    public void addUnlessIo(Throwable cause) {
        if (!(cause instanceof IOException)) {
            add(cause);
        }
    }

    public void add(Throwable fault) {
        if (told.compareAndSet(false, true)) {
            LOG.error(
                    "port {}: connection closed after an internal error; the next ones are told at DEBUG",
                    address,
                    fault);
        } else {
            LOG.debug("port {}: connection closed after an internal error", address, fault);
        }
    }
}
