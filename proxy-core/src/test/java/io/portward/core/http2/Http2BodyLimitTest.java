package io.portward.core.http2;

import static io.portward.core.http2.RawH2Client.RST_STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import io.portward.config.model.LimitConfig;
import io.portward.core.http2.RawH2Client.Frame;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies over {@code limits.bodyBytes} end their stream with 413 and leave the connection to the others. */
@Timeout(30)
class Http2BodyLimitTest {

    private Http2Fixture fixture;

    @BeforeEach
    void open() {
        fixture = new Http2Fixture(new LimitConfig(8 * 1024, 20, 1024, 1000L));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void answers413AtOnceToALengthOverTheLimit() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/", "content-length", "1001");
            assertThat(client.response(1).status()).isEqualTo(413);
            Frame reset = client.until(frame -> frame.type() == RST_STREAM);
            assertThat(reset.word(0)).isEqualTo((int) Http2Error.NO_ERROR.code());
            assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("POST 413 h2");
            assertThat(fixture.origin.requests).isEmpty();
            client.request(3, false, "POST", "/", "content-length", "1000").data(3, true, new byte[1000]);
            assertThat(client.response(3).body()).isEqualTo("got 1000");
        }
    }

    @Test
    void answers413InTheMiddleOfABodyAndAbortsTheBackendsRequest() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.request(1, false, "POST", "/").data(1, false, new byte[600]);
            assertThat(fixture.origin.requests.poll(5, TimeUnit.SECONDS)).isNotNull();
            client.data(1, false, new byte[600]);
            assertThat(client.response(1).status()).isEqualTo(413);
            Awaitility.await().until(() -> fixture.origin.closed.get() == 1);
            client.request(3, true, "GET", "/");
            Frame next = client.until(frame -> frame.stream() == 3);
            assertThat(next.headers().status()).hasToString("200");
        }
    }
}
