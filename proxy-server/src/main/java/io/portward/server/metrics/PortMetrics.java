package io.portward.server.metrics;

import io.portward.config.model.PortConfig;
import io.portward.config.model.RouteConfig;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of one port.
 *
 * <p>Threading: events come from several event loops at once; nothing blocks and, once a combination of labels has been seen, nothing but
 * a lookup key is allocated.
 */
final class PortMetrics implements PortObserver {

    /** One time series of {@code portward_tls_handshakes_total} within this port. */
    record Handshake(String version, String cipher, String group, boolean resumed, String alpn) {}

    private final String port;
    private volatile boolean tls;
    private final FailureLog failureLog;
    private final List<TicketCounters> tickets = new CopyOnWriteArrayList<>();

    private final LongAdder accepted = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    /** Complete from the start, so that event loops only read the map. */
    private final Map<HandshakeFailure, LongAdder> failures = new EnumMap<>(HandshakeFailure.class);

    private final Map<Handshake, LongAdder> handshakes = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> passedThrough = new ConcurrentHashMap<>();
    private final DurationHistogram fullDurations = DurationHistogram.ofHandshakes();
    private final DurationHistogram resumedDurations = DurationHistogram.ofHandshakes();
    private final Map<String, RequestMetrics> requests = new ConcurrentHashMap<>();

    PortMetrics(String port) {
        this.port = port;
        for (HandshakeFailure reason : HandshakeFailure.values()) {
            failures.put(reason, new LongAdder());
        }
        failureLog = new FailureLog(port);
    }

    /** Takes on a port that is spelled like this one; the first one too. */
    void add(PortConfig config, TicketCounters counters) {
        if (config.protocol().isTls()) {
            tls = true;
        }
        tickets.add(counters);
        config.passthrough().forEach(entry -> passedThrough.putIfAbsent(entry.backend(), new LongAdder()));
        if (!config.protocol().isTcp()) {
            requests.putIfAbsent(TlsInfo.NONE, new RequestMetrics());
            for (RouteConfig route : config.routes()) {
                if (route.backend() != null) {
                    requests.putIfAbsent(route.backend(), new RequestMetrics());
                }
            }
        }
    }

    @Override
    public void accepted() {
        accepted.increment();
    }

    @Override
    public void closed() {
        closed.increment();
    }

    @Override
    public void bytesIn(long count) {
        bytesIn.add(count);
    }

    @Override
    public void bytesOut(long count) {
        bytesOut.add(count);
    }

    @Override
    public void handshakeFinished(TlsInfo info, long nanos) {
        Handshake key = new Handshake(info.version(), info.cipher(), info.group(), info.resumed(), info.alpn());
        LongAdder count = handshakes.get(key);
        if (count == null) {
            count = handshakes.computeIfAbsent(key, unused -> new LongAdder());
        }
        count.increment();
        (info.resumed() ? resumedDurations : fullDurations).record(nanos);
    }

    @Override
    public void handshakeFailed(HandshakeFailure reason, ConnectionInfo connection, String detail) {
        Objects.requireNonNull(failures.get(reason)).increment();
        failureLog.failed(reason, connection, detail);
    }

    @Override
    public void passedThrough(String backend) {
        passedThrough.computeIfAbsent(backend, unused -> new LongAdder()).increment();
    }

    @Override
    public void requestFinished(String backend, String method, int status, String protocol, long nanos) {
        RequestMetrics metrics = requests.get(backend);
        if (metrics == null) {
            metrics = requests.computeIfAbsent(backend, unused -> new RequestMetrics());
        }
        metrics.finished(method, status, protocol, nanos);
    }

    /**
     * What is known now. Ends are read before beginnings, so that no difference is ever negative, and the sums of the contract hold within
     * one snapshot because every figure is read once.
     */
    PortSnapshot snapshot() {
        long closedNow = closed.sum();
        Map<HandshakeFailure, Long> failuresNow = new EnumMap<>(HandshakeFailure.class);
        long failed = 0;
        for (Map.Entry<HandshakeFailure, LongAdder> entry : failures.entrySet()) {
            long count = entry.getValue().sum();
            failuresNow.put(entry.getKey(), count);
            failed += count;
        }
        Map<Handshake, Long> handshakesNow = new LinkedHashMap<>();
        long finished = 0;
        for (Map.Entry<Handshake, LongAdder> entry : handshakes.entrySet()) {
            long count = entry.getValue().sum();
            handshakesNow.put(entry.getKey(), count);
            finished += count;
        }
        Map<String, Long> passedThroughNow = new TreeMap<>();
        long passed = 0;
        for (Map.Entry<String, LongAdder> entry : passedThrough.entrySet()) {
            long count = entry.getValue().sum();
            passedThroughNow.put(entry.getKey(), count);
            passed += count;
        }
        long acceptedNow = accepted.sum();
        return new PortSnapshot(
                acceptedNow,
                acceptedNow - closedNow,
                acceptedNow - failed - finished - passed,
                failuresNow,
                handshakesNow,
                passedThroughNow);
    }

    /**
     * @param active connections that are open
     * @param handshaking accepted, neither finished nor failed nor passed through; without meaning on ports without TLS
     * @param failures one entry for every reason
     * @param passedThrough by backend
     */
    record PortSnapshot(
            long accepted,
            long active,
            long handshaking,
            Map<HandshakeFailure, Long> failures,
            Map<Handshake, Long> handshakes,
            Map<String, Long> passedThrough) {}

    String port() {
        return port;
    }

    boolean isTls() {
        return tls;
    }

    List<TicketCounters> tickets() {
        return tickets;
    }

    long bytesIn() {
        return bytesIn.sum();
    }

    long bytesOut() {
        return bytesOut.sum();
    }

    DurationHistogram durations(boolean resumed) {
        return resumed ? resumedDurations : fullDurations;
    }

    Map<String, RequestMetrics> requests() {
        return requests;
    }

    FailureLog failureLog() {
        return failureLog;
    }
}
