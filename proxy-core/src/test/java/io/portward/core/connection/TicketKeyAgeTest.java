package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RunningProxy;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TicketKeyAgeTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    /** The key of the first port never grows older than a tenth of a second. */
    @Test
    void isThatOfTheOldestKeyWhenPortsHaveTicketRulesOfTheirOwn() {
        RunningProxy proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports:
                  - {listen: "127.0.0.1:0", protocol: tls, backend: none, tls: {tickets: {rotateEvery: 100ms}}}
                  - {listen: "127.0.0.1:0", protocol: tls, backend: none}
                backends: {none: {servers: ["127.0.0.1:1"]}}
                """);

        await().atMost(Duration.ofSeconds(5)).until(() -> proxy.observer().ticketKeyAge() >= 1);
        assertThat(proxy.observer().ticketKeyAge()).isLessThan(60);
    }
}
