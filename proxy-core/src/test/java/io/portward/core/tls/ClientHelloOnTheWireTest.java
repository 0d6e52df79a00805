package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ClientHellos in strange pieces, followed by a whole handshake; and hellos that are broken in thousands of ways. */
class ClientHelloOnTheWireTest {

    private static final int RECORD_HEADER = 5;

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private ScriptedUpstream upstream;
    private RunningProxy proxy;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    @BeforeEach
    void start() throws IOException {
        upstream = ScriptedUpstream.echo();
        proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: tls, backend: echo}]
                backends: {echo: {servers: ["%s"]}}
                """, upstream.address());
    }

    @AfterEach
    void stopUpstream() throws IOException {
        upstream.close();
    }

    private void assertEchoes(TlsEngineClient.Sender sender) throws IOException {
        SSLEngine engine = TlsClients.trusting(PROXIES.pki().authority())
                .context()
                .createSSLEngine("web.test", proxy.address().getPort());
        try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine, sender)) {
            byte[] data = new byte[5000];
            new Random(3).nextBytes(data);
            assertThat(client.handshake().send(data).read(data.length)).isEqualTo(data);
        }
    }

    @Test
    void everythingInOneBytePieces() throws IOException {
        assertEchoes((wire, bytes) -> {
            for (byte[] piece : HelloBytes.singly(bytes)) {
                wire.send(piece);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 100})
    void aHelloSplitOverRecords(int size) throws IOException {
        assertEchoes((wire, bytes) -> wire.send(split(bytes, size)));
    }

    @Test
    void aHelloSplitOverRecordsInOneBytePieces() throws IOException {
        assertEchoes((wire, bytes) -> {
            for (byte[] piece : HelloBytes.singly(split(bytes, 1))) {
                wire.send(piece);
            }
        });
    }

    /** Only the ClientHello may be cut: everything later is encrypted or a message of its own. */
    private static byte[] split(byte[] bytes, int size) {
        boolean hello = bytes[0] == 22 && bytes[RECORD_HEADER] == 1;
        return hello ? HelloBytes.records(Arrays.copyOfRange(bytes, RECORD_HEADER, bytes.length), size) : bytes;
    }

    @Test
    void aHelloOfNearlySixteenKibibytesInManyRecordsIsAnswered() throws IOException {
        byte[] message = new HelloBytes().sni("web.test").padding(15_900).message();
        for (int size : new int[] {1, 100, 16_384}) {
            try (RawClient client = RawClient.connect(proxy.address())) {
                assertThat(client.send(HelloBytes.records(message, size)).read(1)[0])
                        .isEqualTo((byte) 22);
            }
        }
        // Finished is never sent.
        await().until(() -> proxy.port().failures().size() == 3);
    }

    @Test
    void brokenHellosEndInOneReasonEach() throws IOException {
        Random random = new Random(20261123);
        int count = 3000;
        byte[] tls13 = new HelloBytes().sni("web.test").alpn("h2").record();
        byte[] tls12 =
                new HelloBytes().versions(0x0303).sni("web.test").padding(50).record();
        for (int i = 0; i < count; i++) {
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(broken(random, i % 2 == 0 ? tls13 : tls12));
                if (random.nextBoolean()) {
                    client.endOutput().readAll();
                } else if (random.nextBoolean()) {
                    client.reset();
                }
            } catch (IOException refused) {
                assertThat(refused).hasMessageMatching("(?i).*(reset|broken pipe).*");
            }
        }
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(proxy.port().acceptedCount()).isBetween(count - 5, count);
            assertThat(proxy.port().failures()).hasSize(proxy.port().acceptedCount());
        });
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason().label())
                .doesNotContain("internal");
    }

    private static byte[] broken(Random random, byte[] hello) {
        byte[] bytes = hello.clone();
        switch (random.nextInt(5)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(200));
            default -> {
                for (int n = random.nextInt(8); n >= 0; n--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return bytes;
    }

    /** After a good hello BoringSSL reads what comes; nothing of that may hurt either. */
    @Test
    void brokenSecondFlightsEndInOneReasonEach() throws IOException {
        Random random = new Random(7);
        int count = 500;
        byte[] hello = new HelloBytes().sni("web.test").record();
        for (int i = 0; i < count; i++) {
            byte[] junk = new byte[random.nextInt(600)];
            random.nextBytes(junk);
            if (junk.length > 5) {
                junk[0] = (byte) (20 + random.nextInt(4));
                junk[1] = 3;
                junk[2] = 3;
                junk[3] = 0;
            }
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(hello).read(5);
                client.send(junk).endOutput().readAll();
            } catch (IOException refused) {
                assertThat(refused).hasMessageMatching("(?i).*(reset|broken pipe).*");
            }
        }
        await().untilAsserted(() -> assertThat(proxy.port().failures()).hasSize(count));
    }
}
