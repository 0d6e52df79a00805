package io.portward.testkit;

import io.portward.config.model.PortConfig;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.Observer;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Remembers everything it is told. Threading: any thread. */
public final class RecordingObserver implements Observer {

    /** A handshake that failed. */
    public record Failure(HandshakeFailure reason, String detail) {}

    /** A request that was answered or given up. */
    public record Request(String backend, String method, int status, String protocol) {}

    /** Something told on a thread. */
    public record Sighting(String event, Thread on) {}

    /** One port's events. */
    public static final class Port implements PortObserver {

        private final TicketCounters tickets;
        private final List<Sighting> sightings;
        private final AtomicInteger accepted = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private final AtomicLong bytesIn = new AtomicLong();
        private final AtomicLong bytesOut = new AtomicLong();
        private final List<TlsInfo> handshakes = new CopyOnWriteArrayList<>();
        private final List<String> passedThrough = new CopyOnWriteArrayList<>();
        private final List<Failure> failures = new CopyOnWriteArrayList<>();
        private final List<Request> requests = new CopyOnWriteArrayList<>();

        private volatile Runnable onHandshake = () -> {};

        private final @Nullable List<AccessRecord> access;

        public Port(TicketCounters tickets, List<Sighting> sightings) {
            this(tickets, sightings, null);
        }

        private Port(TicketCounters tickets, List<Sighting> sightings, @Nullable List<AccessRecord> access) {
            this.access = access;
            this.tickets = tickets;
            this.sightings = sightings;
        }

        public int acceptedCount() {
            return accepted.get();
        }

        public int closedCount() {
            return closed.get();
        }

        public long bytesIn() {
            return bytesIn.get();
        }

        public long bytesOut() {
            return bytesOut.get();
        }

        public List<TlsInfo> handshakes() {
            return handshakes;
        }

        /** The backends of connections that were passed through. */
        public List<String> passedThrough() {
            return passedThrough;
        }

        public List<Failure> failures() {
            return failures;
        }

        public List<Request> requests() {
            return requests;
        }

        public TicketCounters tickets() {
            return tickets;
        }

        /** {@code hook} runs, and may throw, before each finished handshake is counted. */
        public void onHandshake(Runnable hook) {
            onHandshake = hook;
        }

        @Override
        public @Nullable ConnectionTrace trace(InetSocketAddress peer) {
            return access == null ? null : new ConnectionTrace(access::add, peer);
        }

        @Override
        public void accepted() {
            accepted.incrementAndGet();
        }

        @Override
        public void closed() {
            closed.incrementAndGet();
        }

        @Override
        public void bytesIn(long count) {
            bytesIn.addAndGet(count);
        }

        @Override
        public void bytesOut(long count) {
            bytesOut.addAndGet(count);
        }

        @Override
        public void handshakeFinished(TlsInfo tls, long nanos) {
            onHandshake.run();
            saw(sightings, "handshake");
            handshakes.add(tls);
        }

        @Override
        public void handshakeFailed(HandshakeFailure reason, ConnectionInfo connection, String detail) {
            failures.add(new Failure(reason, detail));
            ConnectionTrace trace = connection.trace();
            if (trace != null) {
                trace.log().add(new AccessRecord.Handshake(0, trace.facts(connection), reason, detail, 0));
            }
        }

        @Override
        public void passedThrough(String backend) {
            passedThrough.add(backend);
        }

        @Override
        public void requestFinished(String backend, String method, int status, String protocol, long nanos) {
            saw(sightings, "request");
            requests.add(new Request(backend, method, status, protocol));
        }
    }

    /** One server's events. */
    public static final class ServerEvents implements ServerObserver {

        private final List<Sighting> sightings;
        private final AtomicInteger active = new AtomicInteger();
        private final AtomicInteger connectFailures = new AtomicInteger();
        private volatile boolean up;

        private ServerEvents(List<Sighting> sightings) {
            this.sightings = sightings;
        }

        public int active() {
            return active.get();
        }

        public boolean isUp() {
            return up;
        }

        public int connectFailures() {
            return connectFailures.get();
        }

        @Override
        public void connected() {
            saw(sightings, "connected");
            active.incrementAndGet();
        }

        @Override
        public void disconnected() {
            saw(sightings, "disconnected");
            active.decrementAndGet();
        }

        @Override
        public void connectFailed() {
            connectFailures.incrementAndGet();
        }

        @Override
        public void up(boolean up) {
            this.up = up;
        }
    }

    private final List<Sighting> sightings = new CopyOnWriteArrayList<>();
    private final List<Port> ports = new CopyOnWriteArrayList<>();
    private final Map<String, ServerEvents> servers = new ConcurrentHashMap<>();
    private volatile LongSupplier ticketKeyAge = () -> -1;

    private final @Nullable List<AccessRecord> access;

    public RecordingObserver() {
        this(false);
    }

    /** @param accessLog whether there is one, on all ports */
    public RecordingObserver(boolean accessLog) {
        access = accessLog ? new CopyOnWriteArrayList<>() : null;
    }

    /** What the access log was told, in all ports. */
    public List<AccessRecord> access() {
        return Objects.requireNonNull(access, "the configuration has no accessLog");
    }

    /** Handshakes, requests, connections to servers and their ends, with the threads they were told on; may be cleared. */
    public List<Sighting> sightings() {
        return sightings;
    }

    private static void saw(List<Sighting> sightings, String event) {
        sightings.add(new Sighting(event, Thread.currentThread()));
    }

    /** In the order of the configuration. */
    public List<Port> ports() {
        return ports;
    }

    /** By address, whatever the backend. */
    public ServerEvents server(String address) {
        return servers.computeIfAbsent(address, key -> new ServerEvents(sightings));
    }

    @Override
    public PortObserver port(PortConfig port, TicketCounters tickets) {
        Port recorded = new Port(tickets, sightings, access);
        ports.add(recorded);
        return recorded;
    }

    @Override
    public ServerObserver server(String backend, String server) {
        return server(server);
    }

    @Override
    public void certificates(List<CertificateFacts> certificates) {
        // Told by the metrics' own tests.
    }

    @Override
    public void ticketKeyAge(LongSupplier ageSeconds) {
        ticketKeyAge = ageSeconds;
    }

    /** In seconds; -1 before anything was told. */
    public long ticketKeyAge() {
        return ticketKeyAge.getAsLong();
    }
}
