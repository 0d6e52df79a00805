package io.portward.core.http2;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1.1 server that does what the path says. */
final class ScriptedOrigin {

    private final Channel listener;

    /** Every request as its head arrived. */
    final BlockingQueue<HttpRequest> requests = new LinkedBlockingQueue<>();

    /** Connections waiting in {@code /stall} and {@code /never}. */
    final BlockingQueue<Channel> waiting = new LinkedBlockingQueue<>();

    final AtomicInteger closed = new AtomicInteger();

    ScriptedOrigin(Transport transport) {
        listener = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Script());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private final class Script extends ChannelInboundHandlerAdapter {

        private HttpRequest request;
        private long received;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest head) {
                request = head;
                received = 0;
                requests.add(head);
                start(ctx, head);
            } else {
                content(ctx, (HttpContent) message);
            }
        }

        private void start(ChannelHandlerContext ctx, HttpRequest head) {
            switch (path(head)) {
                case "/early" -> {
                    ctx.channel().config().setAutoRead(false);
                    reply(ctx, HttpResponseStatus.OK, "early", Map.of());
                }
                case "/stall" -> {
                    ctx.channel().config().setAutoRead(false);
                    waiting.add(ctx.channel());
                }
                case "/never" -> waiting.add(ctx.channel());
                case "/echo" -> ctx.writeAndFlush(chunked(HttpResponseStatus.OK));
                default -> {
                    // Answered when the request is complete.
                }
            }
        }

        private void content(ChannelHandlerContext ctx, HttpContent content) {
            received += content.content().readableBytes();
            if (path(request).equals("/echo")) {
                echo(ctx, content);
                return;
            }
            ReferenceCountUtil.release(content);
            if (content instanceof LastHttpContent) {
                finish(ctx);
            }
        }

        private void echo(ChannelHandlerContext ctx, HttpContent content) {
            if (content instanceof LastHttpContent last) {
                DefaultLastHttpContent end = new DefaultLastHttpContent(last.content());
                end.trailingHeaders().add(last.trailingHeaders());
                ctx.writeAndFlush(end);
            } else {
                ctx.writeAndFlush(new DefaultHttpContent(content.content()));
            }
        }

        private void finish(ChannelHandlerContext ctx) {
            switch (path(request)) {
                case "/early", "/never" -> {
                    // Said already, or never said.
                }
                case "/nothing" -> reply(ctx, HttpResponseStatus.NO_CONTENT, "", Map.of());
                case "/hints" -> {
                    hint(ctx);
                    reply(ctx, HttpResponseStatus.OK, "after hints", Map.of());
                }
                case "/hinted" -> {
                    hint(ctx);
                    big(ctx, Integer.parseInt(request.uri().substring("/hinted?".length())));
                }
                case "/trailers" -> {
                    ctx.write(chunked(HttpResponseStatus.OK));
                    ctx.write(new DefaultHttpContent(ByteBufUtil.writeAscii(ctx.alloc(), "body")));
                    DefaultLastHttpContent last = new DefaultLastHttpContent();
                    last.trailingHeaders().set("X-Sum", "42");
                    ctx.writeAndFlush(last);
                }
                case "/cut" -> {
                    ctx.write(chunked(HttpResponseStatus.OK));
                    ctx.writeAndFlush(new DefaultHttpContent(ByteBufUtil.writeAscii(ctx.alloc(), "half")))
                            .addListener(written -> ctx.close());
                }
                case "/big" -> big(ctx, Integer.parseInt(request.uri().substring("/big?".length())));
                default ->
                    reply(
                            ctx,
                            HttpResponseStatus.OK,
                            "got " + received,
                            Map.of("X-Upper", "Yes", "Connection", "x-hop", "X-Hop", "1"));
            }
        }

        private void hint(ChannelHandlerContext ctx) {
            HttpResponse hints = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.EARLY_HINTS);
            hints.headers().set("Link", "</a.css>; rel=preload");
            ctx.write(hints);
            ctx.write(LastHttpContent.EMPTY_LAST_CONTENT);
        }

        private void big(ChannelHandlerContext ctx, int size) {
            ByteBuf body = ctx.alloc().buffer(size).writeZero(size);
            DefaultFullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, size);
            ctx.writeAndFlush(response);
        }

        private void reply(
                ChannelHandlerContext ctx, HttpResponseStatus status, String text, Map<String, String> headers) {
            ByteBuf body = HttpMethod.HEAD.equals(request.method())
                    ? ctx.alloc().buffer(0)
                    : ByteBufUtil.writeAscii(ctx.alloc(), text);
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
            if (!status.equals(HttpResponseStatus.NO_CONTENT)) {
                response.headers().set(HttpHeaderNames.CONTENT_LENGTH, text.length());
            }
            headers.forEach((name, value) -> response.headers().set(name, value));
            ctx.writeAndFlush(response);
        }

        private static HttpResponse chunked(HttpResponseStatus status) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
            HttpUtil.setTransferEncodingChunked(response, true);
            return response;
        }

        private static String path(HttpRequest request) {
            int query = request.uri().indexOf('?');
            return query < 0 ? request.uri() : request.uri().substring(0, query);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            closed.incrementAndGet();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
