package io.portward.core.connection;

import io.portward.config.model.Configuration;
import io.portward.core.observe.Observer;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A running proxy: its listeners, backends and TLS state.
 *
 * <p>Threading: methods may be called from any thread but an event loop.
 */
public final class DataPlane {

    /** A listener that accepts, with the address the kernel gave it. */
    public record BoundPort(io.portward.config.model.PortConfig config, InetSocketAddress address) {}

    private DataPlane() {}

    /**
     * Loads the certificates, binds every port and starts to serve.
     *
     * @throws StartException with one line for the operator, when a port or certificate cannot be used; nothing stays bound
     */
    public static DataPlane start(Configuration configuration, Transport transport, Observer observer)
            throws StartException {
        throw new UnsupportedOperationException();
    }

    /** In the order of the configuration. */
    public List<BoundPort> boundPorts() {
        throw new UnsupportedOperationException();
    }

    /**
     * Stops accepting, lets connections finish what they began, and cuts what is left after {@code grace}.
     *
     * @return completes when the last connection is gone
     */
    public CompletionStage<Void> drain(Duration grace) {
        throw new UnsupportedOperationException();
    }

    /** Cuts every connection at once. */
    public void stopNow() {
        throw new UnsupportedOperationException();
    }
}
