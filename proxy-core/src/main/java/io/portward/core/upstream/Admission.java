package io.portward.core.upstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.portward.config.model.BackendLimitConfig;
import io.portward.core.error.ErrorKind;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many requests at a time through to one backend; some more wait in their order, on whatever event loop they are, and not for long.
 *
 * <p>Threading: any thread; one of these for each backend with limits. Who is told to go on is told on its own event loop.
 */
final class Admission {

    private final BackendLimitConfig limits;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger pending = new AtomicInteger();
    private final Queue<Pending> queue = new ConcurrentLinkedQueue<>();

    Admission(BackendLimitConfig limits) {
        this.limits = limits;
    }

    /**
     * Runs {@code admitted}, now or later, or tells {@code waiter} that there will be no connection. On the event loop of the waiter.
     *
     * @param admitted owes one {@link #leave}
     */
    void enter(EventLoop loop, BackendPool.Waiter waiter, Runnable admitted) {
        // Nobody overtakes those who wait.
        if (pending.get() == 0 && takePlace(active, limits.requests())) {
            admitted.run();
        } else if (takePlace(pending, limits.pending()) || takePlaceOfGone(loop)) {
            Pending late = new Pending(loop, waiter, admitted);
            late.deadline = loop.schedule(late::expire, limits.queueTimeout().toNanos(), TimeUnit.NANOSECONDS);
            queue.add(late);
            // A place may have become free since the look above.
            admitPending();
        } else {
            waiter.noConnection(ErrorKind.UPSTREAM_BUSY);
        }
    }

    /** A place of one that waits for nothing any more; whether it does, can be asked on its loop only. */
    private boolean takePlaceOfGone(EventLoop loop) {
        queue.forEach(waiting -> {
            if (waiting.loop == loop && waiting.waiter.isOver()) {
                waiting.expire();
            }
        });
        return takePlace(pending, limits.pending());
    }

    void leave() {
        active.decrementAndGet();
        admitPending();
    }

    private void admitPending() {
        while (!queue.isEmpty() && takePlace(active, limits.requests())) {
            Pending first = queue.poll();
            if (first == null || !first.admit()) {
                active.decrementAndGet();
            }
        }
    }

    private static boolean takePlace(AtomicInteger taken, int most) {
        int before = taken.get();
        while (before < most) {
            if (taken.compareAndSet(before, before + 1)) {
                return true;
            }
            before = taken.get();
        }
        return false;
    }

    private final class Pending {

        private final EventLoop loop;
        private final BackendPool.Waiter waiter;
        private final Runnable admitted;
        private final AtomicBoolean decided = new AtomicBoolean();
        /** Written and read on the event loop. */
        private @Nullable ScheduledFuture<?> deadline;

        Pending(EventLoop loop, BackendPool.Waiter waiter, Runnable admitted) {
            this.loop = loop;
            this.waiter = waiter;
            this.admitted = admitted;
        }

        /** Any thread. @return false when it waits no more, so that the place is for somebody else */
        boolean admit() {
            if (loop.isShuttingDown() || !decided.compareAndSet(false, true)) {
                return false;
            }
            pending.decrementAndGet();
            loop.execute(() -> {
                if (deadline != null) {
                    deadline.cancel(false);
                }
                admitted.run();
            });
            return true;
        }

        private void expire() {
            if (decided.compareAndSet(false, true)) {
                queue.remove(this);
                pending.decrementAndGet();
                if (!waiter.isOver()) {
                    waiter.noConnection(ErrorKind.UPSTREAM_BUSY);
                }
            }
        }
    }
}
