package io.portward.core.http2;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendProtocol;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.ListenAddress;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.core.exchange.HttpService;
import io.portward.core.limit.AddressLimits;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.Observer;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.Backends;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.LongSupplier;

/** A listener that speaks HTTP/2 without TLS, in front of a {@link ScriptedOrigin}, on one event loop. */
final class Http2Fixture implements AutoCloseable, Observer, PortObserver, ServerObserver {

    static final LimitConfig LIMITS = new LimitConfig(8 * 1024, 20, 1024);

    private static final List<RouteConfig> TO_WEB = List.of(new RouteConfig(null, null, "web"));

    private static final TlsInfo TLS =
            new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", false, "h2", "a.example");

    private final Transport transport = Transport.open(1);
    private final Transport originTransport = Transport.open(1);
    private final Channel listener;
    private final Backends backends;

    final ScriptedOrigin origin = new ScriptedOrigin(originTransport);

    /** What the observer was told, as {@code METHOD status protocol}. */
    final BlockingQueue<String> finished = new LinkedBlockingQueue<>();

    /** The server's side of each client connection. */
    final BlockingQueue<Channel> clients = new LinkedBlockingQueue<>();

    Http2Fixture() {
        this(Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    Http2Fixture(Duration headers, Duration idle) {
        this(timeouts(headers, idle), LIMITS, TO_WEB);
    }

    Http2Fixture(TimeoutConfig timeouts) {
        this(timeouts, LIMITS, TO_WEB);
    }

    Http2Fixture(LimitConfig limits) {
        this(timeouts(Duration.ofSeconds(30), Duration.ofSeconds(30)), limits, TO_WEB);
    }

    /** @param routes to {@code web}, the origin, and {@code guard}, which cannot be reached */
    Http2Fixture(List<RouteConfig> routes) {
        this(timeouts(Duration.ofSeconds(30), Duration.ofSeconds(30)), LIMITS, routes);
    }

    private static TimeoutConfig timeouts(Duration headers, Duration idle) {
        return new TimeoutConfig(headers, idle, Duration.ofSeconds(5), Duration.ofMinutes(1));
    }

    private Http2Fixture(TimeoutConfig timeouts, LimitConfig limits, List<RouteConfig> routes) {
        BackendConfig backend = new BackendConfig(
                "web",
                List.of(ServerConfig.parse("127.0.0.1:" + origin.port(), 1)),
                BackendProtocol.HTTP1,
                ProxyProtocol.NONE,
                new TimeoutConfig(
                        Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofMinutes(1)));
        PortConfig port = new PortConfig(
                ListenAddress.parse("127.0.0.1:0"),
                PortProtocol.HTTPS,
                routes,
                null,
                List.of(),
                443,
                null,
                new TlsConfig(
                        TlsPolicy.INTERMEDIATE,
                        UnknownNames.FALLBACK,
                        Duration.ofSeconds(10),
                        new TicketConfig(Duration.ofHours(1), Duration.ofHours(12))),
                List.of(),
                timeouts,
                ProxyHeaders.NONE,
                null,
                true);
        BackendConfig guard = new BackendConfig(
                "guard",
                List.of(ServerConfig.parse("127.0.0.1:9", 1)),
                backend.protocol(),
                backend.proxyProtocol(),
                backend.timeouts());
        backends = new Backends(Map.of("web", backend, "guard", guard), backend.timeouts(), limits, transport, this);
        AddressLimits addresses = new AddressLimits(limits.perAddress(), List.of());
        HttpService service = new HttpService(port, backends, limits, List.of(), addresses, this, transport);
        listener = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.serverChannel())
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        ConnectionInfo info = new ConnectionInfo(port, channel.remoteAddress(), channel.localAddress());
                        Http2FrontEnd.addTo(
                                channel.pipeline(),
                                service,
                                service.client(channel, info, TLS, host -> !host.equals("misdirected.example")),
                                transport.deadlines(channel));
                        clients.add(channel);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    RawH2Client open() throws Exception {
        return RawH2Client.open(port());
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        backends.close();
        transport.close().syncUninterruptibly();
        originTransport.close().syncUninterruptibly();
    }

    @Override
    public void requestFinished(String backend, String method, int status, String protocol, long nanos) {
        finished.add(method + " " + status + " " + protocol);
    }

    @Override
    public PortObserver port(PortConfig port, TicketCounters tickets) {
        return this;
    }

    @Override
    public ServerObserver server(String backend, String server) {
        return this;
    }

    @Override
    public void certificates(List<CertificateFacts> certificates) {}

    @Override
    public void ticketKeyAge(LongSupplier ageSeconds) {}

    @Override
    public void accepted() {}

    @Override
    public void closed() {}

    @Override
    public void bytesIn(long count) {}

    @Override
    public void bytesOut(long count) {}

    @Override
    public void handshakeFinished(TlsInfo tls, long nanos) {}

    @Override
    public void passedThrough(String backend) {}

    @Override
    public void handshakeFailed(HandshakeFailure reason, ConnectionInfo connection, String detail) {}

    @Override
    public void connected() {}

    @Override
    public void disconnected() {}

    @Override
    public void connectFailed() {}

    @Override
    public void up(boolean up) {}
}
