package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where unknown names are rejected, requests stay with the certificate of their connection. */
class MisdirectedTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private RunningProxy start(String unknownNames) {
        PROXIES.pki().ecdsa("wide", "a.test", "b.test", "*.c.test");
        PROXIES.pki().ecdsa("b", "b.test", "d.test");
        return PROXIES.start("""
                certificates:
                  - {name: b, chain: b.pem, key: b.key}
                  - {name: wide, chain: wide.pem, key: wide.key}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    tls: {unknownNames: %s}
                    routes: [{respond: {status: 200, body: ok}}]
                """, unknownNames);
    }

    private static Reply ask(RunningProxy proxy, String serverName, String head) throws IOException {
        try (RawClient client = TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(), serverName)) {
            return Reply.read(client.send(head + "\r\n\r\n"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a.test, a.test, 200",
        "a.test, A.Test.:8443, 200",
        // The certificate of a.test covers these, whatever else does.
        "a.test, b.test, 200",
        "a.test, x.c.test, 200",
        "x.c.test, y.c.test, 200",
        "x.c.test, a.test, 200",
        "a.test, d.test, 421",
        "a.test, c.test, 421",
        "a.test, x.y.c.test, 421",
        "a.test, unknown.test, 421",
        "a.test, 127.0.0.1, 421",
        "b.test, d.test, 200",
        "b.test, a.test, 421"
    })
    void refusesWhatTheCertificateDoesNotCover(String serverName, String host, int status) throws IOException {
        RunningProxy proxy = start("reject");
        assertThat(ask(proxy, serverName, "GET / HTTP/1.1\r\nHost: " + host).status())
                .isEqualTo(status);
        assertThat(ask(proxy, serverName, "GET https://" + host + "/ HTTP/1.1\r\nHost: " + serverName)
                        .status())
                .isEqualTo(status);
    }

    @Test
    void keepsTheConnectionForTheRightHosts() throws IOException {
        try (RawClient client = TlsClients.trusting(PROXIES.pki().authority())
                .connect(start("reject").address(), "b.test")) {
            for (String host : new String[] {"b.test", "a.test", "a.test", "d.test", "a.test", "b.test"}) {
                Reply reply = Reply.read(client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
                assertThat(reply.status()).as(host).isEqualTo(host.equals("a.test") ? 421 : 200);
            }
        }
    }

    @Test
    void letsRequestsWithoutAHostPass() throws IOException {
        assertThat(ask(start("reject"), "a.test", "GET / HTTP/1.0").status()).isEqualTo(200);
    }

    @Test
    void doesNotCareWhereUnknownNamesFallBack() throws IOException {
        assertThat(ask(start("fallback"), "a.test", "GET / HTTP/1.1\r\nHost: d.test")
                        .status())
                .isEqualTo(200);
    }
}
