package io.portward.server.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.portward.config.model.AdminConfig;
import io.portward.config.model.ListenAddress;
import io.portward.core.connection.StartException;
import io.portward.core.observe.ServerState;
import io.portward.core.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Serves the admin port.
 *
 * <p>Threading: connections live on the transport's event loops; scrapes, which take milliseconds, run one at a time on a thread of their
 * own. Ownership: whoever starts it closes it, before the transport.
 */
public final class AdminServer implements AutoCloseable {

    /** A monitoring system asks every 15 s or so over a kept connection; a peer silent for longer than a minute is gone. */
    private static final int READ_TIMEOUT_SECONDS = 60;

    /** A few scrapers and probes; more than that is a mistake or an attack, and must not use up descriptors. */
    private static final int MAX_CONNECTIONS = 64;

    /** Our paths are short, and a scraper's header section fits into a few hundred bytes. */
    private static final HttpDecoderConfig DECODER =
            new HttpDecoderConfig().setMaxInitialLineLength(1024).setMaxHeaderSize(8192);

    /** Scrapes waiting for the one that runs; more are told to come back. */
    private static final int MAX_WAITING_SCRAPES = 8;

    /** How long closing waits for a scrape that runs, so that it does not hand its answer to event loops that are gone. */
    private static final int SCRAPE_END_SECONDS = 2;

    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ThreadPoolExecutor scrapes;
    private final Channel listener;

    private AdminServer(
            AdminConfig config,
            Transport transport,
            Supplier<String> metrics,
            Supplier<List<ServerState>> servers,
            Readiness readiness)
            throws StartException {
        InetSocketAddress address = address(config);
        scrapes = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING_SCRAPES), AdminServer::scrapeThread);
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.loops())
                .channelFactory(() -> transport.newServerChannel(address))
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        if (connections.size() >= MAX_CONNECTIONS) {
                            channel.close();
                            return;
                        }
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(READ_TIMEOUT_SECONDS))
                                .addLast(new HttpServerCodec(DECODER))
                                .addLast(new AdminHandler(metrics, servers, readiness, scrapes));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            scrapes.shutdownNow();
            throw cannotListen(config.listen(), bound.cause());
        }
        listener = bound.channel();
    }

    /**
     * Binds the admin port and answers from now on.
     *
     * @param metrics what {@code /metrics} answers with; called on a thread that may take its time
     * @param servers what {@code /backends} shows; called on an event loop
     * @throws StartException with one line for the operator, when the address cannot be used or is not loopback without {@code allowRemote}
     */
    public static AdminServer start(
            AdminConfig config,
            Transport transport,
            Supplier<String> metrics,
            Supplier<List<ServerState>> servers,
            Readiness readiness)
            throws StartException {
        return new AdminServer(config, transport, metrics, servers, readiness);
    }

    /** The address the kernel gave. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
        scrapes.shutdown();
        try {
            scrapes.awaitTermination(SCRAPE_END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static InetSocketAddress address(AdminConfig config) throws StartException {
        ListenAddress listen = config.listen();
        InetAddress host = listen.host() == null ? null : NetUtil.createInetAddressFromIpAddressString(listen.host());
        if (host == null && listen.host() != null) {
            throw new StartException("admin.listen: " + listen + " is not an IP address and a port");
        }
        if ((host == null || !host.isLoopbackAddress()) && !config.allowRemote()) {
            throw new StartException("admin.listen: " + listen + " can be reached from other machines; use 127.0.0.1:"
                    + listen.port() + ", or set admin.allowRemote: true if that is meant");
        }
        return host == null ? new InetSocketAddress(listen.port()) : new InetSocketAddress(host, listen.port());
    }

    /** Netty's epoll and NIO transports word the kernel's errors alike, in different exception classes. */
    private static StartException cannotListen(ListenAddress listen, Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        String remedy = text;
        if (text.contains("in use")) {
            remedy = "the port is already in use; `ss -ltnp 'sport = :" + listen.port()
                    + "'` names the program, or choose another port";
        } else if (text.contains("denied")) {
            remedy =
                    "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE, or choose a higher port";
        } else if (text.contains("assign requested address")) {
            remedy = "this machine has no such address; `ip address` lists those it has";
        }
        return new StartException("admin.listen: cannot listen on " + listen + ": " + remedy, cause);
    }

    private static Thread scrapeThread(Runnable task) {
        Thread thread = new Thread(task, "portward-scrape");
        thread.setDaemon(true);
        return thread;
    }
}
