package io.portward.core.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.portward.core.http1.RedirectHandler;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.tls.TlsContext;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.ByteCounter;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import java.net.InetSocketAddress;

/**
 * The front door: counts an accepted connection, checks the cap, and adds the first handlers.
 *
 * <pre>
 *   TLS ports:      TlsHandler → (handshake) → {@link ProtocolSelector} adds the front end
 *   redirect ports: ByteCounter → Http1Codec → RedirectHandler
 * </pre>
 *
 * <p>Threading: the new channel's event loop.
 */
final class ConnectionInitializer extends ChannelInitializer<SocketChannel> {

    private final Listener listener;

    ConnectionInitializer(Listener listener) {
        this.listener = listener;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
        PortObserver observer = listener.observer();
        observer.accepted();
        channel.closeFuture().addListener(closed -> observer.closed());
        ConnectionInfo connection = new ConnectionInfo(listener.port(), peer(channel), channel.localAddress());
        try {
            admit(channel, connection, observer);
        } catch (RuntimeException e) {
            if (listener.tls() != null) {
                observer.handshakeFailed(HandshakeFailure.INTERNAL, connection, e.toString());
            }
            throw e;
        }
    }

    /** Netty would log each one with its trace. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        listener.faults().add(cause);
        ctx.close();
    }

    private void admit(SocketChannel channel, ConnectionInfo connection, PortObserver observer) {
        TlsContext tls = listener.tls();
        if (!listener.connections().add(channel)) {
            if (tls != null) {
                boolean stopping = listener.connections().isDraining();
                observer.handshakeFailed(
                        stopping ? HandshakeFailure.SHUTDOWN : HandshakeFailure.LIMITED,
                        connection,
                        stopping ? "shutting down" : "connection limit reached");
            }
            channel.close();
        } else if (tls != null) {
            addTls(channel, connection, tls);
        } else {
            addRedirect(channel);
        }
    }

    /** A client that has already reset the connection has no address any more. */
    private static InetSocketAddress peer(SocketChannel channel) {
        InetSocketAddress address = channel.remoteAddress();
        return address == null ? new InetSocketAddress(0) : address;
    }

    private void addTls(SocketChannel channel, ConnectionInfo connection, TlsContext tls) {
        DeadlineWheel deadlines = listener.transport().deadlines(channel);
        Deadline handshake = deadlines.create(() -> handshakeTimedOut(channel));
        handshake.set(listener.port().tls().handshakeTimeout().toNanos());
        channel.pipeline()
                .addLast(new TlsHandler(
                        tls,
                        listener::certificates,
                        listener.port().tls().unknownNames(),
                        listener.observer(),
                        new ProtocolSelector(listener, connection),
                        handshake));
    }

    private static void handshakeTimedOut(Channel channel) {
        ChannelHandlerContext tls = channel.pipeline().context(TlsHandler.class);
        if (tls != null) {
            ((TlsHandler) tls.handler()).timedOut(tls);
        }
    }

    /** Closes at once; one that is still shaking hands is counted as a victim of the shutdown. */
    static void cut(Channel channel) {
        ChannelHandlerContext tls = channel.pipeline().context(TlsHandler.class);
        if (tls != null) {
            ((TlsHandler) tls.handler()).shutDown(tls);
        }
        channel.close();
    }

    private void addRedirect(SocketChannel channel) {
        PortObserver observer = listener.observer();
        channel.pipeline().addLast(new ByteCounter(observer::bytesIn, observer::bytesOut));
        RedirectHandler.addTo(
                channel.pipeline(),
                listener.port().to(),
                false,
                listener.limits(),
                observer,
                listener.transport().deadlines(channel),
                listener.port().timeouts().headers());
    }
}
