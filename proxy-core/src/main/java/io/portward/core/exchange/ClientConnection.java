package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.portward.core.http.Forwarding;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import io.portward.core.route.Route;
import io.portward.core.upstream.BackendPool;
import io.portward.core.upstream.Backends;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What all exchanges of one client connection share. Threading: the channel's event loop. */
public final class ClientConnection {

    private final Channel channel;
    private final ConnectionInfo info;
    private final TlsInfo tls;
    private final Forwarding forwarding;
    private final Backends backends;
    private final Predicate<String> hosts;
    private String lastHost = "";
    private @Nullable Route lastRoute;
    private @Nullable BackendPool lastPool;

    ClientConnection(
            Channel channel,
            ConnectionInfo info,
            TlsInfo tls,
            Forwarding forwarding,
            Backends backends,
            Predicate<String> hosts) {
        this.channel = channel;
        this.info = info;
        this.tls = tls;
        this.forwarding = forwarding;
        this.backends = backends;
        this.hosts = hosts;
    }

    public Channel channel() {
        return channel;
    }

    public ConnectionInfo info() {
        return info;
    }

    public TlsInfo tls() {
        return tls;
    }

    Forwarding forwarding() {
        return forwarding;
    }

    /** Whether the client may not ask for {@code host} here (RFC 9110 §7.4). A request that names no host cannot be wrong. */
    boolean isMisdirected(String host) {
        if (host.equals(lastHost) || host.isEmpty()) {
            return false;
        }
        boolean allowed = hosts.test(host);
        lastHost = allowed ? host : lastHost;
        return !allowed;
    }

    /** Most clients stay with one route; finding the pool by name was 2 % of the CPU of a small request. */
    @SuppressWarnings("ReferenceEquality") // a route is one object, and this is only a shortcut
    BackendPool poolOf(Route route) {
        BackendPool pool = lastPool;
        if (pool == null || lastRoute != route) {
            pool = backends.pool(Objects.requireNonNull(route.config().backend(), "a route to a backend"), channel);
            lastPool = pool;
            lastRoute = route;
        }
        return pool;
    }
}
