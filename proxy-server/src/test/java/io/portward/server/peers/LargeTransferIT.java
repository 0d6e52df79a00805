package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies far larger than the memory that Portward takes for them. */
@RequiresCommand({"curl", "nginx", "python3"})
class LargeTransferIT {

    private static final long SIZE = 2L << 30;
    private static final long MAX_GROWTH = 100L << 20;

    /** As in production: tracking every buffer would be most of the work, and of the memory. */
    private static final List<String> FLAGS = List.of("-Dio.netty.leakDetection.level=disabled");

    @TempDir
    private Path folder;

    private Nginx nginx;
    private PythonOrigin python;
    private Path file;
    private PortwardProcess portward;

    @BeforeEach
    void start() throws Exception {
        DemoCertificates.write(folder);
        nginx = new Nginx(Files.createDirectories(folder.resolve("nginx")), "");
        python = new PythonOrigin(folder, "HTTP/1.1");
        file = nginx.root().resolve("large");
        Command.shell("truncate -s $1 $2", "" + SIZE, file.toString()).run().succeeded();
        String text = """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  nginx: {servers: ["NGINX"]}
                  python: {servers: ["PYTHON"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{path: /sink, backend: python}, {backend: nginx}]}
                """.replace("NGINX", nginx.address()).replace("PYTHON", python.address());
        Path config = Files.writeString(folder.resolve("portward.yaml"), text);
        portward = new PortwardProcess(List.of(), FLAGS, "run", "--config", config.toString()).awaitReady();
    }

    @AfterEach
    void stop() throws Exception {
        portward.close();
        nginx.close();
        python.close();
    }

    @Test
    void downloadsTwoGibibytesInFlatMemory() throws Exception {
        download("--http1.1");
    }

    @Test
    @Tag("long")
    void downloadsTwoGibibytesOverHttp2InFlatMemory() throws Exception {
        download("--http2");
    }

    @Test
    void uploadsTwoGibibytesInFlatMemory() throws Exception {
        upload("--http1.1");
    }

    @Test
    @Tag("long")
    void uploadsTwoGibibytesOverHttp2InFlatMemory() throws Exception {
        upload("--http2");
    }

    /** What waits for a client that does not read is bounded, whatever the origin could send. */
    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void waitsForASlowReaderInFlatMemory(String version) throws Exception {
        warmUp();
        long before = residentBytes();
        Command.Result result = curl(version, "--limit-rate", "2M", "-m", "4", "-o", "/dev/null", url("/large"));
        assertThat(result.exit()).isEqualTo(28);
        assertThat(residentBytes() - before).isLessThan(MAX_GROWTH);
    }

    private void download(String version) throws Exception {
        warmUp();
        long before = residentBytes();
        Command.Result result = curl(version, "-o", "/dev/null", "-w", "%{size_download}", url("/large"));
        assertThat(result.succeeded().out()).isEqualTo("" + SIZE);
        assertThat(residentBytes() - before).isLessThan(MAX_GROWTH);
    }

    private void upload(String version) throws Exception {
        warmUp();
        long before = residentBytes();
        Command.Result result = curl(version, "-T", file.toString(), url("/sink"));
        assertThat(result.succeeded().out()).startsWith(SIZE + " ");
        assertThat(residentBytes() - before).isLessThan(MAX_GROWTH);
    }

    /** Classes, compiled code and the first buffers are not what is measured. */
    private void warmUp() throws Exception {
        curl("-r", "0-50000000", "-o", "/dev/null", url("/large")).succeeded();
        curl("--http1.1", "-r", "0-50000000", "-o", "/dev/null", url("/large")).succeeded();
    }

    private long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + portward.handle().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    private Command.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "curl",
                "-sS",
                "--max-time",
                "110",
                "--cacert",
                folder.resolve("ca.pem").toString()));
        command.addAll(List.of(arguments));
        return new Command(command).run();
    }

    private String url(String path) {
        return "https://localhost:" + portward.port("https") + path;
    }
}
