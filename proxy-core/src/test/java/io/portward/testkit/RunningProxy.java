package io.portward.testkit;

import io.portward.core.connection.DataPlane;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;

/** A data plane that serves, with everything its observer was told. {@link DataPlaneExtension} stops it. */
public final class RunningProxy {

    private final DataPlane plane;
    private final Transport transport;
    private final RecordingObserver observer;
    private boolean stopped;

    RunningProxy(DataPlane plane, Transport transport, RecordingObserver observer) {
        this.plane = plane;
        this.transport = transport;
        this.observer = observer;
    }

    public DataPlane plane() {
        return plane;
    }

    public RecordingObserver observer() {
        return observer;
    }

    /** Where the first port listens. */
    public InetSocketAddress address() {
        return address(0);
    }

    /** Where the port with this place in the configuration listens. */
    public InetSocketAddress address(int index) {
        InetSocketAddress bound = plane.boundPorts().get(index).address();
        return bound.getAddress().isAnyLocalAddress() ? new InetSocketAddress("127.0.0.1", bound.getPort()) : bound;
    }

    /** What happened on the first port. */
    public RecordingObserver.Port port() {
        return port(0);
    }

    public RecordingObserver.Port port(int index) {
        return observer.ports().get(index);
    }

    /** Connections to servers that are open or being opened. */
    public int backendConnections() {
        return transport.backendConnections().get();
    }

    /** Cuts everything; harmless when it has stopped already. */
    public void stop() {
        if (!stopped) {
            stopped = true;
            plane.stopNow();
        }
    }

    void closeTransport() {
        transport.close().awaitUninterruptibly();
    }
}
