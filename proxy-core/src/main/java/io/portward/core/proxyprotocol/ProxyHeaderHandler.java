package io.portward.core.proxyprotocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection that may begin with a PROXY header, from a peer that is trusted to send one: learns the client's address, then
 * makes room for the handlers of the port.
 *
 * <p>Exactly one of {@link Listener#admitted} and {@link Listener#failed} is called. Threading: the channel's event loop. Ownership: takes the bytes
 * read; those behind the header go to the handlers added by {@code admitted}.
 */
public final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {

    /** Told how it went. Called on the event loop. */
    public interface Listener {

        /** Adds the port's handlers behind this one. */
        void admitted(ConnectionInfo connection);

        /** The connection is being closed. {@code detail} is for logs. */
        void failed(HandshakeFailure reason, String detail);
    }

    private final ConnectionInfo socket;
    private final boolean required;
    private final PortObserver observer;
    private final Listener listener;
    private @Nullable ByteBuf received;
    private boolean over;

    /**
     * @param socket the connection as it looks without a header
     * @param required whether a connection without one is refused
     */
    public ProxyHeaderHandler(ConnectionInfo socket, boolean required, PortObserver observer, Listener listener) {
        this.socket = socket;
        this.required = required;
        this.observer = observer;
        this.listener = listener;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (over) {
            in.release();
            return;
        }
        ByteBuf all = received == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), received, in);
        received = all;
        ProxyHeaderParser.Result result = ProxyHeaderParser.parse(all);
        switch (result.kind()) {
            case INCOMPLETE -> {
                // The handshake deadline bounds the wait, the parser the size.
            }
            case MALFORMED -> fail(ctx, HandshakeFailure.BAD_PROXY_HEADER, "malformed PROXY header");
            case ABSENT -> {
                if (required) {
                    fail(ctx, HandshakeFailure.BAD_PROXY_HEADER, "no PROXY header");
                } else {
                    admit(ctx, all, socket);
                }
            }
            case HEADER -> {
                observer.bytesIn(result.length());
                all.skipBytes(result.length());
                admit(ctx, all, connection(result.client(), result.local()));
            }
        }
    }

    private ConnectionInfo connection(@Nullable InetSocketAddress client, @Nullable InetSocketAddress local) {
        return client == null || local == null ? socket : socket.proxied(client, local);
    }

    private void admit(ChannelHandlerContext ctx, ByteBuf rest, ConnectionInfo connection) {
        received = null;
        try {
            listener.admitted(connection);
        } catch (RuntimeException e) {
            rest.release();
            throw e;
        }
        over = true;
        if (rest.isReadable()) {
            ctx.fireChannelRead(rest);
        } else {
            rest.release();
        }
        if (!ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    private void fail(ChannelHandlerContext ctx, HandshakeFailure reason, String detail) {
        if (over) {
            return;
        }
        over = true;
        if (received != null) {
            observer.bytesIn(received.readableBytes());
        }
        release();
        listener.failed(reason, detail);
        ctx.close();
    }

    private void release() {
        ReferenceCountUtil.release(received);
        received = null;
    }

    /** To be called when the deadline for the handshake passes. */
    public void timedOut(ChannelHandlerContext ctx) {
        fail(ctx, HandshakeFailure.TIMEOUT, "no complete PROXY header");
    }

    /** The process stops. */
    public void shutDown(ChannelHandlerContext ctx) {
        fail(ctx, HandshakeFailure.SHUTDOWN, "shutting down");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            fail(ctx, HandshakeFailure.CLIENT_CLOSED, "closed before the PROXY header was complete");
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(ctx, HandshakeFailure.CLIENT_CLOSED, "closed before the PROXY header was complete");
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(ctx, cause instanceof IOException ? HandshakeFailure.RESET : HandshakeFailure.INTERNAL, cause.toString());
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        release();
    }
}
