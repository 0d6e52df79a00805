package io.portward.core.upstream;

import io.netty.util.NetUtil;
import io.portward.config.model.ServerConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.ServerState;
import io.portward.core.observe.ServerState.Condition;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server of a backend with what is known of its state.
 *
 * <p>Threading: any thread. A state seen a moment late costs one failed connect. Changes of state hold the object's lock; what each request
 * asks is one volatile read.
 */
final class Server {

    /** How long a server is passed over at first, as nginx's fail_timeout and Envoy's base_ejection_time are. */
    private static final long PENALTY_NANOS = 10_000_000_000L;

    /** Five minutes, as Envoy: then a server that was repaired does not wait longer than its operator. */
    private static final long MAX_PENALTY_NANOS = 300_000_000_000L;

    /** As Envoy's consecutive_5xx: one broken page does not make a broken server. */
    static final int MAX_FAILED_ANSWERS = 5;

    /** As {@link InetSocketAddress} is written: with a name or without one. */
    private static final Pattern ADDRESS_BEHIND = Pattern.compile(": [^ ]*/[^ ]*$");

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final String backend;
    private final ServerConfig config;
    private final ServerObserver observer;
    private final Lifetime lifetime;
    private final Ejections ejections;
    private final LongSupplier clock;
    private final InetSocketAddress address;
    private final @Nullable ServerTls tls;

    /** Written under the lock, as are the others. */
    private volatile boolean passedOver;

    private volatile long preferredAtNanos;

    /** The last connection that was tried came about. */
    private volatile boolean reached = true;

    /** Said by health checks. */
    private volatile boolean down;

    /** In a row; changed without the lock. */
    private final AtomicInteger failedAnswers = new AtomicInteger();

    /** Each event loop soon has a cell of its own, so that counting does not make them wait for each other. */
    private final LongAdder active = new LongAdder();

    /** Where a connection came about last, of the addresses that the name stands for. */
    private volatile @Nullable InetAddress lastReached;

    private long penaltyNanos;
    private boolean onTrial;
    private Condition condition = Condition.UP;
    private String reason = "";
    private Instant since = Instant.now();

    /** One without TLS. */
    Server(
            String backend,
            ServerConfig config,
            ServerObserver observer,
            Lifetime lifetime,
            Ejections ejections,
            LongSupplier clock) {
        this(backend, config, null, observer, lifetime, ejections, clock);
    }

    /**
     * @param tls null for none
     * @param clock nanoseconds, as {@link System#nanoTime}
     */
    Server(
            String backend,
            ServerConfig config,
            @Nullable ServerTls tls,
            ServerObserver observer,
            Lifetime lifetime,
            Ejections ejections,
            LongSupplier clock) {
        this.tls = tls;
        this.backend = backend;
        this.config = config;
        this.observer = observer;
        this.lifetime = lifetime;
        this.ejections = ejections;
        this.clock = clock;
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

    /** How TLS to it goes; null for none. */
    @Nullable
    ServerTls tls() {
        return tls;
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
        return !passedOver || clock.getAsLong() - preferredAtNanos >= 0;
    }

    /** @param onlyPreferred not when it is passed over */
    boolean mayBeTried(Set<Server> tried, boolean onlyPreferred) {
        return !down && !tried.contains(this) && (!onlyPreferred || isPreferred());
    }

    /** Called only where {@link #active} is asked for. */
    void requestBegan() {
        active.increment();
    }

    void requestEnded() {
        active.decrement();
    }

    /** Requests, or connections to a TCP port, under way on all event loops; those of the last moment may be missing. */
    long active() {
        return active.sum();
    }

    /** The addresses of its name in the order to try them: what worked last comes first, so that one that is dead is not waited for each time. */
    List<InetSocketAddress> inOrder(List<InetSocketAddress> found) {
        InetAddress last = lastReached;
        if (last == null || found.get(0).getAddress().equals(last)) {
            return found;
        }
        List<InetSocketAddress> ordered = new ArrayList<>(found);
        ordered.sort(Comparator.comparing(address -> !address.getAddress().equals(last)));
        return ordered;
    }

    void reachedAt(InetSocketAddress reached) {
        lastReached = reached.getAddress();
    }

    /** One address of its name did not answer, and others are still to be tried. */
    void addressFailed(InetSocketAddress tried, Throwable cause) {
        observer.connectFailed();
        LOG.info(
                "backend {}: {} cannot be reached at {}: {}",
                backend,
                name(),
                tried.getAddress().getHostAddress(),
                reason(cause));
    }

    /**
     * A connection to it is begun. Where the last one failed this is a trial, and one is enough: until it has an end, others are tried first, for a
     * server that swallows packets keeps everybody waiting for as long as the connect timeout.
     */
    void dialled() {
        if (!reached) {
            beginTrial();
        }
    }

    private synchronized void beginTrial() {
        long now = clock.getAsLong();
        if (!reached && now - preferredAtNanos >= 0) {
            onTrial = true;
            preferredAtNanos = now + PENALTY_NANOS;
        }
    }

    void connected() {
        observer.connected();
        if (!reached) {
            reachedAgain();
        }
    }

    private synchronized void reachedAgain() {
        if (reached) {
            return;
        }
        reached = true;
        if (condition == Condition.UNREACHABLE) {
            endPenalty();
            become(Condition.UP, "");
        }
        LOG.info("backend {}: {} is reached again", backend, name());
        observer.up(!down);
    }

    void disconnected() {
        observer.disconnected();
    }

    /** Tells the operator once, not for every client that asks meanwhile. */
    synchronized void connectFailed(Throwable cause) {
        if (lifetime.isOver()) {
            return;
        }
        observer.connectFailed();
        passOver();
        if (condition != Condition.DOWN) {
            become(Condition.UNREACHABLE, reason(cause));
        }
        if (reached) {
            reached = false;
            tell(lifetime.isDraining() ? "cannot be reached while stopping" : "cannot be reached", reason(cause));
            observer.up(false);
        }
    }

    /** A request was answered to its end. */
    void answered() {
        if (failedAnswers.get() != 0) {
            failedAnswers.set(0);
        }
    }

    /** A request got no answer, or half of one, or one that is none, on a connection that was made. */
    synchronized void answerFailed(ErrorKind kind) {
        int failed = failedAnswers.incrementAndGet();
        if (failed < MAX_FAILED_ANSWERS || !isPreferred() || down || lifetime.isDraining() || !ejections.mayGrow()) {
            return;
        }
        failedAnswers.set(0);
        passOver();
        become(Condition.EJECTED, "answers failed in a row: " + failed + ", the last: " + kind.description());
        tell("is passed over for " + penaltyNanos / 1_000_000_000L + " s", reason);
    }

    /** From now on others are tried first: longer each time, unless it has been well for as long as the last time took. */
    private void passOver() {
        long now = clock.getAsLong();
        if (passedOver && !onTrial && now - preferredAtNanos < 0) {
            return;
        }
        boolean again = onTrial || penaltyNanos > 0 && now - preferredAtNanos <= penaltyNanos;
        onTrial = false;
        penaltyNanos = again ? Math.min(2 * penaltyNanos, MAX_PENALTY_NANOS) : PENALTY_NANOS;
        preferredAtNanos = now + penaltyNanos;
        passedOver = true;
    }

    private void endPenalty() {
        if (passedOver && clock.getAsLong() - preferredAtNanos < 0) {
            preferredAtNanos = clock.getAsLong();
        }
        passedOver = false;
        onTrial = false;
    }

    synchronized void checkedDown(int failed, String failure) {
        down = true;
        become(Condition.DOWN, failure);
        tell("is down", (failed == 1 ? "a check failed: " : failed + " checks failed in a row, the last: ") + failure);
        observer.up(false);
    }

    /** It was not down, as far as checks go; what a connection found meanwhile is over. */
    void checkPassed() {
        if (!reached) {
            reachedAgain();
        }
    }

    synchronized void checkedUp(int passed) {
        down = false;
        // Whatever a connection found before, the checks have been through since.
        reached = true;
        failedAnswers.set(0);
        endPenalty();
        become(Condition.UP, "");
        LOG.info("backend {}: {} is up again: checks passed in a row: {}", backend, name(), passed);
        observer.up(true);
    }

    private void become(Condition next, String why) {
        if (condition != next) {
            since = Instant.now();
        }
        condition = next;
        reason = why;
    }

    synchronized ServerState state() {
        if (condition == Condition.EJECTED && isPreferred()) {
            endPenalty();
            become(Condition.UP, "");
        }
        return new ServerState(backend, name(), condition, reason, since);
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
        return ADDRESS_BEHIND
                .matcher(call < 0 ? message : message.substring(call + 3))
                .replaceFirst("");
    }
}
