package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.tls.TlsSession.Outcome;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.InputClosed;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The TLS layer of an accepted connection, from its first byte to its last: reads the ClientHello, picks the certificate, shakes hands,
 * then opens and seals records.
 *
 * <p>Reads encrypted {@link ByteBuf}s, fires decrypted ones; fires {@link InputClosed} when the client has said its last byte. Writes
 * accept {@link ByteBuf}s, are sealed on flush, and complete when their record has reached the socket. Exactly one of
 * {@link Listener#established}, {@link Listener#plainHttp}, {@link Listener#passThrough} and {@link Listener#failed} is called for each connection.
 *
 * <p>Unlike Netty's handler it lets the two directions of a connection close independently: after the client's close_notify the rest of
 * the answer is still delivered (RFC 8446 §6.1).
 *
 * <p>Threading: the channel's event loop. Ownership: frees the native session when the channel goes or the handler is removed.
 */
public final class TlsHandler extends ChannelDuplexHandler {

    /** Told how the handshake ended. Called on the event loop. */
    public interface Listener {

        /**
         * The ClientHello is there.
         *
         * @param serverName null without one
         * @param ja4 computes its fingerprint, while this call lasts
         */
        default void hello(@Nullable String serverName, Supplier<String> ja4) {}

        void established(ChannelHandlerContext tls, TlsInfo info, long nanos);

        /** The client speaks HTTP in plain text; the receiver owns {@code bytes} and answers in place of this handler. */
        void plainHttp(ChannelHandlerContext tls, ByteBuf bytes);

        /**
         * The client asks for a name that is terminated elsewhere; the receiver owns {@code bytes}, all that came so far, and relays them in
         * place of this handler.
         */
        void passThrough(ChannelHandlerContext tls, String backend, String serverName, ByteBuf bytes);

        /** The connection is being closed. {@code detail} is for logs. */
        void failed(ChannelHandlerContext tls, HandshakeFailure reason, String detail);
    }

    private enum Phase {
        HELLO,
        HANDSHAKE,
        OPEN,
        OVER
    }

    private static final String TLS13 = "TLSv1.3";

    private final TlsContext context;
    private final Supplier<CertificateStore> certificates;
    private final ServerNames names;
    private final PortObserver observer;
    private final Listener listener;
    private final Deadline handshakeDeadline;

    private Phase phase = Phase.HELLO;
    private @Nullable ClientHelloReader helloReader = new ClientHelloReader();
    private @Nullable ClientHello hello;
    private CertificateStore.@Nullable Choice presented;
    private @Nullable TlsSession session;
    private @Nullable RecordReader reader;
    private @Nullable RecordWriter writer;
    private long helloNanos;
    private boolean inputClosed;
    /** The handshake is over, and nothing has been written since that would bring the tickets. */
    private boolean ticketsWait;
    /** Completes when close_notify has reached the socket; null until it is said. */
    private @Nullable ChannelFuture goodbye;

    /** @param handshakeDeadline running since the accept; this handler cancels it and answers its expiry with {@link #timedOut} */
    public TlsHandler(
            TlsContext context,
            Supplier<CertificateStore> certificates,
            ServerNames names,
            PortObserver observer,
            Listener listener,
            Deadline handshakeDeadline) {
        this.context = context;
        this.certificates = certificates;
        this.names = names;
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
            case ALERT ->
                fail(ctx, HandshakeFailures.alert(reader.alert()), "alert " + reader.alert() + " in place of a hello");
            case MALFORMED -> refuse(ctx, Alert.DECODE_ERROR, HandshakeFailure.MALFORMED, "broken ClientHello");
        }
    }

    private void start(ChannelHandlerContext ctx, ClientHelloReader received) {
        ClientHello parsed = received.hello();
        hello = parsed;
        listener.hello(parsed.serverName(), received::ja4);
        String name = parsed.serverName();
        String passthrough = names.passthrough(name);
        if (passthrough != null && name != null) {
            phase = Phase.OVER;
            handshakeDeadline.cancel();
            listener.passThrough(ctx, passthrough, name, received.takeBytes());
            return;
        }
        if (!context.accepts(parsed.alpn())) {
            refuse(
                    ctx,
                    Alert.NO_APPLICATION_PROTOCOL,
                    HandshakeFailure.NO_SHARED_ALPN,
                    "offered " + parsed.alpnForLog());
            return;
        }
        CertificateStore store = certificates.get();
        CertificateStore.Choice choice = name == null ? null : store.find(name);
        if (names.refuses(name, choice != null)) {
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
        reader = new RecordReader(ctx, started);
        writer = new RecordWriter(ctx, started, observer);
        presented = choice;
        choice.presentTo(started);
        phase = Phase.HANDSHAKE;
        helloReader = null;
        feed(ctx, received.takeBytes());
    }

    /** Takes ownership of {@code in}. */
    private void feed(ChannelHandlerContext ctx, ByteBuf in) {
        ByteBuf input = TlsSession.addressable(ctx.alloc(), in);
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

    /** @return whether the handshake is finished */
    private boolean shakeHands(ChannelHandlerContext ctx, ByteBuf input) {
        TlsSession tls = session;
        RecordWriter out = writer;
        ClientHello offered = hello;
        CertificateStore.Choice choice = presented;
        assert tls != null && out != null && offered != null && choice != null : "phase HANDSHAKE";
        int alert = PlaintextAlert.find(input);
        while (true) {
            tls.offerInput(input);
            Outcome outcome = tls.handshake();
            tls.reclaimInput(input);
            String error = outcome == Outcome.FAILED ? tls.takeError() : "";
            if (tls.hasPendingOutput()) {
                outcome = out.writeFlight(outcome);
                error = outcome == Outcome.FAILED && error.isEmpty() ? tls.takeError() : error;
            }
            if (phase != Phase.HANDSHAKE) {
                // Writing met a reset.
                return false;
            }
            switch (outcome) {
                case DONE -> {
                    finish(ctx, tls, offered);
                    return phase == Phase.OPEN;
                }
                case FAILED, CLOSED -> {
                    ctx.flush();
                    if (outcome == Outcome.CLOSED) {
                        fail(ctx, HandshakeFailure.CLIENT_CLOSED, "close_notify");
                    } else if (alert != PlaintextAlert.NONE) {
                        fail(ctx, HandshakeFailures.alert(alert), "alert " + alert);
                    } else {
                        fail(ctx, HandshakeFailures.classify(error, offered, choice), error);
                    }
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

    private void finish(ChannelHandlerContext ctx, TlsSession tls, ClientHello offered) {
        phase = Phase.OPEN;
        handshakeDeadline.cancel();
        hello = null;
        presented = null;
        TlsInfo info = tls.info(offered.serverName());
        ticketsWait = info.version().equals(TLS13);
        listener.established(ctx, info, System.nanoTime() - helloNanos);
        // Only now, when there are handlers that a failing write can be told to.
        ctx.flush();
    }

    private void decrypt(ChannelHandlerContext ctx, ByteBuf input) {
        TlsSession tls = session;
        RecordReader in = reader;
        assert tls != null && in != null : "phase OPEN";
        Outcome outcome = in.read(input, this::isOpen);
        if (!tls.isFreed()) {
            afterDecrypt(ctx, tls, outcome);
        }
    }

    private boolean isOpen() {
        return phase == Phase.OPEN;
    }

    private void afterDecrypt(ChannelHandlerContext ctx, TlsSession tls, Outcome outcome) {
        RecordWriter out = writer;
        if (tls.hasPendingOutput() && out != null) {
            out.writePending();
            ctx.flush();
        }
        if (outcome == Outcome.CLOSED) {
            closeInput(ctx, InputClosed.ORDERLY);
        } else if (outcome == Outcome.FAILED) {
            phase = Phase.OVER;
            ctx.close();
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
        if (ticketsWait) {
            sendTickets(ctx);
        }
    }

    /**
     * BoringSSL keeps the tickets of TLS 1.3 back until the first write. A client that waits for them, or for our acknowledgement of its Finished
     * before Nagle's algorithm lets its request go, would wait for long.
     */
    private void sendTickets(ChannelHandlerContext ctx) {
        ticketsWait = false;
        RecordReader in = reader;
        RecordWriter out = writer;
        // The answer to a request will bring them.
        boolean asked = in != null && in.hasRead();
        if (!asked && phase == Phase.OPEN && goodbye == null && out != null) {
            out.writeTickets();
            ctx.flush();
        }
    }

    // Writing.

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        RecordWriter out = writer;
        if (phase != Phase.OPEN || goodbye != null || out == null || !(message instanceof ByteBuf buffer)) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new ClosedChannelException());
        } else {
            ticketsWait = false;
            out.add(buffer, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        RecordWriter out = writer;
        if (phase != Phase.OPEN || goodbye != null || out == null || out.sealAll()) {
            ctx.flush();
        } else {
            phase = Phase.OVER;
            ctx.flush();
            ctx.close();
        }
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

    /**
     * Closes without close_notify, so that the client can tell that what it got is cut short (RFC 8446 §6.1); what is still shaking hands fails
     * as a victim of the shutdown. From the channel's event loop.
     */
    public static void cut(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(TlsHandler.class);
        if (ctx != null) {
            ((TlsHandler) ctx.handler()).cut(ctx);
        }
        channel.close();
    }

    private void cut(ChannelHandlerContext ctx) {
        if (phase == Phase.HELLO || phase == Phase.HANDSHAKE) {
            fail(ctx, HandshakeFailure.SHUTDOWN, "shutting down");
        }
        phase = Phase.OVER;
    }

    private void closeOutput(ChannelHandlerContext ctx) {
        if (phase == Phase.OPEN && goodbye == null) {
            sayGoodbye().addListener(done -> ((SocketChannel) ctx.channel()).shutdownOutput());
        }
    }

    private ChannelFuture sayGoodbye() {
        RecordWriter out = writer;
        assert out != null : "phase OPEN";
        ChannelFuture said = goodbye;
        if (said == null) {
            said = out.close();
            goodbye = said;
        }
        return said;
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (phase != Phase.OPEN || !ctx.channel().isActive()) {
            ctx.close(promise);
            return;
        }
        ChannelFuture said = sayGoodbye();
        said.addListener(done -> ctx.close(promise));
        if (!said.isDone() && writer != null) {
            writer.closeWhenStuck();
        }
    }

    /** To be called when the handshake deadline passes. */
    public void timedOut(ChannelHandlerContext ctx) {
        if (phase == Phase.HELLO || phase == Phase.HANDSHAKE) {
            fail(ctx, HandshakeFailure.TIMEOUT, phase == Phase.HELLO ? "no complete ClientHello" : "no Finished");
        }
    }

    private void refuse(ChannelHandlerContext ctx, Alert alert, HandshakeFailure reason, String detail) {
        ByteBuf record = alert.record();
        observer.bytesOut(record.readableBytes());
        ctx.writeAndFlush(record);
        fail(ctx, reason, detail);
    }

    private void fail(ChannelHandlerContext ctx, HandshakeFailure reason, String detail) {
        if (phase == Phase.OVER) {
            // Flushing the alert can meet a reset, which has been told already then.
            return;
        }
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
        if (writer != null) {
            writer.releaseAndFailAll();
        }
        if (session != null) {
            session.free();
        }
    }
}
