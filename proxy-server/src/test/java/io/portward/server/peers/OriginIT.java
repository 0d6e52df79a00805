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
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How origins frame what they send, and what becomes of requests when one of them stops. */
@RequiresCommand({"curl", "h2load", "nginx", "python3"})
class OriginIT {

    private static final long HUGE = 200_000_000;
    private static final String LINES = lines();

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static Nginx other;
    private static PythonOrigin old;
    private static PythonOrigin python;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(OriginIT::configuration);

    private static String configuration() throws Exception {
        nginx = nginx("nginx");
        other = nginx("other");
        old = new PythonOrigin(folder, "HTTP/1.0");
        python = new PythonOrigin(folder, "HTTP/1.1");
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  nginx: {servers: ["NGINX"]}
                  two: {servers: ["NGINX", "OTHER"]}
                  old: {servers: ["OLD"]}
                  python: {servers: ["PYTHON"]}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes:
                      - {path: /nginx, backend: nginx}
                      - {path: /two, backend: two}
                      - {path: /old, backend: old}
                      - {backend: python}
                admin: {listen: "127.0.0.1:0"}
                """.replace("NGINX", nginx.address())
                .replace("OTHER", other.address())
                .replace("OLD", old.address())
                .replace("PYTHON", python.address());
    }

    private static Nginx nginx(String name) throws Exception {
        Nginx started = new Nginx(Files.createDirectories(folder.resolve(name)), """
                location /nginx/closing/ { keepalive_timeout 0; alias FOLDER/www/nginx/; }
                location /nginx/ssi/ { ssi on; ssi_types text/plain; gzip off; alias FOLDER/www/nginx/; }
                location /two/ { return 200 "NAME\\n"; }
                """.replace("NAME", name));
        Path files = Files.createDirectories(started.root().resolve("nginx"));
        Files.writeString(files.resolve("lines.txt"), LINES);
        Files.createFile(files.resolve("empty"));
        Command.shell("truncate -s $1 $2", "" + HUGE, files.resolve("huge").toString())
                .run()
                .succeeded();
        return started;
    }

    private static String lines() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            text.append("line ").append(i).append('\n');
        }
        return text.toString();
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        nginx.close();
        other.close();
        old.close();
        python.close();
    }

    @ParameterizedTest
    @CsvSource({
        "--http1.1, /nginx/lines.txt",
        "--http2, /nginx/lines.txt",
        "--http1.1, /nginx/closing/lines.txt",
        "--http2, /nginx/closing/lines.txt",
        "--http1.1, /nginx/ssi/lines.txt",
        "--http2, /nginx/ssi/lines.txt",
        "--http1.1, /chunked",
        "--http2, /chunked",
        "--http1.1, /until-close",
        "--http2, /until-close",
        "--http1.0, /until-close",
        "--http1.1, /old/until-close",
        "--http2, /old/until-close",
    })
    void passesABodyHoweverItIsFramed(String version, String path) throws Exception {
        Command.Result result = curl(version, url(path), url(path + "?again"));
        assertThat(result.succeeded().out()).isEqualTo(LINES + LINES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void passesCompressedAndEmptyFiles(String version) throws Exception {
        Command.Result result = curl(version, "--compressed", url("/nginx/lines.txt"), url("/nginx/empty"));
        assertThat(result.succeeded().out()).isEqualTo(LINES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void passesAHugeFile(String version) throws Exception {
        Command.Result result =
                curl(version, "-o", "/dev/null", "-w", "%{http_code} %{size_download}", url("/nginx/huge"));
        assertThat(result.succeeded().out()).isEqualTo("200 " + HUGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void keepsTheClientsConnectionAlthoughTheOriginClosesItsOwn(String version) throws Exception {
        String page = url("/nginx/closing/empty");
        Command.Result result = curl(version, "-w", "%{num_connects}", page, page, page);
        assertThat(result.succeeded().out()).isEqualTo("100");
    }

    @Test
    void speaksHttp11ToOriginsThatAnswerInHttp10() throws Exception {
        Command.Result result = curl("-D", "-", "--http1.1", url("/old/page"));
        assertThat(result.succeeded().out()).startsWith("HTTP/1.1 200").contains("GET /old/page HTTP/1.1");
        Command.Result upload = curl("--data-binary", "0123456789", url("/old/upload"));
        assertThat(upload.succeeded().out()).startsWith("10 ");
    }

    @Test
    void sendsWhatArrivesWithoutWaitingForMore() throws Exception {
        Command.Result result =
                curl("--http2", "-o", "/dev/null", "-w", "%{time_starttransfer} %{time_total}", url("/slow"));
        String[] seconds = result.succeeded().out().split(" ", -1);
        assertThat(Double.parseDouble(seconds[1]) - Double.parseDouble(seconds[0]))
                .isGreaterThan(1.5);
    }

    @Test
    void goesOnWithTheOtherServerWhenOneStops() throws Exception {
        String bothAnswer = curl(url("/two/"), url("/two/")).succeeded().out();
        assertThat(bothAnswer.lines()).containsExactlyInAnyOrder("nginx", "other");

        int inFlight = 32;
        Thread stopping = new Thread(() -> {
            await().atMost(Duration.ofSeconds(60)).until(() -> requests() > 1000);
            try {
                other.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        stopping.start();
        Command.Result load = h2load(8000, "-c", "4", "-m", "8");
        stopping.join();
        assertThat(answered(load)).isBetween(8000L - inFlight, 8000L);
        assertThat(answered(h2load(1000, "-c", "4", "-m", "8"))).isEqualTo(1000);
        assertThat(answered(h2load(1000, "-c", "8", "--h1"))).isEqualTo(1000);
        assertThat(scrape())
                .containsPattern("portward_backend_connect_failures_total\\{backend=\"two\",server=\""
                        + Pattern.quote(other.address()) + "\"} [1-9]");
    }

    private static Command.Result h2load(int requests, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("h2load", "-n", "" + requests));
        command.addAll(List.of(options));
        command.add(url("/two/"));
        return new Command(command).run().succeeded();
    }

    private static long answered(Command.Result load) {
        MatchResult found = Pattern.compile("status codes: (\\d+) 2xx")
                .matcher(load.out())
                .results()
                .findFirst()
                .orElseThrow();
        return Long.parseLong(found.group(1));
    }

    private static double requests() throws Exception {
        return Pattern.compile("portward_http_requests_total\\{backend=\"two\".* (\\S+)\n")
                .matcher(scrape())
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }

    private static String scrape() throws Exception {
        return curl("http://127.0.0.1:" + PROXY.port("admin") + "/metrics")
                .succeeded()
                .out();
    }

    private static Command.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60"));
        command.addAll(List.of("--cacert", PROXY.file("ca.pem").toString()));
        command.addAll(List.of(arguments));
        return new Command(command).run();
    }

    private static String url(String path) {
        return "https://localhost:" + PROXY.port("https") + path;
    }
}
