package io.portward.core.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.portward.config.model.PortConfig;
import io.portward.config.model.UnknownNames;
import io.portward.core.exchange.ClientConnection;
import io.portward.core.exchange.HttpService;
import io.portward.core.http1.Http1Connection;
import io.portward.core.http1.RedirectHandler;
import io.portward.core.http2.Http2FrontEnd;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.tcp.TcpFrontEnd;
import io.portward.core.tls.CertificateStore;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.ByteCounter;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.DrainEvent;
import io.portward.core.upstream.BackendPool;
import java.util.HexFormat;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides, when the handshake is over, what speaks next: by the port's protocol and the ALPN name agreed on.
 *
 * <p>Threading: the channel's event loop.
 */
final class ProtocolSelector implements TlsHandler.Listener {

    /** Enough of a path to recognise whose wrong URL or health check it is. */
    private static final int LOGGED_REQUEST_LINE = 80;

    private final Listener listener;
    private final ConnectionInfo connection;

    ProtocolSelector(Listener listener, ConnectionInfo connection) {
        this.listener = listener;
        this.connection = connection;
    }

    @Override
    public void hello(@Nullable String serverName, Supplier<String> ja4) {
        ConnectionTrace trace = connection.trace();
        if (trace != null) {
            trace.hello(serverName, ja4.get());
        }
    }

    /** Throws nothing: without a front end nobody would ever close the connection. */
    @Override
    public void established(ChannelHandlerContext tls, TlsInfo info, long nanos) {
        try {
            listener.observer().handshakeFinished(info, nanos);
        } catch (RuntimeException e) {
            // Whether it was counted before it failed cannot be known; one or the other it has to be.
            listener.faults().add(e);
            tell(HandshakeFailure.INTERNAL, e.toString());
            TlsHandler.cut(tls.channel());
            return;
        }
        if (connection.trace() != null) {
            connection.trace().handshakeFinished(info, nanos);
        }
        try {
            addFrontEnd(tls, info);
        } catch (RuntimeException e) {
            listener.faults().add(e);
            TlsHandler.cut(tls.channel());
        }
    }

    private void addFrontEnd(ChannelHandlerContext tls, TlsInfo info) {
        Channel channel = tls.channel();
        DeadlineWheel deadlines = listener.transport().deadlines(channel);
        if (listener.http() != null) {
            addHttp(channel, listener.http(), info, deadlines);
        } else {
            addTcp(channel, info, deadlines);
        }
        if (channel.pipeline().last() instanceof TlsHandler && channel.isActive()) {
            // Netty removes a handler that fails while it is added, and tells it to the handlers behind.
            throw new IllegalStateException("no front end");
        }
        if (listener.connections().isDraining()) {
            tls.fireUserEventTriggered(DrainEvent.INSTANCE);
        }
    }

    private void addHttp(Channel channel, HttpService http, TlsInfo info, DeadlineWheel deadlines) {
        ClientConnection client = http.client(channel, connection, info, hosts(info.serverName()));
        if (AlpnNames.HTTP2.equals(info.alpn())) {
            Http2FrontEnd.addTo(channel.pipeline(), http, client, deadlines);
        } else {
            Http1Connection.addTo(channel.pipeline(), http, client, deadlines);
        }
    }

    /** Where unknown names are rejected, a name that is known must not be the way to the others either. */
    private Predicate<String> hosts(@Nullable String serverName) {
        CertificateStore certificates = listener.certificates();
        boolean bound = listener.port().tls().unknownNames() == UnknownNames.REJECT;
        Predicate<String> hosts = bound && serverName != null && certificates != null
                ? host -> certificates.covers(serverName, host)
                : host -> true;
        // A browser takes this connection for every name of the certificate (RFC 9113 §9.1.1) until 421 sends it to the
        // right one.
        return listener.port().passthrough().isEmpty()
                ? hosts
                : hosts.and(host -> listener.names().passthrough(host) == null);
    }

    private void addTcp(Channel channel, TlsInfo info, DeadlineWheel deadlines) {
        String backend =
                Objects.requireNonNull(listener.names().backend(info.serverName()), "names without are refused");
        addTcp(channel, backend, info, deadlines);
    }

    private void addTcp(Channel channel, String backend, TlsInfo info, DeadlineWheel deadlines) {
        PortConfig port = listener.port();
        BackendPool pool = listener.backends().pool(backend, channel);
        channel.pipeline()
                .addLast(new TcpFrontEnd(
                        pool,
                        connection,
                        info,
                        deadlines,
                        pool.timeoutsFrom(port).tcpIdle(),
                        listener.faults()));
    }

    /** Counted as soon as it is decided, whether the backend can be reached or not. */
    @Override
    public void passThrough(ChannelHandlerContext tls, String backend, String serverName, ByteBuf bytes) {
        PortObserver observer = listener.observer();
        ChannelPipeline pipeline = tls.pipeline();
        boolean handedOn = false;
        try {
            observer.passedThrough(backend);
            // These bytes were counted when they were read.
            pipeline.addLast(new ByteCounter(observer::bytesIn, observer::bytesOut));
            DeadlineWheel deadlines = listener.transport().deadlines(tls.channel());
            addTcp(tls.channel(), backend, TlsInfo.passedThrough(serverName), deadlines);
            if (pipeline.context(TcpFrontEnd.class) == null && tls.channel().isActive()) {
                // Netty removes a handler that fails while it is added, and tells it to the handlers behind.
                throw new IllegalStateException("no front end");
            }
            ChannelHandlerContext counter = pipeline.context(ByteCounter.class);
            pipeline.remove(TlsHandler.class);
            handedOn = true;
            counter.fireChannelRead(bytes);
        } catch (RuntimeException e) {
            listener.faults().add(e);
            if (!handedOn) {
                bytes.release();
            }
            tls.channel().close();
        }
    }

    /** The request is answered with where to go instead; the mistake is counted before the answer leaves. */
    @Override
    public void plainHttp(ChannelHandlerContext tls, ByteBuf bytes) {
        PortObserver observer = listener.observer();
        observer.handshakeFailed(HandshakeFailure.PLAIN_HTTP, connection, "plain HTTP: " + requestLine(bytes));
        ChannelPipeline pipeline = tls.pipeline();
        if (listener.http() == null) {
            bytes.release();
            tls.close();
            return;
        }
        // These bytes were counted when they were read.
        pipeline.addLast(new ByteCounter(observer::bytesIn, observer::bytesOut));
        RedirectHandler.addTo(
                pipeline,
                connection,
                true,
                listener.limits(),
                observer,
                listener.transport().deadlines(tls.channel()),
                listener.port().tls().handshakeTimeout());
        ChannelHandlerContext counter = pipeline.context(ByteCounter.class);
        pipeline.remove(TlsHandler.class);
        counter.fireChannelRead(bytes);
        counter.fireChannelReadComplete();
    }

    /** Method and target as far as they have come: bounded, and nothing but printable ASCII, since it is for the log. */
    private static String requestLine(ByteBuf bytes) {
        StringBuilder line = new StringBuilder();
        boolean inTarget = false;
        for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
            int c = bytes.getUnsignedByte(i);
            if (c == '\r' || c == '\n' || (c == ' ' && inTarget)) {
                break;
            }
            if (line.length() >= LOGGED_REQUEST_LINE) {
                return line.append("...").toString();
            }
            inTarget |= c == ' ';
            if (c < ' ' || c > '~') {
                line.append("\\x").append(HexFormat.of().toHexDigits((byte) c));
            } else {
                line.append((char) c);
            }
        }
        return line.toString().strip();
    }

    @Override
    public void failed(ChannelHandlerContext tls, HandshakeFailure reason, String detail) {
        if (reason == HandshakeFailure.INTERNAL) {
            listener.faults().add(new IllegalStateException(detail));
        }
        tell(reason, detail);
    }

    private void tell(HandshakeFailure reason, String detail) {
        try {
            listener.observer().handshakeFailed(reason, connection, detail);
        } catch (RuntimeException e) {
            listener.faults().add(e);
        }
    }
}
