package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.EventExecutor;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendLimitConfig;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.observe.Observer;
import io.portward.core.observe.ServerState;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pools of all backends, one for each event loop.
 *
 * <p>Threading: immutable after construction; {@link #pool} from the channel's event loop. Ownership: {@link #close} once, when no
 * connection asks any more and before the transport is closed.
 */
public final class Backends implements AutoCloseable {

    private final Map<EventExecutor, Map<String, BackendPool>> pools = new IdentityHashMap<>();
    private final AddressResolverGroup<InetSocketAddress> resolver;
    private final Lifetime lifetime = new Lifetime();
    private final List<Server> allServers;

    /**
     * Without TLS to any of them.
     *
     * @param timeouts of the file, from which those of a backend may differ
     */
    public Backends(
            Map<String, BackendConfig> backends,
            TimeoutConfig timeouts,
            LimitConfig limits,
            Transport transport,
            Observer observer) {
        this(backends, Map.of(), timeouts, limits, transport, observer);
    }

    /** @param tls of the backends that have it */
    public Backends(
            Map<String, BackendConfig> backends,
            Map<String, BackendTls> tls,
            TimeoutConfig timeouts,
            LimitConfig limits,
            Transport transport,
            Observer observer) {
        this(backends, tls, timeouts, limits, transport, observer, BackendPool.IDLE_TIME);
    }

    /** @param idleTime after which a connection that nobody uses is closed */
    Backends(
            Map<String, BackendConfig> backends,
            Map<String, BackendTls> tls,
            TimeoutConfig timeouts,
            LimitConfig limits,
            Transport transport,
            Observer observer,
            Duration idleTime) {
        this.resolver = new DnsAddressResolverGroup(
                transport.isEpoll() ? EpollDatagramChannel::new : NioDatagramChannel::new,
                DnsServerAddressStreamProviders.platformDefault());
        Map<String, List<Server>> servers = new HashMap<>();
        backends.forEach((name, backend) -> servers.put(name, servers(backend, tls.get(name), observer)));
        allServers = backends.keySet().stream()
                .flatMap(name -> servers.getOrDefault(name, List.of()).stream())
                .toList();
        Map<String, Admission> admissions = admissions(backends.values());
        transport.loops().forEach(loop -> {
            Map<String, BackendPool> ofLoop = new HashMap<>();
            backends.forEach((name, backend) -> ofLoop.put(
                    name,
                    new BackendPool(
                            backend,
                            timeouts,
                            servers.getOrDefault(name, List.of()),
                            limits,
                            transport,
                            resolver,
                            idleTime,
                            lifetime,
                            admissions.get(name))));
            pools.put(loop, ofLoop);
        });
        backends.forEach(
                (name, backend) -> startChecks(backend, servers.getOrDefault(name, List.of()), limits, transport));
    }

    private static Map<String, Admission> admissions(Collection<BackendConfig> backends) {
        Map<String, Admission> admissions = new HashMap<>();
        for (BackendConfig backend : backends) {
            BackendLimitConfig limits = backend.limits();
            if (limits != null) {
                admissions.put(backend.name(), new Admission(limits));
            }
        }
        return admissions;
    }

    private List<Server> servers(BackendConfig backend, @Nullable BackendTls tls, Observer observer) {
        if ((backend.effectiveTls() == null) != (tls == null)) {
            throw new IllegalArgumentException("backend: " + backend.name() + " (expected: with its TLS loaded)");
        }
        Ejections ejections = new Ejections();
        List<Server> servers = backend.servers().stream()
                .map(server -> new Server(
                        backend.name(),
                        server,
                        tls == null ? null : tls.towards(server),
                        observer.server(backend.name(), server.address()),
                        lifetime,
                        ejections,
                        System::nanoTime))
                .toList();
        servers.forEach(ejections::add);
        return servers;
    }

    /** What is known of each server now, in the order of the configuration; any thread. */
    public List<ServerState> states() {
        return allServers.stream().map(Server::state).toList();
    }

    private void startChecks(BackendConfig backend, List<Server> servers, LimitConfig limits, Transport transport) {
        HealthConfig health = backend.health();
        if (health != null) {
            Dialer dialer = new Dialer(transport, resolver, health.timeout(), false);
            for (Server server : servers) {
                EventLoop loop = transport.loops().next();
                new HealthCheck(backend, health, server, loop, dialer, limits, transport, lifetime).start();
            }
        }
    }

    /**
     * The pool on the event loop of {@code client}.
     *
     * @throws IllegalArgumentException when there is no such backend, which validation of the configuration rules out
     */
    public BackendPool pool(String backend, Channel client) {
        return pool(backend, client.eventLoop());
    }

    BackendPool pool(String backend, EventExecutor loop) {
        BackendPool pool = pools.getOrDefault(loop, Map.of()).get(backend);
        if (pool == null) {
            throw new IllegalArgumentException("backend: " + backend + " (expected: one of the configuration's)");
        }
        return pool;
    }

    /** How many connections wait idle, on all loops; any thread. */
    public int idleConnections() {
        int sum = 0;
        for (Map<String, BackendPool> ofLoop : pools.values()) {
            for (BackendPool pool : ofLoop.values()) {
                sum += pool.idleCount();
            }
        }
        return sum;
    }

    /**
     * Closes idle connections while {@code needed} says so: those of the calling event loop before this returns, those of the others soon.
     *
     * @param needed asked before each one, on any event loop
     */
    public void giveUpIdle(BooleanSupplier needed) {
        pools.forEach((loop, ofLoop) -> {
            if (loop.inEventLoop()) {
                giveUpIdle(ofLoop, needed);
            }
        });
        pools.forEach((loop, ofLoop) -> {
            if (!loop.inEventLoop()
                    && ofLoop.values().stream().anyMatch(pool -> pool.idleCount() > 0)
                    && needed.getAsBoolean()) {
                loop.execute(() -> giveUpIdle(ofLoop, needed));
            }
        });
    }

    private static void giveUpIdle(Map<String, BackendPool> ofLoop, BooleanSupplier needed) {
        for (BackendPool pool : ofLoop.values()) {
            boolean more = true;
            while (more && needed.getAsBoolean()) {
                more = pool.giveUpOldest();
            }
        }
    }

    /** From now on it is expected that servers go away. Any thread. */
    public void drain() {
        lifetime.drain();
    }

    public boolean isDraining() {
        return lifetime.isDraining();
    }

    @Override
    public void close() {
        lifetime.end();
        pools.forEach((loop, ofLoop) -> loop.execute(() -> ofLoop.values().forEach(BackendPool::close)));
        resolver.close();
    }
}
