package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real clients, and Python's JSON reader for every line they leave in the access log. */
@RequiresCommand({"curl", "openssl", "python3"})
@Timeout(180)
class AccessLogIT {

    /** Fails at a line that is not a JSON object, then prints what the arguments name of each, with a bar between. */
    private static final String READER = """
            import json, sys
            for line in open(sys.argv[1], encoding='utf-8', newline='\\n'):
                assert line.endswith('\\n'), line
                entry = json.loads(line)
                assert isinstance(entry, dict), line
                print('|'.join(str(entry.get(name, '')) for name in sys.argv[2:]))
            """;

    private static final String JA4 = "t1[123][di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}";

    @TempDir
    private Path folder;

    private ScriptedUpstream mail;
    private PythonOrigin python;

    @BeforeEach
    void startOrigins() throws Exception {
        DemoCertificates.write(folder);
        python = new PythonOrigin(folder, "HTTP/1.1");
        mail = ScriptedUpstream.start(connection -> {
            connection.send("* OK greetings\r\n");
            connection.readUntil("\n");
            connection.send("* BYE\r\n");
        });
    }

    @AfterEach
    void stopOrigins() throws Exception {
        python.close();
        mail.close();
    }

    private PortwardProcess start(String accessLog) throws IOException {
        return launch(accessLog).awaitReady();
    }

    private PortwardProcess launch(String accessLog) throws IOException {
        String text = """
                certificates: [{name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}]
                backends:
                  python: {servers: ["PYTHON"]}
                  mail: {servers: ["MAIL"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: python}]}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: mail}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: mail, accessLog: false}
                admin: {listen: "127.0.0.1:0"}
                accessLog: ACCESS
                """.replace("PYTHON", python.address())
                .replace("MAIL", mail.address())
                .replace("ACCESS", accessLog);
        Path file = Files.writeString(folder.resolve("portward.yaml"), text);
        return new PortwardProcess("run", "--config", file.toString());
    }

    private Command.Result curl(PortwardProcess process, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("curl", "-sS", "--max-time", "60", "-o", "/dev/null", "--cacert", path("ca.pem")));
        for (String argument : arguments) {
            command.add(argument.replace("URL", "https://localhost:" + process.port("https")));
        }
        return new Command(command).run().succeeded();
    }

    private Command.Result openssl(PortwardProcess process, String protocol, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "openssl", "s_client", "-connect", "127.0.0.1:" + process.port(protocol), "-servername", "localhost"));
        command.addAll(List.of("-CAfile", path("ca.pem"), "-quiet", "-ign_eof"));
        command.addAll(List.of(options));
        return new Command(command).input("a LOGOUT\r\n").run();
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    /** The named fields of every line once there are so many. */
    private List<String> lines(int count, String... fields) throws Exception {
        Path log = folder.resolve("access.log");
        await().untilAsserted(() -> assertThat(Files.readAllLines(log)).hasSizeGreaterThanOrEqualTo(count));
        List<String> command = new ArrayList<>(List.of("python3", "-c", READER, log.toString()));
        command.addAll(List.of(fields));
        List<String> lines =
                new Command(command).run().succeeded().out().lines().toList();
        assertThat(lines).hasSize(count);
        return lines;
    }

    private static void stop(PortwardProcess process) throws Exception {
        process.signal("TERM");
        assertThat(process.awaitExit()).isZero();
    }

    @Test
    void everyClientLeavesALine() throws Exception {
        try (PortwardProcess process = start("{file: access.log}")) {
            String port = "127.0.0.1:0";
            curl(
                    process,
                    "--http1.1",
                    "-A",
                    "agent \"1\"\\ \u00fc",
                    "-b",
                    "c=hidden",
                    "-u",
                    "u:hidden",
                    "URL/a%20b?hidden");
            curl(process, "--http2", "-d", "12345", "-e", "https://r.test/?hidden", "URL/up");
            curl(process, "--http2", "URL/1", "URL/2");
            curl(
                    process,
                    "--http1.1",
                    "-H",
                    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                    "URL/");
            assertThat(openssl(process, "imaps").out()).contains("BYE");
            assertThat(openssl(process, "tls").out()).contains("BYE");
            assertThat(openssl(process, "https", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
                            .exit())
                    .isEqualTo(1);
            stop(process);

            assertThat(lines(7, "type", "listener", "client", "protocol", "method", "host", "path", "status", "ended"))
                    .containsExactly(
                            "request|" + port + "|127.0.0.1|h1|GET|localhost|/a%20b|200|complete",
                            "request|" + port + "|127.0.0.1|h2|POST|localhost|/up|200|complete",
                            "request|" + port + "|127.0.0.1|h2|GET|localhost|/1|200|complete",
                            "request|" + port + "|127.0.0.1|h2|GET|localhost|/2|200|complete",
                            "request|" + port + "|127.0.0.1|h1|GET|localhost|/|200|complete",
                            "connection|" + port + "|127.0.0.1||||||complete",
                            "handshakeFailure|" + port + "|127.0.0.1||||||");
            assertThat(lines(7, "backend", "server", "bytesIn", "retries", "requestNumber", "referer", "traceId"))
                    .containsExactly(
                            "python|" + python.address() + "|0|0|1||",
                            "python|" + python.address() + "|5|0|1|https://r.test/|",
                            "python|" + python.address() + "|0|0|1||",
                            "python|" + python.address() + "|0|0|2||",
                            "python|" + python.address() + "|0|0|1||4bf92f3577b34da6a3ce929d0e0e4736",
                            "mail|" + mail.address() + "|10|0|||",
                            "||||||");
            assertThat(lines(7, "sni", "tlsVersion", "tlsAlpn", "tlsResumed", "reason"))
                    .startsWith("localhost|TLSv1.3|http/1.1|False|", "localhost|TLSv1.3|h2|False|")
                    .endsWith("localhost||||no_shared_version");
            assertThat(Files.readString(folder.resolve("access.log")))
                    .doesNotContain("hidden")
                    .contains("\"userAgent\":\"agent \\\"1\\\"\\\\ \u00fc\"");
        }
    }

    @Test
    void aClientHasTheSameFingerprintEachTime() throws Exception {
        try (PortwardProcess process = start("{file: access.log}")) {
            for (int i = 0; i < 2; i++) {
                curl(process, "--http2", "URL/" + i);
                openssl(process, "imaps");
                openssl(process, "https", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0");
            }
            stop(process);

            List<String> found = lines(6, "ja4");
            assertThat(found.subList(0, 3)).allMatch(ja4 -> ja4.matches(JA4));
            assertThat(found.get(0)).startsWith("t13d").contains("h2_");
            assertThat(found.get(1)).startsWith("t13d").contains("00_");
            assertThat(found.get(2)).startsWith("t11d").contains("00_");
            assertThat(found.subList(3, 6)).isEqualTo(found.subList(0, 3));
        }
    }

    @Test
    void writesWhatIsQueuedAndUnderWayWhenItIsStopped() throws Exception {
        try (PortwardProcess process = start("{file: access.log}")) {
            List<String> urls = Stream.iterate(0, i -> i < 200, i -> i + 1)
                    .map(i -> "URL/" + i)
                    .toList();
            curl(process, urls.toArray(String[]::new));
            stop(process);

            assertThat(lines(200, "status")).containsOnly("200");
        }
    }

    @Test
    void goesOnInANewFileWhenTheOldOneIsRenamed() throws Exception {
        try (PortwardProcess process = start("{file: access.log}")) {
            curl(process, "URL/old");
            lines(1, "path");
            Files.move(folder.resolve("access.log"), folder.resolve("access.log.1"));
            await().until(() -> Files.exists(folder.resolve("access.log")));
            curl(process, "URL/new");

            assertThat(lines(1, "path")).containsExactly("/new");
            assertThat(folder.resolve("access.log.1")).content().contains("\"path\":\"/old\"");
        }
    }

    @Test
    void writesCombinedLinesToStandardOutput() throws Exception {
        try (PortwardProcess process = start("{format: combined, file: stdout, query: true}")) {
            curl(process, "--http1.1", "-A", "agent", "URL/a?b=c");
            stop(process);

            assertThat(process.out())
                    .singleElement()
                    .asString()
                    .matches("127\\.0\\.0\\.1 - - \\[\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000] "
                            + "\"GET /a\\?b=c HTTP/1\\.1\" 200 \\d+ \"-\" \"agent\"");
        }
    }

    @Test
    void servesOnAFullDiskAndCountsWhatIsMissing() throws Exception {
        try (PortwardProcess process = start("{file: /dev/full}")) {
            for (int i = 0; i < 3; i++) {
                curl(process, "URL/");
            }
            await().untilAsserted(() -> assertThat(metrics(process))
                    .contains(
                            "portward_access_log_dropped_total{reason=\"write_failed\"} 3.0",
                            "portward_access_log_dropped_total{reason=\"queue_full\"} 0.0",
                            "portward_access_log_lines_total 0.0"));

            assertThat(process.err())
                    .filteredOn(line -> line.contains("access log"))
                    .singleElement()
                    .asString()
                    .contains("ERROR", "No space left on device");
        }
    }

    private static String metrics(PortwardProcess process) throws Exception {
        return new Command("curl", "-sS", "http://127.0.0.1:" + process.port("admin") + "/metrics")
                .run()
                .succeeded()
                .out();
    }

    @Test
    void doesNotStartWithAFileThatCannotBeWritten() throws Exception {
        try (PortwardProcess process = launch("{file: missing/access.log}")) {
            assertThat(process.awaitExit()).isEqualTo(2);
            assertThat(process.err())
                    .filteredOn(line -> line.contains(": error: "))
                    .singleElement()
                    .asString()
                    .endsWith(": error: accessLog.file: there is no directory '" + folder + "/missing'");
        }
    }

    @Test
    void isSilentUnlessConfigured() throws Exception {
        Path file = Files.writeString(folder.resolve("portward.yaml"), """
                certificates: [{name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}]
                ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{respond: {status: 204}}]}]
                admin: {listen: "127.0.0.1:0"}
                """);
        try (PortwardProcess process = new PortwardProcess("run", "--config", file.toString()).awaitReady()) {
            curl(process, "URL/");

            assertThat(metrics(process)).doesNotContain("access_log");
            assertThat(process.out()).isEmpty();
        }
    }
}
