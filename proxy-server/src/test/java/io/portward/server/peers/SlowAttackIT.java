package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** slowhttptest: hundreds of clients that send or read a little now and then. Each must be gone after the timeout, and others be served meanwhile. */
@RequiresCommand({"slowhttptest", "nginx", "python3", "curl"})
class SlowAttackIT {

    private static final int CLIENTS = 200;
    private static final int LARGE = 4_000_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String COLOURS = "\u001b\\[[0-9;]*m";

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static PythonOrigin python;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(SlowAttackIT::configuration);

    private static String configuration() throws Exception {
        nginx = new Nginx(Files.createDirectories(folder.resolve("nginx")), "");
        python = new PythonOrigin(folder, "HTTP/1.1");
        Sha256.randomFile(nginx.root().resolve("large"), LARGE);
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  nginx: {servers: ["NGINX"]}
                  python: {servers: ["PYTHON"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{path: /upload, backend: python}, {backend: nginx}]}
                timeouts: {headers: 2s, idle: 2s}
                admin: {listen: "127.0.0.1:0"}
                """.replace("NGINX", nginx.address()).replace("PYTHON", python.address());
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        nginx.close();
        python.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-H -i 1", // a header line every second
                "-B -i 3", // a piece of a body every three seconds
            })
    void endsSlowSendersAndServesOthers(String attack) throws Exception {
        String report = new Command(slowhttptest(attack)).run().succeeded().out();
        assertThat(report.replaceAll(COLOURS, ""))
                .containsPattern("service available: +YES")
                .doesNotContainPattern("service available: +NO")
                .contains("Exit status: No open connections left");
    }

    /** The program does not notice that its connections are closed while it still has something to read. */
    @Test
    void endsSlowReaders() throws Exception {
        // A byte every four seconds, with the smallest of windows.
        try (Daemon slow = new Daemon(slowhttptest("-X -n 4 -w 1 -y 2 -z 1").toArray(String[]::new))) {
            await().atMost(TIMEOUT).until(() -> metric("portward_http_requests_total") >= CLIENTS);
            await().atMost(TIMEOUT).until(() -> metric("portward_connections_active") <= 1); // its probe
            assertThat(metric("portward_bytes_total")).as("nobody got all").isLessThan(CLIENTS * (double) LARGE / 2);
            assertThat(slow.lines()).noneMatch(line -> line.contains("Exit status"));
        }
    }

    private static List<String> slowhttptest(String attack) {
        List<String> command = new ArrayList<>(List.of("slowhttptest"));
        command.addAll(List.of(attack.split(" ", -1)));
        command.addAll(List.of("-c", "" + CLIENTS, "-r", "" + CLIENTS, "-l", "40", "-u"));
        command.add("https://localhost:" + PROXY.port("https") + (attack.startsWith("-B") ? "/upload" : "/large"));
        return command;
    }

    private static double metric(String name) throws Exception {
        String metrics = new Command("curl", "-sS", "http://127.0.0.1:" + PROXY.port("admin") + "/metrics")
                .run()
                .succeeded()
                .out();
        return Pattern.compile("\n" + name + "\\{.*} (\\S+)")
                .matcher(metrics)
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }
}
