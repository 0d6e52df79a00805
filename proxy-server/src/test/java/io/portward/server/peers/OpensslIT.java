package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.EOFException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openssl s_client} against every kind of TLS port. */
@RequiresCommand("openssl")
class OpensslIT {

    private static final String REQUEST = "GET / HTTP/1.0\r\n\r\n";

    @TempDir
    private static Path folder;

    private static ScriptedUpstream web;
    private static ScriptedUpstream mail;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(OpensslIT::configuration);

    private static String configuration() throws Exception {
        web = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
        });
        mail = ScriptedUpstream.start(connection -> {
            connection.send("* OK greetings\r\n");
            try {
                connection.send("said " + connection.readUntil("\n"));
            } catch (EOFException | SocketException gone) {
                // The client only looked at the handshake, or broke the connection off: its output is what counts.
                assertThat(connection.socket().isClosed()).isFalse();
            }
        });
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  web: {servers: ["WEB"]}
                  mail: {servers: ["MAIL"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], tls: {unknownNames: reject}}
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], tls: {policy: modern}}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: mail}
                  - {listen: "127.0.0.1:0", protocol: pop3s, backend: mail}
                  - {listen: "127.0.0.1:0", protocol: smtps, backend: mail}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: mail}
                admin: {listen: "127.0.0.1:0"}
                """.replace("WEB", web.address()).replace("MAIL", mail.address());
    }

    @AfterAll
    static void stopBackends() throws Exception {
        web.close();
        mail.close();
    }

    @ParameterizedTest
    @CsvSource({
        "-tls1_2, 'New, TLSv1.2, Cipher is ECDHE-ECDSA-'",
        "-tls1_3, 'New, TLSv1.3, Cipher is TLS_'",
        "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256, 'Cipher is ECDHE-RSA-AES128-GCM-SHA256'",
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305, 'Cipher is ECDHE-ECDSA-CHACHA20-POLY1305'",
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256, 'Cipher is TLS_CHACHA20_POLY1305_SHA256'",
        "-tls1_3 -sigalgs ecdsa_secp256r1_sha256, 'Peer signature type: ECDSA'",
        "-tls1_3 -sigalgs rsa_pss_rsae_sha256, 'Peer signature type: RSA-PSS'",
        "-groups X25519, 'Server Temp Key: X25519'",
        "-groups P-256, 'Server Temp Key: ECDH, prime256v1'",
        "-groups P-384, 'Server Temp Key: ECDH, secp384r1'",
        "-groups P-521:P-384, 'Server Temp Key: ECDH, secp384r1'",
    })
    void agreesOnWhatTheClientOffers(String options, String says) throws Exception {
        Command.Result result = client(https(), REQUEST, options);
        assertThat(result.succeeded().out()).contains(says, "Verify return code: 0 (ok)", "200 OK", "\nhello\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
                "-tls1_2 -cipher AES128-GCM-SHA256",
                "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
                "-groups P-521",
                "-tls1_3 -groups P-521",
                "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256",
            })
    void refusesWhatThePolicyLeavesOut(String options) throws Exception {
        Command.Result result = client(https(), REQUEST, options);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).containsPattern("alert (handshake failure|protocol version)");
    }

    @Test
    void refusesTls12UnderTheModernPolicy() throws Exception {
        int modern = PROXY.ports("https").get(2);
        assertThat(client(modern, REQUEST, "-tls1_2").err()).contains("alert protocol version");
        assertThat(client(modern, REQUEST, "-tls1_3").succeeded().out()).contains("hello");
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2,https", "-tls1_3,https", "-tls1_2,imaps", "-tls1_3,imaps"})
    void resumesASession(String version, String protocol) throws Exception {
        Path session = folder.resolve("session" + version + protocol);
        int port = PROXY.port(protocol);
        client(port, REQUEST, version + " -sess_out " + session).succeeded();
        for (int i = 0; i < 3; i++) {
            assertThat(client(port, REQUEST, version + " -sess_in " + session)
                            .succeeded()
                            .out())
                    .contains("Reused, TLSv1.")
                    .containsAnyOf("hello", "said GET");
        }
    }

    @Test
    void resumesOnAnotherPortOfTheSamePolicyButNotOfAnother() throws Exception {
        Path session = folder.resolve("session-elsewhere");
        client(https(), REQUEST, "-tls1_3 -sess_out " + session).succeeded();
        assertThat(client(PROXY.ports("https").get(2), REQUEST, "-tls1_3 -sess_in " + session)
                        .succeeded()
                        .out())
                .contains("New, TLSv1.3", "hello");
    }

    @ParameterizedTest
    @CsvSource({
        "https, h2, h2",
        "https, http/1.1, http/1.1",
        "https, 'http/1.1,h2', h2",
        "https, 'unheard,http/1.1', http/1.1",
        "imaps, imap, imap",
        "pop3s, pop3, pop3",
        "smtps, smtp, smtp",
    })
    void selectsAProtocolThatThePortSpeaks(String protocol, String offer, String selected) throws Exception {
        Command.Result result = client(PROXY.port(protocol), "Q\n", "-alpn " + offer, "-no_ign_eof");
        assertThat(result.out()).contains("\nALPN protocol: " + selected + "\n");
    }

    @ParameterizedTest
    @CsvSource({"https, imap", "https, spdy/3", "imaps, h2", "imaps, 'http/1.1,pop3'", "pop3s, imap", "smtps, http/1.1"
    })
    void refusesAnOfferWithoutOne(String protocol, String offer) throws Exception {
        Command.Result result = client(PROXY.port(protocol), "Q\n", "-alpn " + offer);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("no application protocol");
    }

    @Test
    void acceptsAnyOfferOnATlsPortAndSelectsNone() throws Exception {
        Command.Result result = client(PROXY.port("tls"), "hello\n", "-alpn h2,whatever");
        assertThat(result.succeeded().out()).contains("No ALPN negotiated", "* OK greetings", "said hello");
    }

    @Test
    void rejectsUnknownNamesWhereToldTo() throws Exception {
        int strict = PROXY.ports("https").get(1);
        assertThat(client(strict, REQUEST, "-servername elsewhere.test").err()).contains("unrecognized name");
        assertThat(client(strict, REQUEST, "-noservername").exit()).isEqualTo(1);
        assertThat(client(strict, REQUEST, "-servername www.localhost")
                        .succeeded()
                        .out())
                .contains("hello");
        assertThat(client(https(), REQUEST, "-noservername").succeeded().out()).contains("hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"imaps", "pop3s", "smtps", "tls"})
    void letsTheServerSpeakFirst(String protocol) throws Exception {
        Command.Result result = client(PROXY.port(protocol), "NOOP\n", "-quiet");
        assertThat(result.succeeded().out()).isEqualTo("* OK greetings\r\nsaid NOOP\n");
    }

    @Test
    void doesNotRenegotiate() throws Exception {
        Command.Result result = client(https(), "R\n", "-tls1_2 -no_ign_eof");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("RENEGOTIATING").containsPattern("no renegotiation|unexpected message");
    }

    private static int https() {
        return PROXY.ports("https").get(0);
    }

    private static Command.Result client(int port, String input, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + port));
        command.addAll(List.of("-CAfile", PROXY.file("ca.pem").toString(), "-verify_return_error", "-ign_eof"));
        for (String option : options) {
            command.addAll(List.of(option.split(" ", -1)));
        }
        if (!command.contains("-servername") && !command.contains("-noservername")) {
            command.addAll(List.of("-servername", "localhost"));
        }
        return new Command(command).input(input).run();
    }
}
