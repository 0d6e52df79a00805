package io.portward.core.http2;

import static io.portward.core.http2.RawH2Client.DATA;
import static io.portward.core.http2.RawH2Client.HEADERS;
import static io.portward.core.http2.RawH2Client.RST_STREAM;
import static io.portward.core.http2.RawH2Client.WINDOW_UPDATE;
import static io.portward.core.http2.RawH2Client.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Error;
import io.portward.core.http2.RawH2Client.Frame;
import io.portward.core.http2.RawH2Client.Response;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class Http2ExchangeTest {

    private Http2Fixture fixture;
    private RawH2Client client;

    @BeforeEach
    void open() throws Exception {
        fixture = new Http2Fixture();
        client = fixture.open();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        fixture.close();
    }

    @Test
    void answersARequestAndTranslatesTheHeaders() throws Exception {
        client.request(1, true, "GET", "/plain?q=1", "x-one", "1", "cookie", "a=b", "cookie", "c=d", "te", "trailers");
        Response response = client.response(1);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("got 0");
        assertThat(response.headers().get("x-upper")).hasToString("Yes");
        assertThat(response.headers().contains("connection")).isFalse();
        assertThat(response.headers().contains("x-hop")).isFalse();
        assertThat(response.headers().contains("x-request-id")).isTrue();

        HttpRequest seen = fixture.origin.requests.poll(5, TimeUnit.SECONDS);
        assertThat(seen.uri()).isEqualTo("/plain?q=1");
        assertThat(seen.headers().getAll(HttpHeaderNames.HOST)).containsExactly("a.example");
        assertThat(seen.headers().getAll(HttpHeaderNames.COOKIE)).containsExactly("a=b; c=d");
        assertThat(seen.headers().get("x-one")).isEqualTo("1");
        assertThat(seen.headers().names()).noneMatch(name -> name.startsWith(":"));
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 200 h2");
    }

    @Test
    void takesHostWhereAuthorityIsMissing() throws Exception {
        client.headers(1, true, ":method", "GET", ":scheme", "https", ":path", "/plain", "host", "B.example:8443");

        assertThat(client.response(1).status()).isEqualTo(200);
        HttpRequest seen = fixture.origin.requests.poll(5, TimeUnit.SECONDS);
        assertThat(seen.headers().getAll(HttpHeaderNames.HOST)).containsExactly("B.example:8443");
    }

    @Test
    void servesManyStreamsOfOneConnection() throws Exception {
        for (int stream = 1; stream < 400; stream += 2) {
            client.request(stream, true, "GET", "/plain");
            assertThat(client.response(stream).status()).isEqualTo(200);
        }
        for (int stream = 401; stream < 601; stream += 2) {
            client.request(stream, true, "GET", "/plain");
        }
        for (int ends = 0; ends < 100; ends++) {
            Frame end = client.until(Frame::ends);
            assertThat(end.type()).isEqualTo(DATA);
        }
    }

    @Test
    void streamsABodyOfUnknownLengthBothWaysWithTrailers() throws Exception {
        client.request(1, false, "POST", "/echo", "trailer", "x-end");
        Frame head = client.next();
        assertThat(head.headers().status()).hasToString("200");
        client.data(1, false, "one ");
        assertThat(client.next().text()).isEqualTo("one ");
        client.data(1, false, "two");
        assertThat(client.next().text()).isEqualTo("two");
        client.headers(1, true, "x-end", "yes");

        Frame trailers = client.next();
        assertThat(trailers.type()).isEqualTo(HEADERS);
        assertThat(trailers.ends()).isTrue();
        assertThat(trailers.headers().get("x-end")).hasToString("yes");
        assertThat(fixture.origin.requests.poll(5, TimeUnit.SECONDS).headers().get("transfer-encoding"))
                .isEqualTo("chunked");
    }

    @Test
    void passesContentLengthOn() throws Exception {
        client.request(1, false, "POST", "/count", "content-length", "5").data(1, true, "12345");

        assertThat(client.response(1).body()).isEqualTo("got 5");
        HttpRequest seen = fixture.origin.requests.poll(5, TimeUnit.SECONDS);
        assertThat(seen.headers().getAll(HttpHeaderNames.CONTENT_LENGTH)).containsExactly("5");
        assertThat(seen.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)).isFalse();
    }

    @Test
    void endsABodyWithAnEmptyFrame() throws Exception {
        client.request(1, false, "POST", "/count").data(1, false, "123").data(1, true, "");

        assertThat(client.response(1).body()).isEqualTo("got 3");
    }

    @Test
    void sendsTrailersOfTheResponse() throws Exception {
        Response response = client.request(1, true, "GET", "/trailers").response(1);

        assertThat(response.body()).isEqualTo("body");
        assertThat(response.trailers().get("x-sum")).hasToString("42");
    }

    @Test
    void sendsInterimResponsesBeforeTheFinalOne() throws Exception {
        client.request(1, true, "GET", "/hints");
        Frame hints = client.next();

        assertThat(hints.ends()).isFalse();
        assertThat(hints.headers().status()).hasToString("103");
        Response response = client.response(1);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("after hints");
    }

    @Test
    void endsResponsesWithoutBodyInOneFrame() throws Exception {
        client.request(1, true, "HEAD", "/plain");
        Frame head = client.next();
        assertThat(head.type()).isEqualTo(HEADERS);
        assertThat(head.ends()).isTrue();
        assertThat(head.headers().get("content-length")).hasToString("5");

        client.request(3, true, "GET", "/nothing");
        Frame nothing = client.next();
        assertThat(nothing.ends()).isTrue();
        assertThat(nothing.headers().status()).hasToString("204");
    }

    @Test
    void answersEarlyAndTellsThatTheRestIsNotWanted() throws Exception {
        client.request(1, false, "POST", "/early").data(1, false, "begin");
        assertThat(client.response(1).body()).isEqualTo("early");
        Frame reset = client.next();

        assertThat(reset.type()).isEqualTo(RST_STREAM);
        assertThat(reset.word(0)).isEqualTo((int) Http2Error.NO_ERROR.code());
        // What was on its way is ignored, and the connection goes on.
        client.data(1, false, "late").data(1, true, "later").request(3, true, "GET", "/plain");
        assertThat(client.response(3).status()).isEqualTo(200);
    }

    @Test
    void cancelsTheBackendWhenTheClientResets() throws Exception {
        client.request(1, true, "GET", "/never");
        assertThat(fixture.origin.waiting.poll(5, TimeUnit.SECONDS)).isNotNull();
        client.frame(RST_STREAM, 0, 1, word((int) Http2Error.CANCEL.code()));

        await().until(() -> fixture.origin.closed.get() == 1);
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 499 h2");
        client.request(3, true, "GET", "/plain");
        assertThat(client.response(3).status()).isEqualTo(200);
    }

    @Test
    void cancelsTheBackendWhenTheClientLeaves() throws Exception {
        client.request(1, true, "GET", "/never").request(3, true, "GET", "/never");
        assertThat(fixture.origin.waiting.poll(5, TimeUnit.SECONDS)).isNotNull();
        assertThat(fixture.origin.waiting.poll(5, TimeUnit.SECONDS)).isNotNull();
        client.close();

        await().until(() -> fixture.origin.closed.get() == 2);
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 499 h2");
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 499 h2");
    }

    @Test
    void resetsTheStreamWhenTheBackendCutsItsResponse() throws Exception {
        client.request(1, true, "GET", "/cut");
        Frame reset = client.until(frame -> frame.type() == RST_STREAM);

        assertThat(reset.word(0)).isEqualTo((int) Http2Error.INTERNAL_ERROR.code());
        client.request(3, true, "GET", "/plain");
        assertThat(client.response(3).status()).isEqualTo(200);
    }

    @Test
    void aStalledUploadStopsTheSenderWithinItsWindowAndGoesOnLater() throws Exception {
        client.request(1, false, "POST", "/stall");
        Channel stalled = fixture.origin.waiting.poll(5, TimeUnit.SECONDS);
        byte[] piece = new byte[16 * 1024];
        int window = 256 * 1024;
        int sent = 0;
        // The settings that open the window to its full size come first.
        client.frame(RawH2Client.PING, 0, 0, new byte[8]);
        client.next();
        // Socket buffers on the way to the origin take some; the window must run dry all the same.
        while (true) {
            while (window >= piece.length) {
                client.data(1, false, piece);
                window -= piece.length;
                sent += piece.length;
            }
            client.frame(RawH2Client.PING, 0, 0, new byte[8]);
            int credit = creditUntilPing();
            if (credit == 0) {
                break;
            }
            window += credit;
            assertThat(sent).isLessThan(64 * 1024 * 1024);
        }

        client.request(3, true, "GET", "/plain");
        assertThat(client.response(3).status()).isEqualTo(200);

        stalled.config().setAutoRead(true);
        while (window < piece.length) {
            window += creditOf(client.read());
        }
        client.data(1, true, piece);
        sent += piece.length;
        assertThat(client.response(1).body()).isEqualTo("got " + sent);
    }

    /** Credit may be late: asks until many answers in a row bring none. */
    private int creditUntilPing() throws Exception {
        int credit = 0;
        for (int quiet = 0; quiet < 20 && credit == 0; quiet++) {
            Frame frame = client.read();
            while (frame.type() != RawH2Client.PING) {
                credit += creditOf(frame);
                frame = client.read();
            }
            if (credit == 0 && quiet < 19) {
                client.frame(RawH2Client.PING, 0, 0, new byte[8]);
            }
        }
        return credit;
    }

    private static int creditOf(Frame frame) {
        return frame.type() == WINDOW_UPDATE && frame.stream() == 1 ? frame.word(0) : 0;
    }

    @Test
    void holdsResponsesBackWithoutCreditAndServesOthersMeanwhile() throws Exception {
        client.frame(WINDOW_UPDATE, 0, 0, word(1 << 20));
        client.request(1, true, "GET", "/big?300000");
        int received = 0;
        while (received < 65_535) {
            Frame frame = client.next();
            received += frame.type() == DATA ? frame.payload().length : 0;
        }
        assertThat(received).isEqualTo(65_535);

        client.request(3, true, "GET", "/plain");
        assertThat(client.response(3).status()).isEqualTo(200);

        client.frame(WINDOW_UPDATE, 0, 1, word(300_000));
        Frame frame;
        do {
            frame = client.next();
            received += frame.payload().length;
        } while (!frame.ends());
        assertThat(received).isEqualTo(300_000);
    }

    @Test
    void aResetOfAResponseThatWaitsForCreditLeavesTheConnectionUsable() throws Exception {
        for (int stream = 1; stream < 100; stream += 2) {
            client.request(stream, true, "GET", "/big?300000");
        }
        int received = 0;
        while (received < 65_535) {
            Frame frame = client.next();
            received += frame.type() == DATA ? frame.payload().length : 0;
        }
        for (int stream = 1; stream < 100; stream += 2) {
            client.frame(RST_STREAM, 0, stream, word((int) Http2Error.CANCEL.code()));
        }
        client.frame(WINDOW_UPDATE, 0, 0, word(1 << 20));
        client.request(101, true, "GET", "/plain");
        Frame answer = client.until(frame -> frame.stream() == 101 && frame.ends());
        assertThat(answer.type()).isEqualTo(DATA);
    }
}
