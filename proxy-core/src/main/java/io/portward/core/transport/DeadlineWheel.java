package io.portward.core.transport;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * All deadlines of the connections of one event loop, in a wheel of slots. A scheduled task per connection would cost a heap operation for
 * every request; here setting a deadline again is a field write, and an idle connection is looked at once a turn.
 *
 * <p>Threading: the event loop only.
 */
public final class DeadlineWheel {

    /** Timeouts are told in seconds; a tenth late is not noticed. */
    static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A turn takes 51.2 s, so most deadlines (10 to 75 s) are moved at most once. A power of two. */
    private static final int SLOTS = 512;

    private final EventLoop loop;
    private final Deadline[] slots = new Deadline[SLOTS];
    private final Runnable tick = this::tick;
    private final long startNanos = System.nanoTime();
    private long currentTick;
    private int size;
    private boolean ticking;

    public DeadlineWheel(EventLoop loop) {
        this.loop = loop;
        for (int i = 0; i < SLOTS; i++) {
            Deadline head = new Deadline(this, () -> {});
            head.previous = head;
            head.next = head;
            slots[i] = head;
        }
    }

    /** A deadline that is not set yet. {@code onExpiry} runs on the event loop and must not throw. */
    public Deadline create(Runnable onExpiry) {
        return new Deadline(this, onExpiry);
    }

    void arm(Deadline deadline, long atNanos) {
        assert loop.inEventLoop();
        deadline.atNanos = atNanos;
        deadline.armed = true;
        long tickOfDeadline = tickOf(deadline.atNanos);
        if (deadline.next != null) {
            if (deadline.slotTick <= tickOfDeadline) {
                // Found too early in its slot, it will be moved then.
                return;
            }
            unlink(deadline);
        }
        link(deadline, tickOfDeadline);
    }

    void disarm(Deadline deadline) {
        assert loop.inEventLoop();
        if (deadline.next != null) {
            unlink(deadline);
        }
    }

    /** The first tick at or after {@code nanos}. */
    private long tickOf(long nanos) {
        return (nanos - startNanos + TICK_NANOS - 1) / TICK_NANOS;
    }

    private void link(Deadline deadline, long tickOfDeadline) {
        if (!ticking) {
            ticking = true;
            currentTick = Math.max(currentTick, (System.nanoTime() - startNanos) / TICK_NANOS);
            scheduleTick();
        }
        // Never behind the hand, and at most one turn ahead of it.
        long slotTick = Math.min(Math.max(tickOfDeadline, currentTick + 1), currentTick + SLOTS);
        Deadline head = slots[(int) (slotTick & (SLOTS - 1))];
        deadline.slotTick = slotTick;
        Deadline last = head.previous;
        assert last != null : "a head is linked to itself at least";
        deadline.previous = last;
        deadline.next = head;
        last.next = deadline;
        head.previous = deadline;
        size++;
    }

    private void unlink(Deadline deadline) {
        Deadline previous = deadline.previous;
        Deadline next = deadline.next;
        assert previous != null && next != null : "not linked";
        previous.next = next;
        next.previous = previous;
        deadline.previous = null;
        deadline.next = null;
        size--;
    }

    /** On the wheel's own ticks, not one tick from now: that would add up to another tick to every deadline. */
    private void scheduleTick() {
        long nextNanos = startNanos + (currentTick + 1) * TICK_NANOS;
        loop.schedule(tick, nextNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void tick() {
        boolean done = false;
        try {
            long target = (System.nanoTime() - startNanos) / TICK_NANOS;
            while (currentTick < target) {
                currentTick++;
                turnSlot(slots[(int) (currentTick & (SLOTS - 1))]);
            }
            done = true;
        } finally {
            if (!done) {
                // An expiry threw, which the event loop logs; the rest of the slot is taken up again at once.
                currentTick--;
            }
            if (size > 0) {
                scheduleTick();
            } else {
                ticking = false;
            }
        }
    }

    /** What is linked anew while this runs lies at least one tick ahead, behind everything that is due. */
    private void turnSlot(Deadline head) {
        long now = System.nanoTime();
        while (true) {
            Deadline deadline = head.next;
            assert deadline != null : "a head is linked to itself at least";
            if (deadline == head || deadline.slotTick > currentTick) {
                return;
            }
            unlink(deadline);
            if (deadline.armed) {
                if (deadline.atNanos - now <= 0) {
                    deadline.expire();
                } else {
                    link(deadline, tickOf(deadline.atNanos));
                }
            }
        }
    }
}
