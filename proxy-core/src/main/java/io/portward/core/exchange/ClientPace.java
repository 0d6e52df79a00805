package io.portward.core.exchange;

import io.portward.config.model.TimeoutConfig;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the client of one exchange sends its body, or takes the response, at the minimum rate.
 *
 * <p>An account of time: it begins with the grace, every byte adds what it may take at the minimum rate, and the time during which Portward waits
 * for the client is taken off; time in which it is the backend's turn is not. Below zero the client is too slow. It never holds more than the idle
 * time, so that a fast beginning does not pay for hours.
 *
 * <p>Nothing is done for a single chunk: bytes are counted by others, and looked at when the account would be empty without any, so after the
 * grace first and then at most as often as the client is slow.
 *
 * <p>Threading: the event loop of the client's connection.
 */
final class ClientPace {

    private static final double NANOS_PER_SECOND = 1e9;

    private final ResponseSink sink;
    private final DeadlineWheel wheel;
    private final boolean countsTaken;
    private final Runnable tooSlow;
    private final int rate;
    private final long graceNanos;
    private final long mostNanos;

    private @Nullable Deadline look;
    private @Nullable LongSupplier moved;
    private boolean ofResponse;
    private boolean looking;

    private long account;
    /** What {@link #moved} said at the last look. */
    private long mark;

    /** What the client had taken at the last look of {@link #clientTook}. */
    private long markOfClient;

    private boolean clientsTurn;
    private long turnSince;
    /** In turns that have ended since the last look. */
    private long waited;

    /**
     * @param countsTaken whether {@link ResponseSink#taken} is a number of bytes; without it responses are not looked at
     * @param tooSlow run once at most
     */
    ClientPace(ResponseSink sink, TimeoutConfig timeouts, DeadlineWheel wheel, boolean countsTaken, Runnable tooSlow) {
        this.sink = sink;
        this.wheel = wheel;
        this.countsTaken = countsTaken;
        this.tooSlow = tooSlow;
        this.rate = timeouts.minRate();
        Duration grace = timeouts.minRateGrace();
        this.graceNanos = grace.toNanos();
        this.mostNanos = Math.max(graceNanos, timeouts.idle().toNanos());
    }

    /** A look at what the client has taken, for {@link #clientTook}. */
    void markTaken() {
        markOfClient = sink.taken();
    }

    /** Whether a slow client has taken part of what is queued for it since the last look, though not enough for more to be read. */
    boolean clientTook() {
        long before = markOfClient;
        markTaken();
        return markOfClient != before;
    }

    /** From now on the request's body is looked at; harmless when it is already. */
    void watchRequest(boolean clientsTurnNow) {
        if (rate > 0 && moved == null) {
            watch(sink::received);
            turn(clientsTurnNow, System.nanoTime());
        }
    }

    /** From now on the response is looked at instead of the request; harmless when it is already. */
    void watchResponse() {
        if (rate > 0 && countsTaken && !ofResponse) {
            watch(sink::taken);
            ofResponse = true;
        }
    }

    private void watch(LongSupplier bytes) {
        stop();
        moved = bytes;
        mark = bytes.getAsLong();
        account = graceNanos;
        waited = 0;
    }

    /** @param nowNanos on the clock of {@link System#nanoTime} */
    void turn(boolean clients, long nowNanos) {
        if (moved == null || clients == clientsTurn) {
            return;
        }
        clientsTurn = clients;
        if (!clients) {
            waited += nowNanos - turnSince;
            return;
        }
        turnSince = nowNanos;
        if (!looking) {
            lookLater();
        }
    }

    private void lookLater() {
        Deadline deadline = look;
        if (deadline == null) {
            deadline = wheel.create(this::look);
            look = deadline;
        }
        looking = true;
        deadline.set(account);
    }

    private void look() {
        looking = false;
        LongSupplier bytes = moved;
        assert bytes != null : "nothing is looked at before it is watched";
        if (clientsTurn) {
            long now = System.nanoTime();
            waited += now - turnSince;
            turnSince = now;
        }
        long total = bytes.getAsLong();
        double earned = Math.max(0, total - mark) * (NANOS_PER_SECOND / rate);
        account = Math.min(mostNanos, account - waited + (long) Math.min(mostNanos * 2.0, earned));
        mark = total;
        waited = 0;
        if (account <= 0) {
            tooSlow.run();
        } else if (clientsTurn) {
            lookLater();
        }
    }

    /** The request is not looked at any more; a response, which may be an interim one, still is. */
    void stopRequest() {
        if (!ofResponse) {
            stop();
        }
    }

    /** Nothing is looked at any more. */
    void stop() {
        moved = null;
        ofResponse = false;
        clientsTurn = false;
        looking = false;
        if (look != null) {
            look.cancel();
        }
    }
}
