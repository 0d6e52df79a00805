package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a route guards is not reached through another one, however it is spelt. */
class PathGuardTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private CannedOrigin open;
    private CannedOrigin guard;

    @BeforeEach
    void start() throws IOException {
        open = CannedOrigin.answering(CannedOrigin.OK);
        guard = CannedOrigin.answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }

    @AfterEach
    void stop() throws IOException {
        open.close();
        guard.close();
    }

    private int ask(String target) throws IOException {
        PROXIES.pki().ecdsa("web", "web.test");
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes: [{path: /admin, backend: guard}, {backend: open}]
                backends: {open: {servers: ["%s"]}, guard: {servers: ["%s"]}}
                """, open.address(), guard.address());
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        try (RawClient client = clients.connect(proxy.address(), "web.test")) {
            client.send("GET " + target + " HTTP/1.1\r\nHost: web.test\r\n\r\n");
            return Reply.read(client).status();
        }
    }

    @ParameterizedTest
    @MethodSource("io.portward.core.http.GuardedPaths#spellings")
    void noSpellingGetsPastTheGuard(String target) throws IOException {
        assertThat(ask(target)).isIn(400, 403);
        assertThat(open.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/a/../b?x=/../y, /b?x=/../y",
        "//a//b, /a/b",
        "/administrator, /administrator",
        "/%7euser/%c3%bc?%zz, /~user/%C3%BC?%zz",
        "/group%2fname;v=1, /group%2Fname;v=1",
        "/%2561dmin, /%2561dmin",
        "/a\\b, /a%5Cb",
        "https://web.test/a/./b, /a/b"
    })
    void forwardsWhatItHasCompared(String target, String forwarded) throws IOException {
        assertThat(ask(target)).isEqualTo(200);
        assertThat(open.request()).startsWith("GET " + forwarded + " HTTP/1.1\r\n");
    }
}
