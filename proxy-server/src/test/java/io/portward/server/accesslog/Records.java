package io.portward.server.accesslog;

import io.portward.config.model.ListenAddress;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionFacts;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.TlsInfo;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records as the data plane makes them. */
final class Records {

    static final long AT = 1_700_000_000_042L;
    static final String ID = "0123456789abcdef0123456789abcdef";
    static final String JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";

    private Records() {}

    static PortConfig port(PortProtocol protocol) {
        return port(protocol, true);
    }

    static PortConfig silent(PortProtocol protocol) {
        return port(protocol, false);
    }

    private static PortConfig port(PortProtocol protocol, boolean accessLog) {
        Duration minute = Duration.ofMinutes(1);
        TlsConfig tls =
                new TlsConfig(TlsPolicy.INTERMEDIATE, UnknownNames.FALLBACK, minute, new TicketConfig(minute, minute));
        return new PortConfig(
                ListenAddress.parse("0.0.0.0:443"),
                protocol,
                List.of(),
                null,
                List.of(),
                443,
                null,
                tls,
                List.of(),
                new TimeoutConfig(minute, minute, minute, minute),
                ProxyHeaders.NONE,
                null,
                accessLog);
    }

    static ConnectionFacts connection(PortProtocol protocol, boolean shaken) {
        InetSocketAddress client = new InetSocketAddress("192.0.2.7", 50_123);
        return new ConnectionFacts(
                "00000000000000aa",
                new ConnectionInfo(port(protocol), client, new InetSocketAddress("192.0.2.1", 443)),
                client,
                "www.example.com",
                JA4,
                shaken
                        ? new TlsInfo(
                                "TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", false, "h2", "www.example.com")
                        : null);
    }

    static AccessRecord.Request get(String path) {
        return request(new AccessRecord.Target("www.example.com", path, ""), null, null);
    }

    static AccessRecord.Request request(
            AccessRecord.@Nullable Target target, @Nullable String referer, @Nullable String userAgent) {
        return new AccessRecord.Request(
                AT,
                connection(PortProtocol.HTTPS, true),
                1,
                new AccessRecord.RequestFacts(ID, "192.0.2.7", "GET", target, "h2", referer, userAgent, null),
                200,
                new AccessRecord.Outcome(0, 1234, "web", "127.0.0.1:8080", 0, "complete"),
                new AccessRecord.Phases(2_500_000, 1_000, AccessRecord.NO_TIME, 3_000_999, 4_000_000));
    }

    static AccessRecord.Connection tcp() {
        return new AccessRecord.Connection(
                AT,
                connection(PortProtocol.IMAPS, true),
                new AccessRecord.Outcome(10, 20, "imap", "127.0.0.1:143", 1, "idle_timeout"),
                new AccessRecord.Phases(1_000_000, 2_000_000, 3_000_000, AccessRecord.NO_TIME, 60_000_000_000L));
    }

    static AccessRecord.Handshake failure(String detail) {
        return new AccessRecord.Handshake(
                AT, connection(PortProtocol.HTTPS, false), HandshakeFailure.NO_SHARED_CIPHER, detail, 5_000_000);
    }
}
