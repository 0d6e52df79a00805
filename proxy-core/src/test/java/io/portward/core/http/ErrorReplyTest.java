package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.util.AsciiString;
import io.portward.core.error.ErrorKind;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorReplyTest {

    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void saysStatusAndIdAndNothingOfTheInside(ErrorKind kind) {
        FullHttpResponse reply = ErrorReply.of(kind, new AsciiString("abc"));
        String body = reply.content().toString(StandardCharsets.US_ASCII);
        assertThat(reply.status().code()).isEqualTo(kind.status());
        assertThat(body).isEqualTo(kind.status() + " " + kind.reason() + "\nrequest id: abc\n");
        assertThat(reply.headers().get("content-length")).isEqualTo(Integer.toString(body.length()));
        assertThat(reply.headers().get("x-request-id")).isEqualTo("abc");
        assertThat(reply.headers().get("cache-control")).isEqualTo("no-store");
        assertThat(reply.headers().contains("server")).isFalse();
        assertThat(body).doesNotContainIgnoringCase("netty").doesNotContainIgnoringCase("portward");
        reply.release();
    }

    @Test
    void tellsWhenToComeBackAndWhatIsAllowed() {
        FullHttpResponse down = ErrorReply.of(ErrorKind.UPSTREAM_DOWN, AsciiString.of("x"));
        FullHttpResponse refused = ErrorReply.of(ErrorKind.METHOD_REFUSED, AsciiString.of("x"));
        FullHttpResponse tooMany = ErrorReply.of(ErrorKind.TOO_MANY_REQUESTS, AsciiString.of("x"));
        assertThat(tooMany.headers().get("retry-after")).isEqualTo("1");
        tooMany.release();
        assertThat(down.headers().get("retry-after")).isEqualTo("5");
        assertThat(refused.headers().get("allow"))
                .contains("GET")
                .doesNotContain("TRACE")
                .doesNotContain("CONNECT");
        down.release();
        refused.release();
    }
}
