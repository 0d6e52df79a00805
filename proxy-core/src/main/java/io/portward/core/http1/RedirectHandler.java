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
import io.portward.core.http.RecordedRequest;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.RequestTarget.PathForm;
import io.portward.core.http.RequestTargets;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import io.portward.core.transport.DrainEvent;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Answers plain HTTP with a redirect to https, one request for each connection; a client that follows goes to another port anyway.
 *
 * <p>ACME's http-01 paths (RFC 8555 §8.3) are never redirected. Threading: the event loop. Ownership: releases what it reads.
 */
public final class RedirectHandler extends ChannelInboundHandlerAdapter {

    private static final String ACME_PREFIX = "/.well-known/acme-challenge/";
    private static final int HTTPS_PORT = 443;

    private final ConnectionInfo connection;
    private final boolean mistake;
    private final LimitConfig limits;
    private final PortObserver observer;
    private final Deadline deadline;
    private final Http1Codec codec;
    private boolean answered;

    private RedirectHandler(
            ConnectionInfo connection,
            boolean mistake,
            LimitConfig limits,
            PortObserver observer,
            Deadline deadline,
            Http1Codec codec) {
        this.connection = connection;
        this.mistake = mistake;
        this.limits = limits;
        this.observer = observer;
        this.deadline = deadline;
        this.codec = codec;
    }

    /**
     * Adds the codec and the handler to the end of {@code pipeline}.
     *
     * @param mistake the port is a TLS port, to which clients are sent back; anything but GET and HEAD gets 400 there, since a body may be secret
     * @param patience from now to a complete request, and to the client's taking the answer
     */
    public static void addTo(
            ChannelPipeline pipeline,
            ConnectionInfo connection,
            boolean mistake,
            LimitConfig limits,
            PortObserver observer,
            DeadlineWheel deadlines,
            Duration patience) {
        Deadline deadline = deadlines.create(() -> pipeline.channel().close());
        deadline.set(patience.toNanos());
        Http1Codec codec = new Http1Codec(limits);
        pipeline.addLast(codec).addLast(new RedirectHandler(connection, mistake, limits, observer, deadline, codec));
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
        ErrorKind problem = FramingGuard.check(request, limits);
        RequestTarget target = problem == null ? RequestTargets.parse(request) : null;
        FullHttpResponse response = problem == null ? respond(request, target) : error(problem);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        codec.answeringHead(HttpMethod.HEAD.equals(request.method()));
        observer.requestFinished(
                TlsInfo.NONE, request.method().name(), response.status().code(), "h1", System.nanoTime() - start);
        tell(request, target, response, System.nanoTime() - start);
        ctx.writeAndFlush(response).addListener(written -> linger(ctx));
    }

    private void tell(HttpRequest request, @Nullable RequestTarget target, FullHttpResponse response, long nanos) {
        ConnectionTrace trace = connection.trace();
        if (trace == null) {
            return;
        }
        String id = response.headers().get(Forwarding.X_REQUEST_ID);
        boolean bodiless = HttpMethod.HEAD.equals(request.method());
        long none = AccessRecord.NO_TIME;
        trace.log()
                .add(new AccessRecord.Request(
                        System.currentTimeMillis(),
                        trace.facts(connection),
                        trace.nextRequest(),
                        RecordedRequest.of(request, target)
                                .facts(id, connection.client().getAddress(), request.method(), "h1"),
                        response.status().code(),
                        new AccessRecord.Outcome(
                                0, bodiless ? 0 : response.content().readableBytes(), null, null, 0, "complete"),
                        new AccessRecord.Phases(none, none, none, none, nanos)));
    }

    /** Closing under a client that still sends would reset the connection, and could take the answer with it (RFC 9112 §9.6). */
    private void linger(ChannelHandlerContext ctx) {
        ((SocketChannel) ctx.channel()).shutdownOutput();
        deadline.set(Lingering.SILENCE_NANOS);
    }

    private FullHttpResponse respond(HttpRequest request, @Nullable RequestTarget target) {
        boolean safe = HttpMethod.GET.equals(request.method()) || HttpMethod.HEAD.equals(request.method());
        if (target == null
                || target.form() == PathForm.BROKEN
                || target.host().isEmpty()
                || !target.uri().startsWith("/")
                || (mistake && !safe)) {
            return error(ErrorKind.MALFORMED_REQUEST);
        }
        return target.path().startsWith(ACME_PREFIX) ? error(ErrorKind.NO_ROUTE) : redirect(target);
    }

    private static FullHttpResponse error(ErrorKind kind) {
        return ErrorReply.of(kind, Forwarding.newId());
    }

    /** 308 keeps the method (RFC 9110 §15.4.9). */
    private FullHttpResponse redirect(RequestTarget target) {
        int httpsPort =
                mistake ? connection.local().getPort() : connection.port().to();
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
