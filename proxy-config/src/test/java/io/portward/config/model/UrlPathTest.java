package io.portward.config.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrlPathTest {

    @ParameterizedTest
    @CsvSource({
        // Nothing to do.
        "/, /",
        "/a/b, /a/b",
        "/a/, /a/",
        "/a%20b, /a%20b",
        "/a/...b, /a/...b",
        "/.well-known/x, /.well-known/x",
        "/.../x, /.../x",
        "/a..b/..c/d.., /a..b/..c/d..",
        // Escapes.
        "/%61%44%6d%49%6e, /aDmIn",
        "/%7Ea%2d%2E%5f, /~a-._",
        "/%c3%bc, /%C3%BC",
        "/%2f, /%2F",
        "/%5c, /%5C",
        "/%3b%25%3F, /%3B%25%3F",
        "/%2561, /%2561",
        "/\\a, /%5Ca",
        // Dot segments.
        "/a/., /a/",
        "/a/./b, /a/b",
        "/a/.., /",
        "/a/../, /",
        "/a/../b, /b",
        "/a/b/../../c, /c",
        "/a/%2e%2E/b, /b",
        "/a/.%2e/b, /b",
        "/%2e/a, /a",
        "/a/b/.., /a/",
        // Empty segments go first.
        "//, /",
        "//a///b//, /a/b/",
        "/a//../b, /b",
        "//././/a, /a",
        // Not what they look like.
        "/a%2F../b, /a%2F../b",
        "/a%2F%2e%2e/b, /a%2F../b",
        "/..%2Fa, /..%2Fa",
        "/..;/a, /..;/a",
        "/a%252e%252e/b, /a%252e%252e/b"
    })
    void normalizes(String path, String normal) {
        assertThat(UrlPath.normalize(path)).isEqualTo(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/%",
                "/a%2",
                "/%zz",
                "/%2g",
                "/%g2",
                "/%-1",
                "/%00",
                "/a%00/b",
                "/..",
                "/../a",
                "/a/../..",
                "/./..",
                "/%2e%2e",
                "//..",
                "/a//../../b",
                "/%\uff11\uff11"
            })
    void hasNoNormalFormForWhatIsBroken(String path) {
        assertThat(UrlPath.normalize(path)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "/x, true",
        "/a.b/c-d_e~f, true",
        "/a%20b, false",
        "//a, false",
        "/.a, false",
        "/a;b, false",
        "/a\\b, false"
    })
    void knowsPlainPathsAtTheFirstLook(String path, boolean plain) {
        assertThat(UrlPath.isPlain(path)).isEqualTo(plain);
    }

    /** What is forwarded must not have another meaning at the next look. */
    @Test
    void whatIsNormalStaysAsItIs() {
        Random random = new Random(11);
        String[] parts = {"/", "/", ".", "..", "%2e", "%2F", "%5c", ";", "\\", "a", "%61", "%25", "admin", "%"};
        for (int round = 0; round < 20_000; round++) {
            StringBuilder path = new StringBuilder("/");
            for (int i = random.nextInt(9); i > 0; i--) {
                path.append(parts[random.nextInt(parts.length)]);
            }
            String normal = UrlPath.normalize(path.toString());
            if (normal != null) {
                assertThat(UrlPath.normalize(normal)).as("%s", path).isEqualTo(normal);
                assertThat(normal)
                        .startsWith("/")
                        .doesNotContain("//", "/./", "\\")
                        .doesNotEndWith("/..");
            }
            if (UrlPath.isPlain(path.toString())) {
                assertThat(normal).isEqualTo(path.toString());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/x%2F..%2Fadmin, /admin",
        "/x%5C..%5Cadmin, /admin",
        "/x%2F..%5Cadmin, /admin",
        "/%2Fadmin, /admin",
        "/admin%2Fx, /admin/x",
        "/admin;x=1/y, /admin/y",
        "/x/..;/admin, /admin",
        "/x/..;a=b/admin, /admin",
        "/;/admin, /admin",
        "/..%2Fadmin, /admin",
        "/..;/..;/admin, /admin",
        // Parameters are dropped, and nothing is decoded in them.
        "/admin;%2F..%2Fx, /admin",
        // Decoded first.
        "/x;%2F..%2Fadmin, /admin",
        // Empty segments are kept by some.
        "/a%2F%2F..%2Fadmin, /a/admin",
        "/a%2F%2F..%2Fadmin, /admin"
    })
    void tellsWhatServersMayMakeOfIt(String path, String reading) {
        assertThat(UrlPath.isAmbiguous(path)).isTrue();
        assertThat(UrlPath.readings(path)).contains(reading).doesNotContain(path);
    }
}
