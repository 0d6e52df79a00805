package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.portward.core.http.Forwarding;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import io.portward.core.route.Route;
import io.portward.core.upstream.BackendPool;
import io.portward.core.upstream.Backends;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What all exchanges of one client connection share. Threading: the channel's event loop. */
public final class ClientConnection {

    private final Channel channel;
    private final ConnectionInfo info;
    private final TlsInfo tls;
    private final Forwarding forwarding;
    private final Backends backends;
    private @Nullable Route lastRoute;
    private @Nullable BackendPool lastPool;

    ClientConnection(Channel channel, ConnectionInfo info, TlsInfo tls, Forwarding forwarding, Backends backends) {
        this.channel = channel;
        this.info = info;
        this.tls = tls;
        this.forwarding = forwarding;
        this.backends = backends;
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
