package io.portward.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What SIGTERM, SIGINT and SIGHUP do: the first of the former two drains, the second one stops at once; SIGHUP is not deadly. Before there is
 * anything to drain, the first one ends the process.
 *
 * <p>Threading: the JVM runs each signal on a thread of its own. Ownership: closing gives the signals back to who had them.
 */
final class StopSignals implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(StopSignals.class);

    private final Runnable exit;
    private final SignalHandler oldTerm;
    private final SignalHandler oldInt;
    private final SignalHandler oldHup;
    private @Nullable ProxyProcess process;
    private boolean draining;

    /** @param exit ends the process when a signal comes while it still starts */
    StopSignals(Runnable exit) {
        this.exit = exit;
        oldTerm = Signal.handle(new Signal("TERM"), this::stop);
        oldInt = Signal.handle(new Signal("INT"), this::stop);
        oldHup = Signal.handle(
                new Signal("HUP"),
                signal -> LOGGER.info(
                        "SIGHUP: ignored; the configuration is read only at the start, restart to apply changes"));
    }

    /** From now on a signal drains {@code running}. */
    synchronized void attach(ProxyProcess running) {
        process = running;
    }

    private synchronized void stop(Signal signal) {
        if (process == null) {
            LOGGER.info("SIG{} while starting: stopping", signal.getName());
            exit.run();
        } else if (draining) {
            LOGGER.info("SIG{} again: stopping at once", signal.getName());
            process.stopNow();
        } else {
            draining = true;
            LOGGER.info("SIG{}: draining; a second signal stops at once", signal.getName());
            process.drain();
        }
    }

    @Override
    public void close() {
        Signal.handle(new Signal("TERM"), oldTerm);
        Signal.handle(new Signal("INT"), oldInt);
        Signal.handle(new Signal("HUP"), oldHup);
    }
}
