package io.portward.core.transport;

import org.jspecify.annotations.Nullable;

/**
 * A point in time after which something is given up. Moving it later, the usual case, costs one store.
 *
 * <p>Threading: the event loop of the {@link DeadlineWheel} that made it.
 */
public final class Deadline {

    private final DeadlineWheel wheel;
    private final Runnable onExpiry;

    /** When to expire, on the clock of {@link System#nanoTime}. */
    long atNanos;

    boolean armed;

    /** Neighbours in the slot's circular list; null when in none. */
    @Nullable
    Deadline previous;

    @Nullable
    Deadline next;

    /** The tick of the slot this lies in. */
    long slotTick;

    Deadline(DeadlineWheel wheel, Runnable onExpiry) {
        this.wheel = wheel;
        this.onExpiry = onExpiry;
    }

    /**
     * Expires {@code nanos} from now, whatever was set before. It may be late by {@link DeadlineWheel#TICK_NANOS}, never early.
     *
     * @return now, on the clock of {@link System#nanoTime}
     */
    public long set(long nanos) {
        long now = System.nanoTime();
        wheel.arm(this, now + nanos);
        return now;
    }

    /** Does not expire until set again. Harmless when nothing is set. */
    public void cancel() {
        armed = false;
        wheel.disarm(this);
    }

    void expire() {
        armed = false;
        onExpiry.run();
    }
}
