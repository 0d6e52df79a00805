package io.portward.core.transport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.NettyRuntime;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loops of the process and the channel types that run on them: epoll where it is to be had, NIO elsewhere.
 *
 * <p>Threading: immutable; any thread. Ownership: whoever opens it closes it, after all channels are closed.
 */
public final class Transport {

    private final EventLoopGroup loops;
    private final Map<ThreadAwareExecutor, IoHandler> handlers;
    private final boolean epoll;
    private final AtomicInteger backendConnections = new AtomicInteger();
    private final IdentityHashMap<EventExecutor, DeadlineWheel> wheels = new IdentityHashMap<>();

    private Transport(EventLoopGroup loops, Map<ThreadAwareExecutor, IoHandler> handlers, boolean epoll) {
        this.loops = loops;
        this.handlers = Map.copyOf(handlers);
        this.epoll = epoll;
        loops.forEach(loop -> wheels.put(loop, new DeadlineWheel((EventLoop) loop)));
    }

    /** One event loop for each core: connections never change loops, so more threads would only add switches. */
    public static Transport open() {
        return open(NettyRuntime.availableProcessors());
    }

    public static Transport open(int loopCount) {
        return open(loopCount, Epoll.isAvailable());
    }

    /** What {@link #open} falls back to where there is no epoll: Java's own selectors. */
    public static Transport openPortable(int loopCount) {
        return open(loopCount, false);
    }

    private static Transport open(int loopCount, boolean epoll) {
        IoHandlerFactory factory = epoll ? LastingEpollHandler.newFactory() : NioIoHandler.newFactory();
        Map<ThreadAwareExecutor, IoHandler> handlers = new ConcurrentHashMap<>();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(loopCount, executor -> {
            IoHandler handler = factory.newHandler(executor);
            handlers.put(executor, handler);
            return handler;
        });
        return new Transport(loops, handlers, epoll);
    }

    public EventLoopGroup loops() {
        return loops;
    }

    public boolean isEpoll() {
        return epoll;
    }

    /**
     * A channel to be bound to {@code address}, which for an IPv4 address speaks IPv4 only: epoll's usual kind would take 0.0.0.0 for all
     * addresses of both families.
     */
    public ServerSocketChannel newServerChannel(InetSocketAddress address) {
        if (address.getAddress() instanceof Inet4Address) {
            return epoll
                    ? new EpollServerSocketChannel(SocketProtocolFamily.INET)
                    : new NioServerSocketChannel(SelectorProvider.provider(), SocketProtocolFamily.INET);
        }
        return newServerChannel();
    }

    /** A channel for both families, where the machine has them. */
    public ServerSocketChannel newServerChannel() {
        return epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    }

    public Class<? extends ServerSocketChannel> serverChannel() {
        return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    public Class<? extends SocketChannel> socketChannel() {
        return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    /** How many connections to backends are open: they share the process's descriptors with the clients. */
    public AtomicInteger backendConnections() {
        return backendConnections;
    }

    /** The wheel of the loop that {@code channel} lives on. */
    public DeadlineWheel deadlines(Channel channel) {
        return Objects.requireNonNull(wheels.get(channel.eventLoop()), "channel of another transport");
    }

    /** Closes what is still open, and then ends the loops at once. */
    public Future<?> close() {
        if (!loops.isShuttingDown()) {
            // Netty's own way leaves a hole: told to end between its looks at that and at its tasks, a loop ends with
            // its channels open (4.2.18, 5 times in 1,000), and nobody releases what their handlers hold.
            handlers.forEach((loop, handler) -> loop.execute(handler::prepareToDestroy));
        }
        return loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }
}
