package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Origins that are spoken to over HTTP/2: nginx, and nghttpd of the reference implementation. */
@RequiresCommand({"curl", "h2load", "nghttp", "nginx", "nghttpd"})
class Http2OriginIT {

    private static final int LARGE = 20_000_000;

    @TempDir
    private static Path folder;

    private static final List<AutoCloseable> ORIGINS = new ArrayList<>();

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(Http2OriginIT::configuration);

    private static String configuration() throws Exception {
        DemoCertificates.write(folder);
        Path files = Files.createDirectories(folder.resolve("files"));
        Sha256.randomFile(files.resolve("large"), LARGE);
        Files.writeString(files.resolve("small"), "x".repeat(90));
        String certificate = "ssl_certificate FOLDER/ecdsa.pem; ssl_certificate_key FOLDER/ecdsa.key;"
                .replace("FOLDER", folder.toString());
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  nginx-h2c: {servers: ["NGINX-PLAIN"], protocol: h2c}
                  nginx-h2: {servers: ["NGINX-TLS"], protocol: h2, tls: {trust: FOLDER/ca.pem}}
                  nghttpd-h2c: {servers: ["NGHTTPD-PLAIN"], protocol: h2c, health: {type: http, path: /small}}
                  nghttpd-h2: {servers: ["NGHTTPD-TLS"], protocol: h2, tls: {trust: FOLDER/ca.pem}}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes:
                      - {path: /nginx-h2c, stripPrefix: /nginx-h2c, backend: nginx-h2c}
                      - {path: /nginx-h2, stripPrefix: /nginx-h2, backend: nginx-h2}
                      - {path: /nghttpd-h2c, stripPrefix: /nghttpd-h2c, backend: nghttpd-h2c}
                      - {path: /nghttpd-h2, stripPrefix: /nghttpd-h2, backend: nghttpd-h2}
                """.replace("NGINX-PLAIN", nginx("plain", "http2", ""))
                .replace("NGINX-TLS", nginx("tls", "ssl http2", certificate))
                .replace("NGHTTPD-PLAIN", nghttpd("--no-tls"))
                .replace("NGHTTPD-TLS", nghttpd())
                .replace("FOLDER", folder.toString());
    }

    private static String nginx(String name, String listen, String more) throws Exception {
        Nginx nginx = new Nginx(
                Files.createDirectories(folder.resolve(name)),
                listen,
                more
                        + " location / { alias FILES/; } http2_max_requests 1000;"
                                .replace("FILES", folder.resolve("files").toString()));
        ORIGINS.add(nginx);
        return nginx.address();
    }

    private static String nghttpd(String... options) throws IOException {
        int port = ScriptedUpstream.unusedPort();
        List<String> command = new ArrayList<>(List.of("nghttpd", "-a", "127.0.0.1", "--echo-upload"));
        command.addAll(
                List.of("--trailer", "x-sum: 42", "-d", folder.resolve("files").toString()));
        command.addAll(List.of(options));
        command.add("" + port);
        if (options.length == 0) {
            command.add(folder.resolve("ecdsa.key").toString());
            command.add(folder.resolve("ecdsa.pem").toString());
        }
        ORIGINS.add(new Daemon(command.toArray(String[]::new)).awaitPort(port));
        return "127.0.0.1:" + port;
    }

    @AfterAll
    static void stopOrigins() throws Exception {
        for (AutoCloseable origin : ORIGINS) {
            origin.close();
        }
    }

    private static String url(String path) {
        return "https://localhost:" + PROXY.port("https") + path;
    }

    private static Command.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("curl", "-s", "--cacert", PROXY.file("ca.pem").toString()));
        command.addAll(List.of(arguments));
        return new Command(command).run().succeeded();
    }

    /** nginx says GOAWAY after each thousand requests. */
    @ParameterizedTest
    @CsvSource({
        "nginx-h2c, -m 32",
        "nginx-h2, -m 32",
        "nghttpd-h2c, -m 32",
        "nghttpd-h2, -m 32",
        "nginx-h2c, --h1",
        "nginx-h2, --h1"
    })
    void answersTenThousandRequests(String origin, String clients) throws Exception {
        List<String> command = new ArrayList<>(List.of("h2load", "-n", "10000", "-t", "1", "-c", "8"));
        command.addAll(List.of(clients.split(" ", -1)));
        command.add(url("/" + origin + "/small"));
        assertThat(new Command(command).run().succeeded().out())
                .contains("10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("status codes: 10000 2xx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nginx-h2c", "nginx-h2", "nghttpd-h2c", "nghttpd-h2"})
    void passesLargeResponses(String origin) throws Exception {
        for (String version : List.of("--http1.1", "--http2")) {
            Path received = folder.resolve("received");
            curl(version, "-o", received.toString(), url("/" + origin + "/large"));
            assertThat(Sha256.of(received)).isEqualTo(Sha256.of(folder.resolve("files/large")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nghttpd-h2c", "nghttpd-h2"})
    void passesLargeRequests(String origin) throws Exception {
        for (String version : List.of("--http1.1", "--http2")) {
            Path received = folder.resolve("received");
            String file = folder.resolve("files/large").toString();
            curl(version, "-T", file, "-o", received.toString(), url("/" + origin + "/echo"));
            assertThat(Sha256.of(received)).isEqualTo(Sha256.of(folder.resolve("files/large")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nghttpd-h2c", "nghttpd-h2"})
    void passesTrailers(String origin) throws Exception {
        assertThat(new Command("nghttp", "-nv", url("/" + origin + "/small"))
                        .run()
                        .succeeded()
                        .out())
                .contains("recv (stream_id=", ":status: 200", "x-sum: 42");
    }
}
