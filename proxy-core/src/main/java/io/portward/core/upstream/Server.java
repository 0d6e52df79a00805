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

    /** How long a server is passed over after a failed connect, as nginx's fail_timeout. */
    private static final long PENALTY_NANOS = 10_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final String backend;
    private final ServerConfig config;
    private final ServerObserver observer;
    private final Lifetime lifetime;
    private final InetSocketAddress address;
    /** The last connection that was tried came about. */
    private volatile boolean reached = true;

    private volatile long retryNanos;

    /** Said by health checks. */
    private volatile boolean down;

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

    /** Whether health checks say that it does not work: it gets no traffic. */
    boolean isDown() {
        return down;
    }

    /** Of two servers that are not down, whether it is among the first to be tried. */
    boolean isPreferred() {
        return reached || System.nanoTime() - retryNanos >= 0;
    }

    void connected() {
        observer.connected();
        if (!reached) {
            reachedAgain();
        }
    }

    private synchronized void reachedAgain() {
        if (!reached) {
            reached = true;
            observer.up(!down);
            LOG.info("backend {}: {} is reached again", backend, name());
        }
    }

    void disconnected() {
        observer.disconnected();
    }

    void connectFailed(Throwable cause) {
        if (lifetime.isOver()) {
            return;
        }
        observer.connectFailed();
        retryNanos = System.nanoTime() + PENALTY_NANOS;
        if (reached) {
            unreachable(cause);
        }
    }

    /** Tells the operator once, not for every client that asks meanwhile. */
    private synchronized void unreachable(Throwable cause) {
        if (reached) {
            reached = false;
            observer.up(false);
            tell(lifetime.isDraining() ? "cannot be reached while stopping" : "cannot be reached", reason(cause));
        }
    }

    synchronized void checkedDown(int failed, String failure) {
        down = true;
        observer.up(false);
        tell("is down", (failed == 1 ? "a check failed: " : failed + " checks failed in a row, the last: ") + failure);
    }

    synchronized void checkedUp(int passed) {
        down = false;
        // Whatever a connection found before, the checks have been through since.
        reached = true;
        observer.up(true);
        LOG.info("backend {}: {} is up again: checks passed in a row: {}", backend, name(), passed);
    }

    private void tell(String what, String why) {
        if (lifetime.isDraining()) {
            LOG.info("backend {}: {} {}: {}", backend, name(), what, why);
        } else {
            LOG.warn("backend {}: {} {}: {}", backend, name(), what, why);
        }
    }

    /** Netty puts the system call in front and the address, which is in the line already, behind. */
    static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        int call = message.indexOf("): ");
        String rest = call < 0 ? message : message.substring(call + 3);
        int address = rest.lastIndexOf(": /");
        return address < 0 ? rest : rest.substring(0, address);
    }
}
