package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More clients than the process may have file descriptors for. */
@RequiresCommand({"prlimit", "curl", "openssl"})
class DescriptorLimitIT {

    private static final int LIMIT = 200;
    private static final int CLIENTS = 300;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final List<Socket> clients = new ArrayList<>();
    private ScriptedUpstream web;

    @BeforeEach
    void start() throws IOException {
        DemoCertificates.write(folder);
        web = ScriptedUpstream.start(connection -> {
            if (connection.in().read() < 0) {
                return; // a client of the tls port that said nothing
            }
            connection.readUntil("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
        });
    }

    @AfterEach
    void stop() throws IOException {
        disconnect();
        web.close();
    }

    private void disconnect() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        clients.clear();
    }

    @Test
    void refusesWhatIsTooMuchAndServesOnWhenClientsGo() throws Exception {
        try (PortwardProcess portward = run()) {
            int https = portward.port("https");
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Socket(InetAddress.getLoopbackAddress(), https));
            }
            await().atMost(TIMEOUT)
                    .untilAsserted(() -> assertThat(metrics(portward)).containsPattern("reason=\"limited\"} [1-9]"));

            Duration before = cpu(portward);
            await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
            assertThat(cpu(portward).minus(before)).isLessThan(Duration.ofSeconds(2));
            assertThat(portward.isAlive()).isTrue();

            disconnect();
            await().atMost(TIMEOUT).until(() -> page(https).equals("hello\n"));
            await().atMost(TIMEOUT)
                    .until(() -> metrics(portward).contains("portward_connections_active{port=\"127.0.0.1:0\"} 0.0"));
        }
    }

    @Test
    void countsTheConnectionsToBackendsToo() throws Exception {
        try (PortwardProcess portward = run()) {
            // Each of these takes one descriptor for the client and one for the backend.
            Command.Result busy = Command.shell(
                            "for i in $(seq 100); do"
                                    + " (sleep 8 | timeout 8 openssl s_client -quiet -connect \"$1\" &>/dev/null) &"
                                    + " done; sleep 5; curl -sS --max-time 3 \"$2\"; wait",
                            "127.0.0.1:" + portward.port("tls"),
                            "http://127.0.0.1:" + portward.port("admin") + "/metrics")
                    .run();
            assertThat(busy.out()).containsPattern("reason=\"limited\"} [1-9]");
            Duration before = cpu(portward);
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            assertThat(cpu(portward).minus(before)).isLessThan(Duration.ofSeconds(2));
            await().atMost(TIMEOUT).until(() -> page(portward.port("https")).equals("hello\n"));
        }
    }

    /** A burst leaves as many connections to the backend behind as it had clients; they may not keep others out. */
    @Test
    void clientsComeBeforeIdleConnectionsToBackends() throws Exception {
        int count = 40;
        CountDownLatch asked = new CountDownLatch(count);
        try (ScriptedUpstream keeping = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    asked.countDown();
                    asked.await();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
                    connection.socket().setSoTimeout(0);
                    connection.readAll();
                });
                PortwardProcess portward = run(keeping.address())) {
            int https = portward.port("https");
            // Seven eighths of what is left, and some way to the cap.
            int room = (LIMIT - openDescriptors(portward)) * 7 / 8 - 10;
            assertThat(room).isGreaterThan(count);
            Command.shell(
                            "for i in $(seq \"$3\"); do curl -sS --max-time 30 --cacert \"$1\" \"$2\" & done; wait",
                            folder.resolve("ca.pem").toString(),
                            "https://localhost:" + https,
                            Integer.toString(count))
                    .run();
            assertThat(metrics(portward)).containsPattern("backend_connections_active\\{[^}]*} " + count + ".0");
            for (int i = 0; i < room; i++) {
                clients.add(new Socket(InetAddress.getLoopbackAddress(), https));
            }
            String metrics = metrics(portward);
            assertThat(metrics).doesNotContainPattern("reason=\"limited\"} [1-9]");
            assertThat(metrics).doesNotContainPattern("backend_connections_active\\{[^}]*} " + count + ".0");
        }
    }

    private static int openDescriptors(PortwardProcess portward) throws Exception {
        Matcher open = Pattern.compile("process_open_fds (\\d+)").matcher(metrics(portward));
        assertThat(open.find()).isTrue();
        return Integer.parseInt(open.group(1));
    }

    private static Duration cpu(PortwardProcess portward) {
        return portward.handle().info().totalCpuDuration().orElseThrow();
    }

    private String page(int port) throws Exception {
        return new Command(
                        "curl",
                        "-sS",
                        "--max-time",
                        "10",
                        "--cacert",
                        folder.resolve("ca.pem").toString(),
                        "https://localhost:" + port)
                .run()
                .out();
    }

    private static String metrics(PortwardProcess portward) throws Exception {
        return new Command("curl", "-sS", "--max-time", "10", "http://127.0.0.1:" + portward.port("admin") + "/metrics")
                .run()
                .out();
    }

    private PortwardProcess run() throws IOException {
        return run(web.address());
    }

    private PortwardProcess run(String backend) throws IOException {
        String text = """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], tls: {handshakeTimeout: 60s}}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: web}
                admin: {listen: "127.0.0.1:0"}
                """.replace("WEB", backend);
        Path file = Files.writeString(folder.resolve("portward.yaml"), text);
        return new PortwardProcess(
                        List.of("prlimit", "--nofile=" + LIMIT + ":" + LIMIT),
                        List.of(),
                        "run",
                        "--config",
                        file.toString())
                .awaitReady();
    }
}
