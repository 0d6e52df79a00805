package io.portward.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portward.config.model.AdminConfig;
import io.portward.config.model.ListenAddress;
import io.portward.core.connection.StartException;
import io.portward.core.observe.ServerState;
import io.portward.core.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {

    private static final int TIMEOUT_MILLIS = 10_000;

    private final Transport transport = Transport.open(1);
    private final Readiness readiness = new Readiness();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private volatile Supplier<String> metrics = () -> "a_metric 1\n";
    private volatile List<ServerState> servers = List.of();
    private AdminServer admin;

    @BeforeEach
    void startServer() throws StartException {
        admin = AdminServer.start(
                config("127.0.0.1", 0, false), transport, () -> metrics.get(), () -> servers, readiness);
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        admin.close();
        transport.close().await();
    }

    @Test
    void servesMetricsAsPrometheusText() throws Exception {
        HttpResponse<String> response = get("/metrics?collect=all");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("a_metric 1\n");
        assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
    }

    @Test
    void showsTheStateOfEachServer() throws Exception {
        Instant since = Instant.parse("2030-01-02T03:04:05Z");
        servers = List.of(
                new ServerState("web", "127.0.0.1:8080", ServerState.Condition.UP, "", since),
                new ServerState("web", "[::1]:8080", ServerState.Condition.DOWN, "greeting \"x\"", since));
        HttpResponse<String> response = get("/backends");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.body()).isEqualTo("""
                {"servers": [
                  {"backend": "web", "server": "127.0.0.1:8080", "state": "up", "since": "2030-01-02T03:04:05Z", "reason": ""},
                  {"backend": "web", "server": "[::1]:8080", "state": "down", "since": "2030-01-02T03:04:05Z", "reason": "greeting \\"x\\""}
                ]}
                """);
    }

    @Test
    void isHealthyWhateverTheStage() throws Exception {
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        readiness.become(Readiness.Stage.DRAINING);
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void isReadyOnlyBetweenStartAndDrain() throws Exception {
        HttpResponse<String> starting = get("/readyz");
        readiness.become(Readiness.Stage.READY);
        HttpResponse<String> ready = get("/readyz");
        readiness.become(Readiness.Stage.DRAINING);
        HttpResponse<String> draining = get("/readyz");

        assertThat(starting.statusCode()).isEqualTo(503);
        assertThat(starting.body()).isEqualTo("starting\n");
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body()).isEqualTo("ready\n");
        assertThat(draining.statusCode()).isEqualTo(503);
        assertThat(draining.body()).isEqualTo("draining\n");
    }

    @Test
    void answersHeadWithTheLengthAndNoBody() throws Exception {
        HttpRequest head = HttpRequest.newBuilder(uri("/metrics"))
                .method("HEAD", BodyPublishers.noBody())
                .build();
        HttpResponse<String> response = client.send(head, BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-length")).hasValue("11");
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metrics/", "/METRICS", "//metrics", "/admin"})
    void knowsNoOtherPaths(String path) throws Exception {
        assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "BREW"})
    void knowsNoOtherMethods(String method) throws Exception {
        String answer = raw(method + " /metrics HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 405 ").containsIgnoringCase("allow: GET, HEAD\r\n");
    }

    @Test
    void refusesBodies() throws Exception {
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
                .startsWith("HTTP/1.1 413 ");
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ");
    }

    @Test
    void refusesWhatIsNotHttpAndHeadersThatAreTooLarge() throws Exception {
        assertThat(raw("\u0016\u0003\u0001 hello\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(raw("GET / HTTP/1.1\r\nX: " + "y".repeat(10_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void keepsAConnectionForTheNextRequest() throws Exception {
        try (Socket socket = connect()) {
            byte[] request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream().write(request);
                assertThat(readUntil(socket, "ok\n")).startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void closesAfterAScrapeThatWasFollowedByAPipelinedRequest() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        metrics = () -> {
            try {
                assertThat(slow.await(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return "slow 1\n";
        };
        try (Socket socket = connect()) {
            String both = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
            socket.getOutputStream().write(both.getBytes(StandardCharsets.US_ASCII));
            slow.countDown();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer)
                    .startsWith("HTTP/1.1 200 ")
                    .containsIgnoringCase("connection: close\r\n")
                    .endsWith("slow 1\n");
        }
    }

    @Test
    void tellsNothingOfAFaultButThatThereIsOne() throws Exception {
        metrics = () -> {
            throw new IllegalStateException("secret");
        };
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).doesNotContain("secret");
    }

    @Test
    void closesConnectionsBeyondItsFew() throws Exception {
        Socket[] open = new Socket[64];
        try {
            for (int i = 0; i < open.length; i++) {
                open[i] = connect();
                open[i].getOutputStream()
                        .write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                readUntil(open[i], "ok\n");
            }
            try (Socket surplus = connect()) {
                assertThat(surplus.getInputStream().read()).isEqualTo(-1);
            }
        } finally {
            for (Socket socket : open) {
                if (socket != null) {
                    socket.close();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::"})
    void refusesAnAddressOthersCanReachUnlessAllowed(String host) throws Exception {
        assertThatThrownBy(() -> AdminServer.start(config(host, 0, false), transport, () -> "", List::of, readiness))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("allowRemote");
        AdminServer.start(config(host, 0, true), transport, () -> "", List::of, readiness)
                .close();
    }

    @Test
    void refusesAllAddressesUnlessAllowed() {
        assertThatThrownBy(() -> AdminServer.start(config(null, 9180, false), transport, () -> "", List::of, readiness))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("allowRemote");
    }

    @Test
    void saysInOneLineThatThePortIsTaken() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> AdminServer.start(
                            config("127.0.0.1", other.getLocalPort(), false), transport, () -> "", List::of, readiness))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + other.getLocalPort())
                    .hasMessageContaining("already in use")
                    .hasMessageNotContaining("\n");
        }
    }

    private static AdminConfig config(@Nullable String host, int port, boolean allowRemote) {
        String text = host == null ? "" + port : host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
        return new AdminConfig(new ListenAddress(text, host, port), allowRemote);
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + admin.address().getPort() + path);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
    }

    private Socket connect() throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), admin.address().getPort());
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    private String raw(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String readUntil(Socket socket, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.length() < end.length()
                || !text.substring(text.length() - end.length()).equals(end)) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after: " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }
}
