package io.portward.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DataPlaneExtensionTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    @Test
    void servesAConfigurationAndRecordsWhatHappens() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: echo}]
                    backends: {echo: {servers: ["%s"]}}
                    """, upstream.address());
            try (RawClient client =
                    TlsClients.trusting(PROXIES.pki().authority()).connect(proxy.address(), "web.test")) {
                assertThat(client.send("ping\n").readUntil("\n")).isEqualTo("ping\n");
            }
            assertThat(proxy.port().handshakes()).hasSize(1);
            assertThat(proxy.port().handshakes().get(0).serverName()).isEqualTo("web.test");
        }
    }
}
