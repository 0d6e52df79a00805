package io.portward.core.http2;

import static io.portward.core.http2.RawH2Client.ACK;
import static io.portward.core.http2.RawH2Client.CONTINUATION;
import static io.portward.core.http2.RawH2Client.DATA;
import static io.portward.core.http2.RawH2Client.END_HEADERS;
import static io.portward.core.http2.RawH2Client.END_STREAM;
import static io.portward.core.http2.RawH2Client.GOAWAY;
import static io.portward.core.http2.RawH2Client.HEADERS;
import static io.portward.core.http2.RawH2Client.PING;
import static io.portward.core.http2.RawH2Client.PRIORITY;
import static io.portward.core.http2.RawH2Client.RST_STREAM;
import static io.portward.core.http2.RawH2Client.SETTINGS;
import static io.portward.core.http2.RawH2Client.WINDOW_UPDATE;
import static io.portward.core.http2.RawH2Client.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Error;
import io.portward.core.http2.RawH2Client.Frame;
import io.portward.core.transport.DrainEvent;
import io.portward.core.transport.InputClosed;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How connections end, and what floods get. */
@Timeout(30)
class Http2LifeTest {

    private static final int CALM = (int) Http2Error.ENHANCE_YOUR_CALM.code();
    private static final int NO_ERROR = (int) Http2Error.NO_ERROR.code();

    private LogCapture log;
    private Http2Fixture fixture;

    @BeforeEach
    void open() {
        log = LogCapture.attach();
        fixture = new Http2Fixture(Duration.ofMillis(600), Duration.ofMillis(800));
    }

    @AfterEach
    void close() {
        fixture.close();
        assertThat(log.finish()).isEmpty();
    }

    private Channel server() throws Exception {
        return fixture.clients.poll(5, TimeUnit.SECONDS);
    }

    @Test
    void closesAConnectionThatNeverBegins() throws Exception {
        try (RawH2Client client = new RawH2Client(fixture.port())) {
            assertThat(client.awaitClose()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void closesAnIdleConnectionWhateverPingsItSends() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/plain");
            assertThat(client.response(1).status()).isEqualTo(200);
            long begin = System.nanoTime();
            client.frame(PING, 0, 0, new byte[8]);
            assertThat(client.awaitClose()).isEqualTo(NO_ERROR);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(600), Duration.ofSeconds(5));
        }
    }

    @Test
    void closesAConnectionWhoseHeaderBlockDoesNotEnd() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/never").frame(HEADERS, END_STREAM, 3, (byte) 0x82);
            assertThat(client.awaitClose()).isEqualTo(NO_ERROR);
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 499 h2");
    }

    @Test
    void resetsAStreamWhoseResponseIsNotTaken() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/big?66000");
            Frame reset = client.until(frame -> frame.type() == RST_STREAM);
            assertThat(reset.stream()).isEqualTo(1);
            assertThat(client.awaitClose()).isEqualTo(NO_ERROR);
        }
    }

    /** A stream among many on a bad line gets its share, which may be small: as long as it takes some, it is not stalled. */
    @Test
    void waitsForAStreamThatIsTakenSlowly() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/big?3000000");
            int received = 0;
            while (received < 65_535) {
                Frame frame = client.next();
                received += frame.type() == DATA ? frame.payload().length : 0;
            }
            client.frame(WINDOW_UPDATE, 0, 0, word(1 << 20));
            long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
            while (System.nanoTime() < end) {
                client.frame(WINDOW_UPDATE, 0, 1, word(1000));
                Frame frame = client.until(next -> next.type() == DATA || next.type() == RST_STREAM);
                assertThat(frame.type()).isEqualTo(DATA);
                // The pace of the client, not a wait for something.
                LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            }
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 200 h2");
    }

    @Test
    void answersTheClientThatDoesNotSendItsBodyAndResetsTheStream() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/count");
            assertThat(client.response(1).status()).isEqualTo(408);
            assertThat(client.next().type()).isEqualTo(RST_STREAM);
        }
    }

    @Test
    void drainsByWarningFirstAndFinishingWhatRuns() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/count").data(1, false, "begin");
            assertThat(fixture.origin.requests.poll(5, TimeUnit.SECONDS)).isNotNull();
            server().pipeline().fireUserEventTriggered(DrainEvent.INSTANCE);

            Frame warning = client.next();
            assertThat(warning.type()).isEqualTo(GOAWAY);
            assertThat(warning.word(0)).isEqualTo(Integer.MAX_VALUE);
            assertThat(warning.word(4)).isEqualTo(NO_ERROR);
            Frame ping = client.next();
            assertThat(ping.type()).isEqualTo(PING);
            // On its way when the warning came: still served.
            client.request(3, true, "GET", "/plain");
            assertThat(client.response(3).status()).isEqualTo(200);

            client.frame(PING, ACK, 0, ping.payload());
            Frame last = client.next();
            assertThat(last.type()).isEqualTo(GOAWAY);
            assertThat(last.word(0)).isEqualTo(3);
            client.request(5, false, "POST", "/count").data(5, true, "too late").data(1, true, "end");
            Frame refused = client.next();
            assertThat(refused.stream()).isEqualTo(5);
            assertThat(refused.word(0)).isEqualTo((int) Http2Error.REFUSED_STREAM.code());
            assertThat(client.response(1).body()).isEqualTo("got 8");
            client.awaitClose();
        }
    }

    @Test
    void drainsAnIdleConnectionAtOnceAndOneThatDoesNotAnswerSoon() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/plain");
            assertThat(client.response(1).status()).isEqualTo(200);
            server().pipeline().fireUserEventTriggered(DrainEvent.INSTANCE);
            assertThat(client.awaitClose()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void finishesStreamsAfterTheClientsGoodbyeAndThenCloses() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/stall");
            Channel stalled = fixture.origin.waiting.poll(5, TimeUnit.SECONDS);
            server().pipeline().fireUserEventTriggered(InputClosed.ORDERLY);
            stalled.config().setAutoRead(true);

            assertThat(client.response(1).status()).isEqualTo(200);
            client.awaitClose();
        }
    }

    @Test
    void cancelsEverythingWhenTheClientsInputIsCut() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, true, "GET", "/never");
            assertThat(fixture.origin.waiting.poll(5, TimeUnit.SECONDS)).isNotNull();
            server().pipeline().fireUserEventTriggered(InputClosed.CUT);

            assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 499 h2");
            client.awaitClose();
            await().until(() -> fixture.origin.closed.get() == 1);
        }
    }

    static Stream<byte[]> cheapFrames() {
        byte[] priority = {0, 0, 0, 0, 1};
        return Stream.of(
                RawH2Client.bytes(PING, 0, 0, new byte[8]),
                RawH2Client.bytes(PING, ACK, 0, new byte[8]),
                RawH2Client.bytes(SETTINGS, 0, 0),
                RawH2Client.bytes(PRIORITY, 0, 3, priority),
                RawH2Client.bytes(WINDOW_UPDATE, 0, 0, word(1)),
                RawH2Client.bytes(WINDOW_UPDATE, 0, 1, word(1)),
                RawH2Client.bytes(DATA, 0, 1),
                RawH2Client.bytes(0x42, 0, 0));
    }

    @ParameterizedTest
    @MethodSource("cheapFrames")
    void endsFloodsOfFramesThatCarryNothing(byte[] frame) throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/never");
            assertThat(flood(client, frame, 5000)).isEqualTo(CALM);
        }
    }

    /** @return the error code of GOAWAY */
    private static int flood(RawH2Client client, byte[] frame, int count) throws Exception {
        try {
            for (int i = 0; i < count; i++) {
                client.send(frame);
            }
        } catch (SocketException closed) {
            // It ends in the middle.
            assertThat(closed).isNotNull();
        }
        return client.awaitClose();
    }

    @Test
    void endsRapidResets() throws Exception {
        try (RawH2Client client = fixture.open()) {
            int sent = 0;
            try {
                for (int stream = 1; stream < 2001; stream += 2) {
                    client.request(stream, true, "GET", "/never").frame(RST_STREAM, 0, stream, word(8));
                    sent++;
                }
            } catch (SocketException closed) {
                assertThat(sent).isGreaterThan(100);
            }
            assertThat(client.awaitClose()).isEqualTo(CALM);
        }
    }

    @Test
    void endsClientsThatMakeUsReset() throws Exception {
        try (RawH2Client client = fixture.open()) {
            try {
                for (int stream = 1; stream < 2001; stream += 2) {
                    client.request(stream, false, "GET", "/never").frame(WINDOW_UPDATE, 0, stream, word(0));
                }
            } catch (SocketException closed) {
                assertThat(closed).isNotNull();
            }
            assertThat(client.awaitClose()).isEqualTo(CALM);
        }
    }

    @Test
    void endsFloodsOfSmallContinuations() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.frame(HEADERS, 0, 1, (byte) 0x82);
            assertThat(flood(client, RawH2Client.bytes(CONTINUATION, 0, 1, (byte) 0x82), 20))
                    .isEqualTo(CALM);
        }
    }

    @Test
    void refusesMoreStreamsThanItAllows() throws Exception {
        try (RawH2Client client = fixture.open()) {
            for (int stream = 1; stream <= 201; stream += 2) {
                client.request(stream, true, "GET", "/never");
            }
            Frame refused = client.next();
            assertThat(refused.type()).isEqualTo(RST_STREAM);
            assertThat(refused.stream()).isEqualTo(201);
            assertThat(refused.word(0)).isEqualTo((int) Http2Error.REFUSED_STREAM.code());
        }
    }

    @Test
    void aDownloadMayReturnCreditForEveryFrame() throws Exception {
        try (RawH2Client client = fixture.open()) {
            for (int stream = 1; stream < 61; stream += 2) {
                client.request(stream, true, "GET", "/big?1000000");
                Frame frame;
                do {
                    frame = client.next();
                    int length = frame.payload().length;
                    if (frame.type() == DATA && length > 0) {
                        client.frame(WINDOW_UPDATE, 0, 0, word(length));
                        if (!frame.ends()) {
                            client.frame(WINDOW_UPDATE, 0, stream, word(length));
                        }
                    }
                } while (!frame.ends());
            }
        }
    }

    @Test
    void aHeaderBlockInOneFrameNeedsNoDeadline() throws Exception {
        try (RawH2Client client = fixture.open()) {
            byte[] block =
                    client.block(":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/stall");
            byte[] frame = RawH2Client.bytes(HEADERS, END_HEADERS | END_STREAM, 1, block);
            client.send(java.util.Arrays.copyOf(frame, 12));
            client.send(java.util.Arrays.copyOfRange(frame, 12, frame.length));
            Channel stalled = fixture.origin.waiting.poll(5, TimeUnit.SECONDS);
            await().pollDelay(Duration.ofMillis(700)).until(() -> true);
            stalled.config().setAutoRead(true);
            assertThat(client.response(1).status()).isEqualTo(200);
        }
    }
}
