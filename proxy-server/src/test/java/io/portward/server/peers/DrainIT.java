package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.Background;
import io.portward.testkit.RequiresCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIGTERM in the middle of what clients do. */
@RequiresCommand({"curl", "nghttp", "openssl", "python3"})
class DrainIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Pattern CONNECTED = Pattern.compile("SSL handshake has read");
    private static final String SLOW_BODY = String.join(
            "", Stream.iterate(0, i -> i + 1).limit(20).map(DrainIT::line).toList());

    @TempDir
    private Path folder;

    private PythonOrigin origin;

    private static String line(int number) {
        return "line " + (number < 10 ? " " : "") + number + "\n";
    }

    @BeforeEach
    void startOrigin() throws Exception {
        DemoCertificates.write(folder);
        origin = new PythonOrigin(folder, "HTTP/1.1");
    }

    @AfterEach
    void stopOrigin() throws Exception {
        origin.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void finishesADownloadThatIsUnderWayAndRefusesNewConnections(String version) throws Exception {
        try (PortwardProcess portward = run("20s")) {
            String url = "https://localhost:" + portward.port("https");
            CompletableFuture<Command.Result> slow = Background.begin(curl(version, url + "/slow")::run);
            awaitRequests(portward, 1);

            portward.signal("TERM");
            portward.awaitLine("draining");
            await().atMost(TIMEOUT).until(() -> curl(version, url + "/").run().exit() == 7);
            assertThat(slow.join().succeeded().out()).isEqualTo(SLOW_BODY);
            assertThat(portward.awaitExit()).isZero();
        }
    }

    @Test
    void saysGoodbyeWithGoaway() throws Exception {
        try (PortwardProcess portward = run("20s")) {
            CompletableFuture<Command.Result> client = Background.begin(
                    new Command("nghttp", "-v", "https://localhost:" + portward.port("https") + "/slow")::run);
            awaitRequests(portward, 1);

            portward.signal("TERM");
            assertThat(client.join().succeeded().out())
                    .contains("line 19\n")
                    .containsPattern("recv GOAWAY frame[^\n]*\n[^\n]*error_code=NO_ERROR");
            assertThat(portward.awaitExit()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void closesIdleConnectionsAtOnce(String protocol) throws Exception {
        try (PortwardProcess portward = run("30s");
                Daemon idle = client(portward.port("https"), protocol)) {
            idle.awaitLine(CONNECTED);
            long begin = System.nanoTime();
            portward.signal("TERM");
            assertThat(portward.awaitExit()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
        }
    }

    @Test
    void cutsWhatIsLeftAfterTheGrace() throws Exception {
        try (PortwardProcess portward = run("1s");
                Daemon endless = client(portward.port("tls"), "any")) {
            endless.awaitLine(CONNECTED);
            long begin = System.nanoTime();
            portward.signal("TERM");
            assertThat(portward.awaitExit()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
            assertThat(portward.err()).anyMatch(line -> line.endsWith("grace of 1 s is over: connections cut: 1"));
        }
    }

    @Test
    void stopsAtOnceOnTheSecondSignalWhateverRuns() throws Exception {
        try (PortwardProcess portward = run("60s");
                Daemon endless = client(portward.port("tls"), "any")) {
            endless.awaitLine(CONNECTED);
            portward.signal("TERM");
            portward.awaitLine("draining");
            long second = System.nanoTime();
            portward.signal("TERM");
            assertThat(portward.awaitExit()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - second)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void servesOnAfterSighup() throws Exception {
        try (PortwardProcess portward = run("1s")) {
            String url = "https://localhost:" + portward.port("https") + "/";
            CompletableFuture<Command.Result> slow = Background.begin(curl("--http2", url + "slow")::run);
            awaitRequests(portward, 1);
            portward.signal("HUP");
            portward.awaitLine("SIGHUP");
            assertThat(slow.join().succeeded().out()).isEqualTo(SLOW_BODY);
            assertThat(curl("--http1.1", url).run().succeeded().out()).startsWith("GET / ");
        }
    }

    /** Stays connected until the other side ends it. */
    private static Daemon client(int port, String protocol) throws IOException {
        return new Daemon(
                "bash",
                "-c",
                "sleep 120 | exec openssl s_client -alpn \"$1\" -connect \"$2\"",
                "bash",
                protocol,
                "127.0.0.1:" + port);
    }

    /** Until so many connections to the backend are open. */
    private void awaitRequests(PortwardProcess portward, int count) {
        String url = "http://127.0.0.1:" + portward.port("admin") + "/metrics";
        await().atMost(TIMEOUT)
                .until(() -> new Command("curl", "-sS", url)
                        .run()
                        .out()
                        .contains("portward_backend_connections_active{backend=\"web\",server=\"" + origin.address()
                                + "\"} " + count + ".0"));
    }

    private Command curl(String version, String url) {
        return new Command(List.of(
                "curl",
                "-sS",
                "--max-time",
                "30",
                "--cacert",
                folder.resolve("ca.pem").toString(),
                version,
                url));
    }

    private PortwardProcess run(String grace) throws IOException {
        String text = """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: web}
                admin: {listen: "127.0.0.1:0"}
                shutdown: {grace: GRACE}
                """.replace("WEB", origin.address()).replace("GRACE", grace);
        Path file = Files.writeString(Files.createTempFile(folder, "portward", ".yaml"), text);
        return new PortwardProcess("run", "--config", file.toString()).awaitReady();
    }
}
