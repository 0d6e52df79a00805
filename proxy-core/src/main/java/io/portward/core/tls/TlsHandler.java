package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.portward.config.model.UnknownNames;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.tls.TlsSession.Outcome;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.InputClosed;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The TLS layer of an accepted connection, from its first byte to its last: reads the ClientHello, picks the certificate, shakes hands,
 * then opens and seals records.
 *
 * <p>Reads encrypted {@link ByteBuf}s, fires decrypted ones; fires {@link InputClosed} when the client has said its last byte. Writes
 * accept {@link ByteBuf}s, are sealed on flush, and complete when their record has reached the socket. Exactly one of
 * {@link Listener#established}, {@link Listener#plainHttp} and {@link Listener#failed} is called for each connection.
 *
 * <p>Unlike Netty's handler it lets the two directions of a connection close independently: after the client's close_notify the rest of
 * the answer is still delivered (RFC 8446 §6.1).
 *
 * <p>Threading: the channel's event loop. Ownership: frees the native session when the channel goes or the handler is removed.
 */
public final class TlsHandler extends ChannelDuplexHandler {

    /** Told how the handshake ended. Called on the event loop. */
    public interface Listener {

        void established(ChannelHandlerContext tls, TlsInfo info, long nanos);

        /** The client speaks HTTP in plain text; the receiver owns {@code bytes} and answers in place of this handler. */
        void plainHttp(ChannelHandlerContext tls, ByteBuf bytes);

        /** The connection is being closed. {@code detail} is for logs. */
        void failed(ChannelHandlerContext tls, HandshakeFailure reason, String detail);
    }

    private enum Phase {
        HELLO,
        HANDSHAKE,
        OPEN,
        OVER
    }

    /** Room beside the plaintext for header, content type, tag and explicit nonce of one record (RFC 5246 §6.2.3.3, RFC 8446 §5.2). */
    private static final int RECORD_OVERHEAD = 64;

    /** A certificate chain with a post-quantum key share fits; longer flights take a second turn. */
    private static final int FLIGHT_BYTES = 8 * 1024;

    /** How long the last bytes may take to leave before the socket is closed under them. */
    private static final long CLOSE_NANOS = 5_000_000_000L;

    private final TlsContext context;
    private final Supplier<CertificateStore> certificates;
    private final UnknownNames unknownNames;
    private final PortObserver observer;
    private final Listener listener;
    private final Deadline handshakeDeadline;

    private Phase phase = Phase.HELLO;
    private @Nullable ClientHelloReader helloReader = new ClientHelloReader();
    private @Nullable ClientHello hello;
    private @Nullable TlsSession session;
    private @Nullable PlaintextQueue plaintext;
    private long helloNanos;
    private boolean inputClosed;
    /** Completes when close_notify has reached the socket; null until it is said. */
    private @Nullable ChannelFuture goodbye;

    /** @param handshakeDeadline running since the accept; this handler cancels it and answers its expiry with {@link #timedOut} */
    public TlsHandler(
            TlsContext context,
            Supplier<CertificateStore> certificates,
            UnknownNames unknownNames,
            PortObserver observer,
            Listener listener,
            Deadline handshakeDeadline) {
        this.context = context;
        this.certificates = certificates;
        this.unknownNames = unknownNames;
        this.observer = observer;
        this.listener = listener;
        this.handshakeDeadline = handshakeDeadline;
    }

    // Reading.

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        observer.bytesIn(in.readableBytes());
        switch (phase) {
            case HELLO -> readHello(ctx, in);
            case HANDSHAKE, OPEN -> feed(ctx, in);
            case OVER -> in.release();
        }
    }

    private void readHello(ChannelHandlerContext ctx, ByteBuf in) {
        ClientHelloReader reader = helloReader;
        assert reader != null : "phase HELLO";
        if (reader.isEmpty()) {
            helloNanos = System.nanoTime();
        }
        switch (reader.add(ctx.alloc(), in)) {
            case INCOMPLETE -> {
                // The handshake deadline bounds the wait.
            }
            case COMPLETE -> start(ctx, reader);
            case PLAIN_HTTP -> {
                phase = Phase.OVER;
                handshakeDeadline.cancel();
                listener.plainHttp(ctx, reader.takeBytes());
            }
            case NOT_TLS -> fail(ctx, HandshakeFailure.NOT_TLS, "first bytes are not TLS");
            case SSL2 -> refuse(ctx, Alert.PROTOCOL_VERSION, HandshakeFailure.NO_SHARED_VERSION, "SSL 2 hello");
            case ALERT -> fail(ctx, HandshakeFailure.CLIENT_CLOSED, "alert before any hello");
            case MALFORMED -> refuse(ctx, Alert.DECODE_ERROR, HandshakeFailure.MALFORMED, "broken ClientHello");
        }
    }

    private void start(ChannelHandlerContext ctx, ClientHelloReader reader) {
        ClientHello parsed = reader.hello();
        hello = parsed;
        if (!parsed.alpn().isEmpty()
                && !context.alpn().isEmpty()
                && context.alpn().stream().noneMatch(parsed.alpn()::contains)) {
            refuse(ctx, Alert.NO_APPLICATION_PROTOCOL, HandshakeFailure.NO_SHARED_ALPN, "offered " + parsed.alpn());
            return;
        }
        CertificateStore store = certificates.get();
        String name = parsed.serverName();
        CertificateStore.Choice choice = name == null ? null : store.find(name);
        if (choice == null && unknownNames == UnknownNames.REJECT) {
            HandshakeFailure reason = name == null ? HandshakeFailure.NO_SNI : HandshakeFailure.UNKNOWN_SNI;
            refuse(ctx, Alert.UNRECOGNIZED_NAME, reason, name == null ? "no server name" : "server name " + name);
            return;
        }
        choice = choice == null ? store.fallback() : choice;
        if (choice == null) {
            refuse(ctx, Alert.INTERNAL_ERROR, HandshakeFailure.INTERNAL, "no certificate loaded");
            return;
        }
        TlsSession started = new TlsSession(context);
        session = started;
        choice.presentTo(started);
        phase = Phase.HANDSHAKE;
        helloReader = null;
        feed(ctx, reader.takeBytes());
    }

    /** Takes ownership of {@code in}. */
    private void feed(ChannelHandlerContext ctx, ByteBuf in) {
        ByteBuf input = direct(ctx, in);
        try {
            if (phase == Phase.HANDSHAKE && !shakeHands(ctx, input)) {
                return;
            }
            if (phase == Phase.OPEN && !inputClosed && input.isReadable()) {
                decrypt(ctx, input);
            }
        } finally {
            input.release();
        }
    }

    private static ByteBuf direct(ChannelHandlerContext ctx, ByteBuf buffer) {
        if (buffer.hasMemoryAddress()) {
            return buffer;
        }
        ByteBuf copy = ctx.alloc().directBuffer(buffer.readableBytes());
        copy.writeBytes(buffer);
        buffer.release();
        return copy;
    }

    /** @return whether the handshake is finished */
    private boolean shakeHands(ChannelHandlerContext ctx, ByteBuf input) {
        TlsSession tls = session;
        ClientHello offered = hello;
        assert tls != null && offered != null : "phase HANDSHAKE";
        while (true) {
            tls.offerInput(input);
            Outcome outcome = tls.handshake();
            tls.reclaimInput(input);
            String error = outcome == Outcome.FAILED ? tls.takeError() : "";
            if (tls.hasPendingOutput()) {
                outcome = writeFlight(ctx, tls, outcome);
                error = outcome == Outcome.FAILED && error.isEmpty() ? tls.takeError() : error;
            }
            switch (outcome) {
                case DONE -> {
                    finish(ctx, tls, offered);
                    return phase == Phase.OPEN;
                }
                case FAILED, CLOSED -> {
                    ctx.flush();
                    fail(
                            ctx,
                            outcome == Outcome.CLOSED
                                    ? HandshakeFailure.CLIENT_CLOSED
                                    : HandshakeFailures.classify(error, offered),
                            error);
                    return false;
                }
                default -> {
                    if (!input.isReadable()) {
                        ctx.flush();
                        return false;
                    }
                }
            }
        }
    }

    /** Writes what waits, and lets a flight that did not fit go on. */
    private Outcome writeFlight(ChannelHandlerContext ctx, TlsSession tls, Outcome before) {
        Outcome outcome = before;
        do {
            ByteBuf flight = ctx.alloc().directBuffer(FLIGHT_BYTES, FLIGHT_BYTES);
            tls.beginOutput(flight);
            if (outcome == Outcome.WANT_OUTPUT) {
                outcome = tls.handshake();
            }
            tls.endOutput(flight);
            writeSealed(ctx, flight, ctx.voidPromise());
        } while (outcome == Outcome.WANT_OUTPUT);
        return outcome;
    }

    private void finish(ChannelHandlerContext ctx, TlsSession tls, ClientHello offered) {
        phase = Phase.OPEN;
        handshakeDeadline.cancel();
        if (ctx.channel() instanceof EpollSocketChannel channel) {
            // BoringSSL keeps the tickets back until the first write, so nothing acknowledges the client's Finished,
            // and a client with Nagle
            // on holds its request for the 40 ms of a delayed ACK. Measured: 44 ms without, 1.4 ms with.
            channel.config().setTcpQuickAck(true);
        }
        ctx.flush();
        plaintext = new PlaintextQueue(ctx.channel());
        listener.established(ctx, tls.info(offered.serverName()), System.nanoTime() - helloNanos);
        hello = null;
    }

    private void decrypt(ChannelHandlerContext ctx, ByteBuf input) {
        TlsSession tls = session;
        assert tls != null : "phase OPEN";
        ByteBuf opened = null;
        Outcome outcome;
        tls.offerInput(input);
        while (true) {
            if (opened == null) {
                opened = ctx.alloc().directBuffer(Math.max(tls.remainingInput(), 1024));
            }
            outcome = tls.decrypt(opened);
            if (outcome != Outcome.DONE) {
                break;
            }
            if (!opened.isWritable()) {
                // Whoever gets the bytes may write at once, which takes the BIO.
                tls.reclaimInput(input);
                ctx.fireChannelRead(opened);
                opened = null;
                if (tls.isFreed() || phase != Phase.OPEN) {
                    return;
                }
                tls.offerInput(input);
            } else if (tls.remainingInput() == 0) {
                // A partly filled buffer means the record is used up, so with no input left there is nothing to ask
                // for.
                outcome = Outcome.WANT_INPUT;
                break;
            }
        }
        tls.reclaimInput(input);
        if (outcome == Outcome.FAILED) {
            tls.takeError();
        }
        if (opened != null) {
            if (opened.isReadable()) {
                ctx.fireChannelRead(opened);
            } else {
                opened.release();
            }
        }
        afterDecrypt(ctx, tls, outcome);
    }

    private void afterDecrypt(ChannelHandlerContext ctx, TlsSession tls, Outcome outcome) {
        if (tls.isFreed()) {
            return;
        }
        if (tls.hasPendingOutput()) {
            writePending(ctx, tls);
            ctx.flush();
        }
        switch (outcome) {
            case CLOSED -> closeInput(ctx, InputClosed.ORDERLY);
            case FAILED -> {
                phase = Phase.OVER;
                ctx.close();
            }
            default -> {
                // More input to come.
            }
        }
    }

    private void closeInput(ChannelHandlerContext ctx, InputClosed how) {
        if (!inputClosed || how == InputClosed.CUT) {
            inputClosed = true;
            ctx.fireUserEventTriggered(how);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event != ChannelInputShutdownEvent.INSTANCE) {
            ctx.fireUserEventTriggered(event);
        } else if (phase == Phase.OPEN) {
            closeInput(ctx, InputClosed.CUT);
        } else if (phase == Phase.OVER) {
            ctx.close();
        } else {
            fail(ctx, HandshakeFailure.CLIENT_CLOSED, "closed before the handshake was finished");
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (phase == Phase.OPEN) {
            ctx.fireChannelReadComplete();
        }
    }

    // Writing.

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (plaintext == null || goodbye != null || !(message instanceof ByteBuf buffer)) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new ClosedChannelException());
        } else {
            plaintext.add(buffer, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        if (plaintext != null && !plaintext.isEmpty() && goodbye == null) {
            encryptAll(ctx);
        }
        ctx.flush();
    }

    private void encryptAll(ChannelHandlerContext ctx) {
        TlsSession tls = session;
        PlaintextQueue plaintext = this.plaintext;
        assert tls != null && plaintext != null : "phase OPEN";
        while (!plaintext.isEmpty()) {
            ChannelPromise promise = ctx.newPromise();
            ByteBuf clear = plaintext.remove(ctx.alloc(), TlsSession.MAX_PLAINTEXT, promise);
            if (clear == null || !clear.isReadable()) {
                ReferenceCountUtil.release(clear);
                ctx.write(Unpooled.EMPTY_BUFFER, promise);
                continue;
            }
            ByteBuf source = direct(ctx, clear);
            try {
                if (!seal(ctx, tls, source, promise)) {
                    return;
                }
            } finally {
                source.release();
            }
        }
    }

    /** @return false when the connection is broken and being closed */
    private boolean seal(ChannelHandlerContext ctx, TlsSession tls, ByteBuf source, ChannelPromise promise) {
        while (true) {
            int capacity = source.readableBytes() + RECORD_OVERHEAD;
            ByteBuf sealed = ctx.alloc().directBuffer(capacity, capacity);
            tls.beginOutput(sealed);
            Outcome outcome = tls.encrypt(source);
            tls.endOutput(sealed);
            if (outcome == Outcome.DONE) {
                writeSealed(ctx, sealed, promise);
                return true;
            }
            writeSealed(ctx, sealed, ctx.voidPromise());
            if (outcome != Outcome.WANT_OUTPUT) {
                tls.takeError();
                promise.tryFailure(new ClosedChannelException());
                phase = Phase.OVER;
                ctx.close();
                return false;
            }
        }
    }

    private void writePending(ChannelHandlerContext ctx, TlsSession tls) {
        ByteBuf pending = ctx.alloc().directBuffer(FLIGHT_BYTES, FLIGHT_BYTES);
        tls.beginOutput(pending);
        tls.endOutput(pending);
        writeSealed(ctx, pending, ctx.voidPromise());
    }

    private void writeSealed(ChannelHandlerContext ctx, ByteBuf sealed, ChannelPromise promise) {
        observer.bytesOut(sealed.readableBytes());
        ctx.write(sealed, promise);
    }

    // Closing.

    /** Says close_notify, where there is TLS, and FIN after what was written before; reading goes on. From the channel's event loop. */
    public static void closeOutput(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(TlsHandler.class);
        if (ctx != null) {
            ((TlsHandler) ctx.handler()).closeOutput(ctx);
        } else {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(done -> ((SocketChannel) channel).shutdownOutput());
        }
    }

    /** Closes without close_notify, so that the client can tell that what it got is cut short (RFC 8446 §6.1). From the channel's event loop. */
    public static void cut(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(TlsHandler.class);
        if (ctx != null) {
            ((TlsHandler) ctx.handler()).phase = Phase.OVER;
        }
        channel.close();
    }

    private void closeOutput(ChannelHandlerContext ctx) {
        if (phase != Phase.OPEN || goodbye != null) {
            return;
        }
        sayGoodbye(ctx).addListener(done -> ((SocketChannel) ctx.channel()).shutdownOutput());
    }

    /** Seals what is left and close_notify; completes when both have reached the socket. */
    private ChannelFuture sayGoodbye(ChannelHandlerContext ctx) {
        TlsSession tls = session;
        assert tls != null && plaintext != null : "phase OPEN";
        if (!plaintext.isEmpty()) {
            encryptAll(ctx);
        }
        tls.shutdownOutput();
        ByteBuf alert = ctx.alloc().directBuffer(FLIGHT_BYTES, FLIGHT_BYTES);
        tls.beginOutput(alert);
        tls.endOutput(alert);
        observer.bytesOut(alert.readableBytes());
        ChannelFuture said = ctx.writeAndFlush(alert);
        goodbye = said;
        return said;
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (phase != Phase.OPEN || !ctx.channel().isActive()) {
            ctx.close(promise);
            return;
        }
        ChannelFuture said = goodbye == null ? sayGoodbye(ctx) : goodbye;
        if (!said.isDone()) {
            ctx.executor().schedule((Runnable) ctx::close, CLOSE_NANOS, TimeUnit.NANOSECONDS);
        }
        said.addListener(done -> ctx.close(promise));
    }

    /** To be called when the handshake deadline passes. */
    public void timedOut(ChannelHandlerContext ctx) {
        if (phase == Phase.HELLO || phase == Phase.HANDSHAKE) {
            fail(ctx, HandshakeFailure.TIMEOUT, phase == Phase.HELLO ? "no complete ClientHello" : "no Finished");
        }
    }

    /** Ends a connection that is still shaking hands because the process stops; does nothing to others. */
    public void shutDown(ChannelHandlerContext ctx) {
        if (phase == Phase.HELLO || phase == Phase.HANDSHAKE) {
            fail(ctx, HandshakeFailure.SHUTDOWN, "shutting down");
        }
    }

    private void refuse(ChannelHandlerContext ctx, Alert alert, HandshakeFailure reason, String detail) {
        ByteBuf record = alert.record();
        observer.bytesOut(record.readableBytes());
        ctx.writeAndFlush(record).addListener(ChannelFutureListener.CLOSE);
        fail(ctx, reason, detail);
    }

    private void fail(ChannelHandlerContext ctx, HandshakeFailure reason, String detail) {
        phase = Phase.OVER;
        handshakeDeadline.cancel();
        releaseHello();
        listener.failed(ctx, reason, detail);
        ctx.close();
    }

    private void releaseHello() {
        if (helloReader != null) {
            helloReader.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (phase == Phase.OPEN) {
            ctx.fireExceptionCaught(cause);
        } else if (phase == Phase.OVER) {
            ctx.close();
        } else if (cause instanceof IOException) {
            fail(ctx, HandshakeFailure.RESET, "connection reset");
        } else {
            fail(ctx, HandshakeFailure.INTERNAL, cause.toString());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (phase == Phase.HELLO || phase == Phase.HANDSHAKE) {
            fail(ctx, HandshakeFailure.CLIENT_CLOSED, "closed before the handshake was finished");
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        phase = Phase.OVER;
        handshakeDeadline.cancel();
        releaseHello();
        if (plaintext != null) {
            plaintext.releaseAndFailAll(ctx, new ClosedChannelException());
        }
        if (session != null) {
            session.free();
        }
    }
}
