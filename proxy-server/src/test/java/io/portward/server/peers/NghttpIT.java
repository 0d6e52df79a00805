package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** nghttp and h2load, the reference implementation of HTTP/2. */
@RequiresCommand({"nghttp", "h2load", "nginx", "python3"})
class NghttpIT {

    private static final int LARGE = 4_000_000;

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static PythonOrigin python;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(NghttpIT::configuration);

    private static String configuration() throws Exception {
        nginx = new Nginx(Files.createDirectories(folder.resolve("nginx")), "");
        python = new PythonOrigin(folder, "HTTP/1.1");
        Files.createDirectories(nginx.root().resolve("files"));
        Files.writeString(nginx.root().resolve("files/small.txt"), "x".repeat(90));
        Sha256.randomFile(nginx.root().resolve("files/large"), LARGE);
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  nginx: {servers: ["NGINX"]}
                  python: {servers: ["PYTHON"]}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes: [{path: /files, backend: nginx}, {backend: python}]
                """.replace("NGINX", nginx.address()).replace("PYTHON", python.address());
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        nginx.close();
        python.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-c 4 -m 32", "-c 16 -m 1 --h1"})
    void answersTenThousandRequests(String load) throws Exception {
        List<String> command = new ArrayList<>(List.of("h2load", "-n", "10000", "-t", "1"));
        command.addAll(List.of(load.split(" ", -1)));
        command.add(url("/files/small.txt"));
        Command.Result result = new Command(command).run();
        assertThat(result.succeeded().out())
                .contains("10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("status codes: 10000 2xx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-w 14 -W 14", "-w 20 -W 24", "-w 8"})
    void sendsNoMoreThanTheClientsWindow(String windows) throws Exception {
        Path received = folder.resolve("received");
        List<String> command = new ArrayList<>(List.of("bash", "-c", "nghttp \"${@:2}\" >\"$1\"", "bash"));
        command.add(received.toString());
        command.addAll(List.of(windows.split(" ", -1)));
        command.add(url("/files/large"));
        assertThat(new Command(command).run().succeeded().err()).doesNotContain("ERROR");
        assertThat(received).hasSize(LARGE);
        assertThat(Sha256.of(received)).isEqualTo(Sha256.of(nginx.root().resolve("files/large")));
    }

    @Test
    void passesDataAndTrailersOfARequest() throws Exception {
        Path file = nginx.root().resolve("files/large");
        Command.Result result = nghttp(
                "-H",
                ":method: POST",
                "-d",
                file.toString(),
                "--no-content-length",
                "--trailer",
                "x-sum: 42",
                url("/upload"));
        assertThat(result.out()).isEqualTo(LARGE + " " + Sha256.of(file) + "\nx-sum: 42\n");
    }

    @Test
    void passesTrailersOfAResponse() throws Exception {
        Command.Result result = nghttp("-v", url("/chunked"));
        assertThat(result.out())
                .contains("; END_STREAM | END_HEADERS")
                .containsPattern("(?s)line 999\n.*recv .*x-sum: 1000");
    }

    @Test
    void announcesTheFrameLimitsItKeeps() throws Exception {
        Command.Result result = nghttp("-nv", url("/files/small.txt"));
        assertThat(result.out())
                .contains("The negotiated protocol: h2", "[SETTINGS_MAX_CONCURRENT_STREAMS(0x03):100]")
                .contains(":status: 200");
    }

    @Test
    void answersManyRequestsOfOneConnectionAtOnce() throws Exception {
        Command.Result result = nghttp("-ns", "-m", "40", url("/files/large"));
        assertThat(result.out().lines().filter(line -> line.contains(" 200 ") && line.endsWith("/files/large")))
                .hasSize(40);
    }

    private static Command.Result nghttp(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("nghttp", "--no-dep"));
        command.addAll(List.of(arguments));
        return new Command(command).run().succeeded();
    }

    private static String url(String path) {
        return "https://localhost:" + PROXY.port("https") + path;
    }
}
