package io.portward.core.connection;

import io.netty.channel.Channel;
import io.portward.core.limit.AddressLimits;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whether one more client is served on a port: the caps that the operator has set for the port and for each address.
 *
 * <p>Threading: any thread.
 */
final class ClientCaps {

    private final @Nullable Integer maxConnections;
    private final AddressLimits addresses;
    private final AtomicInteger open = new AtomicInteger();

    /** @param maxConnections of the port; null for no cap */
    ClientCaps(@Nullable Integer maxConnections, AddressLimits addresses) {
        this.maxConnections = maxConnections;
        this.addresses = addresses;
    }

    /**
     * Counts a connection until its channel is closed.
     *
     * @param client who it is in the end, behind load balancers
     * @return null when it may be served, else why not, for the log
     */
    @Nullable
    String refusal(Channel channel, @Nullable InetAddress client) {
        if (maxConnections != null) {
            if (open.incrementAndGet() > maxConnections) {
                open.decrementAndGet();
                return "maxConnections of the port reached";
            }
            channel.closeFuture().addListener(closed -> open.decrementAndGet());
        }
        if (client == null || !addresses.boundConnections()) {
            return null;
        }
        String refusal = addresses.connect(client);
        if (refusal == null) {
            channel.closeFuture().addListener(closed -> addresses.disconnect(client));
        }
        return refusal;
    }
}
