package io.portward.core.http2;

import static io.portward.core.http2.RawH2Client.DATA;
import static io.portward.core.http2.RawH2Client.HEADERS;
import static io.portward.core.http2.RawH2Client.RST_STREAM;
import static io.portward.core.http2.RawH2Client.SETTINGS;
import static io.portward.core.http2.RawH2Client.WINDOW_UPDATE;
import static io.portward.core.http2.RawH2Client.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.config.model.TimeoutConfig;
import io.portward.core.http2.RawH2Client.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of clients that are slower than {@code timeouts.minRate}. */
@Timeout(30)
class Http2PaceTest {

    private Http2Fixture fixture;

    private void open(Duration idle) {
        Duration patience = Duration.ofSeconds(30);
        fixture = new Http2Fixture(
                new TimeoutConfig(patience, idle, Duration.ofSeconds(5), patience, 1000, Duration.ofSeconds(1)));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Ten times a second, in the background, until it fails or the result is called. */
    private static Runnable dripping(Step step) {
        AtomicBoolean stopped = new AtomicBoolean();
        Thread thread = new Thread(() -> await().pollInterval(Duration.ofMillis(100))
                .forever()
                .until(() -> {
                    try {
                        step.run();
                        return stopped.get();
                    } catch (IOException closed) {
                        return true;
                    }
                }));
        thread.setDaemon(true);
        thread.start();
        return () -> stopped.set(true);
    }

    @Test
    void answers408ToABodyThatTrickles() throws Exception {
        open(Duration.ofSeconds(30));
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/");
            Runnable stop = dripping(() -> client.data(1, false, new byte[1]));
            Frame head = client.until(frame -> frame.type() == HEADERS || frame.type() == RST_STREAM);
            stop.run();
            assertThat(head.headers()).isNotNull();
            assertThat(head.headers().status()).hasToString("408");
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("POST 408 h2");
    }

    /** Every byte of credit is progress, so the idle time alone would never end it. */
    @Test
    void resetsAStreamWhoseResponseIsTakenByteByByte() throws Exception {
        open(Duration.ofSeconds(4));
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/big?3000000");
            Runnable stop =
                    dripping(() -> client.frame(WINDOW_UPDATE, 0, 0, word(10)).frame(WINDOW_UPDATE, 0, 1, word(10)));
            client.until(frame -> frame.type() == RST_STREAM);
            stop.run();
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 200 h2");
        await().until(() -> fixture.origin.closed.get() == 1);
    }

    /** With no window at all the interim response cannot be followed by anything, which is no reason to stop looking. */
    @Test
    void resetsSuchAStreamAlsoAfterAnInterimResponse() throws Exception {
        open(Duration.ofSeconds(4));
        try (RawH2Client client = fixture.open()) {
            byte[] noInitialWindow = new byte[] {0, 4, 0, 0, 0, 0};
            client.frame(SETTINGS, 0, 0, noInitialWindow).request(1, true, "GET", "/hinted?3000000");
            client.until(frame -> frame.type() == HEADERS
                    && frame.headers().status().toString().equals("200"));
            Runnable stop =
                    dripping(() -> client.frame(WINDOW_UPDATE, 0, 0, word(10)).frame(WINDOW_UPDATE, 0, 1, word(10)));
            client.until(frame -> frame.type() == RST_STREAM);
            stop.run();
        }
    }

    /** The exchange is over, only its last bytes wait for credit. */
    @Test
    void resetsAStreamWhoseLastBytesAreTakenOneByOne() throws Exception {
        open(Duration.ofMillis(800));
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/big?66000");
            Runnable stop =
                    dripping(() -> client.frame(WINDOW_UPDATE, 0, 0, word(1)).frame(WINDOW_UPDATE, 0, 1, word(1)));
            client.until(frame -> frame.type() == RST_STREAM);
            stop.run();
        }
    }

    @Test
    void waitsForAStreamThatIsTakenFastEnough() throws Exception {
        open(Duration.ofSeconds(4));
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/big?3000000");
            Runnable stop =
                    dripping(() -> client.frame(WINDOW_UPDATE, 0, 0, word(500)).frame(WINDOW_UPDATE, 0, 1, word(500)));
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (System.nanoTime() < end) {
                Frame frame = client.until(next -> next.type() == DATA || next.type() == RST_STREAM);
                assertThat(frame.type()).isEqualTo(DATA);
            }
            stop.run();
        }
    }

    @Test
    void waitsForABackendHoweverLong() throws Exception {
        open(Duration.ofSeconds(30));
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/never").data(1, true, new byte[10]);
            assertThat(fixture.finished.poll(2500, TimeUnit.MILLISECONDS)).isNull();
            // Half a conversation: the answer has begun, and the client says nothing for a while.
            client.request(3, false, "POST", "/echo");
            assertThat(client.until(frame -> frame.stream() == 3).headers().status())
                    .hasToString("200");
            assertThat(fixture.finished.poll(2500, TimeUnit.MILLISECONDS)).isNull();
            client.data(3, true, "late");
            assertThat(client.until(frame -> frame.stream() == 3).text()).isEqualTo("late");
        }
    }
}
