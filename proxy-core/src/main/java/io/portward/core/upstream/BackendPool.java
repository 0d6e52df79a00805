package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one backend: which server is next, a new connection to it, or an idle one that waits.
 *
 * <p>Threading: one event loop. Ownership: a connection handed out belongs to the receiver until {@link UpstreamConnection#release}.
 */
public final class BackendPool {

    /** Asks for a connection. Called on the event loop. */
    public interface Waiter {

        /** Whether it needs none any more. No further server is tried then, and nothing more is called. */
        boolean isOver();

        /** @param why each server was tried once, or all of them are known to be down, or the backend's limits are reached */
        void noConnection(ErrorKind why);

        /** @return what this has of that by which {@code balance} chooses; null for nothing */
        @Nullable
        CharSequence hashed(BalanceConfig balance);

        /** A new connection to {@code server} is being made, the first or after another try. */
        default void dialling(String server) {}
    }

    /** Asks for a connection to say anything on. */
    public interface TcpWaiter extends Waiter {

        void connected(Channel channel, String server);
    }

    /** Asks for an HTTP connection, new or idle. */
    public interface HttpWaiter extends Waiter {

        void acquired(Upstream connection);
    }

    /** What a search is for. */
    private interface Goal {

        Waiter waiter();

        /** @return whether there was one that waits idle */
        boolean takesIdle(Server server);

        /** @return a connection that this gets, perhaps with others */
        Future<Channel> dial(EventLoop loop, Server server);

        /** @return false when the connection has no room for this */
        boolean connected(Server server, Channel channel);

        /** Whether others took the room there was on {@code channel}, so that the server may have more on another. */
        default boolean isFilled(Channel channel) {
            return false;
        }

        /** Nobody waits any more. */
        void notWanted(Channel channel);
    }

    /**
     * For each server and loop; beyond it connections are closed after use. Ten HTTP/2 clients have a thousand requests in flight at once; closing
     * after each burst what it opened cost twice the CPU of keeping it (46 against 23 µs a request).
     */
    private static final int MAX_IDLE = 1024;

    /** Under the keep-alive limits that common servers close at (nginx 75 s, Apache's 5 s is caught by the look before reuse). */
    static final Duration IDLE_TIME = Duration.ofSeconds(30);

    private final BackendConfig config;
    private final TimeoutConfig timeoutsOfFile;
    private final LimitConfig limits;
    private final Transport transport;
    private final Dialer dialer;
    private final RetryBudget retryBudget;
    private final Balancer balancer;

    /** Whether somebody asks how many requests a server has. */
    private final boolean counts;

    private final Map<Server, Deque<UpstreamConnection>> idle = new IdentityHashMap<>();
    private final SharedConnections shared;
    private final long idleNanos;
    private final Lifetime lifetime;

    /** Shared with the pools of the other event loops; null when there are no limits. */
    private final @Nullable Admission admission;

    /** Written by the event loop alone, read by others. */
    private final AtomicInteger idleCount = new AtomicInteger();

    BackendPool(
            BackendConfig config,
            TimeoutConfig timeoutsOfFile,
            List<Server> servers,
            LimitConfig limits,
            Transport transport,
            AddressResolverGroup<InetSocketAddress> resolver,
            Duration idleTime,
            Lifetime lifetime,
            @Nullable Admission admission) {
        this.config = config;
        this.timeoutsOfFile = timeoutsOfFile;
        this.limits = limits;
        this.transport = transport;
        this.lifetime = lifetime;
        this.admission = admission;
        this.idleNanos = idleTime.toNanos();
        this.dialer = new Dialer(transport, resolver, config.timeouts().connect(), true);
        this.retryBudget = new RetryBudget(config.retries().budget());
        this.balancer = Balancer.of(config.balance(), servers);
        this.counts = config.balance().method() == BalanceMethod.LEAST_REQUESTS;
        this.shared = new SharedConnections(
                this, transport, lifetime, config.timeouts().connect());
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
        if (!fresh) {
            retryBudget.addRequest();
        }
        enter(loop, goal(fresh, waiter, Set.of()), Set.of());
    }

    /**
     * Asks again for a request that got no answer on {@code failed}, on a new connection to a server that it was not sent to.
     *
     * @return false when there is no such server or the backend had enough of retries; nobody is asked then
     */
    public boolean retryElsewhere(EventLoop loop, Upstream failed, HttpWaiter waiter) {
        Set<Server> sentTo = with(failed.excluded(), failed.server());
        if (idle.keySet().stream().noneMatch(server -> server.mayBeTried(sentTo, false)) || !retryBudget.take()) {
            return false;
        }
        enter(loop, goal(true, waiter, sentTo), sentTo);
        return true;
    }

    private Goal goal(boolean fresh, HttpWaiter waiter, Set<Server> excluded) {
        return config.protocol().isHttp2() ? new StreamGoal(waiter, excluded) : new HttpGoal(fresh, waiter, excluded);
    }

    /** A connection that is not pooled, for bytes of any protocol. */
    public void connect(EventLoop loop, Opening opening, TcpWaiter waiter) {
        enter(loop, new TcpGoal(opening, waiter), Set.of());
    }

    private void enter(EventLoop loop, Goal goal, Set<Server> excluded) {
        if (admission == null) {
            search(loop, goal, excluded);
        } else {
            admission.enter(loop, goal.waiter(), () -> search(loop, goal, excluded));
        }
    }

    private void leave() {
        if (admission != null) {
            admission.leave();
        }
    }

    private void search(EventLoop loop, Goal goal, Set<Server> tried) {
        assert loop.inEventLoop();
        if (goal.waiter().isOver()) {
            leave();
            return;
        }
        Server server = balancer.next(tried, goal.waiter());
        if (server == null) {
            leave();
            goal.waiter().noConnection(tried.isEmpty() ? ErrorKind.UPSTREAM_DOWN : ErrorKind.UPSTREAM_UNREACHABLE);
            return;
        }
        began(server);
        if (!goal.takesIdle(server)) {
            goal.waiter().dialling(server.name());
            goal.dial(loop, server).addListener((FutureListener<Channel>) dialled -> {
                if (!dialled.isSuccess()) {
                    ended(server);
                    search(loop, goal, with(tried, server));
                } else if (goal.waiter().isOver()) {
                    released(server);
                    goal.notWanted(dialled.getNow());
                } else if (!goal.connected(server, dialled.getNow())) {
                    ended(server);
                    search(loop, goal, goal.isFilled(dialled.getNow()) ? tried : with(tried, server));
                }
            });
        }
    }

    private Future<Channel> dial(EventLoop loop, Server server, Opening opening, BooleanSupplier over) {
        server.dialled();
        Future<Channel> dialled = dialer.dial(loop, server, opening, over);
        dialled.addListener(done -> {
            if (done.isSuccess()) {
                server.connected();
                dialled.getNow().closeFuture().addListener(closed -> server.disconnected());
            } else {
                server.connectFailed(done.cause());
            }
        });
        return dialled;
    }

    private void began(Server server) {
        if (counts) {
            server.requestBegan();
        }
    }

    private void ended(Server server) {
        if (counts) {
            server.requestEnded();
        }
    }

    /** What was chosen for a request or a connection is free for others again. */
    void released(Server server) {
        ended(server);
        leave();
    }

    private static Set<Server> with(Set<Server> tried, Server failed) {
        Set<Server> all = new HashSet<>(tried);
        all.add(failed);
        return all;
    }

    private final class HttpGoal implements Goal {

        private final boolean fresh;
        private final HttpWaiter waiter;
        private final Set<Server> excluded;

        /** @param excluded servers that the request was sent to before */
        HttpGoal(boolean fresh, HttpWaiter waiter, Set<Server> excluded) {
            this.fresh = fresh;
            this.waiter = waiter;
            this.excluded = excluded;
        }

        @Override
        public Waiter waiter() {
            return waiter;
        }

        @Override
        public boolean takesIdle(Server server) {
            UpstreamConnection waiting = fresh ? null : takeIdle(server);
            if (waiting == null) {
                return false;
            }
            waiting.begin(excluded);
            waiter.acquired(waiting);
            return true;
        }

        @Override
        public Future<Channel> dial(EventLoop loop, Server server) {
            return BackendPool.this.dial(
                    loop,
                    server,
                    () -> new UpstreamConnection(BackendPool.this, server, limits, transport).initializer(),
                    waiter::isOver);
        }

        @Override
        public boolean connected(Server server, Channel channel) {
            UpstreamConnection connection = channel.pipeline().get(UpstreamConnection.class);
            connection.begin(excluded);
            waiter.acquired(connection);
            return true;
        }

        @Override
        public void notWanted(Channel channel) {
            channel.close();
        }
    }

    /** A stream on a connection that others use too. */
    private final class StreamGoal implements Goal {

        private final HttpWaiter waiter;
        private final Set<Server> excluded;

        StreamGoal(HttpWaiter waiter, Set<Server> excluded) {
            this.waiter = waiter;
            this.excluded = excluded;
        }

        @Override
        public Waiter waiter() {
            return waiter;
        }

        @Override
        public boolean takesIdle(Server server) {
            MultiplexedConnection connection = shared.withRoom(server);
            if (connection == null) {
                return false;
            }
            waiter.acquired(connection.newStream(excluded));
            return true;
        }

        @Override
        public Future<Channel> dial(EventLoop loop, Server server) {
            return shared.connect(
                    server, () -> BackendPool.this.dial(loop, server, shared.opening(server, limits), () -> false));
        }

        @Override
        public boolean connected(Server server, Channel channel) {
            return takesIdle(server);
        }

        @Override
        public boolean isFilled(Channel channel) {
            return SharedConnections.isUsed(channel);
        }

        @Override
        public void notWanted(Channel channel) {
            // It stays for those who come next.
        }
    }

    private final class TcpGoal implements Goal {

        private final Opening opening;
        private final TcpWaiter waiter;

        TcpGoal(Opening opening, TcpWaiter waiter) {
            this.opening = opening;
            this.waiter = waiter;
        }

        @Override
        public Waiter waiter() {
            return waiter;
        }

        @Override
        public boolean takesIdle(Server server) {
            return false;
        }

        @Override
        public Future<Channel> dial(EventLoop loop, Server server) {
            return BackendPool.this.dial(loop, server, opening, waiter::isOver);
        }

        @Override
        public boolean connected(Server server, Channel channel) {
            if (counts || admission != null) {
                channel.closeFuture().addListener(closed -> released(server));
            }
            waiter.connected(channel, server.name());
            return true;
        }

        @Override
        public void notWanted(Channel channel) {
            channel.close();
        }
    }

    private @Nullable UpstreamConnection takeIdle(Server server) {
        Deque<UpstreamConnection> waiting = idleOf(server);
        while (true) {
            // The latest used is the least likely to have been given up by the server.
            UpstreamConnection connection = waiting.pollLast();
            if (connection == null) {
                return null;
            }
            countIdle(-1);
            if (connection.wake()) {
                return connection;
            }
        }
    }

    /** Closes the connection to one of the servers that has waited longest. @return false when none waits */
    boolean giveUpOldest() {
        for (Deque<UpstreamConnection> waiting : idle.values()) {
            UpstreamConnection oldest = waiting.pollFirst();
            if (oldest != null) {
                countIdle(-1);
                oldest.channel().close();
                return true;
            }
        }
        return shared.giveUpIdle();
    }

    /** Closes what waits idle. */
    void close() {
        shared.close();
        boolean more = true;
        while (more) {
            more = giveUpOldest();
        }
    }

    /** How many wait idle; any thread. */
    int idleCount() {
        return idleCount.get();
    }

    void countIdle(int change) {
        idleCount.setRelease(idleCount.getPlain() + change);
    }

    /** How long a connection may wait. */
    long idleNanos() {
        return idleNanos;
    }

    /** @return false when it is not kept */
    boolean keep(UpstreamConnection connection, Server server) {
        Deque<UpstreamConnection> waiting = idleOf(server);
        if (lifetime.isOver() || config.proxyProtocol() != ProxyProtocol.NONE || waiting.size() >= MAX_IDLE) {
            return false;
        }
        waiting.addLast(connection);
        countIdle(1);
        return true;
    }

    void forget(UpstreamConnection connection, Server server) {
        if (idleOf(server).remove(connection)) {
            countIdle(-1);
        }
    }

    private Deque<UpstreamConnection> idleOf(Server server) {
        Deque<UpstreamConnection> waiting = idle.get(server);
        assert waiting != null : "a server of another pool";
        return waiting;
    }
}
