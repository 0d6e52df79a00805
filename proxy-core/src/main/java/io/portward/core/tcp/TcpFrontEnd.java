package io.portward.core.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.core.error.ErrorKind;
import io.portward.core.error.Faults;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import io.portward.core.proxyprotocol.ProxyHeader;
import io.portward.core.relay.Relay;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.InputClosed;
import io.portward.core.upstream.BackendPool;
import io.portward.core.upstream.Opening;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Connects a connection, decrypted or passed through as it is, to a server of its backend, then leaves both to a {@link Relay}. It connects at once, since in mail the
 * server speaks first; what the client says meanwhile (one read at most) waits here.
 *
 * <p>A shutdown changes nothing here: in the protocols behind these ports either side may speak at any time, so there is no moment at which a
 * connection could be ended without loss, and nobody but its two ends knows when it is done. It lives until they end it or until
 * {@code shutdown.grace} is over, as in nginx and HAProxy.
 *
 * <p>Threading: the channel's event loop. Ownership: buffers it holds are released when the handler goes; removes itself when the relay takes
 * over.
 */
public final class TcpFrontEnd extends ChannelInboundHandlerAdapter implements BackendPool.TcpWaiter, Opening {

    private final BackendPool pool;
    private final ConnectionInfo connection;
    private final TlsInfo tls;
    private final DeadlineWheel deadlines;
    private final Duration idleTime;
    private final Faults faults;
    private final Deque<Object> early = new ArrayDeque<>(2);
    private @Nullable TcpTrace trace;
    private ChannelHandlerContext ctx;
    private boolean gone;

    /** @param idleTime after which a connection on which neither side says anything is closed */
    public TcpFrontEnd(
            BackendPool pool,
            ConnectionInfo connection,
            TlsInfo tls,
            DeadlineWheel deadlines,
            Duration idleTime,
            Faults faults) {
        this.pool = pool;
        this.connection = connection;
        this.tls = tls;
        this.deadlines = deadlines;
        this.idleTime = idleTime;
        this.faults = faults;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        trace = TcpTrace.begin(context, connection, pool.config().name());
        ctx.channel().config().setAutoRead(false);
        pool.connect(ctx.channel().eventLoop(), this, this);
    }

    @Override
    public ChannelHandler handler() {
        return new UpstreamTcpInitializer();
    }

    /** The PROXY header goes before TLS, as with nginx and HAProxy. */
    @Override
    public ByteBuf preface(ByteBufAllocator allocator) {
        return ProxyHeader.encode(allocator, pool.config().proxyProtocol(), connection, tls);
    }

    @Override
    public void connected(Channel upstream, String server) {
        Channel client = ctx.channel();
        if (pool.config().effectiveTls() == null) {
            ByteBuf header = preface(upstream.alloc());
            if (header.isReadable()) {
                upstream.write(header, upstream.voidPromise());
            }
        }
        joinWith(upstream);
        for (Object message = early.poll(); message != null; message = early.poll()) {
            if (message instanceof ByteBuf) {
                ctx.fireChannelRead(message);
            } else {
                ctx.fireUserEventTriggered(message);
            }
        }
        ctx.pipeline().remove(this);
        upstream.flush();
        client.config().setAutoRead(true);
        upstream.config().setAutoRead(true);
    }

    private void joinWith(Channel upstream) {
        TcpTrace told = trace;
        if (told == null) {
            Relay.join(ctx.channel(), upstream, deadlines, idleTime, faults);
        } else {
            told.connected();
            Relay.join(ctx.channel(), upstream, deadlines, idleTime, faults, told::ended);
        }
    }

    @Override
    public void dialling(String server) {
        if (trace != null) {
            trace.dialling(server);
        }
    }

    @Override
    public boolean isOver() {
        return gone;
    }

    @Override
    public void noConnection(ErrorKind why) {
        if (trace != null) {
            trace.failed(why);
        }
        ctx.close();
    }

    @Override
    public @Nullable CharSequence hashed(BalanceConfig balance) {
        return balance.method() == BalanceMethod.HASH_SOURCE
                ? connection.client().getAddress().getHostAddress()
                : null;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        early.add(message);
    }

    /** Kept in order with the bytes: a client may send all it has and close its side before the server is reached. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof InputClosed || event == ChannelInputShutdownEvent.INSTANCE) {
            early.add(event);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone = true;
        releaseEarly();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        faults.addUnlessIo(cause);
        context.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        releaseEarly();
    }

    private void releaseEarly() {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
    }
}
