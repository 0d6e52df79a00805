package io.portward.core.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.Http2Headers;
import org.junit.jupiter.api.Test;

class RequestHeadersTest {

    private static RequestHeaders of(String... namesAndValues) {
        RequestHeaders headers = new RequestHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        headers.finish();
        return headers;
    }

    @Test
    void tellsHostPathAndQueryApart() {
        RequestHeaders headers =
                of(":method", "GET", ":scheme", "https", ":authority", "Shop.Example.:8443", ":path", "/a/b?c=d?e");

        assertThat(headers.problem()).isNull();
        assertThat(headers.target().authority()).isEqualTo("Shop.Example.:8443");
        assertThat(headers.target().host()).isEqualTo("shop.example");
        assertThat(headers.target().path()).isEqualTo("/a/b");
        assertThat(headers.target().uri()).isEqualTo("/a/b?c=d?e");
        assertThat(headers.httpMethod()).isEqualTo(HttpMethod.GET);
    }

    @Test
    void keepsOnlyContentLengthForNettysDecoder() {
        RequestHeaders headers = of(
                ":method", "PUT", ":scheme", "https", ":authority", "a", ":path", "/", "content-length", "5", "x", "1");

        assertThat((Http2Headers) headers).hasSize(1);
        assertThat(headers.getAll("content-length")).hasSize(1);
        assertThat(headers.fields().get(HttpHeaderNames.CONTENT_LENGTH)).isEqualTo("5");
        assertThat(headers.fields().get("x")).isEqualTo("1");
    }

    @Test
    void acceptsHostThatEqualsAuthorityInAnotherCase() {
        RequestHeaders headers =
                of(":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/", "host", "A.Example");

        assertThat(headers.problem()).isNull();
        assertThat(headers.fields().getAll(HttpHeaderNames.HOST)).containsExactly("a.example");
    }

    @Test
    void acceptsTheLastBytesThatAreAllowed() {
        RequestHeaders headers = of(
                ":method",
                "M-SEARCH",
                ":scheme",
                "http",
                ":authority",
                "[2001:db8::1]:80",
                ":path",
                "/~!\"|{}",
                "a!#$%&'*+-.^_`|~9",
                "\u00ff\tx",
                "empty",
                "");

        assertThat(headers.problem()).isNull();
        assertThat(headers.target().host()).isEqualTo("[2001:db8::1]");
        assertThat(headers.fields().get("empty")).isEmpty();
    }
}
