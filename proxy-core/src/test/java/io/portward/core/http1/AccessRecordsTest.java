package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.TlsInfo;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the access log is told of requests. */
@Timeout(30)
class AccessRecordsTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static HttpsPort start(String port, String... servers) {
        return HttpsPort.with(PROXIES, port, "accessLog: {}", servers);
    }

    private static List<AccessRecord.Request> told(RunningProxy proxy, int count) {
        await().until(() -> proxy.observer().access().size() >= count);
        assertThat(proxy.observer().access()).hasSize(count);
        return proxy.observer().access().stream()
                .map(AccessRecord.Request.class::cast)
                .toList();
    }

    private static String get(RawClient client, String path, String fields) throws IOException {
        return Reply.read(client.send("GET " + path + " HTTP/1.1\r\nHost: web.test\r\n" + fields + "\r\n"))
                .header("x-request-id");
    }

    @Test
    void tellsWhoAskedForWhatAndWhoAnswered() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", origin.address());
            String id;
            try (RawClient client = port.connect()) {
                id = get(client, "/a/b?token=1", "User-Agent: agent\r\nReferer: https://r.test/\r\n");
                client.send("POST /up HTTP/1.1\r\nHost: web.test\r\nContent-Length: 3\r\n\r\nabc");
                Reply.read(client);
            }
            List<AccessRecord.Request> lines = told(port.proxy(), 2);

            AccessRecord.Request first = lines.get(0);
            assertThat(first.request())
                    .isEqualTo(new AccessRecord.RequestFacts(
                            id,
                            "127.0.0.1",
                            "GET",
                            new AccessRecord.Target("web.test", "/a/b", "?token=1"),
                            "h1",
                            "https://r.test/",
                            "agent",
                            null));
            assertThat(first.outcome())
                    .isEqualTo(new AccessRecord.Outcome(0, 2, "web", origin.address(), 0, "complete"));
            assertThat(first.status()).isEqualTo(200);
            assertThat(first.connection().ja4()).matches("t13d[0-9]{4}\\w\\w_[0-9a-f]{12}_[0-9a-f]{12}");
            assertThat(first.connection().serverName()).isEqualTo("web.test");
            TlsInfo tls = first.connection().tls();
            assertThat(tls).isNotNull();
            assertThat(tls.version()).isEqualTo("TLSv1.3");
            assertThat(first.phases().handshake()).isPositive();
            assertThat(first.phases().connect()).isPositive();
            assertThat(first.phases().firstByte()).isPositive();
            assertThat(first.phases().total())
                    .isGreaterThanOrEqualTo(first.phases().queued()
                            + first.phases().connect()
                            + first.phases().firstByte());

            AccessRecord.Request second = lines.get(1);
            assertThat(second.connection()).isSameAs(first.connection());
            assertThat(List.of(first.number(), second.number())).containsExactly(1L, 2L);
            assertThat(second.outcome())
                    .isEqualTo(new AccessRecord.Outcome(3, 2, "web", origin.address(), 0, "complete"));
            assertThat(second.phases().handshake())
                    .as("that of the first request")
                    .isNegative();
            assertThat(second.phases().connect()).as("the connection is kept").isNegative();
        }
    }

    @Test
    void tellsTheClientThatATrustedProxyNames() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port =
                    HttpsPort.with(PROXIES, "", "accessLog: {}\ntrustedProxies: [127.0.0.1]", origin.address());
            try (RawClient client = port.connect()) {
                get(client, "/", "X-Forwarded-For: 10.6.6.6, 2001:db8::7\r\n");
                get(client, "/", "");
            }

            assertThat(told(port.proxy(), 2))
                    .extracting(line -> line.request().client())
                    .containsExactly("2001:db8::7", "127.0.0.1");
        }
    }

    @Test
    void believesNobodyElse() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", origin.address());
            try (RawClient client = port.connect()) {
                get(client, "/", "X-Forwarded-For: 10.6.6.6\r\n");
            }

            assertThat(told(port.proxy(), 1).get(0).request().client()).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void passesTraceparentOnAndTellsItsTrace() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", origin.address());
            String traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            try (RawClient client = port.connect()) {
                get(client, "/", "traceparent: " + traceparent + "\r\ntracestate: a=b\r\n");
            }

            assertThat(Reply.field(origin.request(), "traceparent")).isEqualTo(traceparent);
            assertThat(Reply.field(origin.request(), "tracestate")).isEqualTo("a=b");
            assertThat(told(port.proxy(), 1).get(0).request().traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        }
    }

    @Test
    void tellsWhyPortwardAnsweredItself() throws IOException {
        PROXIES.expectWarnings();
        HttpsPort port = start(
                ", routes: [{path: /web, backend: web}, {path: /fixed, respond: {status: 200, body: text}}]",
                "127.0.0.1:" + ScriptedUpstream.unusedPort());
        try (RawClient client = port.connect()) {
            get(client, "/nowhere", "");
            get(client, "/fixed", "");
            get(client, "/web", "");
            Reply.read(client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
        }

        List<AccessRecord.Request> lines = told(port.proxy(), 4);
        assertThat(lines)
                .extracting(line -> line.status() + " " + line.outcome().ended() + " "
                        + line.outcome().backend() + " " + line.outcome().retries())
                .containsExactly(
                        "404 no_route null 0",
                        "200 complete null 0",
                        "502 upstream_unreachable web 0",
                        "400 malformed_request null 0");
        assertThat(lines.get(1).outcome().bytesOut()).isEqualTo(4);
        assertThat(lines.get(3).request().target()).isNull();
        assertThat(lines)
                .extracting(line -> line.request().id())
                .doesNotContainNull()
                .doesNotHaveDuplicates();
    }

    @Test
    void countsEveryServerAndConnectionThatWasTriedAgain() throws IOException {
        PROXIES.expectWarnings();
        String dead = "127.0.0.1:" + ScriptedUpstream.unusedPort();
        try (ScriptedUpstream leaving = ScriptedUpstream.start(connection -> connection.readUntil("\r\n\r\n"));
                CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = start("", dead, leaving.address(), origin.address());
            try (RawClient client = port.connect()) {
                get(client, "/", "");
            }

            AccessRecord.Outcome outcome = told(port.proxy(), 1).get(0).outcome();
            assertThat(outcome.server()).isEqualTo(origin.address());
            assertThat(outcome.retries()).isEqualTo(2);
            assertThat(outcome.ended()).isEqualTo("complete");
        }
    }

    @Test
    void tellsOfAClientThatLeft() throws IOException {
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll)) {
            HttpsPort port = start("", silent.address());
            try (RawClient client = port.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
                await().until(() -> silent.accepted() == 1);
            }

            AccessRecord.Request line = told(port.proxy(), 1).get(0);
            assertThat(line.status()).isEqualTo(499);
            assertThat(line.outcome().ended()).isEqualTo("client_gone");
            assertThat(line.phases().firstByte()).isNegative();
        }
    }

    @Test
    void tellsOfABackendThatTookTooLong() throws IOException {
        PROXIES.expectWarnings();
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll)) {
            HttpsPort port = HttpsPort.with(PROXIES, "", "accessLog: {}\ntimeouts: {headers: 300ms}", silent.address());
            try (RawClient client = port.connect()) {
                get(client, "/", "");
            }

            AccessRecord.Request line = told(port.proxy(), 1).get(0);
            assertThat(line.status()).isEqualTo(504);
            assertThat(line.outcome().ended()).isEqualTo("upstream_timeout");
        }
    }

    @Test
    void tellsOfAWebSocketWhenItIsOver() throws IOException {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
            connection.read(5);
            connection.send("answer!");
            connection.readAll();
        })) {
            HttpsPort port = start("", origin.address());
            try (RawClient client = port.connect()) {
                Reply.read(client.send("GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\n"
                        + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        + "Sec-WebSocket-Version: 13\r\n\r\n"));
                assertThat(port.proxy().observer().access()).isEmpty();
                client.send("hello");
                client.read(7);
            }

            AccessRecord.Request line = told(port.proxy(), 1).get(0);
            assertThat(line.status()).isEqualTo(101);
            assertThat(line.outcome())
                    .isEqualTo(new AccessRecord.Outcome(5, 7, "web", origin.address(), 0, "complete"));
        }
    }

    @Test
    void tellsOfRedirectsAndOfPlainHttpOnATlsPort() throws IOException {
        PROXIES.pki().ecdsa("web", "web.test");
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                accessLog: {}
                ports:
                  - {listen: "127.0.0.1:0", protocol: redirect}
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{respond: {status: 204}}]}
                """);
        for (int i = 0; i < 2; i++) {
            try (RawClient client = RawClient.connect(proxy.address(i))) {
                assertThat(Reply.read(client.send("GET /old?x HTTP/1.1\r\nHost: web.test\r\n\r\n"))
                                .status())
                        .isEqualTo(308);
            }
        }
        await().until(() -> proxy.observer().access().size() == 3);

        assertThat(proxy.observer().access())
                .filteredOn(AccessRecord.Request.class::isInstance)
                .map(AccessRecord.Request.class::cast)
                .allSatisfy(line -> {
                    assertThat(line.status()).isEqualTo(308);
                    assertThat(line.request().target()).isEqualTo(new AccessRecord.Target("web.test", "/old", "?x"));
                    assertThat(line.connection().tls()).isNull();
                })
                .hasSize(2);
        assertThat(proxy.observer().access()).hasAtLeastOneElementOfType(AccessRecord.Handshake.class);
    }

    @Test
    void tellsWhoeverAPeerNamesInAProxyHeader() throws IOException {
        PROXIES.pki().ecdsa("web", "web.test");
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                accessLog: {}
                trustedProxies: [127.0.0.1]
                ports: [{listen: "127.0.0.1:0", protocol: https, proxyProtocol: required, routes: [{respond: {status: 204}}]}]
                """);
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        RawClient tcp = RawClient.connect(proxy.address()).send("PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\r\n");
        try (RawClient client = clients.over(tcp, "web.test", parameters -> {})) {
            get(client, "/", "");
        }

        AccessRecord.Request line = told(proxy, 1).get(0);
        assertThat(line.request().client()).isEqualTo("203.0.113.9");
        assertThat(line.connection().info().client().getPort()).isEqualTo(1234);
        assertThat(line.connection().peer().getAddress().getHostAddress()).isEqualTo("127.0.0.1");
    }
}
