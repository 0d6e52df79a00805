package io.portward.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.Configuration;
import io.portward.config.pem.PemLoader;
import io.portward.core.connection.DataPlane;
import io.portward.core.connection.StartException;
import io.portward.core.observe.ServerState;
import io.portward.core.transport.Transport;
import io.portward.server.accesslog.AccessLogWriter;
import io.portward.server.accesslog.LoggingObserver;
import io.portward.server.admin.AdminServer;
import io.portward.server.admin.Readiness;
import io.portward.server.metrics.MetricsObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a running Portward and their order: admin port, data plane, ready; then draining, data plane gone, admin port gone.
 *
 * <p>Threading: {@link #start}, {@link #awaitStop} and {@link #close} from one thread; {@link #drain} and {@link #stopNow} from any thread
 * but an event loop. Ownership: the caller opens the transport and closes it after {@link #close}.
 */
final class ProxyProcess implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ProxyProcess.class);

    /** How often failed handshakes that were only counted are summed up in the log. */
    private static final int FAILURE_SUMMARY_SECONDS = 60;

    /** A proxied connection takes two descriptors, so fewer than this means fewer than 5,000 clients. */
    private static final long LOW_DESCRIPTOR_LIMIT = 10_000;

    private final Configuration configuration;
    private final MetricsObserver metrics;
    private final Readiness readiness;
    private final @Nullable AdminServer admin;
    private final DataPlane dataPlane;
    private final Transport transport;
    private final @Nullable AccessLogWriter accessLog;
    private final Future<?> summaries;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    private ProxyProcess(
            Configuration configuration,
            Transport transport,
            MetricsObserver metrics,
            Readiness readiness,
            @Nullable AdminServer admin,
            DataPlane dataPlane,
            @Nullable AccessLogWriter accessLog) {
        this.transport = transport;
        this.accessLog = accessLog;
        this.configuration = configuration;
        this.metrics = metrics;
        this.readiness = readiness;
        this.admin = admin;
        this.dataPlane = dataPlane;
        summaries = transport
                .loops()
                .scheduleWithFixedDelay(
                        metrics::summariseFailures, FAILURE_SUMMARY_SECONDS, FAILURE_SUMMARY_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Opens every port; traffic is served when this returns.
     *
     * @throws StartException with one line for the operator; nothing stays open
     */
    static ProxyProcess start(Configuration configuration, PemLoader pem, Transport transport) throws StartException {
        warnOfLowDescriptorLimit();
        MetricsObserver metrics = new MetricsObserver();
        metrics.observeProcess();
        Readiness readiness = new Readiness();
        AtomicReference<@Nullable DataPlane> serving = new AtomicReference<>();
        AdminServer admin = null;
        AccessLogWriter accessLog = null;
        boolean started = false;
        try {
            accessLog = openAccessLog(configuration, metrics);
            if (configuration.admin() != null) {
                admin = AdminServer.start(
                        configuration.admin(),
                        transport,
                        metrics::scrape,
                        () -> serverStates(serving.get()),
                        readiness);
            }
            DataPlane dataPlane = DataPlane.start(
                    configuration,
                    pem,
                    transport,
                    accessLog == null ? metrics : new LoggingObserver(metrics, accessLog));
            serving.set(dataPlane);
            readiness.become(Readiness.Stage.READY);
            started = true;
            return new ProxyProcess(configuration, transport, metrics, readiness, admin, dataPlane, accessLog);
        } finally {
            if (!started) {
                if (admin != null) {
                    admin.close();
                }
                if (accessLog != null) {
                    accessLog.close();
                }
                metrics.close();
            }
        }
    }

    private static @Nullable AccessLogWriter openAccessLog(Configuration configuration, MetricsObserver metrics)
            throws StartException {
        AccessLogConfig config = configuration.accessLog();
        if (config == null) {
            return null;
        }
        try {
            AccessLogWriter log = AccessLogWriter.open(config);
            metrics.accessLog(log::written, log::dropped, log::lost);
            return log;
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Nothing while the admin port alone is open. */
    private static List<ServerState> serverStates(@Nullable DataPlane serving) {
        return serving == null ? List.of() : serving.serverStates();
    }

    /** {@code portward ready: https 0.0.0.0:443, imaps 127.0.0.1:38211, admin 127.0.0.1:9180}: the addresses the kernel gave. */
    String readyLine() {
        Stream<String> ports = dataPlane.boundPorts().stream()
                .map(port -> port.config().protocol().name().toLowerCase(Locale.ROOT) + " "
                        + NetUtil.toSocketAddressString(port.address()));
        Stream<String> adminPort =
                admin == null ? Stream.empty() : Stream.of("admin " + NetUtil.toSocketAddressString(admin.address()));
        return Stream.concat(ports, adminPort).collect(Collectors.joining(", ", "portward ready: ", ""));
    }

    /** Takes no new connections and lets the open ones finish within {@code shutdown.grace}. Calling it again does nothing. */
    void drain() {
        if (!draining.compareAndSet(false, true)) {
            return;
        }
        readiness.become(Readiness.Stage.DRAINING);
        dataPlane.drain(configuration.shutdown().grace()).whenComplete((nothing, failure) -> {
            if (failure != null) {
                stopped.completeExceptionally(failure);
            } else {
                stopped.complete(null);
            }
        });
    }

    /** Cuts everything. */
    void stopNow() {
        readiness.become(Readiness.Stage.DRAINING);
        dataPlane.stopNow();
        stopped.complete(null);
    }

    /** Returns once the data plane has stopped, for whatever reason. */
    void awaitStop() {
        stopped.join();
    }

    @Override
    public void close() {
        summaries.cancel(false);
        metrics.summariseFailures();
        if (admin != null) {
            admin.close();
        }
        if (accessLog != null) {
            awaitLoops();
            accessLog.close();
        }
        metrics.close();
    }

    /** The last connection may have counted as gone before the access log was told of its end. */
    private void awaitLoops() {
        transport.loops().forEach(loop -> loop.submit(() -> {}).awaitUninterruptibly());
    }

    /** The JVM has already raised the soft limit to the hard one ({@code -XX:+MaxFDLimit}, its default on Linux). */
    private static void warnOfLowDescriptorLimit() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            long limit = system.getMaxFileDescriptorCount();
            if (limit < LOW_DESCRIPTOR_LIMIT) {
                LOGGER.warn(
                        "only {} file descriptors may be open, two for each proxied connection; raise the hard limit"
                                + " (LimitNOFILE= in a systemd unit, `ulimit -Hn` in a shell)",
                        limit);
            }
        }
    }
}
