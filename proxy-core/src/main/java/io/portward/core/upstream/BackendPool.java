package io.portward.core.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.resolver.AddressResolverGroup;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one backend: which server is next, a new connection to it, or an idle one that waits.
 *
 * <p>Threading: one event loop. Ownership: a connection handed out belongs to the receiver until {@link UpstreamConnection#release}.
 */
public final class BackendPool {

    /** Gets a connection, or learns that no server could be reached. */
    public interface Waiter {

        void connected(Channel channel, String server);

        void unreachable();
    }

    /** Gets an HTTP connection, new or idle. */
    public interface HttpWaiter {

        void acquired(UpstreamConnection connection);

        void unreachable();
    }

    /**
     * For each server and loop; beyond it connections are closed after use. Ten HTTP/2 clients have a thousand requests in flight at once; closing
     * after each burst what it opened cost twice the CPU of keeping it (46 against 23 µs a request).
     */
    private static final int MAX_IDLE = 1024;

    /** Under the keep-alive limits that common servers close at (nginx 75 s, Apache's 5 s is caught by the look before reuse). */
    static final long IDLE_NANOS = 30_000_000_000L;

    /** A response is relayed in chunks of what one read brought: 64 KiB bodies took 168 µs with small reads and 66 to 88 µs with these. */
    private static final int MAX_READ = 128 * 1024;

    /** One read may be queued for a slow client before reading stops, and it resumes when half is gone. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 128 * 1024);

    private final BackendConfig config;
    private final TimeoutConfig timeoutsOfFile;
    private final LimitConfig limits;
    private final Transport transport;
    private final AddressResolverGroup<InetSocketAddress> resolver;
    private final WeightedRoundRobin turns;
    private final Map<Server, Deque<UpstreamConnection>> idle = new IdentityHashMap<>();

    BackendPool(
            BackendConfig config,
            TimeoutConfig timeoutsOfFile,
            List<Server> servers,
            LimitConfig limits,
            Transport transport,
            AddressResolverGroup<InetSocketAddress> resolver) {
        this.config = config;
        this.timeoutsOfFile = timeoutsOfFile;
        this.limits = limits;
        this.transport = transport;
        this.resolver = resolver;
        this.turns = new WeightedRoundRobin(servers);
        servers.forEach(server -> idle.put(server, new ArrayDeque<>()));
    }

    public BackendConfig config() {
        return config;
    }

    /** The idle times of connections between {@code port} and this backend, with the rest of the port's times. */
    public TimeoutConfig timeoutsFrom(PortConfig port) {
        return port.timeouts().towards(config.timeouts(), timeoutsOfFile);
    }

    /** @param fresh never an idle connection: the request was already lost on one */
    public void acquire(EventLoop loop, boolean fresh, HttpWaiter waiter) {
        acquire(loop, fresh, waiter, Set.of());
    }

    private void acquire(EventLoop loop, boolean fresh, HttpWaiter waiter, Set<Server> tried) {
        Server server = turns.next(tried);
        if (server == null) {
            waiter.unreachable();
            return;
        }
        UpstreamConnection waiting = fresh ? null : takeIdle(server);
        if (waiting != null) {
            waiter.acquired(waiting);
            return;
        }
        UpstreamConnection connection = new UpstreamConnection(this, server, limits, transport);
        dial(loop, server, connection.initializer()).addListener((ChannelFuture dialled) -> {
            if (dialled.isSuccess()) {
                opened(server, dialled.channel());
                waiter.acquired(connection);
            } else {
                server.connectFailed(dialled.cause());
                acquire(loop, fresh, waiter, with(tried, server));
            }
        });
    }

    /** A connection that is not pooled, for bytes of any protocol; each server is tried once. */
    public void connect(EventLoop loop, Supplier<ChannelHandler> handler, Waiter waiter) {
        connect(loop, handler, waiter, Set.of());
    }

    private void connect(EventLoop loop, Supplier<ChannelHandler> handler, Waiter waiter, Set<Server> tried) {
        Server server = turns.next(tried);
        if (server == null) {
            waiter.unreachable();
            return;
        }
        dial(loop, server, handler.get()).addListener((ChannelFuture dialled) -> {
            if (dialled.isSuccess()) {
                opened(server, dialled.channel());
                waiter.connected(dialled.channel(), server.name());
            } else {
                server.connectFailed(dialled.cause());
                connect(loop, handler, waiter, with(tried, server));
            }
        });
    }

    private static Set<Server> with(Set<Server> tried, Server failed) {
        Set<Server> all = new HashSet<>(tried);
        all.add(failed);
        return all;
    }

    private void opened(Server server, Channel channel) {
        server.connected();
        transport.backendConnections().incrementAndGet();
        channel.closeFuture().addListener(closed -> {
            server.disconnected();
            transport.backendConnections().decrementAndGet();
        });
    }

    private ChannelFuture dial(EventLoop loop, Server server, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .channel(transport.socketChannel())
                .resolver(resolver)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                // 30 days, the most that can be configured, are more milliseconds than an int holds.
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, config.timeouts().connect().toMillis()))
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, MAX_READ))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(handler)
                .connect(server.address());
    }

    private @Nullable UpstreamConnection takeIdle(Server server) {
        Deque<UpstreamConnection> waiting = idleOf(server);
        while (true) {
            // The latest used is the least likely to have been given up by the server.
            UpstreamConnection connection = waiting.pollLast();
            if (connection == null || connection.wake()) {
                return connection;
            }
        }
    }

    /** @return false when it is not kept */
    boolean keep(UpstreamConnection connection, Server server) {
        Deque<UpstreamConnection> waiting = idleOf(server);
        if (config.proxyProtocol() != ProxyProtocol.NONE || waiting.size() >= MAX_IDLE) {
            return false;
        }
        waiting.addLast(connection);
        return true;
    }

    void forget(UpstreamConnection connection, Server server) {
        idleOf(server).remove(connection);
    }

    private Deque<UpstreamConnection> idleOf(Server server) {
        Deque<UpstreamConnection> waiting = idle.get(server);
        assert waiting != null : "a server of another pool";
        return waiting;
    }
}
