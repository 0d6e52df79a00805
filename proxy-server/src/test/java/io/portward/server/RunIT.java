package io.portward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.transport.Transport;
import io.portward.server.demo.DemoCertificates;
import io.portward.server.demo.DemoOrigin;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The whole process: start, serve, signals, end. */
class RunIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private final Transport transport = Transport.open(1);
    private final HttpClient plainClient =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private DemoOrigin web;
    private DemoOrigin mail;

    @BeforeEach
    void startOrigins() throws Exception {
        DemoCertificates.write(folder);
        web = DemoOrigin.web(transport);
        mail = DemoOrigin.mail(transport);
    }

    @AfterEach
    void stopOrigins() throws InterruptedException {
        web.close();
        mail.close();
        transport.close().await();
    }

    @Test
    void servesEveryPortOfItsReadyLineAndCountsIt() throws Exception {
        try (PortwardProcess portward = run("").awaitReady()) {
            assertThat(portward.readyLine())
                    .matches("portward ready: https 127\\.0\\.0\\.1:\\d+, redirect 127\\.0\\.0\\.1:\\d+, "
                            + "imaps 127\\.0\\.0\\.1:\\d+, admin 127\\.0\\.0\\.1:\\d+");

            HttpResponse<String> page =
                    get(tlsClient(HttpClient.Version.HTTP_2), "https", portward.port("https"), "/page");
            assertThat(page.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body()).contains("GET /page HTTP/1.1").containsIgnoringCase("x-forwarded-proto");

            HttpResponse<String> redirected = get(plainClient, "http", portward.port("redirect"), "/page?a=b");
            assertThat(redirected.statusCode()).isEqualTo(308);
            assertThat(redirected.headers().firstValue("location")).hasValue("https://127.0.0.1/page?a=b");

            try (Socket imap = trustedContext()
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), portward.port("imaps"))) {
                imap.setSoTimeout((int) TIMEOUT.toMillis());
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(imap.getInputStream(), StandardCharsets.US_ASCII));
                assertThat(lines.readLine()).startsWith("* OK ");
            }

            assertThat(get(plainClient, "http", portward.port("admin"), "/readyz")
                            .body())
                    .isEqualTo("ready\n");
            await().atMost(TIMEOUT)
                    .untilAsserted(() -> assertThat(metrics(portward))
                            .contains("portward_connections_total{port=\"127.0.0.1:0\"} 3.0")
                            .contains(
                                    "portward_http_requests_total{backend=\"web\",method=\"GET\",port=\"127.0.0.1:0\",protocol=\"h2\",status=\"200\"} 1.0")
                            .contains("portward_certificate_not_after_seconds{algorithm=\"rsa\",certificate=\"rsa\"}")
                            .contains("alpn=\"h2\""));
            assertThat(portward.out()).isEmpty();
        }
    }

    @Test
    void drainsOnSigtermAndExitsWithCode0() throws Exception {
        try (PortwardProcess portward = run("").awaitReady()) {
            CompletableFuture<HttpResponse<InputStream>> slow = tlsClient(HttpClient.Version.HTTP_1_1)
                    .sendAsync(
                            HttpRequest.newBuilder(uri("https", portward.port("https"), "/slow"))
                                    .timeout(TIMEOUT)
                                    .build(),
                            BodyHandlers.ofInputStream());
            InputStream body =
                    slow.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).body();

            portward.signal("TERM");
            portward.awaitLine("draining");
            HttpResponse<String> readiness = get(plainClient, "http", portward.port("admin"), "/readyz");
            assertThat(readiness.statusCode()).isEqualTo(503);
            assertThat(readiness.body()).isEqualTo("draining\n");

            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).endsWith("line 10 of 10\n");
            assertThat(portward.awaitExit()).isZero();
            assertThat(portward.err()).last().asString().endsWith("Foreground: stopped");
        }
    }

    @Test
    void stopsAtOnceOnASecondSignal() throws Exception {
        try (PortwardProcess portward = run("").awaitReady();
                Socket idle = new Socket(InetAddress.getLoopbackAddress(), portward.port("imaps"))) {
            InputStream body = tlsClient(HttpClient.Version.HTTP_1_1)
                    .send(
                            HttpRequest.newBuilder(uri("https", portward.port("https"), "/slow"))
                                    .timeout(TIMEOUT)
                                    .build(),
                            BodyHandlers.ofInputStream())
                    .body();
            assertThat(body.read()).isEqualTo('l');

            portward.signal("INT");
            portward.awaitLine("draining");
            long second = System.nanoTime();
            portward.signal("TERM");
            assertThat(portward.awaitExit()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - second)).isLessThan(Duration.ofSeconds(4));
            assertThat(idle.isConnected()).isTrue();
        }
    }

    /** Backend `mail` is used by nobody, which is the file's affair; a route that is never reached is a fault waiting for its request. */
    @Test
    void repeatsOnlyWarningsThatMatterAtEachStart() throws Exception {
        String routes =
                "  - {listen: \"127.0.0.1:0\", protocol: https, routes: [{backend: web}, {path: /a, backend: web}]}\n";
        try (PortwardProcess portward = new PortwardProcess("run", "--config", write(routes)).awaitReady()) {
            assertThat(portward.err())
                    .filteredOn(line -> line.contains(" WARN ") && line.contains("ports["))
                    .singleElement()
                    .asString()
                    .contains("ports[0].routes[1]: never reached");
            assertThat(portward.err())
                    .noneMatch(line -> line.contains("no port uses this backend"))
                    .anyMatch(line -> line.endsWith("left to `portward check`: 1"));
        }
    }

    @Test
    void survivesSighup() throws Exception {
        try (PortwardProcess portward = run("").awaitReady()) {
            portward.signal("HUP");
            portward.awaitLine("SIGHUP");

            assertThat(get(plainClient, "http", portward.port("admin"), "/readyz")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void saysInOneLineThatAPortIsTaken() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                PortwardProcess portward = new PortwardProcess(
                        "run",
                        "--config",
                        write("  - {listen: \"127.0.0.1:" + other.getLocalPort() + "\", protocol: redirect}\n"))) {
            assertThat(portward.awaitExit()).isEqualTo(1);
            assertThat(portward.err())
                    .filteredOn(line -> line.startsWith("portward: "))
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1:" + other.getLocalPort(), "in use");
        }
    }

    @Test
    void refusesASecondCopyOfItself() throws Exception {
        try (PortwardProcess first = run("").awaitReady();
                PortwardProcess second = new PortwardProcess(
                        "run",
                        "--config",
                        write("  - {listen: \"127.0.0.1:" + first.port("redirect") + "\", protocol: redirect}\n"))) {
            assertThat(second.awaitExit()).isEqualTo(1);
            assertThat(second.err()).last().asString().contains("in use");
            assertThat(first.isAlive()).isTrue();
        }
    }

    @Test
    void writesItsLogAsJsonWhenAskedTo() throws Exception {
        try (PortwardProcess portward =
                run("log: {format: json, level: debug}\n").awaitReady()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), portward.port("imaps"))) {
                socket.getOutputStream().write("\"hello\" \\ \r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readAllBytes()).isNotNull();
            }
            portward.awaitLine("not_tls");
            portward.signal("TERM");
            assertThat(portward.awaitExit()).isZero();
            assertThat(portward.err())
                    .filteredOn(line -> !line.startsWith("portward ready"))
                    .allSatisfy(line -> {
                        Map<String, Object> object = new Yaml().load(line);
                        assertThat(object).containsKeys("time", "level", "logger", "thread", "message");
                    });
        }
    }

    @Test
    void saysInOneLineThatAPortOfTheDemoIsTaken() throws Exception {
        try (ServerSocket other = occupy(8443);
                PortwardProcess portward = new PortwardProcess("demo")) {
            assertThat(portward.awaitExit()).isEqualTo(1);
            assertThat(portward.out()).isEmpty();
            assertThat(portward.err())
                    .last()
                    .asString()
                    .startsWith("portward: ")
                    .contains("in use", "does another `portward demo` run? `ss -ltnp 'sport = :")
                    .doesNotContain("listen");
        }
    }

    /** A port that somebody else holds is as good. */
    private static ServerSocket occupy(int port) throws IOException {
        try {
            return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        } catch (BindException taken) {
            return new ServerSocket(0);
        }
    }

    private PortwardProcess run(String more) throws IOException {
        String ports = """
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                  - {listen: "127.0.0.1:0", protocol: redirect}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: mail}
                """;
        return new PortwardProcess("run", "--config", write(ports + more));
    }

    private String write(String portsAndMore) throws IOException {
        String text = "certificates:\n"
                + "  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}\n"
                + "  - {name: rsa, chain: rsa.pem, key: rsa.key}\n"
                + "backends:\n"
                + "  web: {servers: [\"127.0.0.1:" + web.port() + "\"]}\n"
                + "  mail: {servers: [\"127.0.0.1:" + mail.port() + "\"]}\n"
                + "admin: {listen: \"127.0.0.1:0\"}\n"
                + "shutdown: {grace: 20s}\n"
                + "ports:\n" + portsAndMore;
        return Files.writeString(Files.createTempFile(folder, "portward", ".yaml"), text)
                .toString();
    }

    private String metrics(PortwardProcess portward) throws Exception {
        return get(plainClient, "http", portward.port("admin"), "/metrics").body();
    }

    private static HttpResponse<String> get(HttpClient client, String scheme, int port, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(uri(scheme, port, path)).timeout(TIMEOUT).build(), BodyHandlers.ofString());
    }

    private static URI uri(String scheme, int port, String path) {
        return URI.create(scheme + "://127.0.0.1:" + port + path);
    }

    private HttpClient tlsClient(HttpClient.Version version) throws Exception {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(trustedContext())
                .build();
    }

    private SSLContext trustedContext() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(folder.resolve("ca.pem"))) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
