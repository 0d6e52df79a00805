package io.portward.core.http1;

import static io.portward.core.http1.Http2Origins.answerAll;
import static io.portward.core.http1.Http2Origins.follow;
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
import io.portward.testkit.TestPki.Issued;
import io.portward.testkit.TlsServers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** HTTP/2 to the servers of a backend, which do frame by frame what the test says; the clients speak HTTP/1.1. */
@Timeout(30)
class Http2BackendTest {

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

    @Test
    void asksOverOneConnection() throws Exception {
        BlockingQueue<Frame> seen = new LinkedBlockingQueue<>();
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                Frame head = o.request();
                seen.add(head);
                o.answer(head.stream(), "ok");
            }
        })) {
            HttpsPort port = start(origin);
            for (int i = 0; i < 3; i++) {
                Reply reply = get(port);
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.body()).isEqualTo("ok");
            }
            Frame head = seen.take();
            assertThat(head.ends()).isTrue();
            assertThat(head.field(":method")).isEqualTo("GET");
            assertThat(head.field(":path")).isEqualTo("/a?b");
            assertThat(head.field(":authority")).isEqualTo("web.test");
            assertThat(head.field(":scheme")).isEqualTo("http");
            assertThat(head.field("x-mixed")).isEqualTo("Case");
            assertThat(head.field("x-forwarded-for")).isEqualTo("127.0.0.1");
            assertThat(head.field("host")).isNull();
            assertThat(head.field("te")).isNull();
            assertThat(origin.accepted()).isEqualTo(1);
            assertThat(port.requests())
                    .hasSize(3)
                    .allSatisfy(request -> assertThat(request).isEqualTo(new Request("web", "GET", 200, "h1")));
        }
    }

    @Test
    void asksOverTlsWithAlpn() throws Exception {
        Issued issued = PROXIES.pki().ecdsa("origin", "127.0.0.1");
        TlsServers servers = TlsServers.showing(issued).withAlpn("h2");
        try (ScriptedUpstream origin = ScriptedUpstream.start(
                servers.script((connection, tls) -> follow(connection, Http2Origins::answerAll)))) {
            HttpsPort port = HttpsPort.backend(
                    PROXIES, "servers: [\"" + origin.address() + "\"], protocol: h2, tls: {trust: ca.pem}");
            assertThat(get(port).body()).isEqualTo("ok");
            assertThat(get(port).body()).isEqualTo("ok");
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    /** 1xx, a body without a length, trailers. */
    @Test
    void passesAllPartsOfAResponse() throws Exception {
        try (ScriptedUpstream origin = h2c(o -> {
            int stream = o.request().stream();
            o.headers(stream, false, ":status", "103", "link", "</a.css>")
                    .headers(stream, false, ":status", "200", "server", "x")
                    .data(stream, false, "one")
                    .data(stream, false, "two")
                    .headers(stream, true, "x-sum", "6");
            o.drain();
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThat(client.readUntil("\r\n\r\n"))
                        .startsWith("HTTP/1.1 103 ")
                        .contains("link: </a.css>");
                assertThat(client.readUntil("\r\n\r\n"))
                        .startsWith("HTTP/1.1 200 ")
                        .containsIgnoringCase("transfer-encoding: chunked");
                assertThat(client.readUntil("x-sum: 6\r\n\r\n").replaceAll("[^a-z]", ""))
                        .contains("one", "two");
            }
        }
    }

    @Test
    void passesABodyAndTrailersOfARequest() throws Exception {
        try (ScriptedUpstream origin = h2c(o -> {
            Frame head = o.request();
            StringBuilder body = new StringBuilder();
            Frame frame = o.next();
            for (; frame.type() == Http2Origin.DATA; frame = o.next()) {
                body.append(new String(frame.payload(), StandardCharsets.US_ASCII));
            }
            o.answer(head.stream(), body + " " + frame.field("x-sum") + " " + head.field("transfer-encoding"));
            o.drain();
        })) {
            HttpsPort port = start(origin);
            String request = "POST / HTTP/1.1\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\none\r\n3\r\ntwo\r\n0\r\nx-sum: 6\r\n\r\n";
            assertThat(send(port, request).body()).isEqualTo("onetwo 6 null");
        }
    }

    /** Both flow control windows of a stream, with a client and a server that are slow in turn. */
    @Test
    void holdsNoMoreThanTheWindows() throws Exception {
        int size = 4_000_000;
        CountDownLatch taken = new CountDownLatch(1);
        AtomicInteger sent = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            int stream = o.request().stream();
            o.headers(stream, false, ":status", "200", "content-length", "" + size);
            int credit = 256 * 1024;
            while (sent.get() < size) {
                while (credit >= 16_384 && sent.get() < size) {
                    int length = Math.min(16_384, size - sent.get());
                    o.data(stream, sent.get() + length == size, new byte[length]);
                    credit -= length;
                    sent.addAndGet(length);
                }
                if (sent.get() < size) {
                    Frame frame = o.read();
                    credit += frame.type() == Http2Origin.WINDOW_UPDATE && frame.stream() == stream ? frame.word(0) : 0;
                }
            }
            taken.await();
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connectWithSmallBuffer()) {
                client.send(GET);
                await().until(() -> sent.get() >= 256 * 1024);
                // Nobody reads: what Portward, the kernel and the stream's window hold is far less than the body.
                await().during(Duration.ofMillis(500)).until(() -> sent.get() < size / 2);
                client.readUntil("\r\n\r\n");
                assertThat(client.read(size)).hasSize(size);
                taken.countDown();
            }
        }
    }

    @Test
    void sendsNoMoreThanTheServersWindow() throws Exception {
        int size = 300_000;
        AtomicInteger received = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(
                o -> {
                    int stream = o.request().stream();
                    Frame frame = null;
                    int open = 1000;
                    while (frame == null || !frame.ends()) {
                        frame = o.until(f -> f.type() == Http2Origin.DATA);
                        received.addAndGet(frame.payload().length);
                        open -= frame.payload().length;
                        assertThat(open).isGreaterThanOrEqualTo(0);
                        if (open == 0) {
                            o.credit(stream, 5000).credit(0, 5000);
                            open += 5000;
                        }
                    }
                    o.answer(stream, "" + received.get());
                    o.drain();
                },
                Http2Origin.INITIAL_WINDOW_SIZE,
                1000)) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                client.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + size + "\r\n\r\n");
                client.send(new byte[size]);
                assertThat(Reply.read(client).body()).isEqualTo("" + size);
            }
        }
    }

    @Test
    void opensNoMoreStreamsThanTheServerAllows() throws Exception {
        CountDownLatch all = new CountDownLatch(3);
        try (ScriptedUpstream origin = h2c(
                o -> {
                    Frame first = o.request();
                    all.countDown();
                    all.await();
                    o.answer(first.stream(), "ok");
                    answerAll(o);
                },
                Http2Origin.MAX_CONCURRENT_STREAMS,
                1)) {
            HttpsPort port = start(origin);
            List<CompletableFuture<Integer>> replies = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                replies.add(Background.begin(() -> get(port).status()));
            }
            for (CompletableFuture<Integer> reply : replies) {
                assertThat(reply.get()).isEqualTo(200);
            }
            assertThat(origin.accepted()).isEqualTo(3);
        }
    }

    @Test
    void anIdleConnectionIsGivenUpWithGoAway() throws Exception {
        CountDownLatch goAway = new CountDownLatch(1);
        try (ScriptedUpstream origin = h2c(o -> {
            o.answer(o.request().stream(), "ok");
            o.until(frame -> frame.type() == Http2Origin.GOAWAY);
            goAway.countDown();
            o.drain();
        })) {
            HttpsPort port = start(origin);
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(port.dialled()).isEqualTo(1);
            port.proxy().stop();
            goAway.await();
        }
    }

    @Test
    void aResponseThatEndsWithItsHeadHasAnEmptyBody() throws Exception {
        try (ScriptedUpstream origin = h2c(o -> {
            while (true) {
                o.headers(o.request().stream(), true, ":status", "200", "x-a", "b");
            }
        })) {
            HttpsPort port = start(origin);
            try (RawClient client = port.connect()) {
                for (int i = 0; i < 2; i++) {
                    client.send(GET);
                    Reply reply = Reply.read(client);
                    assertThat(reply.status()).isEqualTo(200);
                    assertThat(reply.body()).isEmpty();
                }
            }
        }
    }

    @Test
    void checksHealthOverHttp2() throws Exception {
        PROXIES.expectWarnings();
        BlockingQueue<Frame> seen = new LinkedBlockingQueue<>();
        AtomicInteger status = new AtomicInteger(200);
        try (ScriptedUpstream origin = h2c(o -> {
            Frame head = o.request();
            seen.add(head);
            o.headers(head.stream(), true, ":status", "" + status.get());
            o.drain();
        })) {
            HttpsPort port = start(", health: {type: http, path: /healthz, interval: 100ms}", origin);
            Frame head = seen.take();
            assertThat(head.field(":path")).isEqualTo("/healthz");
            assertThat(head.field(":authority")).isEqualTo(origin.address());
            assertThat(head.field("user-agent")).isEqualTo("portward-health");
            await().until(() -> origin.accepted() > 3);
            assertThat(port.proxy().observer().server(origin.address()).isUp()).isTrue();
            status.set(500);
            await().until(() -> !PROXIES.warnings().isEmpty());
            assertThat(PROXIES.warnings()).singleElement().asString().endsWith("status 500 (expected: 200-399)");
            assertThat(port.proxy().observer().server(origin.address()).isUp()).isFalse();
        }
    }

    @Test
    void aHealthCheckWaitsForNoBody() throws Exception {
        AtomicInteger open = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            o.headers(o.request().stream(), false, ":status", "200");
            open.incrementAndGet();
            try {
                o.drain();
            } finally {
                open.decrementAndGet();
            }
        })) {
            HttpsPort port = start(", health: {type: http, path: /healthz, interval: 100ms}", origin);
            await().until(() -> origin.accepted() > 5);
            await().until(() -> open.get() <= 1);
            assertThat(port.proxy().observer().server(origin.address()).isUp()).isTrue();
        }
    }
}
