package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TestPki;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** curl as the client, nginx ({@code /files}) and Python (the rest) behind. */
@RequiresCommand({"curl", "nginx", "python3"})
class CurlIT {

    private static final int LARGE = 40_000_000;

    @TempDir
    private static Path folder;

    private static Nginx nginx;
    private static PythonOrigin python;
    private static TestPki pki;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(CurlIT::configuration);

    private static String configuration() throws Exception {
        Path origins = Files.createDirectories(folder.resolve("origins"));
        nginx = new Nginx(origins, "location = /files/none { return 204; }");
        python = new PythonOrigin(folder, "HTTP/1.1");
        Files.createDirectories(nginx.root().resolve("files"));
        Sha256.randomFile(nginx.root().resolve("files/large"), LARGE);
        Files.writeString(nginx.root().resolve("files/text.txt"), "the same line\n".repeat(1000));
        Files.createDirectories(folder.resolve("pki"));
        pki = new TestPki(folder.resolve("pki"));
        pki.ecdsa("shop", "shop.example.test");
        pki.ecdsa("wild", "*.example.test");
        int https = ScriptedUpstream.unusedPort();
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                  - {name: shop, chain: PKI/shop.pem, key: PKI/shop.key}
                  - {name: wild, chain: PKI/wild.pem, key: PKI/wild.key}
                backends:
                  nginx: {servers: ["NGINX"]}
                  python: {servers: ["PYTHON"]}
                ports:
                  - listen: "127.0.0.1:HTTPS"
                    protocol: https
                    routes: [{path: /files, backend: nginx}, {backend: python}]
                  - {listen: "127.0.0.1:0", protocol: redirect, to: HTTPS}
                """.replace("PKI", folder.resolve("pki").toString())
                .replace("NGINX", nginx.address())
                .replace("PYTHON", python.address())
                .replace("HTTPS", "" + https);
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        nginx.close();
        python.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.0", "--http1.1", "--http2"})
    void downloadsALargeFileUnchanged(String version) throws Exception {
        Path received = folder.resolve("received" + version);
        Command.Result result =
                curl(version, "-o", received.toString(), "-w", "%{http_code} %{http_version}", url("/files/large"));
        assertThat(result.succeeded().out())
                .startsWith("200 ")
                .isEqualTo("200 " + (version.equals("--http1.0") ? "1.1" : version.substring(6)));
        assertThat(Sha256.of(received)).isEqualTo(Sha256.of(nginx.root().resolve("files/large")));
    }

    @ParameterizedTest
    @CsvSource({"--http1.0,file", "--http1.1,file", "--http2,file", "--http1.1,-", "--http2,-"})
    void uploadsALargeBodyWithAndWithoutALength(String version, String source) throws Exception {
        Path file = nginx.root().resolve("files/large");
        Command.Result result = Command.shell(
                        "cat \"$1\" | curl -sS --max-time 60 --cacert \"$2\" \"$3\" -T \"$4\" \"$5\"",
                        file.toString(),
                        ca(),
                        version,
                        source.equals("-") ? "-" : file.toString(),
                        url("/upload"))
                .run();
        assertThat(result.succeeded().out()).isEqualTo(LARGE + " " + Sha256.of(file) + "\n");
    }

    @Test
    void getsTheOriginsHundredContinueBeforeALargePost() throws Exception {
        Path file = nginx.root().resolve("files/large");
        Command.Result result = curl(
                "-v",
                "--http1.1",
                "--expect100-timeout",
                "30",
                "-H",
                "Expect: 100-continue",
                "--data-binary",
                "@" + file,
                url("/upload"));
        assertThat(result.succeeded().err()).contains("< HTTP/1.1 100 Continue");
        assertThat(result.out()).isEqualTo(LARGE + " " + Sha256.of(file) + "\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.0", "--http1.1", "--http2"})
    void headCarriesTheLengthAndNoBody(String version) throws Exception {
        Command.Result result = curl(version, "-I", url("/files/large"), url("/files/text.txt"));
        assertThat(lower(result.succeeded())).contains("content-length: " + LARGE, "content-length: 14000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void passesAnswersWithoutABody(String version) throws Exception {
        Command.Result none = curl(version, "-D", "-", url("/files/none"), url("/files/none"));
        assertThat(lower(none.succeeded())).doesNotContain("transfer-encoding").containsPattern("http/[12.]+ 204");

        String tag = lower(curl(version, "-I", url("/files/text.txt"))).replaceAll("(?s).*etag: (\\S+).*", "$1");
        Command.Result unchanged = curl(
                version,
                "-H",
                "If-None-Match: " + tag,
                "-w",
                "%{http_code} %{num_connects} ",
                url("/files/text.txt"),
                url("/files/text.txt"));
        assertThat(unchanged.succeeded().out()).isEqualTo("304 1 304 0 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void passesRangesAndCompressionOfTheOrigin(String version) throws Exception {
        Command.Result part = curl(version, "-r", "4-7", "-w", " %{http_code}", url("/files/text.txt"));
        assertThat(part.succeeded().out()).isEqualTo("same 206");
        Command.Result compressed = curl(version, "--compressed", "-D", "-", url("/files/text.txt"));
        assertThat(lower(compressed.succeeded()))
                .contains("content-encoding: gzip")
                .endsWith("the same line\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void passesChunkedBodiesWithTheirTrailers(String version) throws Exception {
        Command.Result result = curl(version, "-D", "-", url("/chunked"));
        assertThat(lower(result.succeeded())).contains("line 999\n").contains("x-sum: 1000\r\n");
    }

    @Test
    void endsChunkedBodiesByClosingTowardsHttp10() throws Exception {
        Command.Result result = curl("--http1.0", "-D", "-", url("/chunked"));
        assertThat(lower(result.succeeded()))
                .contains("line 999\n")
                .doesNotContain("transfer-encoding", "x-sum: 1000", ";note=1");
    }

    @Test
    void servesHttp10WithoutHost() throws Exception {
        Command.Result result = curl("--http1.0", "-H", "Host:", "-w", "%{http_code}", url("/page"));
        assertThat(result.succeeded().out()).contains("GET /page HTTP/1.1").endsWith("200");
    }

    @Test
    void passesOptionsOfTheWholeServer() throws Exception {
        Command.Result result = curl("--http1.1", "-X", "OPTIONS", "--request-target", "*", url("/"));
        assertThat(result.succeeded().out()).startsWith("OPTIONS * HTTP/1.1\n");
    }

    @Test
    void followsTheRedirectFromThePlainPort() throws Exception {
        Command.Result result = curl(
                "-L",
                "-w",
                "%{num_redirects} %{url_effective}",
                "http://localhost:" + PROXY.port("redirect") + "/a%20b/?q=%2F&r=1");
        assertThat(result.succeeded().out())
                .contains("GET /a%20b/?q=%2F&r=1 HTTP/1.1")
                .endsWith("1 https://localhost:" + PROXY.port("https") + "/a%20b/?q=%2F&r=1");
    }

    @Test
    void redirectKeepsTheMethodAndBodyOfAPost() throws Exception {
        Command.Result result = curl("-L", "-d", "some=body", "http://localhost:" + PROXY.port("redirect") + "/upload");
        assertThat(result.succeeded().out()).startsWith("9 ");
    }

    @ParameterizedTest
    @CsvSource({"--tls-max 1.2,TLSv1.2", "--tlsv1.3,TLSv1.3"})
    void speaksBothTlsVersions(String option, String version) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(option.split(" ", -1)));
        arguments.addAll(List.of("-v", url("/")));
        Command.Result result = curl(arguments.toArray(String[]::new));
        assertThat(result.succeeded().err()).contains("SSL connection using " + version, "certificate verify ok");
    }

    @ParameterizedTest
    @CsvSource({"shop.example.test,CN=shop", "SHOP.example.test,CN=shop", "other.example.test,CN=wild"})
    void servesTheCertificateOfTheName(String name, String subject) throws Exception {
        Command.Result result = byName(name, pki.authorityFile());
        assertThat(result.succeeded().err()).containsPattern("subject: " + subject + "\\b");
    }

    @Test
    void servesTheFirstCertificateToUnknownNames() throws Exception {
        Command.Result result = byName("elsewhere.test", Path.of(ca()));
        assertThat(result.exit()).isEqualTo(60);
        assertThat(result.err()).contains("no alternative certificate subject name matches");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void keepsTheConnectionForTheNextRequest(String version) throws Exception {
        Command.Result result =
                curl(version, "-w", "%{num_connects}", "-o", "/dev/null", url("/a"), "-o", "/dev/null", url("/b"));
        assertThat(result.succeeded().out()).isEqualTo("10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void answersFiftyRequestsAtOnce(String version) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of(version, "-Z", "--parallel-max", "50", "-w", "%{http_code} %{size_download}\\n"));
        IntStream.range(0, 50).forEach(i -> arguments.addAll(List.of("-o", "/dev/null", url("/files/text.txt?" + i))));
        Command.Result result = curl(arguments.toArray(String[]::new));
        assertThat(result.succeeded().out().lines()).hasSize(50).containsOnly("200 14000");
    }

    @Test
    void tellsTheOriginWhoAsked() throws Exception {
        Command.Result result = curl("-H", "X-Forwarded-For: 10.9.9.9", "-H", "Forwarded: for=10.9.9.9", url("/"));
        assertThat(lower(result.succeeded()))
                .contains("x-forwarded-for: 127.0.0.1\n", "x-forwarded-proto: https\n", "x-request-id: ")
                .contains("x-forwarded-host: localhost:" + PROXY.port("https"))
                .contains("x-forwarded-port: " + PROXY.port("https"))
                .doesNotContain("10.9.9.9", "via:");
    }

    private static Command.Result byName(String name, Path authority) throws Exception {
        int port = PROXY.port("https");
        return new Command(
                        "curl",
                        "-sSv",
                        "--max-time",
                        "60",
                        "--cacert",
                        authority.toString(),
                        "--resolve",
                        name + ":" + port + ":127.0.0.1",
                        "https://" + name + ":" + port + "/")
                .run();
    }

    private static Command.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60", "--cacert", ca()));
        command.addAll(List.of(arguments));
        return new Command(command).run();
    }

    private static String lower(Command.Result result) {
        return result.out().toLowerCase(Locale.ROOT);
    }

    private static String ca() {
        return PROXY.file("ca.pem").toString();
    }

    private static String url(String path) {
        return "https://localhost:" + PROXY.port("https") + path;
    }
}
