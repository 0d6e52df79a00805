package io.portward.core.connection;

import io.netty.channel.Channel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.util.concurrent.Future;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.TicketConfig;
import io.portward.config.pem.LoadedCertificate;
import io.portward.config.pem.PemException;
import io.portward.config.pem.PemLoader;
import io.portward.core.error.Faults;
import io.portward.core.exchange.HttpService;
import io.portward.core.limit.AddressLimits;
import io.portward.core.observe.Observer;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerState;
import io.portward.core.observe.TicketCounters;
import io.portward.core.tls.CertificateStore;
import io.portward.core.tls.ServedCertificate;
import io.portward.core.tls.ServerNames;
import io.portward.core.tls.TicketKeys;
import io.portward.core.tls.TlsContext;
import io.portward.core.transport.DrainEvent;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.BackendTls;
import io.portward.core.upstream.Backends;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running proxy: its listeners, backends and TLS state.
 *
 * <p>Threading: methods may be called from any thread but an event loop.
 */
public final class DataPlane {

    private static final Logger LOGGER = LoggerFactory.getLogger(DataPlane.class);

    /** A listener that accepts, with the address the kernel gave it. */
    public record BoundPort(PortConfig config, InetSocketAddress address) {}

    private final Transport transport;
    private final Connections connections;
    private final Backends backends;
    private final AddressLimits addresses;
    private final Map<TicketConfig, TicketKeys> ticketKeys = new LinkedHashMap<>();
    private final Map<String, ServedCertificate> certificates = new LinkedHashMap<>();
    private final List<TlsContext> contexts = new ArrayList<>();
    private final List<CertificateStore> stores = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Channel> acceptors = new ArrayList<>();
    private final AtomicBoolean released = new AtomicBoolean();

    DataPlane(
            Configuration configuration,
            Map<String, BackendTls> tlsOfBackends,
            Transport transport,
            Observer observer) {
        this.transport = transport;
        this.backends = new Backends(
                configuration.backends(),
                tlsOfBackends,
                configuration.timeouts(),
                configuration.limits(),
                transport,
                observer);
        this.connections = Connections.withinDescriptorLimit(
                configuration.limits().maxConnections(), transport.backendConnections(), backends);
        this.addresses = new AddressLimits(configuration.limits().perAddress(), configuration.trustedProxies());
    }

    /**
     * Loads the certificates, binds every port and starts to serve.
     *
     * @param pem loads chains and keys
     * @throws StartException with one line for the operator, when a port or certificate cannot be used. Whatever is thrown, nothing stays bound
     *     or allocated
     */
    public static DataPlane start(Configuration configuration, PemLoader pem, Transport transport, Observer observer)
            throws StartException {
        OpenSsl.ensureAvailability();
        DataPlane plane = new DataPlane(configuration, tlsOfBackends(configuration, pem), transport, observer);
        plane.begin(configuration, pem, observer);
        return plane;
    }

    private static Map<String, BackendTls> tlsOfBackends(Configuration configuration, PemLoader pem)
            throws StartException {
        try {
            return BackendTls.loadAll(configuration.backends().values(), pem);
        } catch (PemException e) {
            throw new StartException("TLS to a backend: " + e.getMessage(), e);
        }
    }

    void begin(Configuration configuration, PemLoader pem, Observer observer) throws StartException {
        boolean begun = false;
        try {
            loadCertificates(configuration.certificates(), pem);
            observer.certificates(
                    certificates.values().stream().map(ServedCertificate::facts).toList());
            for (PortConfig port : configuration.ports()) {
                open(configuration, port, observer);
            }
            startRotation(observer);
            begun = true;
        } finally {
            if (!begun) {
                stopNow();
            }
        }
    }

    private void loadCertificates(List<CertificateConfig> configs, PemLoader pem) throws StartException {
        for (CertificateConfig config : configs) {
            try {
                LoadedCertificate loaded = pem.load(config.chain(), config.key(), config.passwordFile());
                certificates.put(
                        config.name(),
                        ServedCertificate.create(config.name(), loaded.dnsNames(), loaded.chain(), loaded.key()));
            } catch (PemException | IllegalArgumentException e) {
                throw new StartException("certificate '" + config.name() + "': " + e.getMessage(), e);
            }
        }
    }

    private void open(Configuration configuration, PortConfig port, Observer observer) throws StartException {
        TlsContext tls = port.protocol().isTls() ? context(port) : null;
        PortObserver portObserver = observer.port(port, tls == null ? TicketCounters.NONE : tls.ticketCounters());
        Listener listener = new Listener(
                port,
                portObserver,
                tls,
                tls == null ? null : store(port),
                new ServerNames(port),
                port.protocol() == PortProtocol.HTTPS
                        ? new HttpService(
                                port,
                                backends,
                                configuration.limits(),
                                configuration.trustedProxies(),
                                addresses,
                                portObserver,
                                transport)
                        : null,
                backends,
                configuration.limits(),
                configuration.trustedProxies(),
                connections,
                new ClientCaps(port.maxConnections(), addresses),
                new Faults(port.listen()),
                transport);
        listeners.add(listener);
        acceptors.add(ListenerBinder.bind(listener));
    }

    private TlsContext context(PortConfig port) {
        TicketKeys keys = ticketKeys.computeIfAbsent(
                port.tls().tickets(), rules -> new TicketKeys(rules, System::nanoTime, new SecureRandom()));
        TlsContext context = TlsContext.create(port.tls(), port.protocol(), AlpnNames.of(port.protocol()), keys);
        contexts.add(context);
        return context;
    }

    private CertificateStore store(PortConfig port) {
        List<ServedCertificate> chosen = port.certificates().isEmpty()
                ? List.copyOf(certificates.values())
                : port.certificates().stream().map(certificates::get).toList();
        CertificateStore store = CertificateStore.of(chosen);
        stores.add(store);
        return store;
    }

    private void startRotation(Observer observer) {
        ticketKeys.values().forEach(this::scheduleRotation);
        if (!ticketKeys.isEmpty()) {
            List<TicketKeys> all = List.copyOf(ticketKeys.values());
            observer.ticketKeyAge(() -> oldestSealingKey(all).toSeconds());
        }
    }

    /** Ports may have ticket rules of their own; an alert wants to know the one whose rotation hangs. */
    private static Duration oldestSealingKey(List<TicketKeys> all) {
        return all.stream().map(TicketKeys::age).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    private void scheduleRotation(TicketKeys keys) {
        long wait = keys.untilNextChange().toNanos();
        transport
                .loops()
                .next()
                .schedule(
                        () -> {
                            if (!released.get()) {
                                keys.advance();
                                scheduleRotation(keys);
                            }
                        },
                        wait,
                        TimeUnit.NANOSECONDS);
    }

    /** What is known of each server of each backend now; any thread. */
    public List<ServerState> serverStates() {
        return backends.states();
    }

    /** In the order of the configuration. */
    public List<BoundPort> boundPorts() {
        List<BoundPort> bound = new ArrayList<>();
        for (int i = 0; i < acceptors.size(); i++) {
            bound.add(new BoundPort(listeners.get(i).port(), (InetSocketAddress)
                    acceptors.get(i).localAddress()));
        }
        return bound;
    }

    /**
     * Stops accepting, lets connections finish what they began, and cuts what is left after {@code grace}.
     *
     * <p>Every connection has been told when this returns.
     *
     * @return completes when the last connection is gone and everything is released
     */
    public CompletionStage<Void> drain(Duration grace) {
        backends.drain();
        acceptors.forEach(acceptor -> acceptor.close().awaitUninterruptibly());
        CompletionStage<Void> drained = connections.drain();
        connections.open().stream()
                .map(channel -> channel.eventLoop()
                        .submit(() -> channel.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE)))
                .toList()
                .forEach(Future::awaitUninterruptibly);
        transport.loops().next().schedule(() -> cutAfter(grace), grace.toNanos(), TimeUnit.NANOSECONDS);
        return drained.thenRun(this::release);
    }

    /** Cuts every connection at once and releases everything; harmless when that has happened. */
    public void stopNow() {
        backends.drain();
        acceptors.forEach(acceptor -> acceptor.close().awaitUninterruptibly());
        // What was accepted but not told of before the ports were closed is refused when the last other one is gone.
        connections.drain();
        cutConnections();
        connections.open().newCloseFuture().awaitUninterruptibly(1, TimeUnit.SECONDS);
        release();
    }

    /** Sessions that are still being closed hold references of their own. */
    private void release() {
        if (released.compareAndSet(false, true)) {
            contexts.forEach(TlsContext::release);
            stores.forEach(CertificateStore::release);
            certificates.values().forEach(ServedCertificate::release);
            backends.close();
        }
    }

    List<TlsContext> contexts() {
        return contexts;
    }

    Collection<ServedCertificate> certificates() {
        return certificates.values();
    }

    private void cutAfter(Duration grace) {
        int left = connections.open().size();
        if (left > 0) {
            LOGGER.info("shutdown.grace of {} s is over: connections cut: {}", grace.toSeconds(), left);
        }
        cutConnections();
    }

    private void cutConnections() {
        connections.open().forEach(channel -> channel.eventLoop().execute(() -> ConnectionInitializer.cut(channel)));
    }
}
