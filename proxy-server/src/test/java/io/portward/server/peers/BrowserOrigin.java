package io.portward.server.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the files of a page, a WebSocket at {@code /socket} that sends back what it gets, and {@code /hold}, which is answered once the
 * page has said {@code finished} over the WebSocket: so the page's load event waits for that.
 */
final class BrowserOrigin implements AutoCloseable {

    private static final int MAX_FRAME = 1 << 20;

    /** Type and text of a file. */
    record Resource(String type, String text) {}

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ExecutorService waiting = Executors.newSingleThreadExecutor();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Map<String, Resource> resources;
    private final Channel listener;

    BrowserOrigin(Map<String, Resource> resources) {
        this.resources = resources;
        listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(MAX_FRAME),
                                        new WebSocketServerProtocolHandler("/socket", null, true, MAX_FRAME),
                                        new Echo(),
                                        new Pages());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    /** As the configuration wants it. */
    String address() {
        return "127.0.0.1:" + ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private final class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
            if (frame instanceof TextWebSocketFrame text && text.text().equals("finished")) {
                finished.countDown();
            } else {
                ctx.writeAndFlush(frame.retain());
            }
        }
    }

    private final class Pages extends SimpleChannelInboundHandler<FullHttpRequest> {

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            if (request.uri().equals("/hold")) {
                waiting.execute(() -> hold(ctx));
            } else {
                answer(ctx, resources.get(request.uri()));
            }
        }

        private void hold(ChannelHandlerContext ctx) {
            try {
                finished.await();
                answer(ctx, new Resource("text/plain", "no picture"));
            } catch (InterruptedException closed) {
                ctx.close();
            }
        }

        private void answer(ChannelHandlerContext ctx, Resource resource) {
            DefaultFullHttpResponse response = resource == null
                    ? new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_FOUND)
                    : new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.OK,
                            Unpooled.copiedBuffer(resource.text(), StandardCharsets.UTF_8));
            if (resource != null) {
                response.headers().set(HttpHeaderNames.CONTENT_TYPE, resource.type());
            }
            response.headers()
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            ctx.writeAndFlush(response);
        }
    }

    @Override
    public void close() {
        finished.countDown();
        waiting.shutdown();
        listener.close().syncUninterruptibly();
        loops.shutdownGracefully().syncUninterruptibly();
    }
}
