package io.portward.core.connection;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.NetUtil;
import io.portward.config.model.ListenAddress;
import io.portward.core.transport.Transport;
import java.net.InetSocketAddress;

/**
 * Opens listening sockets. One acceptor serves a port and deals connections out to the loops in turn, so every loop gets its share however few
 * clients there are, and a second process on the same port is noticed.
 *
 * <p>Threading: not an event loop, since it waits for the bind.
 */
final class ListenerBinder {

    /** The kernel cuts it to net.core.somaxconn, 4096 on current systems. */
    private static final int BACKLOG = 4096;

    /** What a slow client may leave unread before its backend is no longer read; two of the largest reads fit. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    /** Requests are small, uploads grow the buffer to four records. */
    private static final int MAX_READ = 64 * 1024;

    /**
     * What the kernel takes beyond the client's window. With its default of megabytes, of which a third has to drain before it takes more, a
     * client below some 20 KB/s would seem to stand still for longer than the idle time.
     */
    private static final int MAX_UNSENT = 128 * 1024;

    // linux/tcp.h, asm-generic/socket.h
    private static final int IPPROTO_TCP = 6;
    private static final int SOL_SOCKET = 1;
    private static final IntegerUnixChannelOption TCP_NODELAY =
            new IntegerUnixChannelOption("TCP_NODELAY", IPPROTO_TCP, 1);
    private static final IntegerUnixChannelOption SO_KEEPALIVE =
            new IntegerUnixChannelOption("SO_KEEPALIVE", SOL_SOCKET, 9);
    private static final IntegerUnixChannelOption TCP_NOTSENT_LOWAT =
            new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", IPPROTO_TCP, 25);

    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;

    private ListenerBinder() {}

    /** @throws StartException in one line: which port, why, what to do */
    static Channel bind(Listener listener) throws StartException {
        Transport transport = listener.transport();
        ListenAddress address = listener.port().listen();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops())
                .channelFactory(() -> address.host() == null
                        ? transport.newServerChannel()
                        : transport.newServerChannel(socketAddress(address)))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 2048, MAX_READ))
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ConnectionInitializer(listener));
        setSocketOptions(bootstrap, transport.isEpoll());
        if (transport.isEpoll() && address.host() != null && address.host().indexOf(':') >= 0) {
            // `[::]` beside `0.0.0.0` on the same port is two listeners, as in nginx.
            bootstrap.option(new IntegerUnixChannelOption("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY), 1);
        }
        ChannelFuture bound = bootstrap.bind(socketAddress(address)).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new StartException(BindProblem.explain(address, bound.cause()), bound.cause());
        }
        bound.channel().pipeline().addLast(new AcceptFailureHandler(address));
        return bound.channel();
    }

    private static void setSocketOptions(ServerBootstrap bootstrap, boolean epoll) {
        if (epoll) {
            // Set once here, inherited by every accepted socket: two system calls fewer for each connection.
            bootstrap.option(TCP_NODELAY, 1).option(SO_KEEPALIVE, 1).option(TCP_NOTSENT_LOWAT, MAX_UNSENT);
        } else {
            bootstrap.childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
        }
    }

    private static InetSocketAddress socketAddress(ListenAddress address) {
        // The host is a literal, so nothing is looked up.
        return address.host() == null
                ? new InetSocketAddress(address.port())
                : new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(address.host()), address.port());
    }
}
