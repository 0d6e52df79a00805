package io.portward.core.upstream;

import io.netty.util.NetUtil;
import io.portward.config.model.ServerConfig;
import io.portward.core.observe.ServerObserver;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server of a backend with what is known of its state.
 *
 * <p>Threading: any thread. A state seen a moment late costs one failed connect.
 */
final class Server {

    /** How long a server is passed over after a failed connect, as nginx's fail_timeout; health checks will refine it. */
    private static final long PENALTY_NANOS = 10_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final String backend;
    private final ServerConfig config;
    private final ServerObserver observer;
    private final Lifetime lifetime;
    private final InetSocketAddress address;
    private volatile boolean up = true;
    private volatile long retryNanos;

    Server(String backend, ServerConfig config, ServerObserver observer, Lifetime lifetime) {
        this.backend = backend;
        this.config = config;
        this.observer = observer;
        this.lifetime = lifetime;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(config.host());
        this.address = literal == null
                ? InetSocketAddress.createUnresolved(config.host(), config.port())
                : new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(config.host()), config.port());
        observer.up(true);
    }

    /** Unresolved when configured by name. */
    InetSocketAddress address() {
        return address;
    }

    String name() {
        return config.address();
    }

    int weight() {
        return config.weight();
    }

    /** Whether it is among the first to be tried. */
    boolean isPreferred() {
        return up || System.nanoTime() - retryNanos >= 0;
    }

    void connected() {
        observer.connected();
        if (!up) {
            up = true;
            observer.up(true);
            LOG.info("backend {}: {} is reached again", backend, name());
        }
    }

    void disconnected() {
        observer.disconnected();
    }

    /** Tells the operator once, not for every client that asks meanwhile. */
    void connectFailed(Throwable cause) {
        if (lifetime.isOver()) {
            return;
        }
        observer.connectFailed();
        retryNanos = System.nanoTime() + PENALTY_NANOS;
        if (up) {
            up = false;
            observer.up(false);
            if (lifetime.isDraining()) {
                LOG.info("backend {}: {} cannot be reached while stopping: {}", backend, name(), reason(cause));
            } else {
                LOG.warn("backend {}: {} cannot be reached: {}", backend, name(), reason(cause));
            }
        }
    }

    /** Netty puts the system call in front and the address, which is in the line already, behind. */
    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        int call = message.indexOf("): ");
        String rest = call < 0 ? message : message.substring(call + 3);
        int address = rest.lastIndexOf(": /");
        return address < 0 ? rest : rest.substring(0, address);
    }
}
