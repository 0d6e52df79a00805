package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.portward.config.model.LimitConfig;
import io.portward.core.transport.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one event loop to the servers of one backend. Requests fill one connection before the next is opened, and those that come
 * while one is being opened wait for it together.
 *
 * <p>Threading: the event loop.
 */
final class SharedConnections implements MultiplexedConnection.Owner {

    /** A connection that is being opened, and how many wait for it. */
    private static final class Dial {

        private final Future<Channel> opened;
        private int waiting;

        Dial(Future<Channel> opened) {
            this.opened = opened;
        }
    }

    private final BackendPool pool;
    private final Transport transport;
    private final Lifetime lifetime;
    private final Duration answerTime;
    private final Map<Server, List<MultiplexedConnection>> open = new IdentityHashMap<>();
    private final Map<Server, Dial> dials = new IdentityHashMap<>();

    /** @param answerTime how long a server may take to show that it is still there */
    SharedConnections(BackendPool pool, Transport transport, Lifetime lifetime, Duration answerTime) {
        this.pool = pool;
        this.transport = transport;
        this.lifetime = lifetime;
        this.answerTime = answerTime;
    }

    Opening opening(Server server, LimitConfig limits) {
        return MultiplexedConnection.opening(server, this, limits, transport, answerTime);
    }

    /** One that takes another request; null when there is none. */
    @Nullable
    MultiplexedConnection withRoom(Server server) {
        for (MultiplexedConnection connection : open.getOrDefault(server, List.of())) {
            if (connection.hasRoom()) {
                return connection;
            }
        }
        return null;
    }

    /** The connection that is being opened, or if more wait for that than it is likely to take, one that {@code dial} opens. */
    Future<Channel> connect(Server server, Supplier<Future<Channel>> dial) {
        Dial current = dials.get(server);
        if (current == null || current.opened.isDone() || current.waiting >= MultiplexedCodec.MAX_STREAMS) {
            current = new Dial(dial.get());
            dials.put(server, current);
        }
        current.waiting++;
        return current.opened;
    }

    /** Whether the connection carries requests. */
    static boolean isUsed(Channel channel) {
        MultiplexedConnection connection = channel.pipeline().get(MultiplexedConnection.class);
        return connection != null && connection.connection().numActiveStreams() > 0;
    }

    @Override
    public void opened(MultiplexedConnection connection) {
        open.computeIfAbsent(connection.server(), server -> new ArrayList<>(1)).add(connection);
        // Those who wait for it may be gone.
        idle(connection);
    }

    @Override
    public void idle(MultiplexedConnection connection) {
        if (lifetime.isOver()) {
            connection.retire();
        } else if (connection.rest(pool.idleNanos())) {
            pool.countIdle(1);
        }
    }

    @Override
    public void busy(MultiplexedConnection connection) {
        if (connection.wake()) {
            pool.countIdle(-1);
        }
    }

    @Override
    public void retired(MultiplexedConnection connection) {
        busy(connection);
        List<MultiplexedConnection> others = open.get(connection.server());
        if (others != null) {
            others.remove(connection);
        }
    }

    @Override
    public void released(Server server) {
        pool.released(server);
    }

    /** Closes one that nobody uses. @return false when there is none */
    boolean giveUpIdle() {
        for (List<MultiplexedConnection> connections : open.values()) {
            for (MultiplexedConnection connection : connections) {
                if (connection.connection().numActiveStreams() == 0) {
                    connection.retire();
                    return true;
                }
            }
        }
        return false;
    }

    /** Lets each end with its last stream. */
    void close() {
        List<MultiplexedConnection> all = new ArrayList<>();
        open.values().forEach(all::addAll);
        all.forEach(MultiplexedConnection::retire);
    }
}
