package io.portward.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendProtocol;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.transport.Transport;
import io.portward.testkit.RecordingObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The pools of one backend without anything in front of them. Threading: the test's; {@link #onLoop} crosses over. */
public final class PoolFixture implements AutoCloseable {

    /** Waits for a connection of either kind. */
    public static final class Asked extends CompletableFuture<Channel>
            implements BackendPool.HttpWaiter, BackendPool.TcpWaiter {

        volatile boolean over;
        CharSequence hashed = "";

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void acquired(Upstream connection) {
            complete(connection.channel());
        }

        @Override
        public void connected(Channel channel, String server) {
            complete(channel);
        }

        @Override
        public void noConnection(ErrorKind why) {
            completeExceptionally(new IllegalStateException(why.description()));
        }

        @Override
        public CharSequence hashed(BalanceConfig balance) {
            return hashed;
        }

        Channel await() throws Exception {
            return get(10, TimeUnit.SECONDS);
        }
    }

    private static final LimitConfig LIMITS = new LimitConfig(8 * 1024, 20, 1024);

    public final Transport transport;
    public final RecordingObserver observer = new RecordingObserver();
    public final Backends backends;
    public final EventLoop loop;

    public PoolFixture(Transport transport, Duration connect, String... servers) {
        this(transport, connect, BackendPool.IDLE_TIME, servers);
    }

    PoolFixture(Transport transport, Duration connect, Duration idle, String... servers) {
        this.transport = transport;
        TimeoutConfig timeouts =
                new TimeoutConfig(Duration.ofSeconds(30), Duration.ofSeconds(30), connect, Duration.ofMinutes(1));
        BackendConfig backend = new BackendConfig(
                "web",
                Stream.of(servers).map(server -> ServerConfig.parse(server, 1)).toList(),
                BackendProtocol.HTTP1,
                ProxyProtocol.NONE,
                timeouts);
        backends = new Backends(Map.of("web", backend), Map.of(), timeouts, LIMITS, transport, observer, idle);
        loop = transport.loops().next();
    }

    public PoolFixture(String... servers) {
        this(Transport.open(1), Duration.ofSeconds(5), servers);
    }

    BackendPool pool() {
        return backends.pool("web", loop);
    }

    public LimitConfig limits() {
        return LIMITS;
    }

    /** Asks for an HTTP connection, from any thread. */
    public Asked acquire() {
        Asked asked = new Asked();
        loop.execute(() -> pool().acquire(loop, false, asked));
        return asked;
    }

    /** On the loop of {@link #loop}: so many connections, used at the same time, that wait for their next request now. */
    public List<Channel> makeIdle(int count) throws Exception {
        return makeIdle(loop, count);
    }

    /** @return in the order in which they became idle */
    public List<Channel> makeIdle(EventLoop where, int count) throws Exception {
        BlockingQueue<Channel> released = new LinkedBlockingQueue<>();
        List<OneRequest> requests =
                Stream.generate(() -> new OneRequest(released)).limit(count).toList();
        where.submit(() ->
                        requests.forEach(request -> backends.pool("web", where).acquire(where, false, request)))
                .get();
        List<Channel> channels = new ArrayList<>();
        while (channels.size() < count) {
            channels.add(Objects.requireNonNull(released.poll(10, TimeUnit.SECONDS), "no answer"));
        }
        return channels;
    }

    /** Sends a request when it has a connection, and gives that back when it is answered. */
    private static final class OneRequest implements BackendPool.HttpWaiter, UpstreamListener {

        private final BlockingQueue<Channel> released;
        private Upstream connection;

        OneRequest(BlockingQueue<Channel> released) {
            this.released = released;
        }

        @Override
        public boolean isOver() {
            return false;
        }

        @Override
        public void noConnection(ErrorKind why) {
            throw new IllegalStateException(why.description());
        }

        @Override
        public void acquired(Upstream acquired) {
            connection = acquired;
            connection.use(this);
            connection.write(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
            connection.flush();
        }

        @Override
        public CharSequence hashed(BalanceConfig balance) {
            return "";
        }

        @Override
        public void responseHead(HttpResponse response) {}

        @Override
        public void responseContent(HttpContent content) {
            boolean last = content instanceof LastHttpContent;
            content.release();
            if (last) {
                connection.release();
                released.add(connection.channel());
            }
        }

        @Override
        public void responseReadComplete() {}

        @Override
        public void upstreamWritable() {}

        @Override
        public void upstreamFailed(ErrorKind kind) {
            throw new IllegalStateException(kind.description());
        }
    }

    public <T> T onLoop(Callable<T> task) throws Exception {
        return loop.submit(task).get(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        backends.close();
        transport.close().awaitUninterruptibly();
    }
}
