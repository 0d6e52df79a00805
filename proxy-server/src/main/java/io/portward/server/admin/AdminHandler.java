package io.portward.server.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import io.portward.core.observe.ServerState;
import io.portward.server.metrics.MetricsObserver;
import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one admin connection, one at a time: nothing is read while a scrape runs.
 *
 * <p>Reads HTTP objects and fires none. A request that is broken or has a body is refused and closes the connection.
 */
final class AdminHandler extends SimpleChannelInboundHandler<HttpObject> {

    private static final Logger LOGGER = LoggerFactory.getLogger(AdminHandler.class);
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Supplier<String> metrics;
    private final Supplier<List<ServerState>> servers;
    private final Readiness readiness;
    private final Executor scrapes;
    /** Once the connection is about to close, what still arrives is dropped. */
    private boolean closing;
    /** A scrape is on its way. */
    private boolean busy;
    /** Requests came while one was being answered: they are dropped and the answer says that the connection closes (RFC 9112 §9.3.2). */
    private boolean pipelined;

    AdminHandler(Supplier<String> metrics, Supplier<List<ServerState>> servers, Readiness readiness, Executor scrapes) {
        this.metrics = metrics;
        this.servers = servers;
        this.readiness = readiness;
        this.scrapes = scrapes;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
        if (closing || !(message instanceof HttpRequest request)) {
            return;
        }
        if (busy) {
            pipelined = true;
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        if (request.decoderResult().isFailure()) {
            answer(ctx, HttpResponseStatus.BAD_REQUEST, TEXT, "bad request\n", true, false);
        } else if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            answer(ctx, HttpResponseStatus.METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n", true, false);
        } else if (HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0L) > 0) {
            answer(ctx, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, TEXT, "no body wanted\n", true, false);
        } else {
            route(ctx, path(request.uri()), request.method().equals(HttpMethod.GET), keepAlive);
        }
    }

    private void route(ChannelHandlerContext ctx, String path, boolean withBody, boolean keepAlive) {
        switch (path) {
            case "/metrics" -> scrape(ctx, withBody, keepAlive);
            case "/backends" ->
                answer(
                        ctx,
                        HttpResponseStatus.OK,
                        BackendsPage.CONTENT_TYPE,
                        BackendsPage.of(servers.get()),
                        withBody,
                        keepAlive);
            case "/healthz" -> answer(ctx, HttpResponseStatus.OK, TEXT, "ok\n", withBody, keepAlive);
            case "/readyz" -> {
                Readiness.Stage stage = readiness.stage();
                HttpResponseStatus status =
                        stage == Readiness.Stage.READY ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
                answer(ctx, status, TEXT, stage.text() + "\n", withBody, keepAlive);
            }
            default ->
                answer(
                        ctx,
                        HttpResponseStatus.NOT_FOUND,
                        TEXT,
                        "not found; there are /metrics, /backends, /healthz and /readyz\n",
                        withBody,
                        keepAlive);
        }
    }

    private void scrape(ChannelHandlerContext ctx, boolean withBody, boolean keepAlive) {
        busy = true;
        ctx.channel().config().setAutoRead(false);
        try {
            scrapes.execute(() -> {
                HttpResponseStatus status;
                String type;
                String body;
                try {
                    body = metrics.get();
                    type = MetricsObserver.CONTENT_TYPE;
                    status = HttpResponseStatus.OK;
                } catch (RuntimeException e) {
                    LOGGER.error("/metrics could not be put together", e);
                    body = "internal error, see the log\n";
                    type = TEXT;
                    status = HttpResponseStatus.INTERNAL_SERVER_ERROR;
                }
                scraped(ctx, status, type, body, withBody, keepAlive);
            });
        } catch (RejectedExecutionException e) {
            busy = false;
            ctx.channel().config().setAutoRead(true);
            answer(ctx, HttpResponseStatus.SERVICE_UNAVAILABLE, TEXT, "too many scrapes at once\n", withBody, false);
        }
    }

    private void scraped(
            ChannelHandlerContext ctx,
            HttpResponseStatus status,
            String type,
            String body,
            boolean withBody,
            boolean keepAlive) {
        ctx.executor().execute(() -> {
            busy = false;
            if (!closing) {
                answer(ctx, status, type, body, withBody, keepAlive && !pipelined);
                ctx.channel().config().setAutoRead(true);
            }
        });
    }

    private void answer(
            ChannelHandlerContext ctx,
            HttpResponseStatus status,
            String type,
            String body,
            boolean withBody,
            boolean keepAlive) {
        ByteBuf content = ByteBufUtil.encodeString(ctx.alloc(), CharBuffer.wrap(body), StandardCharsets.UTF_8);
        int length = content.readableBytes();
        if (!withBody) {
            content.clear();
        }
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, length)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        response.headers()
                .set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        if (keepAlive) {
            ctx.writeAndFlush(response);
        } else {
            closing = true;
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause instanceof ReadTimeoutException) {
            LOGGER.debug("admin connection with {} ended: {}", ctx.channel().remoteAddress(), cause.toString());
        } else {
            LOGGER.warn("admin connection with {} failed", ctx.channel().remoteAddress(), cause);
        }
        ctx.close();
    }
}
