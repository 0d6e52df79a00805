package io.portward.core.http2;

import static io.portward.core.http2.RawH2Client.CONTINUATION;
import static io.portward.core.http2.RawH2Client.DATA;
import static io.portward.core.http2.RawH2Client.END_HEADERS;
import static io.portward.core.http2.RawH2Client.END_STREAM;
import static io.portward.core.http2.RawH2Client.HEADERS;
import static io.portward.core.http2.RawH2Client.PING;
import static io.portward.core.http2.RawH2Client.RST_STREAM;
import static io.portward.core.http2.RawH2Client.WINDOW_UPDATE;
import static io.portward.core.http2.RawH2Client.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Error;
import io.portward.core.http2.RawH2Client.Frame;
import io.portward.core.http2.RawH2Client.Response;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class Http2MalformedTest {

    private static Http2Fixture fixture;
    private static LogCapture log;
    private RawH2Client client;

    @BeforeAll
    static void listen() {
        log = LogCapture.attach();
        fixture = new Http2Fixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
        assertThat(log.finish())
                .as("what a client does is not logged above DEBUG with a trace, or as a warning")
                .isEmpty();
    }

    @BeforeEach
    void open() throws Exception {
        fixture.origin.requests.clear();
        client = fixture.open();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
    }

    static Stream<String> malformedHeads() {
        String base = ":method GET|:scheme https|:authority a.example|:path /";
        return Stream.of(
                base + "|X-Upper 1",
                base + "|x\u0001y 1",
                base + "|x(y 1",
                base + "|x\u00e9 1",
                base + "| 1",
                base + "|connection close",
                base + "|keep-alive timeout=1",
                base + "|proxy-connection keep-alive",
                base + "|transfer-encoding chunked",
                base + "|upgrade h2c",
                base + "|te gzip",
                base + "|te trailers, gzip",
                base + "|:status 200",
                base + "|:protocol websocket",
                base + "|:other x",
                base + "|:path /",
                base + "|x 1|:path /",
                "x 1|" + base,
                ":status 200|" + base,
                ":protocol websocket|" + base,
                ":method GET|" + base,
                ":scheme https|" + base,
                ":authority a.example|" + base,
                ":scheme https|:authority a.example|:path /",
                ":method GET|:authority a.example|:path /",
                ":method GET|:scheme https|:path /",
                ":method GET|:scheme https|:authority a.example",
                ":method GET|:scheme https|:authority a.example|:path ",
                ":method GET|:scheme https|:authority a.example|:path x",
                ":method GET|:scheme https|:authority a.example|:path http://a.example/",
                ":method GET|:scheme https|:authority a.example|:path *",
                ":method GET|:scheme https|:authority a.example|:path /a#b",
                ":method GET|:scheme https|:authority a.example|:path /a b",
                ":method GET|:scheme https|:authority a.example|:path /a\r\nx: y",
                ":method GET|:scheme https|:authority a.example|:path /\u00e9",
                ":method GET|:scheme https|:authority a.example|:path /\u007f",
                ":method GET|:scheme ftp|:authority a.example|:path /",
                ":method |:scheme https|:authority a.example|:path /",
                ":method G ET|:scheme https|:authority a.example|:path /",
                ":method GET|:scheme https|:authority |:path /",
                ":method GET|:scheme https|:authority u@a.example|:path /",
                ":method GET|:scheme https|:authority u:p@a.example|:path /",
                ":method GET|:scheme https|:authority a.example/x|:path /",
                ":method GET|:scheme https|:authority a.example:x|:path /",
                ":method GET|:scheme https|:authority a example|:path /",
                ":method GET|:scheme https|:authority [::1|:path /");
    }

    static Stream<String> malformedFields() {
        String base = ":method GET|:scheme https|:authority a.example|:path /";
        return Stream.of(
                base + "|host b.example",
                base + "|host a.example|host a.example",
                base + "|x a\rb",
                base + "|x a\nb",
                base + "|x a\u0000b",
                base + "|x \u0001",
                base + "|x \u007f",
                base + "|x  a",
                base + "|x a ",
                base + "|x \ta",
                base + "|x a\t",
                base + "|content-length 5",
                base + "|content-length -1",
                base + "|content-length +1",
                base + "|content-length 0x0",
                base + "|content-length 0, 0",
                base + "|content-length ",
                base + "|content-length 99999999999999999999",
                base + "|content-length 0|content-length 0",
                base + "|content-length 0|content-length 1",
                ":method CONNECT|:scheme https|:authority a.example|:path /",
                ":method CONNECT");
    }

    @ParameterizedTest
    @MethodSource({"malformedHeads", "malformedFields"})
    void resetsTheStreamOfAMalformedRequest(String head) throws Exception {
        client.headers(1, true, pairs(head));
        Frame reset = client.next();

        assertThat(reset.type()).as(reset.toString()).isEqualTo(RST_STREAM);
        assertThat(reset.stream()).isEqualTo(1);
        assertThat(reset.word(0)).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
        assertServes(3);
        assertThat(fixture.origin.requests).as("reached the backend").hasSize(1);
    }

    private static String[] pairs(String head) {
        return Stream.of(head.split("\\|"))
                .flatMap(field ->
                        Stream.of(field.substring(0, field.indexOf(' ')), field.substring(field.indexOf(' ') + 1)))
                .toArray(String[]::new);
    }

    private void assertServes(int stream) throws Exception {
        client.request(stream, true, "GET", "/plain");
        assertThat(client.response(stream).status()).isEqualTo(200);
    }

    @Test
    void bodiesOfMalformedRequestsAreIgnored() throws Exception {
        client.request(1, false, "POST", "/count", "Upper", "1");
        for (int i = 0; i < 10; i++) {
            client.data(1, false, "body");
        }
        client.headers(1, true, "x-trailer", "1");

        assertThat(client.next().type()).isEqualTo(RST_STREAM);
        assertServes(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":path /",
                "host a.example",
                "content-length 3",
                "connection close",
                "X-Upper 1",
                "cookie a=b",
                "x a\nb"
            })
    void resetsTheStreamOfMalformedTrailers(String trailer) throws Exception {
        client.request(1, false, "POST", "/never").data(1, false, "abc");
        assertThat(fixture.origin.waiting.poll(5, TimeUnit.SECONDS)).isNotNull();
        client.headers(1, true, pairs(trailer));

        Frame reset = client.next();
        assertThat(reset.type()).isEqualTo(RST_STREAM);
        assertThat(reset.word(0)).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
        assertServes(3);
    }

    @Test
    void resetsTheStreamOfTrailersThatDoNotEndIt() throws Exception {
        client.request(1, false, "POST", "/never").headers(1, false, "x", "1");

        assertThat(client.next().type()).isEqualTo(RST_STREAM);
        assertServes(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"123456", "1234"})
    void resetsTheStreamWhoseBodyDoesNotMatchItsLength(String body) throws Exception {
        client.request(1, false, "POST", "/never", "content-length", "5").data(1, true, body);

        Frame reset = client.next();
        assertThat(reset.type()).isEqualTo(RST_STREAM);
        assertThat(reset.word(0)).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
        assertServes(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONNECT", "TRACE"})
    void refusesMethodsThatAProxyMustNotServe(String method) throws Exception {
        if (method.equals("CONNECT")) {
            client.headers(1, true, ":method", "CONNECT", ":authority", "a.example:443");
        } else {
            client.request(1, true, method, "/");
        }
        assertThat(client.response(1).status()).isEqualTo(405);
        assertServes(3);
    }

    /** As over HTTP/1, and the stream alone ends. */
    @ParameterizedTest
    @ValueSource(strings = {"200-ok", "100-continue, x"})
    void refusesAnExpectationThatNobodyKnows(String expectation) throws Exception {
        client.request(1, true, "GET", "/plain", "expect", expectation);
        assertThat(client.response(1).status()).isEqualTo(417);
        client.request(3, false, "POST", "/count", "expect", "100-Continue").data(3, true, "123");
        assertThat(client.response(3).status()).isEqualTo(200);
    }

    @Test
    void acceptsAnAsteriskForOptionsOnly() throws Exception {
        client.request(1, true, "OPTIONS", "*");
        assertThat(client.response(1).status()).isEqualTo(200);
        assertThat(fixture.origin.requests.poll(5, TimeUnit.SECONDS).uri()).isEqualTo("*");
    }

    @Test
    void refusesTooManyHeadersTooLongUrisAndTooLargeSections() throws Exception {
        String[] many = new String[42];
        for (int i = 0; i < many.length; i += 2) {
            many[i] = "x-" + i;
            many[i + 1] = "1";
        }
        client.request(1, true, "GET", "/", many);
        assertThat(client.response(1).status()).isEqualTo(431);

        client.request(3, true, "GET", "/" + "a".repeat(1024));
        assertThat(client.response(3).status()).isEqualTo(414);

        client.request(5, true, "GET", "/", "x", "~".repeat(8 * 1024));
        Response refused = client.response(5);
        assertThat(refused.status()).isEqualTo(431);
        assertThat(client.next().type()).isEqualTo(RST_STREAM);
        assertServes(7);
    }

    @Test
    void manyCookieCrumbsAreOneHeader() throws Exception {
        String[] crumbs = new String[60];
        for (int i = 0; i < crumbs.length; i += 2) {
            crumbs[i] = "cookie";
            crumbs[i + 1] = "c" + i + "=1";
        }
        client.request(1, true, "GET", "/plain", crumbs);
        assertThat(client.response(1).status()).isEqualTo(200);
        assertThat(fixture.origin.requests.poll(5, TimeUnit.SECONDS).headers().get("cookie"))
                .startsWith("c0=1; c2=1; c4=1");
    }

    @Test
    void resetsTheStreamWhoseRequestWasCompleteAlready() throws Exception {
        client.request(1, true, "GET", "/never").request(1, true, "GET", "/plain");

        Frame reset = client.next();
        assertThat(reset.type()).isEqualTo(RST_STREAM);
        assertThat(reset.word(0)).isEqualTo((int) Http2Error.STREAM_CLOSED.code());
        assertServes(3);
    }

    @Test
    void closesTheConnectionOnASecondRequestOfAFinishedStream() throws Exception {
        assertServes(1);
        client.request(1, true, "GET", "/plain");
        assertThat(client.awaitClose()).isEqualTo((int) Http2Error.STREAM_CLOSED.code());
    }

    @Test
    void closesTheConnectionOnAStreamIdBelowTheLast() throws Exception {
        client.request(5, true, "GET", "/never").request(3, true, "GET", "/plain");
        assertThat(client.awaitClose()).isEqualTo((int) Http2Error.STREAM_CLOSED.code());
    }

    @Test
    void ignoresTrailersOnTheirWayToAStreamThatWasReset() throws Exception {
        client.request(1, false, "POST", "/never", "Upper", "1");
        assertThat(client.next().type()).isEqualTo(RST_STREAM);
        client.request(3, true, "GET", "/plain").headers(1, true, "x-trailer", "1");
        assertThat(client.response(3).status()).isEqualTo(200);
        assertServes(5);
    }

    static Stream<byte[][]> fatalFrames() {
        byte[] eight = new byte[8];
        return Stream.of(
                new byte[][] {RawH2Client.bytes(DATA, 0, 0, eight)},
                new byte[][] {RawH2Client.bytes(DATA, 0, 1, eight)},
                new byte[][] {RawH2Client.bytes(HEADERS, END_HEADERS, 2, (byte) 0x82)},
                new byte[][] {
                    RawH2Client.bytes(HEADERS, END_HEADERS | END_STREAM, 1, (byte) 0xff, (byte) 0xff, (byte) 0xff)
                },
                new byte[][] {RawH2Client.bytes(HEADERS, END_HEADERS, 0, (byte) 0x82)},
                new byte[][] {RawH2Client.bytes(HEADERS, END_HEADERS | 8, 1, (byte) 9)},
                new byte[][] {RawH2Client.bytes(HEADERS, 0, 1, (byte) 0x82), RawH2Client.bytes(DATA, 0, 1, eight)},
                new byte[][] {RawH2Client.bytes(HEADERS, 0, 1, (byte) 0x82), RawH2Client.bytes(PING, 0, 0, eight)},
                new byte[][] {RawH2Client.bytes(CONTINUATION, END_HEADERS, 1, (byte) 0x82)},
                new byte[][] {RawH2Client.bytes(RST_STREAM, 0, 1, word(8))},
                new byte[][] {RawH2Client.bytes(RST_STREAM, 0, 0, word(8))},
                new byte[][] {RawH2Client.bytes(RST_STREAM, 0, 1, (byte) 0)},
                new byte[][] {RawH2Client.bytes(RawH2Client.SETTINGS, 0, 1)},
                new byte[][] {RawH2Client.bytes(RawH2Client.SETTINGS, 0, 0, (byte) 1)},
                new byte[][] {RawH2Client.bytes(RawH2Client.SETTINGS, 1, 0, new byte[6])},
                new byte[][] {
                    RawH2Client.bytes(
                            RawH2Client.SETTINGS, 0, 0, (byte) 0, (byte) 4, (byte) -1, (byte) -1, (byte) -1, (byte) -1)
                },
                new byte[][] {
                    RawH2Client.bytes(
                            RawH2Client.SETTINGS, 0, 0, (byte) 0, (byte) 5, (byte) 0, (byte) 0, (byte) 0, (byte) 1)
                },
                new byte[][] {RawH2Client.bytes(5, END_HEADERS, 1, word(2))},
                new byte[][] {RawH2Client.bytes(PING, 0, 1, eight)},
                new byte[][] {RawH2Client.bytes(PING, 0, 0, (byte) 1)},
                new byte[][] {RawH2Client.bytes(RawH2Client.GOAWAY, 0, 1, eight)},
                new byte[][] {RawH2Client.bytes(RawH2Client.GOAWAY, 0, 0, (byte) 1)},
                new byte[][] {RawH2Client.bytes(WINDOW_UPDATE, 0, 0, word(0))},
                new byte[][] {RawH2Client.bytes(WINDOW_UPDATE, 0, 0, word(Integer.MAX_VALUE))},
                new byte[][] {RawH2Client.bytes(WINDOW_UPDATE, 0, 1, word(1))},
                new byte[][] {RawH2Client.bytes(WINDOW_UPDATE, 0, 0, (byte) 1)},
                new byte[][] {new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 1}});
    }

    @ParameterizedTest
    @MethodSource("fatalFrames")
    void closesTheConnectionOnAConnectionError(byte[][] frames) throws Exception {
        for (byte[] frame : frames) {
            client.send(frame);
        }
        assertThat(client.awaitClose()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "\u0016\u0003\u0001"})
    void closesWhatDoesNotBeginWithThePreface(String bytes) throws Exception {
        try (RawH2Client other = new RawH2Client(fixture.port())) {
            other.send(bytes.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(other.awaitClose()).isPositive();
        }
    }

    @Test
    void closesWhatDoesNotBeginWithSettings() throws Exception {
        try (RawH2Client other = new RawH2Client(fixture.port())) {
            other.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            other.frame(PING, 0, 0, new byte[8]);
            assertThat(other.awaitClose()).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
        }
    }

    @Test
    void readsARequestThatComesByteByByte() throws Exception {
        byte[] block =
                client.block(":method", "POST", ":scheme", "https", ":authority", "a.example", ":path", "/count");
        byte[][] frames = {
            RawH2Client.bytes(HEADERS, END_HEADERS, 1, block),
            RawH2Client.bytes(DATA, 0, 1, "ab".getBytes(StandardCharsets.US_ASCII)),
            RawH2Client.bytes(DATA, END_STREAM, 1, "c".getBytes(StandardCharsets.US_ASCII))
        };
        for (byte[] frame : frames) {
            for (byte b : frame) {
                client.send(b);
            }
        }
        assertThat(client.response(1).body()).isEqualTo("got 3");
    }

    @Test
    void readsAHeaderBlockInContinuations() throws Exception {
        byte[] block = client.block(":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/plain");
        client.frame(HEADERS, END_STREAM, 1, block[0]);
        for (int i = 1; i < block.length - 1 && i < 5; i++) {
            client.frame(CONTINUATION, 0, 1, block[i]);
        }
        client.frame(CONTINUATION, END_HEADERS, 1, java.util.Arrays.copyOfRange(block, 5, block.length));
        assertThat(client.response(1).status()).isEqualTo(200);
    }

    @Test
    void survivesArbitraryBytesBehindThePreface() throws Exception {
        Random random = new Random(42);
        for (int round = 0; round < 200; round++) {
            try (RawH2Client other = fixture.open()) {
                other.request(1, false, "POST", "/count");
                for (int i = 0; i < 20; i++) {
                    byte[] payload = new byte[random.nextInt(40)];
                    random.nextBytes(payload);
                    other.frame(random.nextInt(12), random.nextInt(256), random.nextInt(6), payload);
                }
            } catch (java.io.IOException closedByPeer) {
                // Closing early is one right answer to this.
                assertThat(closedByPeer).isNotNull();
            }
        }
        await().until(() ->
                fixture.clients.stream().filter(channel -> channel.isActive()).count() <= 1);
        assertServes(1);
    }
}
