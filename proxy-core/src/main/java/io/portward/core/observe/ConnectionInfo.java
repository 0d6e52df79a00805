package io.portward.core.observe;

import io.portward.config.model.PortConfig;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Facts about an accepted connection that do not change.
 *
 * @param client who speaks to us
 * @param local the address the client dialled
 * @param trace what is gathered for the access log; null when it is off
 */
public record ConnectionInfo(
        PortConfig port,
        InetSocketAddress client,
        InetSocketAddress local,
        @Nullable ConnectionTrace trace) {

    /** Of a connection that nothing is recorded of. */
    public ConnectionInfo(PortConfig port, InetSocketAddress client, InetSocketAddress local) {
        this(port, client, local, null);
    }

    /** The same connection with the addresses that a load balancer tells. */
    public ConnectionInfo proxied(InetSocketAddress realClient, InetSocketAddress realLocal) {
        return new ConnectionInfo(port, realClient, realLocal, trace);
    }
}
