package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.nio.file.Files;
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

/** Clients on the TLS libraries that are neither OpenSSL nor BoringSSL: GnuTLS, and NSS, which is Firefox's. */
class TlsStacksIT {

    private static final String REQUEST = "GET / HTTP/1.0\r\n\r\n";

    @TempDir
    private static Path folder;

    private static ScriptedUpstream web;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(TlsStacksIT::configuration);

    private static String configuration() throws Exception {
        web = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
        });
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                """.replace("WEB", web.address());
    }

    @AfterAll
    static void stopBackend() throws Exception {
        web.close();
    }

    @ParameterizedTest
    @CsvSource({
        "+VERS-TLS1.2, (TLS1.2-X.509)",
        "+VERS-TLS1.3, (TLS1.3-X.509)",
        "+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP256R1, (TLS1.2-X.509)-(ECDHE-SECP256R1)",
        "+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1, (TLS1.3-X.509)-(ECDHE-SECP384R1)",
        "+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305, (CHACHA20-POLY1305)",
        "+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA256, (RSA-SHA256)",
    })
    @RequiresCommand("gnutls-cli")
    void agreesWithGnutls(String priorities, String says) throws Exception {
        Command.Result result = gnutls("--priority=NORMAL:-VERS-ALL:" + priorities);
        assertThat(result.succeeded().out()).contains("The certificate is trusted", says, "hello\n");
    }

    @Test
    @RequiresCommand("gnutls-cli")
    void resumesForGnutls() throws Exception {
        Command.Result result = gnutls("--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2", "--resume");
        assertThat(result.succeeded().out()).contains("*** This is a resumed session", "hello\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+VERS-TLS1.1", "+VERS-TLS1.2:-KX-ALL:+RSA", "+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC"})
    @RequiresCommand("gnutls-cli")
    void refusesWhatThePolicyLeavesOut(String priorities) throws Exception {
        Command.Result result = gnutls("--priority=NORMAL:-VERS-ALL:" + priorities);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out() + result.err()).containsPattern("Received alert .*(Handshake failed|protocol version)");
    }

    private static Command.Result gnutls(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("gnutls-cli"));
        command.add("--x509cafile=" + PROXY.file("ca.pem"));
        command.add("--port=" + PROXY.port("https"));
        command.addAll(List.of(options));
        command.add("localhost");
        return new Command(command).input(REQUEST).run();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls1.2:tls1.2", "tls1.3:tls1.3"})
    @RequiresCommand({"strsclnt", "certutil"})
    void answersAndResumesForNss(String versions) throws Exception {
        // Without resumption this program ends with 1, whoever the server is.
        assertThat(nss(versions, "-N").out()).contains("NoReuse - 400 server certificates tested");
        // The first connections start before the first ticket is there.
        assertThat(nss(versions, "-u").succeeded().out()).containsPattern("39\\d stateless resumes");
    }

    private static Command.Result nss(String versions, String mode) throws Exception {
        Path database = Files.createTempDirectory(folder, "nss");
        new Command("certutil", "-N", "-d", database.toString(), "--empty-password")
                .run()
                .succeeded();
        String authority = PROXY.file("ca.pem").toString();
        new Command("certutil", "-A", "-d", database.toString(), "-n", "ca", "-t", "C,,", "-i", authority)
                .run()
                .succeeded();
        List<String> command = new ArrayList<>(List.of("strsclnt", "-d", database.toString(), "-V", versions, mode));
        command.addAll(List.of("-p", "" + PROXY.port("https"), "-c", "400", "-t", "4", "localhost"));
        return new Command(command).run();
    }
}
