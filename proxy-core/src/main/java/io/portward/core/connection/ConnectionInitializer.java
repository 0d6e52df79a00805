package io.portward.core.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.portward.config.model.AddressRange;
import io.portward.config.model.ProxyHeaders;
import io.portward.core.http1.RedirectHandler;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.proxyprotocol.ProxyHeaderHandler;
import io.portward.core.tls.TlsContext;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.ByteCounter;
import io.portward.core.transport.Deadline;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The front door: counts an accepted connection, checks the cap, and adds the first handlers.
 *
 * <pre>
 *   TLS ports:      TlsHandler → (handshake) → {@link ProtocolSelector} adds the front end
 *   redirect ports: ByteCounter → Http1Codec → RedirectHandler
 *   behind proxies: ProxyHeaderHandler → (header) → one of the above
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
        InetSocketAddress peer = peer(channel);
        ConnectionInfo connection =
                new ConnectionInfo(listener.port(), peer, channel.localAddress(), observer.trace(peer));
        try {
            admit(channel, connection);
        } catch (RuntimeException e) {
            refuse(connection, HandshakeFailure.INTERNAL, e.toString());
            throw e;
        }
    }

    /** Netty would log each one with its trace. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        listener.faults().add(cause);
        ctx.close();
    }

    private void admit(SocketChannel channel, ConnectionInfo connection) {
        if (!listener.connections().add(channel)) {
            boolean stopping = listener.connections().isDraining();
            refuse(
                    connection,
                    stopping ? HandshakeFailure.SHUTDOWN : HandshakeFailure.LIMITED,
                    stopping ? "shutting down" : "connection limit reached");
            channel.close();
        } else if (listener.port().proxyProtocol() == ProxyHeaders.NONE) {
            addProtocol(channel, connection, handshakeDeadline(channel));
        } else {
            expectProxyHeader(channel, connection);
        }
    }

    private void addProtocol(SocketChannel channel, ConnectionInfo connection, Deadline handshake) {
        String refusal = listener.caps().refusal(channel, connection.client().getAddress());
        TlsContext tls = listener.tls();
        if (refusal != null) {
            handshake.cancel();
            refuse(connection, HandshakeFailure.LIMITED, refusal);
            channel.close();
        } else if (tls != null) {
            addTls(channel, connection, tls, handshake);
        } else {
            handshake.cancel();
            addRedirect(channel, connection);
        }
    }

    /** Whoever is not trusted is served as if there were no PROXY protocol, or not at all where it is required. */
    private void expectProxyHeader(SocketChannel channel, ConnectionInfo connection) {
        InetAddress peer = connection.client().getAddress();
        boolean required = listener.port().proxyProtocol() == ProxyHeaders.REQUIRED;
        Deadline handshake = handshakeDeadline(channel);
        if (AddressRange.isIn(peer, listener.trustedProxies())) {
            channel.pipeline()
                    .addLast(new ProxyHeaderHandler(
                            connection,
                            required,
                            listener.observer(),
                            new HeaderListener(channel, connection, handshake)));
        } else if (required) {
            handshake.cancel();
            refuse(connection, HandshakeFailure.BAD_PROXY_HEADER, "the peer is not one of trustedProxies");
            channel.close();
        } else {
            addProtocol(channel, connection, handshake);
        }
    }

    /** Counts what ended before a TLS handshake; there is nothing to count on a redirect port. */
    private void refuse(ConnectionInfo connection, HandshakeFailure reason, String detail) {
        if (listener.tls() != null) {
            listener.observer().handshakeFailed(reason, connection, detail);
        }
    }

    private final class HeaderListener implements ProxyHeaderHandler.Listener {

        private final SocketChannel channel;
        private final ConnectionInfo socket;
        private final Deadline handshake;

        HeaderListener(SocketChannel channel, ConnectionInfo socket, Deadline handshake) {
            this.channel = channel;
            this.socket = socket;
            this.handshake = handshake;
        }

        @Override
        public void admitted(ConnectionInfo connection) {
            addProtocol(channel, connection, handshake);
        }

        @Override
        public void failed(HandshakeFailure reason, String detail) {
            handshake.cancel();
            refuse(socket, reason, detail);
        }
    }

    /** A client that has already reset the connection has no address any more. */
    private static InetSocketAddress peer(SocketChannel channel) {
        InetSocketAddress address = channel.remoteAddress();
        return address == null ? new InetSocketAddress(0) : address;
    }

    private Deadline handshakeDeadline(SocketChannel channel) {
        Deadline handshake = listener.transport().deadlines(channel).create(() -> handshakeTimedOut(channel));
        handshake.set(listener.port().tls().handshakeTimeout().toNanos());
        return handshake;
    }

    private void addTls(SocketChannel channel, ConnectionInfo connection, TlsContext tls, Deadline handshake) {
        channel.pipeline()
                .addLast(new TlsHandler(
                        tls,
                        listener::certificates,
                        listener.names(),
                        listener.observer(),
                        new ProtocolSelector(listener, connection),
                        handshake));
    }

    private static void handshakeTimedOut(Channel channel) {
        ChannelHandlerContext tls = channel.pipeline().context(TlsHandler.class);
        ChannelHandlerContext header = channel.pipeline().context(ProxyHeaderHandler.class);
        if (tls != null) {
            ((TlsHandler) tls.handler()).timedOut(tls);
        } else if (header != null) {
            ((ProxyHeaderHandler) header.handler()).timedOut(header);
        }
    }

    /** Closes at once; one that is still shaking hands is counted as a victim of the shutdown. */
    static void cut(Channel channel) {
        ChannelHandlerContext header = channel.pipeline().context(ProxyHeaderHandler.class);
        if (header != null) {
            ((ProxyHeaderHandler) header.handler()).shutDown(header);
        }
        TlsHandler.cut(channel);
    }

    private void addRedirect(SocketChannel channel, ConnectionInfo connection) {
        PortObserver observer = listener.observer();
        channel.pipeline().addLast(new ByteCounter(observer::bytesIn, observer::bytesOut));
        RedirectHandler.addTo(
                channel.pipeline(),
                connection,
                false,
                listener.limits(),
                observer,
                listener.transport().deadlines(channel),
                listener.port().timeouts().headers());
    }
}
