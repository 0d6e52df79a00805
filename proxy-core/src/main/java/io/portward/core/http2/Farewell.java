package io.portward.core.http2;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How a connection or a stream ends when nobody ends it by sending: idle, stalled, drained.
 *
 * <p>Threading: the event loop of the connection.
 */
final class Farewell {

    /** How long a client may take to read our last words. */
    static final long CLOSE_MILLIS = 5000;

    /** RFC 9113 §6.8: at least a round trip between the two GOAWAY frames. The answer to a PING tells when that is over; this is for clients that do not answer. */
    private static final long ROUND_TRIP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long DRAIN_PING = 0x706f7274_77617264L;

    private enum State {
        OPEN,
        /** The first GOAWAY is out. */
        WARNING,
        /** Closes with the last stream. */
        LEAVING,
        CLOSING
    }

    private final Http2Handler handler;
    private final long idleNanos;
    /** Bytes that the client has to take of a stream's response between two looks, half the idle time apart. */
    private final long leastTaken;

    private final Deadline quiet;
    private final Deadline closing;
    private State state = State.OPEN;

    @SuppressWarnings("NullAway.Init") // by begin()
    private ChannelHandlerContext ctx;

    Farewell(Http2Handler handler, DeadlineWheel wheel, TimeoutConfig timeouts) {
        this.handler = handler;
        this.idleNanos = timeouts.idle().toNanos();
        this.leastTaken = Math.max(1, timeouts.minRate() * timeouts.idle().toMillis() / 2000);
        this.quiet = wheel.create(this::quietTooLong);
        this.closing = wheel.create(this::closingTooLong);
    }

    void begin(ChannelHandlerContext ctx) {
        this.ctx = ctx;
        quiet.set(idleNanos);
    }

    void cancel() {
        state = State.CLOSING;
        quiet.cancel();
        closing.cancel();
    }

    private int streams() {
        return handler.connection().numActiveStreams();
    }

    void streamOpened() {
        if (streams() == 1 && state != State.CLOSING) {
            quiet.set(idleNanos / 2);
        }
    }

    void streamClosed() {
        if (streams() > 0 || state == State.CLOSING) {
            return;
        }
        if (state == State.LEAVING) {
            close();
        } else {
            quiet.set(idleNanos);
        }
    }

    /** Without streams this is the idle timeout; with streams, half of it has passed since they were looked at. */
    private void quietTooLong() {
        if (streams() == 0) {
            end(Http2Error.NO_ERROR);
            return;
        }
        quiet.set(idleNanos / 2);
        for (Http2Stream stream : stalled()) {
            handler.reset(stream, Http2Error.CANCEL);
        }
    }

    private List<Http2Stream> stalled() {
        List<Http2Stream> stalled = new ArrayList<>();
        try {
            handler.connection().forEachActiveStream(stream -> {
                Http2Exchange exchange = handler.exchange(stream);
                if (exchange == null || exchange.isStalled(leastTaken)) {
                    stalled.add(stream);
                }
                return true;
            });
        } catch (Http2Exception e) {
            throw new IllegalStateException("visiting streams does not fail", e);
        }
        return stalled;
    }

    /** The client will open no more streams. */
    void closeWhenIdle() {
        if (state == State.CLOSING) {
            return;
        }
        state = State.LEAVING;
        if (streams() == 0) {
            close();
        }
    }

    /** RFC 9113 §6.8: first warns, so that requests on their way are still served, and names the last stream a round trip later. */
    void drain() {
        if (state != State.OPEN) {
            return;
        }
        state = State.WARNING;
        handler.sayGoAway(Integer.MAX_VALUE, Http2Error.NO_ERROR);
        handler.encoder().writePing(ctx, false, DRAIN_PING, ctx.newPromise());
        closing.set(ROUND_TRIP_NANOS);
        handler.flushSoon();
    }

    void pingAnswered(long data) {
        if (data == DRAIN_PING && state == State.WARNING) {
            closing.cancel();
            refuseNewStreams();
        }
    }

    private void refuseNewStreams() {
        handler.sayGoAway(handler.connection().remote().lastStreamCreated(), Http2Error.NO_ERROR);
        handler.flushSoon();
        closeWhenIdle();
    }

    private void closingTooLong() {
        if (state == State.WARNING) {
            refuseNewStreams();
        } else {
            ctx.close();
        }
    }

    /** Says goodbye and closes, whatever still runs. */
    void end(Http2Error error) {
        if (state != State.CLOSING) {
            handler.sayGoAway(handler.connection().remote().lastStreamCreated(), error);
            close();
        }
    }

    private void close() {
        state = State.CLOSING;
        quiet.cancel();
        closing.set(TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS));
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> ctx.close());
    }
}
