package io.portward.core.http1;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.ErrorReply;
import io.portward.core.http.Forwarding;
import io.portward.core.http.FramingGuard;
import io.portward.core.http.HttpDate;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.RequestTarget.PathForm;
import io.portward.core.http.RequestTargets;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.DrainEvent;
import java.time.Duration;
import java.time.Instant;

/**
 * Answers plain HTTP with a redirect to https, one request for each connection; a client that follows goes to another port anyway.
 *
 * <p>ACME's http-01 paths (RFC 8555 §8.3) are never redirected. Threading: the event loop. Ownership: releases what it reads.
 */
public final class RedirectHandler extends ChannelInboundHandlerAdapter {

    private static final String ACME_PREFIX = "/.well-known/acme-challenge/";
    private static final int HTTPS_PORT = 443;

    private final int httpsPort;
    private final boolean onlySafeMethods;
    private final LimitConfig limits;
    private final PortObserver observer;
    private final Deadline deadline;
    private final Http1Codec codec;
    private boolean answered;

    private RedirectHandler(
            int httpsPort,
            boolean onlySafeMethods,
            LimitConfig limits,
            PortObserver observer,
            Deadline deadline,
            Http1Codec codec) {
        this.httpsPort = httpsPort;
        this.onlySafeMethods = onlySafeMethods;
        this.limits = limits;
        this.observer = observer;
        this.deadline = deadline;
        this.codec = codec;
    }

    /**
     * Adds the codec and the handler to the end of {@code pipeline}.
     *
     * @param httpsPort where clients are sent to
     * @param onlySafeMethods answer 400 to anything but GET and HEAD: on a TLS port the request was a mistake, and a body may be secret
     * @param patience from now to a complete request, and to the client's taking the answer
     */
    public static void addTo(
            ChannelPipeline pipeline,
            int httpsPort,
            boolean onlySafeMethods,
            LimitConfig limits,
            PortObserver observer,
            DeadlineWheel deadlines,
            Duration patience) {
        Deadline deadline = deadlines.create(() -> pipeline.channel().close());
        deadline.set(patience.toNanos());
        Http1Codec codec = new Http1Codec(limits);
        pipeline.addLast(codec)
                .addLast(new RedirectHandler(httpsPort, onlySafeMethods, limits, observer, deadline, codec));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!answered && message instanceof HttpRequest request) {
            answered = true;
            answer(ctx, request);
        }
        ReferenceCountUtil.release(message);
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest request) {
        long start = System.nanoTime();
        FullHttpResponse response = respond(request);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        codec.answeringHead(HttpMethod.HEAD.equals(request.method()));
        observer.requestFinished(
                TlsInfo.NONE, request.method().name(), response.status().code(), "h1", System.nanoTime() - start);
        ctx.writeAndFlush(response).addListener(written -> linger(ctx));
    }

    /** Closing under a client that still sends would reset the connection, and could take the answer with it (RFC 9112 §9.6). */
    private void linger(ChannelHandlerContext ctx) {
        ((SocketChannel) ctx.channel()).shutdownOutput();
        deadline.set(Lingering.SILENCE_NANOS);
    }

    private FullHttpResponse respond(HttpRequest request) {
        ErrorKind problem = FramingGuard.check(request, limits);
        RequestTarget target = problem == null ? RequestTargets.parse(request) : null;
        if (problem != null) {
            return error(problem);
        }
        boolean safe = HttpMethod.GET.equals(request.method()) || HttpMethod.HEAD.equals(request.method());
        if (target == null
                || target.form() == PathForm.BROKEN
                || target.host().isEmpty()
                || !target.uri().startsWith("/")
                || (onlySafeMethods && !safe)) {
            return error(ErrorKind.MALFORMED_REQUEST);
        }
        return target.path().startsWith(ACME_PREFIX) ? error(ErrorKind.NO_ROUTE) : redirect(target);
    }

    private static FullHttpResponse error(ErrorKind kind) {
        return ErrorReply.of(kind, Forwarding.newId());
    }

    /** 308 keeps the method (RFC 9110 §15.4.9). */
    private FullHttpResponse redirect(RequestTarget target) {
        String port = httpsPort == HTTPS_PORT ? "" : ":" + httpsPort;
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.PERMANENT_REDIRECT);
        response.headers()
                .set(HttpHeaderNames.DATE, HttpDate.format(Instant.now()))
                .set(HttpHeaderNames.LOCATION, "https://" + target.host() + port + target.uri())
                .set(HttpHeaderNames.CONTENT_LENGTH, 0);
        return response;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            // The answer, if there is one, may still be on its way.
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else if (event == DrainEvent.INSTANCE && !answered) {
            deadline.set(Http1Connection.FIRST_REQUEST_NANOS);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        deadline.cancel();
    }
}
