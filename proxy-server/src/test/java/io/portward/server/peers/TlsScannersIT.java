package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.EOFException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the scanners that auditors use say of our TLS: sslscan, nmap, testssl.sh. */
class TlsScannersIT {

    private static final List<String> TLS_12 = List.of(
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final List<String> TLS_13 = List.of(
            "TLS_AKE_WITH_AES_128_GCM_SHA256",
            "TLS_AKE_WITH_AES_256_GCM_SHA384",
            "TLS_AKE_WITH_CHACHA20_POLY1305_SHA256");

    @TempDir
    private static Path folder;

    private static ScriptedUpstream web;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(TlsScannersIT::configuration);

    private static String configuration() throws Exception {
        web = ScriptedUpstream.start(connection -> {
            try {
                connection.readUntil("\r\n\r\n");
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
            } catch (EOFException | SocketException gone) {
                // A scanner looks at the handshake and leaves; what it prints is what counts.
                assertThat(connection.socket().isClosed()).isFalse();
            }
        });
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], tls: {policy: modern}}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: web}
                """.replace("WEB", web.address());
    }

    @AfterAll
    static void stopBackend() throws Exception {
        web.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "imaps"})
    @RequiresCommand("nmap")
    void nmapFindsTheCiphersOfThePolicyAndNoOther(String protocol) throws Exception {
        String report = nmap(PROXY.ports(protocol).get(0));
        assertThat(found(report, "TLSv[\\d.]+(?=:)|SSLv\\d")).containsExactly("TLSv1.2", "TLSv1.3");
        assertThat(found(report, "TLS_ECDHE\\w+")).containsExactlyInAnyOrderElementsOf(TLS_12);
        assertThat(found(report, "TLS_AKE\\w+")).containsExactlyInAnyOrderElementsOf(TLS_13);
        assertThat(found(report, "TLS_\\w+")).hasSize(TLS_12.size() + TLS_13.size());
        assertThat(report).contains("least strength: A");
    }

    @Test
    @RequiresCommand("nmap")
    void nmapFindsTls13AloneUnderTheModernPolicy() throws Exception {
        String report = nmap(PROXY.ports("https").get(1));
        assertThat(found(report, "TLSv[\\d.]+(?=:)|SSLv\\d")).containsExactly("TLSv1.3");
        assertThat(found(report, "TLS_\\w+")).containsExactlyInAnyOrderElementsOf(TLS_13);
    }

    private static String nmap(int port) throws Exception {
        return new Command("nmap", "-n", "-Pn", "-p", "" + port, "--script", "ssl-enum-ciphers", "127.0.0.1")
                .run()
                .succeeded()
                .out();
    }

    private static List<String> found(String report, String pattern) {
        return Pattern.compile(pattern)
                .matcher(report)
                .results()
                .map(match -> match.group())
                .toList();
    }

    @Test
    @RequiresCommand("sslscan")
    void sslscanFindsNothingOldOrWeak() throws Exception {
        String report = new Command("sslscan", "--no-colour", "--show-sigs", "127.0.0.1:" + https())
                .run()
                .succeeded()
                .out();
        assertThat(report)
                .containsPattern("SSLv2 +disabled")
                .containsPattern("SSLv3 +disabled")
                .containsPattern("TLSv1\\.0 +disabled")
                .containsPattern("TLSv1\\.1 +disabled")
                .containsPattern("TLSv1\\.2 +enabled")
                .containsPattern("TLSv1\\.3 +enabled")
                .contains(
                        "Server supports TLS Fallback SCSV",
                        "Session renegotiation not supported",
                        "TLSv1.3 not vulnerable to heartbleed",
                        "TLSv1.2 not vulnerable to heartbleed");
        assertThat(found(report, "(?m)^(Preferred|Accepted) .*")).hasSize(TLS_12.size() + TLS_13.size());
        assertThat(found(report, "(?m)^TLSv1\\.3 +\\d+ bits +[^ _]+( \\(.*\\))?$"))
                .as("groups")
                .hasSize(3);
        assertThat(found(report, "(?mi)^TLSv1.*(sha1|md5|dsa_sha224|ANY).*$"))
                .as("signatures")
                .isEmpty();
    }

    /** Only the checks that this scanner makes with bytes of its own; ciphers and the like are the others'. */
    @Test
    @RequiresCommand("testssl")
    void testsslFindsNoneOfTheKnownHoles() throws Exception {
        Path report = folder.resolve("testssl.csv");
        new Command(
                        "testssl",
                        "--quiet",
                        "--color=0",
                        "--warnings=off",
                        "--ip=one",
                        "--csvfile=" + report,
                        "--heartbleed",
                        "--ccs-injection",
                        "--ticketbleed",
                        "--renegotiation",
                        "--crime",
                        "https://127.0.0.1:" + https())
                .run()
                .succeeded();
        List<String> lines = Files.readAllLines(report);
        for (String check :
                List.of("heartbleed", "CCS", "ticketbleed", "secure_renego", "secure_client_renego", "CRIME_TLS")) {
            assertThat(lines).anyMatch(line -> line.matches("\"" + check + "\",\"[^\"]*\",\"[^\"]*\",\"OK\",.*"));
        }
        assertThat(lines).noneMatch(line -> line.matches(".*\",\"(LOW|MEDIUM|HIGH|CRITICAL)\",\".*"));
    }

    private static int https() {
        return PROXY.ports("https").get(0);
    }
}
