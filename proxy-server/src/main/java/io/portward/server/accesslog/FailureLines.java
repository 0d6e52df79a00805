package io.portward.server.accesslog;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Bounds how many failed handshakes of one port get a line of their own, and counts the rest: strangers decide how many there are.
 *
 * <p>Threading: any thread.
 */
final class FailureLines {

    /** Enough for everything that is not an attack. */
    static final int PER_SECOND = 20;

    private static final long NANOS = 1_000_000_000L;

    private final String port;
    private final LongSupplier nanoTime;
    private final AtomicLong second;
    private final AtomicInteger told = new AtomicInteger();
    private final AtomicLong leftOut = new AtomicLong();

    FailureLines(String port, LongSupplier nanoTime) {
        this.port = port;
        this.nanoTime = nanoTime;
        this.second = new AtomicLong(nanoTime.getAsLong() / NANOS);
    }

    String port() {
        return port;
    }

    /** @return false when this one is only counted */
    boolean mayTell() {
        long now = nanoTime.getAsLong() / NANOS;
        long before = second.get();
        if (now != before && second.compareAndSet(before, now)) {
            told.set(0);
        }
        if (told.getAndIncrement() < PER_SECOND) {
            return true;
        }
        leftOut.incrementAndGet();
        return false;
    }

    /** How many were only counted since the last call. */
    long takeLeftOut() {
        return leftOut.getAndSet(0);
    }
}
