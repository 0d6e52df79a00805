package io.portward.core.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to servers. A name may stand for several addresses, such as {@code localhost} for 127.0.0.1 and ::1: each is tried once, what
 * worked last before the others.
 *
 * <p>Threading: immutable; {@link #dial} on the event loop that the connection is to live on. Ownership: whoever asks owns the channel.
 */
final class Dialer {

    /** A response is relayed in chunks of what one read brought: 64 KiB bodies took 168 µs with small reads and 66 to 88 µs with these. */
    private static final int MAX_READ = 128 * 1024;

    /** One read may be queued for a slow client before reading stops, and it resumes when half is gone. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 128 * 1024);

    private final Transport transport;
    private final AddressResolverGroup<InetSocketAddress> resolver;
    /** For each address, with the TLS handshake where there is one. */
    private final int timeoutMillis;

    private final boolean forTraffic;

    /** @param forTraffic whether what fails is counted and told; health checks tell it themselves */
    Dialer(
            Transport transport,
            AddressResolverGroup<InetSocketAddress> resolver,
            Duration timeout,
            boolean forTraffic) {
        this.forTraffic = forTraffic;
        this.transport = transport;
        this.resolver = resolver;
        // 30 days, the most that can be configured, are more milliseconds than an int holds.
        this.timeoutMillis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
    }

    /**
     * @param opening makes the first handler of each channel that is tried
     * @param over whether nobody wants the connection any more; no further address is tried then
     * @return completes on {@code loop} when the connection can be used, which with TLS is after the handshake; its failure is that of the last address
     */
    Future<Channel> dial(EventLoop loop, Server server, Opening opening, BooleanSupplier over) {
        assert loop.inEventLoop();
        Promise<Channel> opened = loop.newPromise();
        InetSocketAddress address = server.address();
        if (address.isUnresolved()) {
            resolver.getResolver(loop).resolveAll(address).addListener((FutureListener<List<InetSocketAddress>>)
                    found -> {
                        if (found.isSuccess()) {
                            new Attempt(
                                            loop,
                                            server,
                                            server.inOrder(found.getNow()).iterator(),
                                            opening,
                                            over,
                                            opened)
                                    .next();
                        } else {
                            opened.setFailure(found.cause());
                        }
                    });
        } else {
            new Attempt(loop, server, List.of(address).iterator(), opening, over, opened).next();
        }
        return opened;
    }

    /** One address after the other. */
    private final class Attempt {

        private final EventLoop loop;
        private final Server server;
        private final Iterator<InetSocketAddress> addresses;
        private final Opening opening;
        private final BooleanSupplier over;
        private final Promise<Channel> opened;

        Attempt(
                EventLoop loop,
                Server server,
                Iterator<InetSocketAddress> addresses,
                Opening opening,
                BooleanSupplier over,
                Promise<Channel> opened) {
            this.loop = loop;
            this.server = server;
            this.addresses = addresses;
            this.opening = opening;
            this.over = over;
            this.opened = opened;
        }

        void next() {
            // From here on it takes a descriptor, also while nobody has answered yet.
            transport.backendConnections().incrementAndGet();
            long since = System.nanoTime();
            ServerTls tls = server.tls();
            InetSocketAddress address = addresses.next();
            ChannelHandler handler = tls == null ? opening.handler() : new TlsInitializer(tls, opening);
            connect(loop, address, handler).addListener((ChannelFuture tried) -> {
                if (!tried.isSuccess()) {
                    transport.backendConnections().decrementAndGet();
                    failed(address, tried.cause());
                    return;
                }
                Channel channel = tried.channel();
                channel.closeFuture()
                        .addListener(closed -> transport.backendConnections().decrementAndGet());
                new Beginning(tls, address, channel, since).next();
            });
        }

        /** What comes between TCP and the first use, within the time that is left: TLS, then what the opening wants. */
        private final class Beginning {

            private final @Nullable ServerTls tls;
            private final InetSocketAddress address;
            private final Channel channel;
            private final long since;
            private @Nullable ScheduledFuture<?> deadline;
            private String late = "";

            Beginning(@Nullable ServerTls tls, InetSocketAddress address, Channel channel, long since) {
                this.tls = tls;
                this.address = address;
                this.channel = channel;
                this.since = since;
            }

            void next() {
                if (tls == null) {
                    finish();
                    return;
                }
                awaitAtMost("TLS: no handshake");
                SslHandler handler = channel.pipeline().get(SslHandler.class);
                handler.handshakeFuture().addListener(done -> {
                    Throwable problem = done.isSuccess() ? tls.problem(handler) : tls.failure(done.cause());
                    if (problem == null) {
                        finish();
                    } else {
                        giveUp(problem);
                    }
                });
            }

            private void finish() {
                Future<?> ready = opening.ready(channel);
                if (ready == null) {
                    succeed();
                    return;
                }
                awaitAtMost("no HTTP/2");
                ready.addListener(done -> {
                    if (done.isSuccess()) {
                        succeed();
                    } else {
                        giveUp(done.cause());
                    }
                });
            }

            private void awaitAtMost(String what) {
                cancelDeadline();
                long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis) - (System.nanoTime() - since);
                deadline = loop.schedule(
                        () -> {
                            late = what + " within " + timeoutMillis + " ms of connecting";
                            channel.close();
                        },
                        left,
                        TimeUnit.NANOSECONDS);
            }

            private void cancelDeadline() {
                if (deadline != null) {
                    deadline.cancel(false);
                }
            }

            private void succeed() {
                cancelDeadline();
                server.reachedAt(address);
                opened.setSuccess(channel);
            }

            private void giveUp(Throwable cause) {
                cancelDeadline();
                channel.close();
                failed(address, late.isEmpty() ? cause : new ConnectTimeoutException(late));
            }
        }

        private void failed(InetSocketAddress address, Throwable cause) {
            if (!addresses.hasNext() || over.getAsBoolean()) {
                opened.setFailure(cause);
                return;
            }
            if (forTraffic) {
                server.addressFailed(address, cause);
            }
            if (loop.inEventLoop()) {
                next();
            } else {
                // Without a descriptor there is no channel, and Netty tells it on a thread of its own.
                loop.execute(this::next);
            }
        }
    }

    private ChannelFuture connect(EventLoop loop, InetSocketAddress address, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .channel(transport.socketChannel())
                .disableResolver()
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, MAX_READ))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(handler)
                .connect(address);
    }
}
