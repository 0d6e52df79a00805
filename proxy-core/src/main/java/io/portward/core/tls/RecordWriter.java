package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.observe.PortObserver;
import io.portward.core.tls.TlsSession.Outcome;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The outgoing half of a TLS connection: handshake flights, sealed records, alerts.
 *
 * <p>Every write goes straight to the socket's queue, in the order in which BoringSSL made the records. Threading: the channel's event loop.
 * Ownership: takes the buffers given to {@link #add}; borrows the session.
 */
final class RecordWriter {

    /** Room beside the plaintext for header, content type, tag and explicit nonce of one record (RFC 5246 §6.2.3.3, RFC 8446 §5.2). */
    private static final int RECORD_OVERHEAD = 64;

    /** A certificate chain with a post-quantum key share fits; longer flights take a second turn. */
    private static final int FLIGHT_BYTES = 8 * 1024;

    /** A client that takes not one record in this time is not waited for when its connection is to be closed. */
    private static final long CLOSE_NANOS = 5_000_000_000L;

    private final ChannelHandlerContext ctx;
    private final TlsSession session;
    private final PortObserver observer;
    private final PlaintextQueue plaintext;

    RecordWriter(ChannelHandlerContext ctx, TlsSession session, PortObserver observer) {
        this.ctx = ctx;
        this.session = session;
        this.observer = observer;
        this.plaintext = new PlaintextQueue(ctx.channel());
    }

    /** Queues; {@link #sealAll} seals. The promise completes when the last byte has reached the socket. */
    void add(ByteBuf clear, ChannelPromise promise) {
        plaintext.add(clear, promise);
    }

    /** Writes what BoringSSL has waiting, and lets a flight that did not fit go on. */
    Outcome writeFlight(Outcome before) {
        return write(before, session::handshake);
    }

    /** Calls {@code more} as long as it wants room, and writes what it leaves in it. */
    private Outcome write(Outcome before, Supplier<Outcome> more) {
        Outcome outcome = before;
        do {
            ByteBuf flight = ctx.alloc().directBuffer(FLIGHT_BYTES, FLIGHT_BYTES);
            session.beginOutput(flight);
            if (outcome == Outcome.WANT_OUTPUT) {
                outcome = more.get();
            }
            session.endOutput(flight);
            write(flight, ctx.voidPromise());
        } while (outcome == Outcome.WANT_OUTPUT);
        return outcome;
    }

    /** Writes alerts and answers that came up while reading. */
    void writePending() {
        writeFlight(Outcome.DONE);
    }

    /** Writes the session tickets that BoringSSL keeps for the first record; nothing when they have left. */
    void writeTickets() {
        write(Outcome.WANT_OUTPUT, session::sendTickets);
    }

    /** @return false when BoringSSL seals nothing any more, because it has found the connection broken */
    boolean sealAll() {
        while (!plaintext.isEmpty()) {
            ChannelPromise promise = ctx.newPromise();
            ByteBuf clear = plaintext.remove(ctx.alloc(), TlsSession.MAX_PLAINTEXT, promise);
            if (clear == null || !clear.isReadable()) {
                ReferenceCountUtil.release(clear);
                ctx.write(Unpooled.EMPTY_BUFFER, promise);
                continue;
            }
            ByteBuf source = TlsSession.addressable(ctx.alloc(), clear);
            try {
                if (!seal(source, promise)) {
                    promise.tryFailure(new ClosedChannelException());
                    return false;
                }
            } finally {
                source.release();
            }
        }
        return true;
    }

    private boolean seal(ByteBuf source, ChannelPromise promise) {
        while (true) {
            int capacity = source.readableBytes() + RECORD_OVERHEAD;
            ByteBuf sealed = ctx.alloc().directBuffer(capacity, capacity);
            session.beginOutput(sealed);
            Outcome outcome = session.encrypt(source);
            session.endOutput(sealed);
            if (outcome == Outcome.DONE) {
                write(sealed, promise);
                return true;
            }
            // Session tickets leave in front of the first record and can fill the buffer; or it holds an alert.
            write(sealed, ctx.voidPromise());
            if (outcome != Outcome.WANT_OUTPUT) {
                session.takeError();
                return false;
            }
        }
    }

    /** Seals what is left and says close_notify; completes when both have reached the socket. */
    ChannelFuture close() {
        sealAll();
        session.shutdownOutput();
        ByteBuf alert = ctx.alloc().directBuffer(FLIGHT_BYTES, FLIGHT_BYTES);
        session.beginOutput(alert);
        session.endOutput(alert);
        observer.bytesOut(alert.readableBytes());
        return ctx.writeAndFlush(alert);
    }

    /** After {@link #close}: waits for a slow client, but closes under one that has stopped taking what it asked for. */
    void closeWhenStuck() {
        closeUnlessLessThan(waiting());
    }

    private void closeUnlessLessThan(long before) {
        ctx.executor()
                .schedule(
                        () -> {
                            long now = waiting();
                            if (now > 0 && now < before) {
                                closeUnlessLessThan(now);
                            } else {
                                ctx.close();
                            }
                        },
                        CLOSE_NANOS,
                        TimeUnit.NANOSECONDS);
    }

    /** Bytes that the socket has not taken yet. */
    private long waiting() {
        ChannelOutboundBuffer queue = ctx.channel().unsafe().outboundBuffer();
        return queue == null ? 0 : queue.totalPendingWriteBytes();
    }

    private void write(ByteBuf sealed, ChannelPromise promise) {
        observer.bytesOut(sealed.readableBytes());
        ctx.write(sealed, promise);
    }

    void releaseAndFailAll() {
        plaintext.releaseAndFailAll(ctx, new ClosedChannelException());
    }
}
