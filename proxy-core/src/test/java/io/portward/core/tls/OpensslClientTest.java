package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.CommandLine;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openssl s_client} against the proxy: another library's view, and what only it can do. */
@RequiresCommand("openssl")
class OpensslClientTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    @TempDir
    private Path directory;

    private ScriptedUpstream upstream;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test", "other.test");
        PROXIES.pki().rsa("web-rsa", "web.test");
    }

    @BeforeEach
    void startUpstream() throws IOException {
        upstream = ScriptedUpstream.echo();
    }

    @AfterEach
    void stopUpstream() throws IOException {
        upstream.close();
    }

    /** Ports: tls, tls again, imaps, tls with the modern policy. */
    private RunningProxy start() {
        return PROXIES.start("""
                certificates:
                  - {name: web, chain: web.pem, key: web.key}
                  - {name: web-rsa, chain: web-rsa.pem, key: web-rsa.key}
                ports:
                  - {listen: "127.0.0.1:0", protocol: tls, backend: echo}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: echo}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: echo}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: echo, tls: {policy: modern}}
                backends: {echo: {servers: ["%s"]}}
                """, upstream.address());
    }

    private static CommandLine client(RunningProxy proxy, int port, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + proxy.address(port).getPort(),
                "-CAfile",
                PROXIES.pki().authorityFile().toString()));
        command.addAll(List.of(options));
        return CommandLine.start(command);
    }

    /** Sends a line, waits for its echo, ends; returns what the client printed. */
    private static String talk(RunningProxy proxy, int port, String... options) throws Exception {
        try (CommandLine client = client(proxy, port, options)) {
            client.await("\n---\n").type("zyxw\n").await("zyxw\n");
            return client.type("Q\n").awaitEnd();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-tls1_2, TLSv1.2, ECDSA",
        "-tls1_3, TLSv1.3, ECDSA",
        "-tls1_3 -sigalgs rsa_pss_rsae_sha256, TLSv1.3, RSA-PSS",
        "-tls1_3 -sigalgs ecdsa_secp256r1_sha256, TLSv1.3, ECDSA",
        "-tls1_2 -sigalgs RSA+SHA256, TLSv1.2, RSA",
    })
    void speaksWithOpenssl(String options, String version, String signature) throws Exception {
        RunningProxy proxy = start();
        String output = talk(proxy, 0, ("-servername web.test " + options).split(" "));
        assertThat(output)
                .contains("Verify return code: 0 (ok)")
                .contains(version)
                .contains("Peer signature type: " + signature)
                .contains("Secure Renegotiation IS" + (version.equals("TLSv1.3") ? " NOT supported" : " supported"))
                .contains("Compression: NONE");
    }

    /** RFC 6066 §3: an empty extension of the server's, in EncryptedExtensions since TLS 1.3; none in a resumption. */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void acknowledgesTheServerName(String version) throws Exception {
        RunningProxy proxy = start();
        String acknowledgement = "TLS server extension \"server name\" (id=0), len=0";
        String session = directory.resolve("session").toString();
        assertThat(talk(proxy, 0, "-tlsextdebug", version, "-servername", "web.test", "-sess_out", session))
                .contains(acknowledgement);
        assertThat(talk(proxy, 0, "-tlsextdebug", version, "-servername", "web.test", "-sess_in", session))
                .contains("Reused, ")
                .doesNotContain(acknowledgement);
        assertThat(talk(proxy, 0, "-tlsextdebug", version, "-noservername"))
                .contains("New, ")
                .doesNotContain(acknowledgement);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-tls1_2 -cipher AES128-SHA",
                "-tls1_2 -cipher AES128-GCM-SHA256",
                "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
                "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384",
                "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256",
                "-tls1_2 -sigalgs RSA+SHA1:ECDSA+SHA1 -cipher ALL@SECLEVEL=0",
                "-tls1_1 -cipher ALL@SECLEVEL=0",
                "-tls1 -cipher ALL@SECLEVEL=0"
            })
    void refusesWhatIsWeak(String options) throws Exception {
        RunningProxy proxy = start();
        try (CommandLine client = client(proxy, 0, ("-servername web.test " + options).split(" "))) {
            assertThat(client.endInput().awaitEnd()).contains("Cipher is (NONE)");
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().handshakes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "-tls1_2 -CAfile, CLIENT_ALERT_UNKNOWN_CA",
        "-tls1_3 -CAfile, CLIENT_ALERT_UNKNOWN_CA",
        "-tls1_2 -verify_hostname wrong.test -CAfile, CLIENT_ALERT_BAD_CERTIFICATE",
        "-tls1_3 -verify_hostname wrong.test -CAfile, CLIENT_ALERT_BAD_CERTIFICATE"
    })
    void tellsWhyTheClientRefusedTheCertificate(String options, HandshakeFailure reason) throws Exception {
        RunningProxy proxy = start();
        boolean trusts = reason == HandshakeFailure.CLIENT_ALERT_BAD_CERTIFICATE;
        Path own = PROXIES.pki().authorityFile();
        Path authority = trusts ? own : own.resolveSibling("web-rsa.pem");
        List<String> arguments = new ArrayList<>(List.of("-verify_return_error", "-servername", "web.test"));
        arguments.addAll(List.of((options + " " + authority).split(" ")));
        try (CommandLine client = client(proxy, 0, arguments.toArray(String[]::new))) {
            client.endInput().awaitEnd();
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(reason);
    }

    /** Probes and clients that keep sessions for later connections send nothing, and the backend here has nothing to say. */
    @Test
    void aClientThatOnlyShakesHandsGetsItsTickets() throws Exception {
        RunningProxy proxy = start();
        Path session = directory.resolve("session.pem");
        try (CommandLine client =
                client(proxy, 0, "-tls1_3", "-servername", "web.test", "-sess_out", session.toString())) {
            client.await("\n---\n");
            await().until(() -> Files.exists(session) && Files.size(session) > 0);
            client.type("Q\n").awaitEnd();
        }
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2", "-tls1_3"})
    void resumesAcrossConnectionsNamesAndListenersOfOnePolicy(String version) throws Exception {
        RunningProxy proxy = start();
        String session = directory.resolve("session.pem").toString();
        assertThat(talk(proxy, 0, version, "-servername", "web.test", "-sess_out", session))
                .contains("New, ");
        assertThat(talk(proxy, 0, version, "-servername", "web.test", "-sess_in", session))
                .contains("Reused, ");
        assertThat(talk(proxy, 1, version, "-servername", "web.test", "-sess_in", session))
                .contains("Reused, ");
        assertThat(talk(proxy, 0, version, "-servername", "other.test", "-sess_in", session))
                .contains("Reused, ");
        assertThat(proxy.port().handshakes()).extracting(info -> info.resumed()).containsExactly(false, true, true);
        assertThat(proxy.port(0).tickets().resumed()).isEqualTo(2);
        assertThat(proxy.port(1).tickets().resumed()).isEqualTo(1);
    }

    @Test
    void doesNotResumeAcrossProtocolsOrPolicies() throws Exception {
        RunningProxy proxy = start();
        String session = directory.resolve("session.pem").toString();
        talk(proxy, 0, "-tls1_3", "-servername", "web.test", "-sess_out", session);
        assertThat(talk(proxy, 2, "-tls1_3", "-servername", "web.test", "-sess_in", session))
                .contains("New, ");
        assertThat(talk(proxy, 3, "-tls1_3", "-servername", "web.test", "-sess_in", session))
                .contains("New, ");
        assertThat(proxy.port(2).handshakes().get(0).resumed()).isFalse();
        assertThat(proxy.port(3).handshakes().get(0).resumed()).isFalse();
    }

    @Test
    void twoTicketsForEachTls13Handshake() throws Exception {
        RunningProxy proxy = start();
        assertThat(talk(proxy, 0, "-tls1_3", "-servername", "web.test")
                        .split("Post-Handshake New Session Ticket arrived", -1))
                .hasSize(3);
        assertThat(proxy.port().tickets().issued()).isEqualTo(2);
    }

    @Test
    void keyUpdatesFromTheClientWithAndWithoutAskingForOurs() throws Exception {
        RunningProxy proxy = start();
        try (CommandLine client = client(proxy, 0, "-tls1_3", "-servername", "web.test")) {
            client.await("\n---\n").type("line1\n").await("line1\n");
            client.type("k\n").await("KEYUPDATE\n").type("line2\n").await("line2\n");
            client.type("K\n").await("KEYUPDATE\n").type("line3\n").await("line3\n");
            client.type("Q\n").awaitEnd();
        }
    }

    @Test
    void renegotiationIsRefused() throws Exception {
        RunningProxy proxy = start();
        try (CommandLine client = client(proxy, 0, "-tls1_2", "-servername", "web.test")) {
            client.await("\n---\n").type("line1\n").await("line1\n").type("R\n");
            assertThat(client.awaitEnd()).contains("RENEGOTIATING").contains("no renegotiation");
        }
        assertThat(proxy.port().handshakes()).hasSize(1);
    }
}
