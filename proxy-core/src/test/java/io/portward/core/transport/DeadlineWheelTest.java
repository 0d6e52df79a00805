package io.portward.core.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadlineWheelTest {

    private static final long TICK = DeadlineWheel.TICK_NANOS;

    /** What a loaded machine may add. */
    private static final long SLACK = TimeUnit.MILLISECONDS.toNanos(40);

    private final EventLoop loop = new DefaultEventLoop();
    private final DeadlineWheel wheel = new DeadlineWheel(loop);

    @AfterEach
    void stop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private <T> T onLoop(Callable<T> action) {
        return loop.submit(action).syncUninterruptibly().getNow();
    }

    private void onLoop(Runnable action) {
        loop.submit(action).syncUninterruptibly();
    }

    @Test
    void isNeverEarlyAndAtMostOneTickLate() {
        List<Long> lateness = new CopyOnWriteArrayList<>();
        Random random = new Random(1);
        int count = 400;
        for (int i = 0; i < count; i++) {
            long nanos = random.nextLong(TimeUnit.MILLISECONDS.toNanos(1500));
            // Armed at all moments between two ticks.
            loop.schedule(
                    () -> {
                        long due = System.nanoTime() + nanos;
                        wheel.create(() -> lateness.add(System.nanoTime() - due))
                                .set(nanos);
                    },
                    random.nextLong(TimeUnit.MILLISECONDS.toNanos(500)),
                    TimeUnit.NANOSECONDS);
        }
        await().until(() -> lateness.size() == count);
        List<Long> sorted = lateness.stream().sorted().toList();
        assertThat(sorted.get(0)).as("never early").isNotNegative();
        // The machine may stall once; the rule is what holds for nearly all.
        assertThat(sorted.get(count * 9 / 10)).as("lateness in ns").isLessThan(TICK + SLACK);
    }

    @Test
    void aLoneDeadlineIsAtMostOneTickLate() {
        List<Long> lateness = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            AtomicReference<Long> late = new AtomicReference<>();
            long nanos = TICK / 12 * i + 1;
            onLoop(() -> {
                long due = System.nanoTime() + nanos;
                wheel.create(() -> late.set(System.nanoTime() - due)).set(nanos);
            });
            await().pollInterval(Duration.ofMillis(7)).until(() -> late.get() != null);
            lateness.add(late.get());
        }
        lateness.sort(null);
        assertThat(lateness.get(0)).isNotNegative();
        assertThat(lateness.get(9)).isLessThan(TICK + SLACK);
    }

    @Test
    void movedLaterExpiresOnceAtTheLaterTime() {
        List<Long> expired = new CopyOnWriteArrayList<>();
        long start = System.nanoTime();
        onLoop(() -> {
            Deadline deadline = wheel.create(() -> expired.add(System.nanoTime() - start));
            deadline.set(TICK);
            deadline.set(5 * TICK);
        });
        await().until(() -> !expired.isEmpty());
        assertThat(expired.get(0)).isGreaterThanOrEqualTo(5 * TICK);
        await().during(Duration.ofMillis(300)).until(() -> expired.size() == 1);
    }

    @Test
    void movedEarlierExpiresAtTheEarlierTime() {
        AtomicReference<Long> expired = new AtomicReference<>();
        long start = System.nanoTime();
        onLoop(() -> {
            Deadline deadline = wheel.create(() -> expired.set(System.nanoTime() - start));
            deadline.set(TimeUnit.HOURS.toNanos(10));
            deadline.set(2 * TICK);
        });
        await().until(() -> expired.get() != null);
        assertThat(expired.get()).isBetween(2 * TICK, TimeUnit.SECONDS.toNanos(5));
    }

    @Test
    void cancelledNeverExpiresAndMayBeSetAgain() {
        AtomicInteger expired = new AtomicInteger();
        Deadline deadline = onLoop(() -> {
            Deadline created = wheel.create(expired::incrementAndGet);
            created.cancel();
            created.set(TICK);
            created.cancel();
            return created;
        });
        await().during(Duration.ofNanos(4 * TICK)).until(() -> expired.get() == 0);
        onLoop(() -> deadline.set(TICK));
        await().untilAtomic(expired, org.hamcrest.Matchers.is(1));
    }

    @Test
    void anExpiryMayCancelAndSetOthersAndItself() {
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger repeats = new AtomicInteger();
        onLoop(() -> {
            List<Deadline> others = new ArrayList<>();
            AtomicReference<Deadline> self = new AtomicReference<>();
            self.set(wheel.create(() -> {
                others.forEach(Deadline::cancel);
                if (repeats.incrementAndGet() < 3) {
                    self.get().set(TICK);
                }
            }));
            self.get().set(TICK);
            for (int i = 0; i < 100; i++) {
                Deadline other = wheel.create(cancelled::incrementAndGet);
                other.set(TICK);
                others.add(other);
            }
        });
        await().untilAtomic(repeats, org.hamcrest.Matchers.is(3));
        assertThat(cancelled).hasValue(0);
    }

    @Test
    void anExpiryThatThrowsDoesNotStopTheWheel() {
        AtomicInteger expired = new AtomicInteger();
        onLoop(() -> {
            wheel.create(() -> {
                        throw new IllegalStateException("broken on purpose");
                    })
                    .set(TICK);
            wheel.create(expired::incrementAndGet).set(TICK);
            wheel.create(expired::incrementAndGet).set(4 * TICK);
        });
        await().untilAtomic(expired, org.hamcrest.Matchers.is(2));
    }

    @Test
    void goesOnAfterItStoodStill() {
        for (int i = 1; i <= 2; i++) {
            AtomicInteger expired = new AtomicInteger();
            onLoop(() -> wheel.create(expired::incrementAndGet).set(1));
            await().untilAtomic(expired, org.hamcrest.Matchers.is(1));
            await().during(Duration.ofNanos(3 * TICK)).until(() -> expired.get() == 1);
        }
    }

    @Test
    void holdsManyThatAreMovedAllTheTime() {
        AtomicInteger expired = new AtomicInteger();
        int count = 20_000;
        List<Deadline> deadlines = onLoop(() -> {
            List<Deadline> created = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                created.add(wheel.create(expired::incrementAndGet));
            }
            return created;
        });
        Random random = new Random(2);
        for (int round = 0; round < 20; round++) {
            onLoop(() ->
                    deadlines.forEach(deadline -> deadline.set(TimeUnit.SECONDS.toNanos(10 + random.nextInt(60)))));
        }
        assertThat(expired).hasValue(0);
        onLoop(() -> deadlines.forEach(deadline -> deadline.set(random.nextLong(5 * TICK))));
        await().untilAtomic(expired, org.hamcrest.Matchers.is(count));
    }
}
