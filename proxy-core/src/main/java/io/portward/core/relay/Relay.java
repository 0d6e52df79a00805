package io.portward.core.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.portward.core.error.Faults;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Joins two channels of one event loop: what one reads the other writes. Each direction ends on its own (half-close); when both have ended, or
 * either channel breaks, or nothing moves for the idle time, both are closed.
 *
 * <p>{@link io.portward.core.transport.DrainEvent} passes it by: knowing no protocol, it cannot tell when a break would do no harm. What is joined
 * is cut when the shutdown's grace is over.
 *
 * <p>Threading: the event loop of both channels. Ownership: closes both channels.
 */
public final class Relay {

    /** Why it is over. */
    public enum End {
        COMPLETE,
        CLIENT_GONE,
        BACKEND_GONE,
        IDLE_TIMEOUT
    }

    private final Channel client;
    private final Channel upstream;
    private final Deadline idle;
    private final long idleNanos;
    private final Faults faults;
    private final Consumer<End> ended;
    private int openDirections = 2;

    private Relay(
            Channel client,
            Channel upstream,
            DeadlineWheel deadlines,
            Duration idleTime,
            Faults faults,
            Consumer<End> ended) {
        this.faults = faults;
        this.ended = ended;
        this.client = client;
        this.upstream = upstream;
        this.idleNanos = idleTime.toNanos();
        this.idle = deadlines.create(this::timedOut);
    }

    /** Adds a handler to the end of each pipeline; both channels must be active and deliver nothing but {@code ByteBuf}s from now on. */
    public static void join(
            Channel client, Channel upstream, DeadlineWheel deadlines, Duration idleTime, Faults faults) {
        join(client, upstream, deadlines, idleTime, faults, end -> {});
    }

    /** @param ended told once or several times why it is over; the first is the cause */
    public static void join(
            Channel client,
            Channel upstream,
            DeadlineWheel deadlines,
            Duration idleTime,
            Faults faults,
            Consumer<End> ended) {
        Relay relay = new Relay(client, upstream, deadlines, idleTime, faults, ended);
        client.pipeline().addLast(new RelayHandler(relay, upstream));
        upstream.pipeline().addLast(new RelayHandler(relay, client));
        relay.moved();
        if (!client.isActive() || !upstream.isActive()) {
            relay.close();
        }
    }

    /** Something was read or written. */
    void moved() {
        idle.set(idleNanos);
    }

    /** {@code from} will deliver nothing more: its peer is told so, after everything that is on its way. */
    void inputEnded(Channel to) {
        openDirections--;
        if (openDirections == 0) {
            ended.accept(End.COMPLETE);
            closeAfterFlush(client);
            closeAfterFlush(upstream);
            // A peer that does not take the rest is not waited for longer than an idle one.
            moved();
        } else {
            closeOutput(to);
        }
    }

    private static void closeOutput(Channel channel) {
        if (channel.pipeline().get(SslHandler.class) == null) {
            TlsHandler.closeOutput(channel);
        } else {
            // Netty's TLS, which servers are spoken to with, ends both directions at once.
            closeAfterFlush(channel);
        }
    }

    /**
     * The peer of {@code other} is gone: what it said before is still delivered, within the idle time.
     *
     * @param complete whether the peer had ended its side in an orderly way; if not, a TLS client is not told close_notify, so that it can
     *     see that something is missing
     */
    void closed(Channel other, boolean complete) {
        ended.accept(complete ? End.COMPLETE : isClient(other) ? End.BACKEND_GONE : End.CLIENT_GONE);
        if (!other.isActive()) {
            idle.cancel();
            return;
        }
        moved();
        if (complete) {
            closeAfterFlush(other);
        } else {
            other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> TlsHandler.cut(other));
        }
    }

    @SuppressWarnings("ReferenceEquality") // a channel is one object
    private boolean isClient(Channel channel) {
        return channel == client;
    }

    private void timedOut() {
        ended.accept(End.IDLE_TIMEOUT);
        close();
    }

    private static void closeAfterFlush(Channel channel) {
        if (channel.isActive()) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.close());
        }
    }

    /** Something threw on either side. */
    void failed(Throwable cause) {
        faults.addUnlessIo(cause);
    }

    void close() {
        idle.cancel();
        client.close();
        upstream.close();
    }
}
