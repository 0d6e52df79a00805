package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Health checks of servers behind TCP ports. */
@Timeout(30)
class GreetingChecksTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static RunningProxy start(String protocol, String backend) {
        PROXIES.pki().ecdsa("web", "web.test");
        return PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: %s, backend: b}]
                backends: {b: {%s}}
                """, protocol, backend);
    }

    private static String checked(ScriptedUpstream upstream, String health) {
        return "servers: [\"" + upstream.address() + "\"], health: {interval: 100ms, " + health + "}";
    }

    private static String read(RunningProxy proxy) throws IOException {
        try (RawClient client = TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(), "web.test")) {
            return new String(client.readAll(), StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "imap, * OK ready, a LOGOUT",
        "imap, * PREAUTH hello, a LOGOUT",
        "pop3, +OK ready, QUIT",
        "smtp, 220-mail.test, QUIT"
    })
    void aServerWithTheRightGreetingIsUpAndIsToldGoodBye(String type, String greeting, String farewell)
            throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send(greeting.substring(0, 2));
            connection.send(greeting.substring(2) + "\r\n");
            heard.add(new String(connection.readAll(), StandardCharsets.US_ASCII));
        })) {
            RunningProxy proxy = start(type + "s", checked(upstream, "type: " + type));
            await().until(() -> heard.size() >= 2);
            assertThat(heard).containsOnly(farewell + "\r\n");
            assertThat(proxy.observer().server(upstream.address()).isUp()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"imap, * BYE too many", "pop3, -ERR", "smtp, 554 no", "smtp, SSH-2.0-x"})
    void aConnectionToServersThatAreDownIsClosedAtOnce(String type, String greeting) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> connection.send(greeting + "\r\n"))) {
            RunningProxy proxy = start(type + "s", checked(upstream, "type: " + type));
            await().until(() -> !proxy.observer().server(upstream.address()).isUp());
            assertThat(PROXIES.warnings())
                    .singleElement()
                    .asString()
                    .contains("is down: a check failed: the greeting is not that of " + type + ": '" + greeting + "'");
            assertThat(read(proxy)).isEmpty();
        }
    }

    @Test
    void aTcpCheckNeedsNoMoreThanAConnection() throws Exception {
        PROXIES.expectWarnings();
        int port;
        RunningProxy proxy;
        try (ScriptedUpstream upstream = ScriptedUpstream.start(RawClient::readAll)) {
            proxy = start("tls", checked(upstream, "type: tcp, fall: 2"));
            await().until(() -> upstream.accepted() >= 2);
            port = upstream.port();
            assertThat(proxy.observer().server(upstream.address()).isUp()).isTrue();
        }
        await().until(() -> !proxy.observer().server("127.0.0.1:" + port).isUp());
        await().until(() -> !PROXIES.warnings().isEmpty());
        assertThat(PROXIES.warnings())
                .singleElement()
                .asString()
                .contains("is down: 2 checks failed in a row, the last: Connection refused");
        assertThat(read(proxy)).isEmpty();
    }

    /** proxy-protocol.txt §2.1 and §2.2: a server that expects the header takes anything else for garbage. */
    @ParameterizedTest
    @CsvSource({"v1, PROXY UNKNOWN", "v2, QUIT"})
    void aServerThatExpectsAProxyHeaderGetsOneWithoutAClient(String version, String text) throws Exception {
        List<byte[]> heard = new CopyOnWriteArrayList<>();
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send("220 hello\r\n");
            heard.add(connection.readAll());
        })) {
            start("smtps", "proxyProtocol: " + version + ", " + checked(upstream, "type: smtp"));
            await().until(() -> !heard.isEmpty());
            assertThat(new String(heard.get(0), StandardCharsets.ISO_8859_1))
                    .contains(text)
                    .endsWith("QUIT\r\n");
            if ("v2".equals(version)) {
                assertThat(heard.get(0)).hasSize(16 + 6).contains(0x20, org.assertj.core.data.Index.atIndex(12));
            }
        }
    }
}
