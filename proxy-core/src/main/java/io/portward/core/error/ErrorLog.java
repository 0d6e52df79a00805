package io.portward.core.error;

import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator of errors that are not the client's, at most once a second for each kind: a backend that is down must not fill the disk.
 *
 * <p>Threading: any thread.
 */
public final class ErrorLog {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorLog.class);
    private static final long INTERVAL_NANOS = 1_000_000_000L;

    private static final class Recent {
        long nextNanos = System.nanoTime();
        long skipped;
    }

    /** Guarded by this. */
    private final Map<ErrorKind, Recent> recent = new EnumMap<>(ErrorKind.class);

    /**
     * @param answered whether the client got the error's status; a response that has begun is cut instead
     * @param context where it happened, without anything a client chose
     * @param stopping the proxy is being stopped, as its backends often are too: no cause for alarm
     */
    public synchronized void add(ErrorKind kind, boolean answered, String context, boolean stopping) {
        Recent last = recent.computeIfAbsent(kind, unused -> new Recent());
        long now = System.nanoTime();
        if (now - last.nextNanos < 0) {
            last.skipped++;
            return;
        }
        String more = last.skipped == 0 ? "" : " (and " + last.skipped + " more since the last such line)";
        String what = answered ? "answered " + kind.status() : "cut a response,";
        if (stopping) {
            LOG.info("{} {} while stopping: {}{}", what, kind.description(), context, more);
        } else {
            LOG.warn("{} {}: {}{}", what, kind.description(), context, more);
        }
        last.nextNanos = now + INTERVAL_NANOS;
        last.skipped = 0;
    }
}
