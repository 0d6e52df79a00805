package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.ScheduledFuture;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.HealthType;
import io.portward.config.model.LimitConfig;
import io.portward.core.transport.Transport;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks one server again and again whether it works, and tells its {@link Server}, which all event loops share. There is one of these for each
 * server and process, however many loops there are.
 *
 * <p>Threading: {@link #start} from any thread, the rest on one event loop. Ends by itself when the proxy's lifetime is over.
 */
final class HealthCheck {

    /** Checks of servers that were configured together must not stay in step. */
    private static final double JITTER = 0.1;

    /** The first look at many servers is spread over this time. */
    private static final long FIRST_WITHIN_NANOS = 500_000_000L;

    private final BackendConfig backend;
    private final HealthConfig config;
    private final Server server;
    private final EventLoop loop;
    private final Dialer dialer;
    private final LimitConfig limits;
    private final Transport transport;
    private final Lifetime lifetime;

    private int passedInARow;
    private int failedInARow;

    /** Before the first good check there is no reason for patience: the server may never have been started. */
    private boolean everPassed;

    /** @param dialer whose timeout is that of a check */
    HealthCheck(
            BackendConfig backend,
            HealthConfig config,
            Server server,
            EventLoop loop,
            Dialer dialer,
            LimitConfig limits,
            Transport transport,
            Lifetime lifetime) {
        this.backend = backend;
        this.config = config;
        this.server = server;
        this.loop = loop;
        this.dialer = dialer;
        this.limits = limits;
        this.transport = transport;
        this.lifetime = lifetime;
    }

    void start() {
        long most = Math.min(FIRST_WITHIN_NANOS, config.interval().toNanos());
        schedule(ThreadLocalRandom.current().nextLong(most));
    }

    private void schedule(long nanos) {
        if (!lifetime.isOver()) {
            loop.schedule(this::check, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void check() {
        if (!lifetime.isOver()) {
            new Attempt().begin();
        }
    }

    private void finished(@Nullable String failure) {
        if (failure == null) {
            failedInARow = 0;
            passedInARow++;
            everPassed = true;
            if (!server.isDown()) {
                server.checkPassed();
            } else if (passedInARow >= config.rise()) {
                server.checkedUp(passedInARow);
            }
        } else {
            passedInARow = 0;
            failedInARow++;
            if (!server.isDown() && (failedInARow >= config.fall() || !everPassed)) {
                server.checkedDown(failedInARow, failure);
            }
        }
        double factor = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        schedule((long) (config.interval().toNanos() * factor));
    }

    /** One check, from dialling to the verdict. */
    private final class Attempt {

        private @Nullable ScheduledFuture<?> deadline;
        private @Nullable Channel channel;
        private boolean over;

        void begin() {
            deadline = loop.schedule(
                    () -> end("no answer within " + config.timeout().toMillis() + " ms"),
                    config.timeout().toNanos(),
                    TimeUnit.NANOSECONDS);
            boolean http2 =
                    config.type() == HealthType.HTTP && backend.protocol().isHttp2();
            Opening opening = http2
                    ? Http2Probe.opening(config, server, limits, transport, this::end)
                    : HealthProbe.opening(backend, config, server, limits, this::end);
            dialer.dial(loop, server, opening, () -> over).addListener((FutureListener<Channel>) dialled -> {
                if (dialled.isSuccess()) {
                    connected(dialled.getNow());
                } else {
                    end(Server.reason(dialled.cause()));
                }
            });
        }

        private void connected(Channel opened) {
            channel = opened;
            if (over) {
                opened.close();
            }
        }

        /** @param failure null when the server is well; the probe closes the connection itself then */
        private void end(@Nullable String failure) {
            if (over) {
                return;
            }
            over = true;
            if (deadline != null) {
                deadline.cancel(false);
            }
            if (failure != null && channel != null) {
                channel.close();
            }
            if (!lifetime.isOver()) {
                finished(failure);
            }
        }
    }
}
