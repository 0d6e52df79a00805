package io.portward.core.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;
import org.junit.jupiter.api.Test;

class ResponseHeadersTest {

    private final ResponseHeaders headers = new ResponseHeaders();

    private Http2Headers head(String... pairs) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        for (int i = 0; i < pairs.length; i += 2) {
            response.headers().add(pairs[i], pairs[i + 1]);
        }
        return headers.head(response);
    }

    @Test
    void lowersNamesAndLeavesOutTheConnection() {
        Http2Headers head = head("Content-Type", "text/plain", "X-Mine", "A", "Connection", "close", "Keep-Alive", "5");
        assertThat(head.status().toString()).isEqualTo("200");
        assertThat(head.get("content-type").toString()).isEqualTo("text/plain");
        assertThat(head.get("x-mine").toString()).isEqualTo("A");
        assertThat(head).hasSize(3);
    }

    @Test
    void remembersValuesWithoutMixingThemUp() {
        for (int i = 0; i < 100; i++) {
            String number = Integer.toString(i / 2);
            Http2Headers head = head("Date", number, "X-" + i, "v" + i, "Server", "s" + number, "Date", "again");
            assertThat(head.getAll("date")).map(CharSequence::toString).containsExactly(number, "again");
            assertThat(head.get("x-" + i).toString()).isEqualTo("v" + i);
            assertThat(head.get("server").toString()).isEqualTo("s" + number);
        }
    }

    @Test
    void takesTheSameValueFromMemory() {
        assertThat((Object) head("Server", "one").get("server"))
                .isSameAs(head("server", "one").get("server"));
    }

    @Test
    void keepsSecretsAndIdsOutOfTheTable() {
        assertThat(ResponseHeaders.isSensitive("set-cookie", "a=b")).isTrue();
        assertThat(ResponseHeaders.isSensitive("x-request-id", "1")).isTrue();
        assertThat(ResponseHeaders.isSensitive("content-type", "text/plain")).isFalse();
    }
}
