package io.portward.server.demo;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.portward.core.connection.StartException;
import io.portward.core.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A small server on a loopback port that the kernel chose. Threading: connections live on the transport's event loops. Ownership: whoever
 * starts it closes it, before the transport.
 */
public final class DemoOrigin implements AutoCloseable {

    /** RFC 9051 §4 has no limit for a command line; no client needs more for a greeting. */
    private static final int MAX_COMMAND_BYTES = 8192;

    private final Channel listener;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    private DemoOrigin(Transport transport, Consumer<ChannelPipeline> handlers) throws StartException {
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connections.add(channel);
                        handlers.accept(channel.pipeline());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new StartException(
                    "the demo's own server cannot listen: " + bound.cause().getMessage(), bound.cause());
        }
        listener = bound.channel();
    }

    /** Shows requests, streams bytes, answers slowly. */
    public static DemoOrigin web(Transport transport) throws StartException {
        return new DemoOrigin(
                transport,
                pipeline -> pipeline.addLast(new HttpServerCodec())
                        .addLast(new HttpServerKeepAliveHandler())
                        .addLast(new DemoWebHandler()));
    }

    /** Greets like an IMAP server. */
    public static DemoOrigin mail(Transport transport) throws StartException {
        return new DemoOrigin(
                transport,
                pipeline -> pipeline.addLast(new LineBasedFrameDecoder(MAX_COMMAND_BYTES))
                        .addLast(new StringDecoder(StandardCharsets.UTF_8))
                        .addLast(new StringEncoder(StandardCharsets.UTF_8))
                        .addLast(new DemoMailHandler()));
    }

    /** The port the kernel chose. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
    }
}
