package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.core.http.RequestTarget.PathForm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetsTest {

    private static HttpRequest request(String method, String uri, String host) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), uri);
        if (host != null) {
            request.headers().set("host", host);
        }
        return request;
    }

    @ParameterizedTest
    @CsvSource({
        "a.test, a.test",
        "A.Test:443, a.test",
        "a.test., a.test",
        "a.test.:8443, a.test",
        "a.test:, a.test",
        "a_b.test, a_b.test",
        "xn--bcher-kva.test, xn--bcher-kva.test",
        "192.0.2.1:80, 192.0.2.1",
        "[2001:DB8::1], [2001:db8::1]",
        "[::ffff:192.0.2.1]:65535, [::ffff:192.0.2.1]"
    })
    void readsTheHostOfAnAuthority(String authority, String host) {
        assertThat(RequestTargets.host(authority)).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":80",
                "a b",
                "a/b",
                "a\\b",
                "a?b",
                "a#b",
                "a@b",
                "user:pw@a",
                "a,b",
                "a;b",
                "a\tb",
                "a\"b",
                "<a>",
                "a\u00e9",
                "a:b",
                "a:-1",
                "a:65536",
                "a:100000",
                "a:1:2",
                "::1",
                "[]",
                "[::1",
                "[::1]x",
                "[::1]:x",
                "[a.test]",
                "[::1%25eth0]"
            })
    void refusesOtherAuthorities(String authority) {
        assertThat(RequestTargets.host(authority)).isNull();
    }

    @Test
    void separatesThePathFromTheQuery() {
        RequestTarget target = RequestTargets.parse(request("GET", "/a/b?c?d=/e", "A.test:1"));
        assertThat(target).isEqualTo(new RequestTarget("A.test:1", "a.test", "/a/b", "/a/b?c?d=/e", PathForm.PLAIN));
    }

    @Test
    void takesTheAuthorityOfAnAbsoluteFormInPlaceOfHost() {
        assertThat(RequestTargets.parse(request("GET", "https://a.test:1/x?y", "b.test")))
                .isEqualTo(new RequestTarget("a.test:1", "a.test", "/x", "/x?y", PathForm.PLAIN));
        assertThat(RequestTargets.parse(request("GET", "http://a.test", null)))
                .isEqualTo(new RequestTarget("a.test", "a.test", "/", "/", PathForm.PLAIN));
        assertThat(RequestTargets.parse(request("OPTIONS", "http://a.test", null)))
                .isEqualTo(new RequestTarget("a.test", "a.test", "*", "*", PathForm.PLAIN));
    }

    @Test
    void knowsNoHostOfAnOldRequestWithoutOne() {
        assertThat(RequestTargets.parse(request("GET", "/x", null)))
                .isEqualTo(new RequestTarget("", "", "/x", "/x", PathForm.PLAIN));
    }

    @Test
    void takesAnAsteriskFromOptionsAlone() {
        assertThat(RequestTargets.parse(request("OPTIONS", "*", "a")))
                .isEqualTo(new RequestTarget("a", "a", "*", "*", PathForm.PLAIN));
        assertThat(RequestTargets.parse(request("GET", "*", "a"))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "/a/../b?x=/../y, /b, /b?x=/../y, PLAIN",
        "https://a.test//a/./b?%zz, /a/b, /a/b?%zz, PLAIN",
        "/a%2fb?q, /a%2Fb, /a%2Fb?q, AMBIGUOUS",
        "/a;b, /a;b, /a;b, AMBIGUOUS",
        "/a%, /a%, /a%, BROKEN",
        "/..?q, /.., /..?q, BROKEN"
    })
    void bringsThePathIntoNormalFormAndLeavesTheQuery(String sent, String path, String uri, PathForm form) {
        RequestTarget target = RequestTargets.parse(request("GET", sent, "a.test"));
        assertThat(target).isEqualTo(new RequestTarget("a.test", "a.test", path, uri, form));
        assertThat(path + target.query()).isEqualTo(uri);
    }
}
