package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendProtocol;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.transport.Transport;
import io.portward.testkit.RecordingObserver;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The pools of one backend without anything in front of them. Threading: the test's; {@link #onLoop} crosses over. */
final class PoolFixture implements AutoCloseable {

    /** Waits for a connection of either kind. */
    static final class Asked extends CompletableFuture<Channel>
            implements BackendPool.HttpWaiter, BackendPool.TcpWaiter {

        volatile boolean over;

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void acquired(UpstreamConnection connection) {
            complete(connection.channel());
        }

        @Override
        public void connected(Channel channel, String server) {
            complete(channel);
        }

        @Override
        public void unreachable() {
            completeExceptionally(new IllegalStateException("unreachable"));
        }

        Channel await() throws Exception {
            return get(10, TimeUnit.SECONDS);
        }
    }

    private static final LimitConfig LIMITS = new LimitConfig(8 * 1024, 20, 1024);

    final Transport transport;
    final RecordingObserver observer = new RecordingObserver();
    final Backends backends;
    final EventLoop loop;

    PoolFixture(Transport transport, Duration connect, String... servers) {
        this.transport = transport;
        TimeoutConfig timeouts =
                new TimeoutConfig(Duration.ofSeconds(30), Duration.ofSeconds(30), connect, Duration.ofMinutes(1));
        BackendConfig backend = new BackendConfig(
                "web",
                Stream.of(servers).map(server -> ServerConfig.parse(server, 1)).toList(),
                BackendProtocol.HTTP1,
                ProxyProtocol.NONE,
                timeouts);
        backends = new Backends(Map.of("web", backend), timeouts, LIMITS, transport, observer);
        loop = transport.loops().next();
    }

    PoolFixture(String... servers) {
        this(Transport.open(1), Duration.ofSeconds(5), servers);
    }

    BackendPool pool() {
        return backends.pool("web", loop);
    }

    /** Asks for an HTTP connection, from any thread. */
    Asked acquire() {
        Asked asked = new Asked();
        loop.execute(() -> pool().acquire(loop, false, asked));
        return asked;
    }

    <T> T onLoop(Callable<T> task) throws Exception {
        return loop.submit(task).get(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        backends.close();
        transport.close().awaitUninterruptibly();
    }
}
