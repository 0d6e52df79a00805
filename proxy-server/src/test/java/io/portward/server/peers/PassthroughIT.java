package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** curl and OpenSSL reach an nginx and an HAProxy that end TLS themselves, through ports that terminate other names. */
@RequiresCommand({"curl", "openssl", "nginx", "haproxy"})
class PassthroughIT {

    private static final int LARGE = 50_000_000;

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static Daemon haproxy;
    private static Daemon front;
    private static int https;
    private static int behindFront;
    private static int frontPort;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(PassthroughIT::configuration);

    private static String configuration() throws Exception {
        issue("nginx.test");
        issue("haproxy.test");
        int plain = ScriptedUpstream.unusedPort();
        int expecting = ScriptedUpstream.unusedPort();
        nginx = nginx(plain, expecting);
        byte[] large = new byte[LARGE];
        new Random(1).nextBytes(large);
        Files.write(nginx.root().resolve("large"), large);
        int terminating = ScriptedUpstream.unusedPort();
        haproxy = haproxy(terminating);
        https = ScriptedUpstream.unusedPort();
        behindFront = ScriptedUpstream.unusedPort();
        frontPort = ScriptedUpstream.unusedPort();
        front = front();
        // A port of its own, because the address as configured is the label.
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                trustedProxies: [127.0.0.1]
                ports:
                  - listen: "127.0.0.1:HTTPS"
                    protocol: https
                    routes: [{respond: {status: 200, body: terminated}}]
                    passthrough:
                      - {host: Nginx.Test, backend: nginx}
                      - {host: "*.nginx.test", backend: nginx}
                      - {host: haproxy.test, backend: haproxy}
                  - listen: "127.0.0.1:BEHIND"
                    protocol: tls
                    proxyProtocol: required
                    passthrough: [{host: nginx.test, backend: nginx-expecting}, {host: haproxy.test, backend: haproxy}]
                backends:
                  nginx: {servers: ["127.0.0.1:PLAIN"]}
                  nginx-expecting: {servers: ["127.0.0.1:EXPECTING"], proxyProtocol: v1}
                  haproxy: {servers: ["127.0.0.1:TERMINATING"], proxyProtocol: v2}
                admin: {listen: "127.0.0.1:0"}
                """.replace("HTTPS", "" + https)
                .replace("BEHIND", "" + behindFront)
                .replace("PLAIN", "" + plain)
                .replace("EXPECTING", "" + expecting)
                .replace("TERMINATING", "" + terminating);
    }

    /** A certificate of its own for a name, which nobody else can have shown. */
    private static void issue(String name) throws Exception {
        new Command(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-subj",
                        "/CN=" + name,
                        "-addext",
                        "subjectAltName=DNS:" + name + ",DNS:*." + name,
                        "-days",
                        "2",
                        "-keyout",
                        file(name + ".key"),
                        "-out",
                        file(name + ".pem"))
                .run()
                .succeeded();
        Files.writeString(
                folder.resolve(name + ".both"),
                Files.readString(folder.resolve(name + ".pem")) + Files.readString(folder.resolve(name + ".key")));
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static Nginx nginx(int plain, int expecting) throws IOException {
        Path own = Files.createDirectories(folder.resolve("nginx"));
        return new Nginx(own, """
                listen 127.0.0.1:%PLAIN% ssl http2;
                listen 127.0.0.1:%EXPECTING% ssl proxy_protocol;
                ssl_certificate %CERT%.pem;
                ssl_certificate_key %CERT%.key;
                ssl_protocols TLSv1.2 TLSv1.3;
                location /who { return 200 "nginx $ssl_server_name $server_protocol $proxy_protocol_addr\\n"; }
                """.replace("%PLAIN%", "" + plain)
                .replace("%EXPECTING%", "" + expecting)
                .replace("%CERT%", file("nginx.test")));
    }

    private static Daemon haproxy(int port) throws IOException {
        return haproxy(port, "terminating", """
                    mode http
                    bind 127.0.0.1:%PORT% ssl crt %CERT% accept-proxy
                    http-request return status 200 content-type text/plain lf-string "haproxy %[fc_pp_authority] %[ssl_fc_sni] %[src]"
                """.replace("%CERT%", file("haproxy.test.both")));
    }

    /** In front of Portward, as clouds and their balancers are. */
    private static Daemon front() throws IOException {
        return haproxy(frontPort, "front", """
                    mode tcp
                    bind 127.0.0.1:%PORT%
                    server portward 127.0.0.1:%SERVER% send-proxy-v2
                """.replace("%SERVER%", "" + behindFront));
    }

    private static Daemon haproxy(int port, String name, String listen) throws IOException {
        String text = """
                defaults
                    timeout connect 5s
                    timeout client 30s
                    timeout server 30s
                listen it
                """ + listen.replace("%PORT%", "" + port);
        Path config = Files.writeString(folder.resolve(name + ".cfg"), text);
        return new Daemon("haproxy", "-db", "-f", config.toString()).awaitPort(port);
    }

    @AfterAll
    static void stopPeers() throws InterruptedException {
        nginx.close();
        haproxy.close();
        front.close();
    }

    private static Command curl(String name, String ca, int port, String path, String... options) {
        List<String> command =
                new ArrayList<>(List.of("curl", "-sS", "--cacert", ca, "--resolve", name + ":" + port + ":127.0.0.1"));
        command.addAll(List.of(options));
        command.add("https://" + name + ":" + port + path);
        return new Command(command);
    }

    private static String openssl(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + https));
        command.addAll(List.of(options));
        return new Command(command).input("Q\n").run().out();
    }

    @ParameterizedTest
    @CsvSource({
        "nginx.test, --http1.1, HTTP/1.1",
        "nginx.test, --http2, HTTP/2.0",
        "www.nginx.test, --http2, HTTP/2.0",
        "NGINX.TEST, --http1.1, HTTP/1.1"
    })
    void curlGetsTheCertificateAndTheProtocolOfNginx(String name, String version, String spoken) throws Exception {
        assertThat(curl(name, file("nginx.test.pem"), https, "/who", version)
                        .run()
                        .succeeded()
                        .out())
                .isEqualToIgnoringCase("nginx " + name + " " + spoken + " \n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void curlGetsOtherNamesTerminated(String version) throws Exception {
        Command.Result result = new Command(
                        "curl",
                        "-sS",
                        "--cacert",
                        PROXY.file("ca.pem").toString(),
                        version,
                        "https://localhost:" + https + "/")
                .run()
                .succeeded();
        assertThat(result.out()).isEqualTo("terminated");
    }

    /** Connections that nobody but the two ends may use for another name. */
    @Test
    void aRequestForThePassedThroughNameOverAnotherConnectionGets421() throws Exception {
        Command.Result result = new Command(
                        "curl",
                        "-sS",
                        "--cacert",
                        PROXY.file("ca.pem").toString(),
                        "-H",
                        "Host: nginx.test",
                        "-w",
                        "%{http_code}",
                        "-o",
                        "/dev/null",
                        "https://localhost:" + https + "/")
                .run()
                .succeeded();
        assertThat(result.out()).isEqualTo("421");
    }

    @Test
    void aLargeDownloadArrivesUnharmed() throws Exception {
        Path got = folder.resolve("got");
        curl("nginx.test", file("nginx.test.pem"), https, "/large", "-o", got.toString())
                .run()
                .succeeded();
        assertThat(Files.mismatch(got, nginx.root().resolve("large"))).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void opensslShakesHandsAndResumesWithNginx(String version) throws Exception {
        String session = file("session" + version);
        String first = openssl("-servername", "nginx.test", version, "-sess_out", session, "-ign_eof");
        assertThat(first).contains("subject=CN = nginx.test").contains("New, TLS");
        assertThat(openssl("-servername", "nginx.test", version, "-sess_in", session))
                .contains("Reused, TLS");
    }

    @Test
    void opensslWithoutANameIsTerminated() throws Exception {
        assertThat(openssl("-noservername")).doesNotContain("nginx.test").contains("New, TLS");
        assertThat(openssl("-servername", "elsewhere.test"))
                .doesNotContain("nginx.test")
                .contains("New, TLS");
    }

    /** HAProxy reads the name from the header and from the ClientHello: they are the same. */
    @Test
    void haproxyUnderstandsTheProxyHeaderVersion2() throws Exception {
        assertThat(curl("haproxy.test", file("haproxy.test.pem"), https, "/", "--interface", "127.0.0.7")
                        .run()
                        .succeeded()
                        .out())
                .isEqualTo("haproxy haproxy.test haproxy.test 127.0.0.7");
    }

    /** The client's address goes through three proxies; only the last one has the key. */
    @Test
    void behindHaproxyTheAddressComesFromItsHeader() throws Exception {
        assertThat(curl("nginx.test", file("nginx.test.pem"), frontPort, "/who", "--interface", "127.0.0.9")
                        .run()
                        .succeeded()
                        .out())
                .isEqualTo("nginx nginx.test HTTP/1.1 127.0.0.9\n");
        assertThat(curl("haproxy.test", file("haproxy.test.pem"), frontPort, "/", "--interface", "127.0.0.9")
                        .run()
                        .succeeded()
                        .out())
                .isEqualTo("haproxy haproxy.test haproxy.test 127.0.0.9");
    }

    @Test
    void aPortWithoutTerminationRefusesOtherNames() throws Exception {
        String refused = new Command(
                        "openssl", "s_client", "-connect", "127.0.0.1:" + frontPort, "-servername", "other.test")
                .input("Q\n")
                .run()
                .err();
        assertThat(refused).contains("unrecognized name");
    }

    @Test
    void everyConnectionIsInTheSum() throws Exception {
        curl("nginx.test", file("nginx.test.pem"), https, "/who").run().succeeded();
        openssl("-servername", "localhost");
        openssl("-servername", "localhost", "-tls1_1");
        for (int port : new int[] {https, behindFront}) {
            await().untilAsserted(() -> assertSum(port));
        }
        assertThat(scrape())
                .containsPattern(
                        "portward_tls_passthrough_total\\{backend=\"nginx\",port=\"127.0.0.1:" + https + "\"} [1-9]");
    }

    private static void assertSum(int port) throws Exception {
        String metrics = scrape();
        assertThat(value(metrics, "portward_connections_active", port)).isZero();
        assertThat(value(metrics, "portward_tls_handshakes_active", port)).isZero();
        assertThat(value(metrics, "portward_connections_total", port))
                .isEqualTo(value(metrics, "portward_tls_handshakes_total", port)
                        + value(metrics, "portward_tls_handshake_failures_total", port)
                        + value(metrics, "portward_tls_passthrough_total", port));
    }

    private static double value(String metrics, String name, int port) {
        return Pattern.compile("(?m)^" + name + "\\{.*port=\"127\\.0\\.0\\.1:" + port + "\".*} (\\S+)$")
                .matcher(metrics)
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }

    private static String scrape() throws Exception {
        return new Command("curl", "-sS", "http://127.0.0.1:" + PROXY.port("admin") + "/metrics")
                .run()
                .succeeded()
                .out();
    }
}
