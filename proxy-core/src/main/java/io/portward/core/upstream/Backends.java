package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.EventExecutor;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.observe.Observer;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pools of all backends, one for each event loop.
 *
 * <p>Threading: immutable after construction; {@link #pool} from the channel's event loop. Ownership: {@link #close} once, when no
 * connection asks any more.
 */
public final class Backends implements AutoCloseable {

    private final Map<EventExecutor, Map<String, BackendPool>> pools = new IdentityHashMap<>();
    private final AddressResolverGroup<InetSocketAddress> resolver;

    /** @param timeouts of the file, from which those of a backend may differ */
    public Backends(
            Map<String, BackendConfig> backends,
            TimeoutConfig timeouts,
            LimitConfig limits,
            Transport transport,
            Observer observer) {
        this.resolver = new DnsAddressResolverGroup(
                transport.isEpoll() ? EpollDatagramChannel::new : NioDatagramChannel::new,
                DnsServerAddressStreamProviders.platformDefault());
        Map<String, List<Server>> servers = new HashMap<>();
        backends.forEach((name, backend) -> servers.put(
                name,
                backend.servers().stream()
                        .map(server -> new Server(name, server, observer.server(name, server.address())))
                        .toList()));
        transport.loops().forEach(loop -> {
            Map<String, BackendPool> ofLoop = new HashMap<>();
            backends.forEach((name, backend) -> ofLoop.put(
                    name,
                    new BackendPool(
                            backend, timeouts, servers.getOrDefault(name, List.of()), limits, transport, resolver)));
            pools.put(loop, ofLoop);
        });
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

    @Override
    public void close() {
        resolver.close();
    }
}
