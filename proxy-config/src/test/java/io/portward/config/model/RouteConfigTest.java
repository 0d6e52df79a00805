package io.portward.config.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteConfigTest {

    @ParameterizedTest
    @CsvSource({
        "Example.COM,example.com", "example.com.,example.com", "*.Example.com,*.example.com", "localhost,localhost",
        "b\u00fccher.example,xn--bcher-kva.example", "*.b\u00fccher.example.,*.xn--bcher-kva.example", "[::1],[::1]",
                "127.0.0.1,127.0.0.1"
    })
    void readsHosts(String text, String expected) {
        assertThat(RouteConfig.parseHost(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "*",
                "*.",
                "a..b",
                "*.*.a",
                "a.*.b",
                "w*.a",
                "a:443",
                "[::1]:443",
                "http://a",
                "a/b",
                "a b",
                "::1",
                "[::g]",
                "-a.b",
                "a\u0000b",
                "\u3002"
            })
    void refusesOtherHosts(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> RouteConfig.parseHost(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/a", "/a/", "/a/b.c", "/a%20b", "/~u,v=1,2", "/..."})
    void readsPathsAsTheyAre(String text) {
        assertThat(RouteConfig.parsePath(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"/%61dmin, /admin", "/a%c3%bc, /a%C3%BC", "/%7eu, /~u", "/a%252f, /a%252f"})
    void bringsPathsIntoNormalForm(String text, String expected) {
        assertThat(RouteConfig.parsePath(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "/a?b",
                "/a#b",
                "/a b",
                "/a%2",
                "/a%zz",
                "/\u00fc",
                "/a/..",
                "/./a",
                "/a/../b",
                "/\\",
                "/a\u0000",
                "/a//b",
                "/%2e%2E/a",
                "/a;v=1",
                "/a%2fb",
                "/a%5Cb",
                "/a%00"
            })
    void refusesOtherPaths(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> RouteConfig.parsePath(text));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, a.b, /x, true",
                "a.b, -, a.b, -, true",
                "a.b, -, -, -, false",
                "*.b, -, a.b, -, true",
                "*.b, -, a.a.b, -, false",
                "*.b, -, *.b, -, true",
                "a.b, -, *.b, -, false",
                "*.b, -, b, -, false",
                "-, /a, -, /a, true",
                "-, /a, -, /a/b, true",
                "-, /a/, -, /a/b, true",
                "-, /a, -, /ab, false",
                "-, /a, -, -, false",
                "-, /, -, /x, true",
                "a.b, /a, a.b, /, false"
            })
    void knowsWhichRoutesHideOthers(
            @Nullable String host,
            @Nullable String path,
            @Nullable String laterHost,
            @Nullable String laterPath,
            boolean hidden) {
        assertThat(new RouteConfig(host, path, "x").shadows(new RouteConfig(laterHost, laterPath, "y")))
                .isEqualTo(hidden);
    }
}
