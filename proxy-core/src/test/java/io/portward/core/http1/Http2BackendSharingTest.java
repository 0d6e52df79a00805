package io.portward.core.http1;

import static io.portward.core.http1.Http2Origins.follow;
import static io.portward.core.http1.Http2Origins.h2c;
import static io.portward.core.http1.Http2Origins.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.Background;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.Http2Origin;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.time.Duration;
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
