package io.portward.core.http1;

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
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What requests that share an HTTP/2 connection to a server do to each other, and what its end does to them. */
@Timeout(30)
class Http2BackendSharingTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static void post(RawClient client, String path, int size) throws IOException {
        client.send("POST " + path + " HTTP/1.1\r\nHost: web.test\r\nContent-Length: " + size + "\r\n\r\n");
        client.send(new byte[size]);
    }

    /** The server takes what comes on /moving, and of every other stream its first window only. */
    private static void takeOnlyMoving(Http2Origin origin, CountDownLatch stalled) throws Exception {
        int moving = 0;
        int received = 0;
        while (true) {
            Frame frame = origin.next();
            int length = frame.payload().length;
            if (frame.type() == Http2Origin.HEADERS) {
                if (frame.field(":path").equals("/moving")) {
                    moving = frame.stream();
                    origin.credit(moving, 1_000_000);
                }
            } else if (frame.stream() != moving) {
                origin.credit(0, length);
                stalled.countDown();
            } else if (frame.ends()) {
                origin.answer(moving, "" + (received + length));
            } else {
                received += length;
                origin.credit(0, length);
            }
        }
    }

    @Test
    void stalledUploadsHoldUpNoOther() throws Exception {
        // The stalled ones end with the server.
        PROXIES.expectWarnings();
        int count = 12;
        CountDownLatch stalled = new CountDownLatch(count);
        List<RawClient> clients = new ArrayList<>();
        try (ScriptedUpstream origin = h2c(o -> takeOnlyMoving(o, stalled), Http2Origin.INITIAL_WINDOW_SIZE, 1000)) {
            HttpsPort port = Http2Origins.start(PROXIES, "", origin);
            for (int i = 0; i < count; i++) {
                RawClient client = port.connect();
                clients.add(client);
                post(client, "/stalled", 100_000);
            }
            stalled.await();
            try (RawClient client = port.connect()) {
                post(client, "/moving", 300_000);
                assertThat(Reply.read(client).body()).isEqualTo("300000");
            }
            assertThat(origin.accepted()).isEqualTo(1);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aServerThatAllowsNoMoreStreamsIsNotDialledForEver() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger connections = new AtomicInteger();
        CountDownLatch refused = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            boolean first = connections.incrementAndGet() == 1;
            follow(
                    connection,
                    o -> {
                        int stream = o.request().stream();
                        refused.await();
                        o.answer(stream, "ok");
                        o.drain();
                    },
                    Http2Origin.MAX_CONCURRENT_STREAMS,
                    first ? 1 : 0);
        })) {
            HttpsPort port = Http2Origins.start(PROXIES, "", origin);
            CompletableFuture<Integer> held =
                    Background.begin(() -> send(port, GET).status());
            await().until(() -> port.proxy().observer().server(origin.address()).active() == 1);
            assertThat(send(port, GET).status()).isEqualTo(502);
            assertThat(origin.accepted()).isEqualTo(2);
            await().until(() -> port.dialled() == 1);
            refused.countDown();
            assertThat(held.get()).isEqualTo(200);
        }
    }

    @Test
    void aConnectionThatIsResetIsNotMalformed() throws Exception {
        PROXIES.expectWarnings();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch full = new CountDownLatch(1);
        AtomicLong sent = new AtomicLong();
        int window = 1 << 30;
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            Http2Origin o = new Http2Origin(connection, Http2Origin.INITIAL_WINDOW_SIZE, window);
            o.credit(0, window);
            o.request();
            asked.countDown();
            full.await();
            connection.reset();
        })) {
            HttpsPort port = Http2Origins.start(PROXIES, "", origin);
            try (RawClient waiting = port.connect();
                    RawClient sending = port.connect()) {
                waiting.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n");
                asked.await();
                sending.send("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1000000000\r\n\r\n");
                CompletableFuture<Void> upload = Background.begin(() -> {
                    while (full.getCount() > 0) {
                        sending.send(new byte[16_384]);
                        sent.addAndGet(16_384);
                    }
                    return null;
                });
                AtomicLong before = new AtomicLong();
                await().pollInterval(Duration.ofMillis(300))
                        .until(() -> sent.get() > 0 && before.getAndSet(sent.get()) == sent.get());
                full.countDown();
                assertThat(Reply.read(waiting).status()).isEqualTo(502);
                await().until(upload::isDone);
                assertThat(PROXIES.warnings())
                        .isNotEmpty()
                        .noneSatisfy(line -> assertThat(line).contains("malformed"));
            }
        }
    }

    /** The server may be at work on it; that the connection has carried others says nothing. */
    @Test
    void whatAConnectionLostIsARetryLikeAnyOther() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedUpstream origin = h2c(o -> {
            o.answer(o.request().stream(), "ok");
            o.request();
            asked.incrementAndGet();
        })) {
            HttpsPort port = Http2Origins.start(PROXIES, ", retries: {attempts: 0}", origin);
            assertThat(send(port, GET).status()).isEqualTo(200);
            assertThat(send(port, GET).status()).isEqualTo(502);
            assertThat(asked.get()).isEqualTo(1);
            assertThat(origin.accepted()).isEqualTo(1);
        }
    }

    @Test
    void whatAConnectionLostIsAskedForElsewhere() throws Exception {
        PROXIES.expectWarnings();
        try (ScriptedUpstream leaving = h2c(o -> {
                    o.answer(o.request().stream(), "ok");
                    o.request();
                });
                ScriptedUpstream well = h2c(Http2Origins::answerAll)) {
            HttpsPort port = Http2Origins.start(PROXIES, "", leaving, well);
            for (int i = 0; i < 4; i++) {
                assertThat(send(port, GET).status()).isEqualTo(200);
            }
            assertThat(well.accepted()).isEqualTo(1);
        }
    }
}
