package io.portward.core.http1;

import static io.portward.core.http1.Http2Origins.answerAll;
import static io.portward.core.http1.Http2Origins.h2c;
import static io.portward.core.http1.Http2Origins.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.Background;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.Http2Origin;
import io.portward.testkit.Http2Origin.Frame;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Request;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsServers;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that do over HTTP/2 what they should not, or end what they began. */
@Timeout(30)
class Http2BackendFaultsTest {

    private static final String GET = "GET /a?b HTTP/1.1\r\nHost: web.test\r\nX-Mixed: Case\r\n\r\n";

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static HttpsPort start(ScriptedUpstream... servers) {
        return Http2Origins.start(PROXIES, "", servers);
    }

    private static HttpsPort start(String keys, ScriptedUpstream... servers) {
        return Http2Origins.start(PROXIES, keys, servers);
    }

    private static Reply get(HttpsPort port) throws IOException {
        return send(port, GET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", ""})
    void aServerThatDoesNotChooseHttp2IsNotReached(String alpn) throws Exception {
        PROXIES.expectWarnings();
        TlsServers servers = TlsServers.showing(PROXIES.pki().ecdsa("origin", "127.0.0.1"));
        try (ScriptedUpstream origin = ScriptedUpstream.start((alpn.isEmpty() ? servers : servers.withAlpn(alpn))
                .script((connection, tls) -> connection.readAll()))) {
            HttpsPort port = HttpsPort.backend(
                    PROXIES, "servers: [\"" + origin.address() + "\"], protocol: h2, tls: {trust: ca.pem}");
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(PROXIES.warnings())
                    .anySatisfy(line -> assertThat(line).contains("cannot be reached: TLS: the server"));
            await().until(() -> port.dialled() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'HTTP/1.1 400 Bad Request\r\n\r\n', the server does not speak HTTP/2",
        "'', the server closed the connection before it said anything in HTTP/2"
    })
    void aServerThatSpeaksSomethingElseIsNotReached(String words, String reason) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream other = ScriptedUpstream.start(connection -> {
                    connection.read(24);
                    connection.send(words);
                    if (!words.isEmpty()) {
                        connection.readAll();
                    }
                });
                ScriptedUpstream well = h2c(Http2Origins::answerAll)) {
            HttpsPort port = start(other, well);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(PROXIES.warnings()).singleElement().asString().endsWith("cannot be reached: " + reason);
            assertThat(port.proxy().observer().server(other.address()).connectFailures())
                    .isEqualTo(1);
            await().until(() -> port.dialled() == 1);
        }
    }

    @Test
    void aServerThatSaysNothingCountsAgainstTheConnectTimeout() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream silent = ScriptedUpstream.start(RawClient::readAll)) {
            HttpsPort port = start(", timeouts: {connect: 300ms}", silent);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(PROXIES.warnings())
                    .anySatisfy(line -> assertThat(line).endsWith("no HTTP/2 within 300 ms of connecting"));
            await().until(() -> port.dialled() == 0);
        }
    }

    @Test
    void aServerThatAllowsNoStreamsIsNotDialledForEver() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = h2c(Http2Origin::drain, Http2Origin.MAX_CONCURRENT_STREAMS, 0)) {
            HttpsPort port = start(origin);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    /** RFC 9113 §6.8: streams above the last one were not processed, those below were and are answered. */
    @ParameterizedTest
    @ValueSource(strings = {GET, "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n"})
    void asksAgainWhatGoAwayLeftOut(String request) throws Exception {
        BlockingQueue<Integer> connections = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = h2c(o -> {
            if (connections.isEmpty()) {
                connections.add(1);
                int first = o.request().stream();
                int second = o.request().stream();
                o.goAway(first, Http2Origin.NO_ERROR).answer(first, "first");
                assertThat(second).isGreaterThan(first);
                o.drain();
            } else {
                o.answer(o.request().stream(), "again");
                o.drain();
            }
        })) {
            HttpsPort port = start(origin);
            CompletableFuture<String> one = Background.begin(() -> get(port).body());
            await().until(() -> origin.accepted() == 1
                    && port.proxy().observer().server(origin.address()).active() == 1);
            CompletableFuture<String> two =
                    Background.begin(() -> send(port, request).body());
            assertThat(List.of(one.get(), two.get())).containsExactlyInAnyOrder("first", "again");
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    @Test
    void asksAgainWhatWasRefusedButOnlyOnce() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                int stream = o.request().stream();
                if (asked.incrementAndGet() % 3 == 0) {
                    o.answer(stream, "ok");
                } else {
                    o.reset(stream, Http2Origin.REFUSED_STREAM);
                }
            }
        })) {
            HttpsPort port = start(origin);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(asked.get()).isEqualTo(2);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    /** It may have acted on it. */
    @ParameterizedTest
    @ValueSource(ints = {Http2Origin.INTERNAL_ERROR, Http2Origin.CANCEL})
    void doesNotAskAgainWhatWasResetForAnotherReason(int code) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
                    while (true) {
                        int stream = o.request().stream();
                        if (asked.incrementAndGet() == 1) {
                            o.reset(stream, code);
                        } else {
                            o.answer(stream, "ok");
                        }
                    }
                });
                ScriptedUpstream unused = h2c(Http2Origins::answerAll)) {
            HttpsPort port = start(origin, unused);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(asked.get()).isEqualTo(1);
            assertThat(unused.accepted()).isZero();
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @Test
    void aConnectionThatEndsIsAskedForAgainElsewhere() throws Exception {
        try (ScriptedUpstream leaving = h2c(Http2Origin::request);
                ScriptedUpstream well = h2c(Http2Origins::answerAll)) {
            HttpsPort port = start(leaving, well);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @Test
    void aResponseThatIsCutIsCutForTheClientToo() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                int stream = o.request().stream();
                o.headers(stream, false, ":status", "200", "content-length", "10")
                        .data(stream, false, "half");
                o.reset(stream, Http2Origin.INTERNAL_ERROR);
            }
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThat(client.readAllText()).endsWith("\r\n\r\nhalf");
            }
            await().until(() -> port.requests().size() == 1);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesCancelsItsStreamOnly() throws Exception {
        BlockingQueue<Frame> resets = new LinkedBlockingQueue<>();
        CountDownLatch asked = new CountDownLatch(1);
        try (ScriptedUpstream origin = h2c(o -> {
            Frame head = o.request();
            asked.countDown();
            resets.add(o.until(frame -> frame.type() == Http2Origin.RST_STREAM));
            // What was on its way passes unnoticed.
            o.headers(head.stream(), false, ":status", "200").data(head.stream(), true, "late");
            answerAll(o);
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send(GET);
                asked.await();
            }
            Frame reset = resets.take();
            assertThat(reset.word(0)).isEqualTo(Http2Origin.CANCEL);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(origin.accepted()).isEqualTo(1);
            assertThat(port.requests()).contains(new Request("web", "GET", 499, "h1"));
        }
    }

    /** A dead connection must not swallow one request after the other. */
    @Test
    void aServerThatAnswersNeitherRequestNorPingIsLeft() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            if (connections.incrementAndGet() == 1) {
                o.until(frame -> frame.type() == Http2Origin.PING);
                o.drain();
            } else {
                answerAll(o);
            }
        })) {
            HttpsPort port = start(", timeouts: {headers: 300ms, connect: 500ms}", origin);
            assertThat(get(port).status()).isEqualTo(504);
            await().untilAsserted(() -> assertThat(get(port).status()).isEqualTo(200));
            assertThat(origin.accepted()).isEqualTo(2);
        }
    }

    @Test
    void headersOverTheLimitAreRefused() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                int stream = o.request().stream();
                if (asked.incrementAndGet() == 1) {
                    o.headers(stream, true, ":status", "200", "x-a", "a".repeat(6_000), "x-b", "b".repeat(6_000));
                } else {
                    o.answer(stream, "ok");
                }
            }
        })) {
            HttpsPort port = HttpsPort.backend(
                    PROXIES, "servers: [\"" + origin.address() + "\"], protocol: h2c", "limits: {headerBytes: 10KiB}");
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":status,200,Upper,x",
                ":status,200,connection,close",
                ":status,200,x-a,a\r\nb",
                ":status,20,x,y",
                ":status,200,:status,200",
                "x-a,b",
                ":status,101,x-a,b",
                ":status,200,content-length,1,content-length,1",
                ":status,200,content-length,-1"
            })
    void aResponseThatIsMalformedIsRefused(String fields) throws Exception {
        PROXIES.expectWarnings();
        BlockingQueue<Frame> resets = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = h2c(o -> {
            o.headers(o.request().stream(), false, fields.split(","));
            resets.add(o.until(frame -> frame.type() == Http2Origin.RST_STREAM));
            answerAll(o);
        })) {
            HttpsPort port = start(origin);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(resets.take().word(0)).isEqualTo(1);
            assertThat(PROXIES.warnings()).singleElement().asString().contains("answered 502 upstream malformed");
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    /** RFC 9113 §8.1.1. */
    @Test
    void aLengthInAHeadThatEndsTheResponseIsRefused() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = h2c(o -> {
            o.headers(o.request().stream(), true, ":status", "200", "content-length", "5");
            answerAll(o);
        })) {
            HttpsPort port = start(origin);
            assertThat(get(port).status()).isEqualTo(502);
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    /** The client would take what comes next for the body. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLengthWithoutABodyEndsTheClientsConnection(boolean trailers) throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream origin = h2c(o -> {
            int stream = o.request().stream();
            o.headers(stream, false, ":status", "200", "content-length", "5");
            if (trailers) {
                o.headers(stream, true, "x-sum", "0");
            } else {
                o.data(stream, true, "");
            }
            answerAll(o);
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThat(client.readAllText()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n");
            }
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"HEAD, 200", "GET, 304"})
    void someResponsesHaveALengthWithoutABody(String method, String status) throws Exception {
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                o.headers(o.request().stream(), true, ":status", status, "content-length", "5");
            }
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                for (int i = 0; i < 2; i++) {
                    client.send(method + " / HTTP/1.1\r\nHost: web.test\r\n\r\n");
                    assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 " + status);
                }
            }
        }
    }

    @Test
    void theServersEndOfBothSidesOfAnEarlyAnswer() throws Exception {
        BlockingQueue<Frame> resets = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = h2c(o -> {
            int stream = o.request().stream();
            o.answer(stream, "early");
            resets.add(o.until(frame -> frame.type() == Http2Origin.RST_STREAM));
            answerAll(o);
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1000000\r\n\r\nabc");
                assertThat(Reply.read(client).body()).isEqualTo("early");
            }
            assertThat(resets.take().word(0)).isEqualTo(Http2Origin.CANCEL);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }
}
