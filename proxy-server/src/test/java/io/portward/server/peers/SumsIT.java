package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every accepted connection ends in one finished handshake or one failure, whatever came to the ports. */
@RequiresCommand({"curl", "openssl", "h2load", "nginx"})
class SumsIT {

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static int https;
    private static int strict;
    private static int imaps;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(SumsIT::configuration);

    private static String configuration() throws Exception {
        nginx = new Nginx(folder, "location / { return 200 \"hello\\n\"; }");
        https = ScriptedUpstream.unusedPort();
        strict = ScriptedUpstream.unusedPort();
        imaps = ScriptedUpstream.unusedPort();
        // Ports of their own, because the address as configured is the label.
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:HTTPS", protocol: https, routes: [{backend: web}]}
                  - listen: "127.0.0.1:STRICT"
                    protocol: https
                    routes: [{backend: web}]
                    tls: {unknownNames: reject, policy: modern, handshakeTimeout: 1s}
                  - {listen: "127.0.0.1:IMAPS", protocol: imaps, backend: web}
                admin: {listen: "127.0.0.1:0"}
                """.replace("WEB", nginx.address())
                .replace("HTTPS", "" + https)
                .replace("STRICT", "" + strict)
                .replace("IMAPS", "" + imaps);
    }

    @AfterAll
    static void stopOrigin() throws InterruptedException {
        nginx.close();
    }

    @Test
    void connectionsAreTheSumOfHandshakesAndFailures() throws Exception {
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), https);
                Socket timedOut = new Socket(InetAddress.getLoopbackAddress(), strict)) {
            sendAllSorts();
            assertThat(timedOut.getInputStream().read()).isEqualTo(-1);
            for (int port : new int[] {https, strict, imaps}) {
                await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertSum(port));
            }
            assertThat(value(scrape(), "portward_tls_handshakes_active", https)).isEqualTo(1);
            assertThat(silent.isConnected()).isTrue();
        }
        for (String reason : List.of(
                "plain_http",
                "not_tls",
                "client_closed",
                "reset",
                "timeout",
                "no_sni",
                "unknown_sni",
                "no_shared_version",
                "no_shared_cipher",
                "no_shared_group",
                "no_shared_alpn",
                "client_alert_unknown_ca")) {
            assertThat(scrape())
                    .containsPattern("portward_tls_handshake_failures_total\\{.*reason=\"" + reason + "\"}");
        }
    }

    private static void sendAllSorts() throws Exception {
        String ca = PROXY.file("ca.pem").toString();
        new Command("h2load", "-n", "2000", "-c", "20", "-m", "10", "https://localhost:" + https + "/")
                .run()
                .succeeded();
        for (int port : new int[] {https, strict}) {
            String url = "https://localhost:" + port + "/";
            new Command("curl", "-sS", "--cacert", ca, url).run().succeeded();
            assertThat(new Command("curl", "-sS", url).run().exit()).isEqualTo(60);
            new Command("curl", "-s", "http://127.0.0.1:" + port + "/").run().succeeded();
        }
        client(strict, "-noservername");
        client(strict, "-servername", "elsewhere.test");
        client(strict, "-tls1_2", "-servername", "localhost");
        client(https, "-tls1_2", "-cipher", "AES128-GCM-SHA256");
        client(https, "-tls1_3", "-groups", "P-521");
        client(https, "-alpn", "imap");
        client(imaps, "-alpn", "h2");
        client(imaps);
        Path session = folder.resolve("session");
        client(https, "-sess_out", session.toString());
        client(https, "-sess_in", session.toString());
        for (int port : new int[] {https, strict, imaps}) {
            say(port, "hello\r\n", false);
            say(port, "", false);
            say(port, "\026\003\001", true);
        }
    }

    private static void client(int port, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + port));
        command.addAll(List.of(options));
        new Command(command).input("Q\n").run();
    }

    private static void say(int port, String text, boolean reset) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            if (reset) {
                socket.setSoLinger(true, 0);
            }
        }
    }

    private static void assertSum(int port) throws Exception {
        String metrics = scrape();
        double connections = value(metrics, "portward_connections_total", port);
        double handshakes = value(metrics, "portward_tls_handshakes_total", port);
        double failures = value(metrics, "portward_tls_handshake_failures_total", port);
        double active = value(metrics, "portward_tls_handshakes_active", port);
        assertThat(connections).isPositive().isEqualTo(handshakes + failures + active);
        assertThat(value(metrics, "portward_connections_active", port)).isEqualTo(port == https ? 1 : 0);
        assertThat(value(metrics, "portward_tls_handshake_duration_seconds_count", port))
                .isEqualTo(handshakes);
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
