package io.portward.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which backend a connection gets by the name that the client asks for. */
class NameRoutesTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients clients;

    private ScriptedUpstream a;
    private ScriptedUpstream b;
    private ScriptedUpstream other;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("all", "a.test", "b.test", "*.b.test", "c.test");
        clients = TlsClients.trusting(PROXIES.pki().authority());
    }

    @BeforeEach
    void startUpstreams() throws IOException {
        a = ScriptedUpstream.start(connection -> connection.send("a"));
        b = ScriptedUpstream.start(connection -> connection.send("b"));
        other = ScriptedUpstream.start(connection -> connection.send("other"));
    }

    @AfterEach
    void stopUpstreams() throws IOException {
        a.close();
        b.close();
        other.close();
    }

    /** @param rest of the port */
    private RunningProxy start(String rest) {
        return PROXIES.start("""
                certificates: [{name: all, chain: all.pem, key: all.key}]
                ports:
                  - listen: "127.0.0.1:0"
                    routes: [{host: A.Test., backend: a}, {host: "*.b.test", backend: b}]
                    %s
                backends:
                  a: {servers: ["%s"]}
                  b: {servers: ["%s"]}
                  other: {servers: ["%s"]}
                """, rest, a.address(), b.address(), other.address());
    }

    private static String answer(RunningProxy proxy, String name) throws IOException {
        try (RawClient client = clients.connect(proxy.address(), name)) {
            return client.readAllText();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls", "smtps", "imaps", "pop3s"})
    void theFirstRouteForTheNameWinsAndTheBackendTakesTheRest(String protocol) throws IOException {
        RunningProxy proxy = start("protocol: " + protocol + "\n    backend: other");
        assertThat(answer(proxy, "a.test")).isEqualTo("a");
        assertThat(answer(proxy, "A.TEST")).isEqualTo("a");
        assertThat(answer(proxy, "x.b.test")).isEqualTo("b");
        assertThat(answer(proxy, "b.test")).isEqualTo("other");
        assertThat(answer(proxy, "c.test")).isEqualTo("other");
        assertThat(proxy.port().handshakes()).hasSize(5);
    }

    @Test
    void withoutANameTheBackendIsMeant() throws IOException {
        RunningProxy proxy = start("protocol: tls\n    backend: other");
        assertThat(withoutName(proxy)).isEqualTo("other");
    }

    private static String withoutName(RunningProxy proxy) throws IOException {
        try (TlsEngineClient client = new TlsEngineClient(
                RawClient.connect(proxy.address()), clients.context().createSSLEngine())) {
            return new String(client.handshake().readToCloseNotify(), StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @CsvSource({"b.test, UNKNOWN_SNI", "c.test, UNKNOWN_SNI", "x.y.b.test, UNKNOWN_SNI", ", NO_SNI"})
    void withoutABackendOtherNamesAreRefused(String name, HandshakeFailure reason) throws IOException {
        RunningProxy proxy = start("protocol: tls");
        assertThat(answer(proxy, "a.test")).isEqualTo("a");
        assertThatThrownBy(() -> {
                    if (name == null) {
                        withoutName(proxy);
                    } else {
                        answer(proxy, name);
                    }
                })
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("unrecognized_name");
        await().untilAsserted(() -> assertThat(proxy.port().failures())
                .singleElement()
                .extracting(failure -> failure.reason())
                .isEqualTo(reason));
        assertThat(other.accepted()).isZero();
    }

    /** A route says where a name goes, and unknownNames whether there has to be a certificate for it. */
    @Test
    void aRouteDoesNotStandInForACertificate() throws IOException {
        RunningProxy proxy = start("protocol: tls\n    backend: other\n    tls: {unknownNames: reject}");
        assertThat(answer(proxy, "c.test")).isEqualTo("other");
        assertThatThrownBy(() -> answer(proxy, "d.test")).hasMessageContaining("unrecognized_name");
        await().until(() -> proxy.port().failures().size() == 1);
    }
}
