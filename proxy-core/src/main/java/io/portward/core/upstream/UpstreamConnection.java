package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.Transport;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to a server, carrying one request at a time.
 *
 * <p>Reads decoded responses and hands them to the {@link UpstreamListener} of the moment. Whatever arrives while nobody listens is not
 * an answer to anything: the connection is closed.
 *
 * <p>Threading: the event loop it shares with the client's connection.
 */
public final class UpstreamConnection extends ChannelInboundHandlerAdapter implements Upstream {

    /** linux/tcp_states.h: connection up in both directions. */
    private static final int TCP_ESTABLISHED = 1;

    /** Idle for longer, the kernel is asked whether the server has left; a younger one was looked at by the event loop just now. */
    private static final long LOOK_AFTER_NANOS = 500_000_000L;

    private final BackendPool pool;
    private final Server server;
    private final Transport transport;
    private final UpstreamCodec codec;

    /** Set by the initializer, before anybody gets hold of this connection. */
    @SuppressWarnings("NullAway.Init")
    private Channel channel;

    @SuppressWarnings("NullAway.Init")
    private Deadline idleDeadline;

    private @Nullable UpstreamListener listener;
    private Set<Server> excluded = Set.of();
    private boolean busy;
    private boolean reused;
    private boolean requestEnded;
    private boolean responseBegan;
    private boolean responseEnded;
    private boolean informational;
    private boolean keepAlive;
    private boolean outputBroken;
    private boolean closeNotified;
    private long idleSince;

    UpstreamConnection(BackendPool pool, Server server, LimitConfig limits, Transport transport) {
        this.pool = pool;
        this.server = server;
        this.transport = transport;
        this.codec = new UpstreamCodec(limits);
    }

    ChannelHandler initializer() {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel ch) {
                channel = ch;
                idleDeadline = transport.deadlines(ch).create(ch::close);
                // A server may answer and close while a request is still being sent. Writing fails first then, and the
                // answer must be read.
                ch.config().setAutoClose(false);
                ch.pipeline().addLast(codec).addLast(UpstreamConnection.this);
            }
        };
    }

    /**
     * A request has this connection until {@link #end}.
     *
     * @param serversBefore that the request was sent to in vain
     */
    void begin(Set<Server> serversBefore) {
        busy = true;
        excluded = serversBefore;
    }

    private void end() {
        if (busy) {
            busy = false;
            pool.released(server);
        }
    }

    @Override
    public void use(UpstreamListener newListener) {
        listener = newListener;
        requestEnded = false;
        responseBegan = false;
        responseEnded = false;
        informational = false;
        keepAlive = false;
    }

    @Override
    public boolean isReused() {
        return reused;
    }

    @Override
    public boolean isResponseBegun() {
        return responseBegan;
    }

    @Override
    public Set<Server> excluded() {
        return excluded;
    }

    @Override
    public Server server() {
        return server;
    }

    /** A connection that ends tells nothing of what became of the request. */
    @Override
    public boolean isUnprocessed() {
        return false;
    }

    @Override
    public long resetCode() {
        return -1;
    }

    @Override
    public String serverName() {
        return server.name();
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public void write(HttpObject message) {
        requestEnded |= message instanceof LastHttpContent;
        if (message instanceof HttpRequest request) {
            codec.answeringHead(HttpMethod.HEAD.equals(request.method()));
        }
        channel.write(message, channel.voidPromise());
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void pauseResponse(boolean pause) {
        channel.config().setAutoRead(!pause);
    }

    @Override
    public void release() {
        listener = null;
        end();
        boolean reusable = requestEnded && responseEnded && keepAlive && !outputBroken && channel.isActive();
        if (!reusable || !pool.keep(this, server)) {
            channel.close();
            return;
        }
        reused = true;
        idleSince = idleDeadline.set(pool.idleNanos());
        channel.config().setAutoRead(true);
    }

    @Override
    public void leaveHttp() {
        listener = null;
        server.answered();
        // It stays the server's burden until it is closed.
        channel.closeFuture().addListener(closed -> end());
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.pipeline().remove(this);
        channel.pipeline().remove(codec);
    }

    /** @return false when the server has closed it */
    boolean wake() {
        idleDeadline.cancel();
        if (!channel.isActive()) {
            return false;
        }
        if (System.nanoTime() - idleSince > LOOK_AFTER_NANOS && channel instanceof EpollSocketChannel epoll) {
            EpollTcpInfo info = epoll.tcpInfo();
            if (info.state() != TCP_ESTABLISHED) {
                channel.close();
                return false;
            }
        }
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        UpstreamListener current = listener;
        responseBegan = true;
        if (current == null || responseEnded) {
            ReferenceCountUtil.release(message);
            ctx.close();
        } else if (((HttpObject) message).decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            fail(ErrorKind.UPSTREAM_MALFORMED);
        } else if (message instanceof HttpResponse response) {
            head(current, response);
        } else {
            content(current, (HttpContent) message);
        }
    }

    private void head(UpstreamListener current, HttpResponse response) {
        boolean switched = response.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
        informational = !switched && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        keepAlive = !switched && HttpUtil.isKeepAlive(response);
        current.responseHead(response);
    }

    private void content(UpstreamListener current, HttpContent content) {
        if (informational) {
            // The codec ends an interim response like any other.
            content.release();
            return;
        }
        if (content instanceof LastHttpContent && isCut()) {
            content.release();
            fail(ErrorKind.UPSTREAM_UNREACHABLE);
            return;
        }
        responseEnded = content instanceof LastHttpContent;
        if (responseEnded && codec.bytesFollow()) {
            // Whatever it is, it must not be taken for the answer to the next request.
            keepAlive = false;
        }
        if (responseEnded) {
            server.answered();
        }
        current.responseContent(content);
    }

    /** RFC 9112 §9.8: over TLS, a body that ends with the connection is complete only after close_notify; anybody on the way can send FIN. */
    private boolean isCut() {
        return server.tls() != null && !closeNotified && !channel.isActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        closeNotified |= event == SslCloseCompletionEvent.SUCCESS;
    }

    @Override
    public void refuseResponse() {
        fail(ErrorKind.UPSTREAM_MALFORMED);
    }

    private void fail(ErrorKind kind) {
        UpstreamListener current = listener;
        listener = null;
        end();
        channel.close();
        if (current != null) {
            // The server may close a connection that waits; that is no failure of the request which meets it.
            if (responseBegan || !reused) {
                server.answerFailed(kind);
            }
            current.upstreamFailed(kind);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.responseReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (listener != null && ctx.channel().isWritable()) {
            listener.upstreamWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        idleDeadline.cancel();
        if (listener == null) {
            pool.forget(this, server);
        }
        fail(ErrorKind.UPSTREAM_UNREACHABLE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        boolean writing = cause instanceof ChannelOutputShutdownException || cause instanceof ClosedChannelException;
        if (writing && listener != null) {
            // The server takes no more of the request, but may have answered. Reading finds the answer or the end.
            outputBroken = true;
            return;
        }
        fail(cause instanceof IOException ? ErrorKind.UPSTREAM_UNREACHABLE : ErrorKind.UPSTREAM_MALFORMED);
    }
}
