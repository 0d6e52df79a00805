package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.portward.config.model.AddressRange;
import io.portward.config.model.HstsConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.PortConfig;
import io.portward.core.error.ErrorKind;
import io.portward.core.error.ErrorLog;
import io.portward.core.error.Faults;
import io.portward.core.http.Forwarding;
import io.portward.core.limit.AddressLimits;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import io.portward.core.route.RouteTable;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.Backends;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the exchanges of one https port have in common: routes, backends, limits, observer.
 *
 * <p>Threading: immutable; any thread.
 */
public final class HttpService {

    private final PortConfig port;
    private final RouteTable routes;
    private final Backends backends;
    private final LimitConfig limits;
    private final long maxBody;
    private final List<AddressRange> trustedProxies;
    private final AddressLimits addresses;
    private final PortObserver observer;
    private final Transport transport;
    private final @Nullable String hsts;
    private final ErrorLog errorLog = new ErrorLog();
    private final Faults faults;

    public HttpService(
            PortConfig port,
            Backends backends,
            LimitConfig limits,
            List<AddressRange> trustedProxies,
            AddressLimits addresses,
            PortObserver observer,
            Transport transport) {
        this.port = port;
        this.routes = RouteTable.of(port.routes());
        this.backends = backends;
        this.limits = limits;
        this.maxBody = limits.maxBody();
        this.trustedProxies = trustedProxies;
        this.addresses = addresses;
        this.observer = observer;
        this.transport = transport;
        this.faults = new Faults(port.listen());
        this.hsts = port.hsts() == null ? null : hsts(port.hsts());
    }

    /** RFC 6797 §6.1. */
    private static String hsts(HstsConfig config) {
        return "max-age=" + config.maxAge().toSeconds() + (config.includeSubDomains() ? "; includeSubDomains" : "")
                + (config.preload() ? "; preload" : "");
    }

    public PortConfig port() {
        return port;
    }

    public LimitConfig limits() {
        return limits;
    }

    /** Of our own code, on connections of this port. */
    public Faults faults() {
        return faults;
    }

    /** Bytes of a request's body. */
    long maxBody() {
        return maxBody;
    }

    public PortObserver observer() {
        return observer;
    }

    /** Whether the client has asked too often. Behind trusted proxies it is the client that counts, and nobody if they do not name it. */
    boolean isOverRate(ClientConnection client, HttpHeaders headers) {
        if (!addresses.boundRequests()) {
            return false;
        }
        InetAddress asker = client.forwarding().asker(headers);
        return asker != null && !addresses.ask(asker);
    }

    RouteTable routes() {
        return routes;
    }

    Transport transport() {
        return transport;
    }

    void addHsts(HttpResponse response) {
        if (hsts != null) {
            response.headers().set("strict-transport-security", hsts);
        }
    }

    /** Once for each client connection; kept by the front end and given to each exchange. */
    public ClientConnection client(Channel channel, ConnectionInfo info, TlsInfo tls) {
        return client(channel, info, tls, host -> true);
    }

    /** @param hosts which the client may ask for on this connection; others get 421. Asked on the channel's event loop */
    public ClientConnection client(Channel channel, ConnectionInfo info, TlsInfo tls, Predicate<String> hosts) {
        return new ClientConnection(channel, info, tls, new Forwarding(info, trustedProxies), backends, hosts);
    }

    ClientPace pace(ClientConnection client, ResponseSink sink, Runnable tooSlow) {
        return new ClientPace(
                sink, port.timeouts(), transport.deadlines(client.channel()), transport.isEpoll(), tooSlow);
    }

    /** What hears of an exchange for the access log. */
    ExchangeTrace trace(ClientConnection client, ResponseSink sink) {
        ConnectionTrace trace = client.info().trace();
        return trace == null ? ExchangeTrace.OFF : new RecordedExchange(client, trace, sink.protocol());
    }

    /**
     * Tells the operator of an error that is not the client's.
     *
     * @param answered whether the client is told
     */
    void report(ErrorKind kind, boolean answered, String backend, CharSequence requestId) {
        if (kind.isOperational()) {
            String context = "backend " + backend + ", port " + port.listen() + ", request " + requestId;
            errorLog.add(kind, answered, context, backends.isDraining());
        }
    }

    public Exchange newExchange(ClientConnection client, ResponseSink sink) {
        return new Exchange(this, client, sink);
    }
}
